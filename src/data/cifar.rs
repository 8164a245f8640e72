//! CIFAR-10 (Krizhevsky 2009) in its binary layout: files of 10,000 records, each a label byte and 3,072 bytes of
//! red, green and blue planes. Held-out images come from the training split; the test split is not looked at.

use std::{fs, io, path::Path};

use anyhow::{Context, Result, bail, ensure};

use super::{Dataset, Entry, Images, split};
use crate::plan::recipe::DataRecipe;

pub const ENTRY: Entry = Entry {
    name: "cifar10",
    classes: CLASSES.len(),
    side: SIDE,
    about: "60,000 photographs of ten kinds of animal and vehicle, 10,000 of them for testing",
    source: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    load,
};

/// The files of the training split.
pub const TRAIN: &[&str] =
    &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];

/// The folder inside the archive.
const FOLDER: &str = "cifar-10-batches-bin";
const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const MEAN: [f32; 3] = [0.4914, 0.4822, 0.4465];
const STD: [f32; 3] = [0.2470, 0.2435, 0.2616];

const SIDE: usize = 32;
const RECORD: usize = 1 + 3 * SIDE * SIDE;
const RECORDS: usize = 10_000;

fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let inside = folder.join(FOLDER);
    let folder = if inside.is_dir() { &inside } else { folder };
    let all = read(folder, TRAIN)?;
    let split = split::stratified(&all.labels, recipe.held_out, recipe.limit)?;
    Ok(Dataset {
        classes: class_names(folder)?,
        mean: MEAN,
        std: STD,
        train: all.select(&split.train),
        held_out: all.select(&split.held_out),
    })
}

/// The images of `files` in `folder`, one after the other.
///
/// # Errors
/// Every file that is missing or has another size than published, or the first label that is none.
pub fn read(folder: &Path, files: &[&str]) -> Result<Images> {
    let problems: Vec<String> = files.iter().filter_map(|file| wrong_size(folder, file)).collect();
    if !problems.is_empty() {
        let archive = ENTRY.source;
        bail!(
            "CIFAR-10 cannot be read.\n{}\nUnpack {archive} there, or name another folder with --data.",
            problems.join("\n")
        );
    }
    let mut images = Images { side: SIDE, pixels: Vec::new(), labels: Vec::new() };
    images.pixels.reserve_exact(files.len() * RECORDS * (RECORD - 1));
    for file in files {
        append(&mut images, &folder.join(file))?;
    }
    Ok(images)
}

/// What is wrong with a file, seen from its size alone.
fn wrong_size(folder: &Path, file: &str) -> Option<String> {
    let path = folder.join(file);
    let expected = RECORDS * RECORD;
    let found = match fs::metadata(&path) {
        Ok(found) if found.len() == expected as u64 => return None,
        Ok(found) => format!("has {} bytes", found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing".into(),
        Err(error) => format!("cannot be looked at ({error})"),
    };
    Some(format!("{} {found}; expected {expected} bytes ({RECORDS} records of {RECORD}).", path.display()))
}

fn append(images: &mut Images, path: &Path) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    for (number, record) in bytes.chunks_exact(RECORD).enumerate() {
        let label = record[0];
        ensure!(
            usize::from(label) < CLASSES.len(),
            "{} is not CIFAR-10: record {number} has the label {label}, expected 0 to 9. The files are published at {}",
            path.display(),
            ENTRY.source
        );
        images.labels.push(label);
        images.pixels.extend_from_slice(&record[1..]);
    }
    Ok(())
}

/// The names in the archive's list, where it is there.
fn class_names(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("batches.meta.txt");
    if !path.is_file() {
        return Ok(CLASSES.map(String::from).to_vec());
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let names: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    ensure!(
        names.len() == CLASSES.len(),
        "{} names {} classes, expected {}: this folder is not CIFAR-10",
        path.display(),
        names.len(),
        CLASSES.len()
    );
    Ok(names)
}
