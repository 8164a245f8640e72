//! SVHN (Netzer et al. 2011), cropped digits, in MATLAB files: `X` is `[32, 32, 3, n]`, the first dimension fastest, and
//! `y` `[n, 1]`, where 10 is the digit 0.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{
    Dataset, DatasetEntry, Images, Label, Pixels, Raw, Split,
    fetch::{PublishedFile, Sum},
    mat, source,
};
use crate::plan::{catalog::datasets, recipe::DataRecipe};

/// The set as recipes name it.
pub const ENTRY: DatasetEntry = DatasetEntry {
    facts: &datasets::SVHN,
    source: "http://ufldl.stanford.edu/housenumbers/",
    published: &[
        file("http://ufldl.stanford.edu/housenumbers/train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        file("http://ufldl.stanford.edu/housenumbers/test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
    ],
    look: |_, folder, part| source::size(&path(folder, part)).map(drop).with_context(|| missing(folder, part)),
    load,
    test: |_, folder| Ok(split(folder, Split::Test)?.into()),
};

const FOLDER: &str = "svhn";
const SIDE: usize = 32;
const MEAN: [f32; 3] = [0.4377, 0.4438, 0.4728];
const STD: [f32; 3] = [0.1980, 0.2010, 0.1970];

const fn file(url: &'static str, md5: &'static str) -> PublishedFile {
    PublishedFile { url, sum: Sum::Md5(md5), folder: FOLDER, archive: false }
}

fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let images = split(folder, Split::Train)?;
    let classes = (0..10).map(|digit| digit.to_string()).collect();
    Raw { classes, mean: MEAN, std: STD, images, notes: Vec::new() }.split(recipe)
}

fn name(part: Split) -> &'static str {
    match part {
        Split::Train => "train_32x32.mat",
        Split::Test => "test_32x32.mat",
    }
}

fn path(folder: &Path, part: Split) -> PathBuf {
    let inside: PathBuf = folder.join(FOLDER);
    if inside.is_dir() { inside } else { folder.to_owned() }.join(name(part))
}

/// What to do about a file that cannot be read.
fn missing(folder: &Path, part: Split) -> String {
    format!(
        "{} cannot be read: put {}{} there, as `byolab data fetch svhn` does, or name another folder with --data",
        path(folder, part).display(),
        ENTRY.source,
        name(part)
    )
}

fn split(folder: &Path, part: Split) -> Result<Images> {
    let path = path(folder, part);
    let bytes = source::read(&path).with_context(|| missing(folder, part))?;
    images(&bytes).with_context(|| format!("{} is not SVHN", path.display()))
}

/// The images of a file.
///
/// # Errors
/// What is no file of SVHN's.
pub fn images(bytes: &[u8]) -> Result<Images> {
    let arrays = mat::parse(bytes)?;
    let array = |name: &str| {
        arrays.iter().find(|array| array.name == name).with_context(|| format!("it has no array called `{name}`"))
    };
    let (x, y) = (array("X")?, array("y")?);
    let n = y.values.len();
    ensure!(x.dimensions == [SIDE, SIDE, 3, n], "{n} labels have images of {:?}", x.dimensions);
    let wrong = y.values.iter().find(|label| !(1..=10).contains(*label));
    ensure!(wrong.is_none(), "a label is {}, expected 1 to 10", wrong.unwrap_or(&0));
    // Rows are the fastest dimension: each plane is stored column by column.
    let plane = SIDE * SIDE;
    let pixels = x.values.chunks_exact(plane).flat_map(|it| (0..plane).map(move |at| it[at % SIDE * SIDE + at / SIDE]));
    Ok(Images {
        side: SIDE,
        pixels: Pixels::Memory(pixels.collect()),
        labels: y.values.iter().map(|label| Label::from(label % 10)).collect(),
    })
}
