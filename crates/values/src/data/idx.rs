//! IDX, the format of MNIST (LeCun's page): two zero bytes, a type (8: unsigned bytes), the number of dimensions, each
//! dimension in four bytes, the most significant first, then the values. Files may be compressed by gzip.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;

use super::{Images, Label, Pixels, source};

/// More than any published set of this kind is (EMNIST has 814,255 images of 28 by 28).
pub const LARGEST: u64 = 1 << 30;

/// An array of bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The first varies slowest.
    pub dimensions: Vec<usize>,
    /// One byte a number.
    pub values: Vec<u8>,
}

/// Reads an array from the bytes of a file, compressed or not.
///
/// # Errors
/// Where it is no IDX file of bytes, is cut, or has bytes left over; or holds more than [`LARGEST`] bytes.
pub fn parse(file: impl Read) -> Result<Array> {
    let mut file = file;
    let mut head = [0; 2];
    file.read_exact(&mut head).context("it is cut")?;
    let whole = head.chain(file);
    if head == [0x1f, 0x8b] { array(GzDecoder::new(whole)) } else { array(whole) }
}

fn array(mut bytes: impl Read) -> Result<Array> {
    let mut head = [0; 4];
    bytes.read_exact(&mut head).context("it is cut")?;
    let [0, 0, 8, count @ 1..=4] = head else {
        bail!("it begins with {head:?}, not with 0, 0, 8 (bytes) and a number of dimensions");
    };
    let mut dimensions = Vec::new();
    for _ in 0..count {
        let mut dimension = [0; 4];
        bytes.read_exact(&mut dimension).context("it is cut")?;
        dimensions.push(u32::from_be_bytes(dimension) as usize);
    }
    let size = dimensions.iter().try_fold(1u64, |size, &dimension| size.checked_mul(dimension as u64));
    let size = size.filter(|size| *size <= LARGEST).with_context(|| format!("{dimensions:?} is more than 1 GiB"))?;
    let mut values = Vec::new();
    bytes.take(size + 1).read_to_end(&mut values).context("it cannot be unpacked")?;
    ensure!(values.len() as u64 == size, "it holds {} values or more, expected {dimensions:?}", values.len());
    Ok(Array { dimensions, values })
}

/// Looks for files, without reading them; `advice` is what to do where one is missing.
///
/// # Errors
/// Every file that is missing or none.
pub fn look(folder: &Path, names: [&str; 2], advice: &str) -> Result<()> {
    let wrong: Vec<String> = names.iter().filter_map(|name| problem(folder, name)).collect();
    ensure!(wrong.is_empty(), "{}\n{advice}", wrong.join("\n"));
    Ok(())
}

/// The gray images in file `images` with the labels in file `labels`, the same value in all three channels; `advice` is
/// what to do where a file is missing.
///
/// # Errors
/// A file that is missing or no IDX file, and images that do not fit their labels.
pub fn read(folder: &Path, images: &str, labels: &str, classes: usize, advice: &str) -> Result<Images> {
    look(folder, [images, labels], advice)?;
    let [pixels, kinds] = [images, labels].map(|name| {
        let path = path(folder, name).expect("both files were found");
        let open = source::open(&path).map_err(anyhow::Error::from);
        open.and_then(parse).with_context(|| format!("{} cannot be read", path.display()))
    });
    gray(pixels?, kinds?, classes).with_context(|| format!("{} in {} do not fit", images, folder.display()))
}

/// What is wrong with a file, seen from outside.
fn problem(folder: &Path, name: &str) -> Option<String> {
    let Some(path) = path(folder, name) else {
        return Some(format!("{} is missing, and so is {name}.gz.", folder.join(name).display()));
    };
    source::size(&path).err().map(|error| format!("{} cannot be read ({error}).", path.display()))
}

/// The file `name`, or its compressed form; the dots before `idx` are those of some mirrors. Where there is no such file,
/// what else is there under one of these names.
fn path(folder: &Path, name: &str) -> Option<PathBuf> {
    let paths = [name.to_owned(), format!("{name}.gz"), name.replace("-idx", ".idx")].map(|name| folder.join(name));
    let found = paths.iter().find(|path| path.is_file()).or_else(|| paths.iter().find(|path| path.exists()));
    found.cloned()
}

fn gray(pixels: Array, labels: Array, classes: usize) -> Result<Images> {
    let [n, height, width] = pixels.dimensions[..] else {
        bail!("images have three dimensions, not {:?}", pixels.dimensions)
    };
    ensure!(height == width && height > 0, "images of {height} by {width} are not square");
    ensure!(labels.dimensions == [n], "{n} images have labels of {:?}", labels.dimensions);
    let wrong = labels.values.iter().find(|label| usize::from(**label) >= classes);
    ensure!(wrong.is_none(), "a label is {}, expected 0 to {}", wrong.unwrap_or(&0), classes - 1);
    let coloured = pixels.values.chunks_exact(height * width).flat_map(|image| [image; 3].concat());
    Ok(Images {
        side: height,
        pixels: Pixels::Memory(coloured.collect()),
        labels: labels.values.into_iter().map(Label::from).collect(),
    })
}
