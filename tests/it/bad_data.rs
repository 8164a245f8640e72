//! Images that are missing or are not what they should be, as the program answers them: with exit code 2, at once, and
//! with nothing written.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    data::{cifar, record},
    formats::{cifar_pickle, gzip, idx, mat, write},
};

/// The program in `folder`, whose `data` holds the datasets and whose `xdg` is the cache folder of its user.
fn byolab(folder: &Path, arguments: &str) -> Output {
    let mut command = crate::cli::command(folder, arguments);
    command.args(["--data", "data"]).env("XDG_CACHE_HOME", folder.join("xdg")).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// That the program refuses, and says so in these words.
fn refuses(folder: &Path, arguments: &str, words: &str) {
    let output = byolab(folder, arguments);
    let said = said(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}: {said}");
    assert!(said.contains(words), "`{words}` is not in the answer to {arguments}: {said}");
}

fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// CIFAR-10 in the data folder, as [`cifar`] makes it.
fn with_cifar(records: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::rename(cifar(records).keep(), folder.path().join("data")).unwrap();
    folder
}

#[test]
fn cifar_files_that_are_not_cifars_are_bad_input() {
    let first = |folder: &Path| folder.join("data/data_batch_1.bin");
    type Case<'a> = (&'a dyn Fn(&Path), &'a str);
    let cases: [Case; 6] = [
        (&|folder| File::options().write(true).open(first(folder)).unwrap().set_len(9).unwrap(), "_1.bin has 9 bytes"),
        (&|folder| write(&first(folder), &record(10, 0).repeat(10_000)), "record 0 has the label 10"),
        (&|folder| fs::remove_file(first(folder)).unwrap(), "_1.bin is missing"),
        (
            &|folder| {
                fs::remove_file(first(folder)).unwrap();
                fs::create_dir(first(folder)).unwrap();
            },
            "_1.bin cannot be read (it is a folder, not a file)",
        ),
        (
            &|folder| {
                fs::remove_file(first(folder)).unwrap();
                pipe(&first(folder));
            },
            "_1.bin cannot be read (it is a pipe or a device, not a file)",
        ),
        (&|folder| fs::remove_dir_all(folder.join("data")).unwrap(), "_5.bin is missing"),
    ];
    for (break_it, words) in cases {
        let folder = with_cifar(&[]);
        break_it(folder.path());
        refuses(folder.path(), "data verify cifar10", words);
    }
}

#[test]
fn the_python_layout_is_judged_as_the_binary_one() {
    let pixels = vec![0; 3072 * 3];
    let whole = cifar_pickle("labels", &[0, 1, 2], &pixels);
    let place = whole.windows(2).position(|pair| pair == b"u1").unwrap();
    let floats = [&whole[..place], b"f4", &whole[place + 2..]].concat();
    for (file, words) in [
        (&whole[..whole.len() - 5000], "data_batch_1 is not CIFAR-10"),
        (&floats, "data_batch_1 is not CIFAR-10"),
        (&whole, "data_batch_1 holds 3 images, expected 10000"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        (1..=5).for_each(|n| write(&folder.path().join(format!("data/cifar-10-batches-py/data_batch_{n}")), file));
        refuses(folder.path(), "data verify cifar10", words);
    }
}

/// Files by their paths within the data folder.
type Files<'a> = &'a [(&'a str, &'a [u8])];

#[test]
fn files_of_every_set_that_are_not_its_own_are_bad_input() {
    let image = vec![0; 3 * 96 * 96];
    let (digits, labels) = (idx(&[20, 28, 28], &[9; 20 * 784]), idx(&[20], &[1; 20]));
    let svhn = mat(&[("X", &[32, 32, 3, 1], &[0; 3072]), ("y", &[1, 1], &[11])]);
    let cases: [(&str, Files, &str); 10] = [
        ("cifar100", &[("cifar-100-binary/train.bin", b"short")], "train.bin has 5 bytes"),
        ("cifar100", &[], "train.bin is missing"),
        ("stl10", &[("train_y.bin", &[1, 2]), ("train_X.bin", &image)], "train_X.bin holds 1 images, expected 2"),
        ("stl10", &[("train_y.bin", &[1]), ("train_X.bin", &image[1..])], "train_X.bin is cut: 27647 bytes"),
        ("stl10", &[("train_y.bin", &[0]), ("train_X.bin", &image)], "label 0 of STL-10 is 0"),
        ("mnist", &[("mnist/train-images-idx3-ubyte", &digits)], "train-labels-idx1-ubyte is missing"),
        (
            "fashion-mnist",
            &[
                ("fashion-mnist/train-images-idx3-ubyte.gz", &gzip(&digits)[..20]),
                ("fashion-mnist/train-labels-idx1-ubyte", &labels),
            ],
            "train-images-idx3-ubyte.gz cannot be read",
        ),
        ("svhn", &[("svhn/train_32x32.mat", &svhn)], "a label is 11"),
        ("svhn", &[("svhn/train_32x32.mat", &svhn[..100])], "it is cut"),
        ("folder --path mine", &[("mine/a/0.png", b"none"), ("mine/b/0.png", b"none")], "none of the images"),
    ];
    for (name, files, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(file, bytes)| write(&folder.path().join("data").join(file), bytes));
        refuses(folder.path(), &format!("data verify {name}"), words);
    }
}

#[test]
fn a_pipe_or_a_folder_in_place_of_a_file_is_said_and_not_waited_for() {
    for (name, file) in [
        ("svhn", "svhn/train_32x32.mat"),
        ("mnist", "mnist/train-images-idx3-ubyte"),
        ("stl10", "train_X.bin"),
        ("cifar10", "cifar-10-batches-py/data_batch_1"),
    ] {
        for (is_pipe, words) in [(true, "it is a pipe or a device"), (false, "it is a folder")] {
            let folder = tempfile::tempdir().unwrap();
            let inside = folder.path().join("data");
            write(&inside.join("cifar-10-batches-py/data_batch_2"), b"");
            write(&inside.join("train_y.bin"), &[1]);
            let path = inside.join(file);
            if is_pipe {
                pipe(&path)
            } else {
                fs::create_dir_all(&path).unwrap()
            }
            refuses(folder.path(), &format!("data verify {name}"), words);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    pipe(&folder.path().join("data/mine/a/0.png"));
    write(&folder.path().join("data/mine/b/0.png"), b"none");
    refuses(folder.path(), "data verify folder --path mine", "0.png (it is a pipe or a device, not a file)");
}

#[test]
fn names_of_no_dataset_are_bad_use() {
    let folder = tempfile::tempdir().unwrap();
    refuses(folder.path(), "data verify cifar1", "did you mean `cifar10`?");
    refuses(folder.path(), "data fetch imagenet", "there is no dataset of this name");
    refuses(folder.path(), "data fetch synthetic", "nothing to fetch");
    refuses(folder.path(), "data verify folder", "--path says where");
    refuses(folder.path(), "data verify mnist --path x", "--path says where");
}

#[test]
fn what_is_there_and_not_whole_is_not_taken_for_fetched() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("data/cifar-10-batches-bin")).unwrap();
    refuses(folder.path(), "data fetch cifar10", "data_batch_5.bin is missing");
    refuses(folder.path(), "data fetch cifar10", "move away what is there, and fetch again");
}

#[test]
#[cfg(feature = "cpu")]
fn a_run_whose_images_are_missing_writes_nothing() {
    let text = r#"
        question = "Are they there?"
        seeds = [0]
        [recipe]
        train = { epochs = 1 }
        [[axis]]
        key = "data"
        values = [{ name = "cifar10" }, { name = "mnist" }]
    "#;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("both.toml"), text).unwrap();
    for words in
        ["data_batch_1.bin is missing", "train-images-idx3-ubyte is missing", "2 problems; nothing was written"]
    {
        refuses(folder.path(), "run both.toml --device cpu", words);
        refuses(folder.path(), "run both.toml --device cpu --detach", words);
        refuses(folder.path(), "resume both.toml --device cpu", words);
    }
    assert!(!folder.path().join("runs").exists(), "something was written");
}

#[test]
#[cfg(feature = "cpu")]
fn a_run_whose_images_are_none_is_bad_input_too() {
    let folder = with_cifar(&record(200, 0));
    let arguments = "run smoke --device cpu --set data.name=\"cifar10\" --set probes.factors=false";
    refuses(folder.path(), arguments, "record 0 has the label 200");
}

#[test]
fn the_list_of_datasets_looks_at_their_files_and_reads_none() {
    // Sizes are right and contents are not: whoever reads says so.
    let folder = with_cifar(&record(200, 0));
    fs::copy(folder.path().join("data/data_batch_2.bin"), folder.path().join("data/test_batch.bin")).unwrap();
    let output = byolab(folder.path(), "data list --json");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((document["schema_version"].as_u64(), document["folder"].as_str()), (Some(1), Some("data")));
    let problem = |name: &str| {
        let all = document["datasets"].as_array().unwrap();
        all.iter().find(|listed| listed["name"] == name).unwrap()["problem"].clone()
    };
    assert_eq!(problem("cifar10"), Value::Null);
    assert_eq!(problem("synthetic"), Value::Null);
    assert!(problem("cifar100").as_str().unwrap().contains("train.bin is missing"));
    assert!(problem("folder").as_str().unwrap().starts_with("yours"));
    refuses(folder.path(), "data verify cifar10", "record 0 has the label 200");
    let text = byolab(folder.path(), "data list").stdout;
    assert!(
        String::from_utf8(text)
            .unwrap()
            .starts_with("in data; `byolab data verify NAME` reads all of a set\n\ncifar10")
    );
}

/// An experiment on STL-10 with its unlabelled images.
const UNLABELLED: &str = r#"
    question = "Are they read?"
    seeds = [0]
    [recipe]
    data = { name = "stl10", unlabelled = true, limit = 20, held_out = 4, side = 32 }
    train = { batch = 8, epochs = 1 }
    probes = { knn_k = 3 }
"#;

#[test]
fn decoded_images_go_to_the_users_cache_where_the_data_folder_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write(&data.join("train_X.bin"), &vec![7; 3 * 96 * 96 * 10]);
    write(&data.join("train_y.bin"), &[1, 2].repeat(5));
    write(&data.join("unlabeled_X.bin"), &vec![9; 3 * 96 * 96 * 20]);
    // A file where the folder should be: whoever runs the tests may be allowed to write anywhere.
    write(&data.join("cache"), b"in the way");
    fs::write(folder.path().join("all.toml"), UNLABELLED).unwrap();
    let views = || byolab(folder.path(), "views all.toml -o views.png");
    let told = |output: &Output| said(output).matches("decoded images are kept in").count();
    let (first, second) = (views(), views());
    assert_eq!((first.status.code(), told(&first)), (Some(0), 1), "{}", said(&first));
    assert_eq!((second.status.code(), told(&second)), (Some(0), 0), "{}", said(&second));
    assert_eq!(fs::read_dir(folder.path().join("xdg/byolab/images")).unwrap().count(), 2);

    fs::remove_dir_all(folder.path().join("xdg")).unwrap();
    write(&folder.path().join("xdg"), b"in the way too");
    let refused = views();
    assert_eq!(refused.status.code(), Some(1), "nothing is wrong with the images: {}", said(&refused));
    assert!(said(&refused).contains("cannot write decoded images to data/cache"), "{}", said(&refused));
}
