//! STL-10 (Coates et al. 2011) in its binary layout: per image three planes of 96 by 96 bytes, each column by column;
//! labels in files of their own, counted from 1. By `data.unlabelled` methods also learn from the 100,000 unlabelled
//! images; probes only ever look at the labelled ones.

use std::{
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::{
    Dataset, DatasetEntry, Images, Label, NotedImages, Pixels, Raw, Split, UNLABELLED,
    cache::{self, Cached},
    fetch::{PublishedFile, Sum},
    resize, source,
};
use crate::plan::{catalog::datasets, recipe::DataRecipe};

/// The set as recipes name it.
pub const ENTRY: DatasetEntry = DatasetEntry {
    facts: &datasets::STL10,
    source: ARCHIVE,
    published: &[PublishedFile {
        url: ARCHIVE,
        sum: Sum::Md5("91f7769df0f17e558f3565bffb0c7dfb"),
        folder: FOLDER,
        archive: true,
    }],
    look,
    load,
    test: |_, folder| Ok(labelled(&place(folder), Split::Test)?.into()),
};

const ARCHIVE: &str = "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz";
const FOLDER: &str = "stl10_binary";
const UNLABELLED_FILE: &str = "unlabeled_X.bin";
const SIDE: usize = 96;
const PLANE: usize = SIDE * SIDE;
const RECORD: usize = 3 * PLANE;
const CLASSES: [&str; 10] = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"];
const MEAN: [f32; 3] = [0.4467, 0.4398, 0.4066];
const STD: [f32; 3] = [0.2603, 0.2566, 0.2713];

fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let inside = place(folder);
    let NotedImages { images, notes } = match recipe.unlabelled {
        true => with_unlabelled(recipe, folder, &inside)?,
        false => labelled(&inside, Split::Train)?.into(),
    };
    let classes = CLASSES.map(String::from).to_vec();
    Raw { classes, mean: MEAN, std: STD, images, notes }.split(recipe)
}

fn look(recipe: &DataRecipe, folder: &Path, part: Split) -> Result<()> {
    let folder = place(folder);
    let size = |path: &Path| source::size(path).map_err(|error| missing(path, error));
    let [pixels, labels] = names(part).map(|name| folder.join(name));
    fit(&pixels, size(&pixels)?, size(&labels)? as usize)?;
    if recipe.unlabelled && part == Split::Train {
        let path = folder.join(UNLABELLED_FILE);
        whole(&path, size(&path)?)?;
    }
    Ok(())
}

/// The files of images and of labels.
fn names(part: Split) -> [&'static str; 2] {
    match part {
        Split::Train => ["train_X.bin", "train_y.bin"],
        Split::Test => ["test_X.bin", "test_y.bin"],
    }
}

/// How many images a file of so many bytes holds.
///
/// # Errors
/// A part of an image.
fn whole(path: &Path, size: u64) -> Result<usize> {
    ensure!(
        size.is_multiple_of(RECORD as u64),
        "{} is cut: {size} bytes are no whole images of {RECORD}",
        path.display()
    );
    Ok((size / RECORD as u64) as usize)
}

/// As many images as labels.
fn fit(path: &Path, size: u64, labels: usize) -> Result<()> {
    let images = whole(path, size)?;
    ensure!(images == labels, "{} holds {images} images, expected {labels}", path.display());
    Ok(())
}

fn place(folder: &Path) -> PathBuf {
    let inside = folder.join(FOLDER);
    if inside.is_dir() { inside } else { folder.to_owned() }
}

/// The images of a split that has labels.
fn labelled(folder: &Path, part: Split) -> Result<Images> {
    let [path, labels_path] = names(part).map(|name| folder.join(name));
    let labels = labels(&read(&labels_path)?).with_context(|| format!("{} is not STL-10", labels_path.display()))?;
    let pixels = read(&path)?;
    fit(&path, pixels.len() as u64, labels.len())?;
    let pixels = upright(&pixels)?;
    Ok(Images { side: SIDE, pixels: Pixels::Memory(pixels), labels })
}

/// The labelled and then the unlabelled images, as a decoded file: they are 2.9 GB.
fn with_unlabelled(recipe: &DataRecipe, data: &Path, folder: &Path) -> Result<NotedImages> {
    let [train_file, labels_file] = names(Split::Train);
    let mut labels = labels(&read(&folder.join(labels_file))?)?;
    let side = recipe.working_side();
    let paths = [train_file, UNLABELLED_FILE].map(|name| folder.join(name));
    let stamps = paths.each_ref().map(|path| cache::stamp(path).map_err(|error| missing(path, error)));
    let [train, unlabelled] = stamps;
    let description = format!("stl10 {side} {} {}", train?, unlabelled?);
    let Cached { map, about: counts, note } = cache::get(data, &description, |write| {
        let mut counts = [0u32; 2];
        for (count, path) in counts.iter_mut().zip(&paths) {
            let mut file = BufReader::new(source::open(path).map_err(|error| missing(path, error))?);
            let mut record = vec![0; RECORD];
            for _ in 0..whole(path, source::size(path)?)? {
                file.read_exact(&mut record).with_context(|| format!("{} is cut", path.display()))?;
                write(&resize::one(&upright(&record)?, SIDE, side))?;
                *count += 1;
            }
        }
        Ok(counts)
    })?;
    ensure!(
        counts[0] as usize == labels.len(),
        "{} holds {} images, expected {}",
        paths[0].display(),
        counts[0],
        labels.len()
    );
    labels.resize(labels.len() + counts[1] as usize, UNLABELLED);
    let places = (0..labels.len() as u32).collect();
    Ok(NotedImages {
        images: Images { side, pixels: Pixels::File { map, places }, labels },
        notes: note.into_iter().collect(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    source::read(path).map_err(|error| missing(path, error))
}

fn missing(path: &Path, error: io::Error) -> anyhow::Error {
    let advice =
        format!("unpack {ARCHIVE} there, as `byolab data fetch stl10` does, or name another folder with --data");
    anyhow::Error::from(error).context(format!("{} cannot be read: {advice}", path.display()))
}

/// Labels from 0 on, of bytes from 1 on.
///
/// # Errors
/// The first byte that is no class.
pub fn labels(bytes: &[u8]) -> Result<Vec<Label>> {
    let label = |(number, &byte): (usize, &u8)| {
        ensure!((1..=10).contains(&byte), "label {number} of STL-10 is {byte}, expected 1 to 10");
        Ok(Label::from(byte) - 1)
    };
    bytes.iter().enumerate().map(label).collect()
}

/// Row by row what is stored column by column.
///
/// # Errors
/// A part of an image.
pub fn upright(bytes: &[u8]) -> Result<Vec<u8>> {
    ensure!(bytes.len().is_multiple_of(RECORD), "{} bytes are no whole images of {RECORD}", bytes.len());
    let place = |plane: &[u8], at: usize| plane[at % SIDE * SIDE + at / SIDE];
    Ok(bytes.chunks_exact(PLANE).flat_map(|plane| (0..PLANE).map(move |at| place(plane, at))).collect())
}
