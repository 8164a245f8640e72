//! Datasets as users meet them: on disk, complete or broken, and by name.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use byolab::{
    data::{self, DATASETS, Dataset},
    plan::recipe::DataRecipe,
};
use tempfile::TempDir;

const SIZE: u64 = 30_730_000;
const RECORD: usize = 3073;

fn recipe(name: &str) -> DataRecipe {
    DataRecipe { name: name.into(), limit: 90, held_out: 10, ..DataRecipe::default() }
}

/// A folder of five files of the right size: empty space (label 0, black), then `records` at the head of the first.
pub fn cifar(records: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=5 {
        let mut file = File::create(folder.path().join(format!("data_batch_{number}.bin"))).unwrap();
        if number == 1 {
            file.write_all(records).unwrap();
        }
        file.set_len(SIZE).unwrap();
    }
    folder
}

pub fn record(label: u8, pixel: u8) -> Vec<u8> {
    let mut record = vec![pixel; RECORD];
    record[0] = label;
    record
}

fn load(folder: &Path) -> anyhow::Result<Dataset> {
    data::load(&recipe("cifar10"), folder)
}

#[test]
fn a_broken_cifar_folder_is_refused_with_the_file_and_what_was_expected() {
    let resize = |file: &'static str, size: u64| {
        move |folder: &Path| File::options().write(true).open(folder.join(file)).unwrap().set_len(size).unwrap()
    };
    let remove = |folder: &Path| fs::remove_file(folder.join("data_batch_5.bin")).unwrap();
    let label = |folder: &Path| {
        let mut file = File::options().write(true).open(folder.join("data_batch_1.bin")).unwrap();
        file.write_all(&[record(9, 0), record(10, 0)].concat()).unwrap();
    };
    let names = |folder: &Path| fs::write(folder.join("batches.meta.txt"), "apple\nbaby\n\n").unwrap();
    let url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";
    type Case<'a> = (&'a dyn Fn(&Path), &'a [&'a str]);
    let cases: [Case; 6] = [
        (&resize("data_batch_2.bin", SIZE - 1), &["data_batch_2.bin has 30729999 bytes; expected 30730000", url]),
        (&resize("data_batch_3.bin", 0), &["data_batch_3.bin has 0 bytes; expected 30730000", url]),
        (&resize("data_batch_1.bin", 30_740_000), &["data_batch_1.bin has 30740000 bytes; expected 30730000", url]),
        (&remove, &["data_batch_5.bin is missing; expected 30730000 bytes", url]),
        (&label, &["data_batch_1.bin", "record 1 has the label 10, expected 0 to 9", url]),
        (&names, &["batches.meta.txt names 2 classes, expected 10"]),
    ];
    for (break_it, expected) in cases {
        let folder = cifar(&[]);
        break_it(folder.path());
        let message = format!("{:#}", load(folder.path()).unwrap_err());
        for part in expected {
            assert!(message.contains(part), "`{part}` is not in:\n{message}");
        }
    }
}

#[test]
fn everything_wrong_with_a_cifar_folder_is_said_at_once() {
    let message = format!("{:#}", load(tempfile::tempdir().unwrap().path()).unwrap_err());
    assert_eq!(message.matches("is missing").count(), 5, "{message}");
}

#[test]
fn cifar_is_read_from_the_folder_or_from_the_archives_folder_inside_it() {
    let records: Vec<u8> = (0..10).flat_map(|label| record(label, 10 * label)).collect();
    let folder = cifar(&records);
    let direct = load(folder.path()).unwrap();
    assert_eq!((direct.train.len(), direct.held_out.len(), direct.train.side), (90, 10, 32));
    assert_eq!((direct.classes[0].as_str(), direct.classes[9].as_str()), ("airplane", "truck"));

    let outer = tempfile::tempdir().unwrap();
    fs::rename(folder.path(), outer.path().join("cifar-10-batches-bin")).unwrap();
    assert_eq!(load(outer.path()).unwrap(), direct);
}

#[test]
fn labels_and_pixels_stay_together() {
    let folder = cifar(&(0..5_000).flat_map(|n| record((n % 10) as u8, (n % 10) as u8 * 20)).collect::<Vec<_>>());
    let recipe = DataRecipe { limit: 0, ..recipe("cifar10") };
    let train = data::load(&recipe, folder.path()).unwrap().train;
    assert_eq!(train.len(), 49_990);
    for (index, &label) in train.labels.iter().enumerate() {
        let image = train.image(index);
        assert!([image[0], image[3071]].map(u16::from) == [20 * label; 2], "image {index} has the label {label}");
    }
}

#[test]
fn the_archives_own_class_names_are_taken() {
    let folder = cifar(&[]);
    let names: Vec<String> = (0..10).map(|class| format!("kind {class}")).collect();
    fs::write(folder.path().join("batches.meta.txt"), names.join("\n") + "\n\n").unwrap();
    assert_eq!(load(folder.path()).unwrap().classes, names);
}

#[test]
fn every_registered_dataset_is_known_by_its_name_and_others_are_not() {
    for entry in DATASETS {
        let answer = data::load(&recipe(entry.name()), Path::new("nowhere"));
        assert!(answer.is_ok() || format!("{:#}", answer.unwrap_err()).contains("nowhere"), "{}", entry.name());
    }
    let message = data::load(&recipe("imagenet"), Path::new("")).unwrap_err().to_string();
    assert!(message.starts_with("imagenet: there is no dataset of this name\n    use `cifar10`, "), "{message}");
    let message = data::load(&recipe("cifar"), Path::new("")).unwrap_err().to_string();
    assert!(message.contains("did you mean `cifar10"), "{message}");
}
