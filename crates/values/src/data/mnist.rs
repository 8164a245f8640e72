//! MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017): gray images of 28 by 28 in IDX files.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{
    Dataset, DatasetEntry, Images, Raw, Split,
    fetch::{PublishedFile, Sum},
    idx,
};
use crate::plan::{catalog::datasets, recipe::DataRecipe};

pub const DIGITS: DatasetEntry = DatasetEntry {
    facts: &datasets::MNIST,
    source: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    published: &[
        digits(
            "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        ),
        digits(
            "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz",
            "d53e105ee54ea40749a09fcbcd1e9432",
        ),
        digits(
            "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
            "9fb629c4189551a2d022fa330f9573f3",
        ),
        digits(
            "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ],
    load: |recipe, folder| load(recipe, &place(folder, DIGIT_FOLDERS), &DIGIT_NAMES, [0.1307, 0.3081], &DIGITS),
    look: |_, folder, part| look(&place(folder, DIGIT_FOLDERS), part, &DIGITS),
    test: |_, folder| Ok(split(&place(folder, DIGIT_FOLDERS), Split::Test, &DIGITS)?.into()),
};

pub const FASHION: DatasetEntry = DatasetEntry {
    facts: &datasets::FASHION_MNIST,
    source: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    published: &[
        fashion(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        ),
        fashion(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
            "25c81989df183df01b3e8a0aad5dffbe",
        ),
        fashion(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
            "bef4ecab320f06d8554ea6380940ec79",
        ),
        fashion(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ],
    load: |recipe, folder| load(recipe, &place(folder, FASHION_FOLDERS), &FASHION_NAMES, [0.2860, 0.3530], &FASHION),
    look: |_, folder, part| look(&place(folder, FASHION_FOLDERS), part, &FASHION),
    test: |_, folder| Ok(split(&place(folder, FASHION_FOLDERS), Split::Test, &FASHION)?.into()),
};

/// Ours, then torchvision's.
const DIGIT_FOLDERS: [&str; 2] = ["mnist", "MNIST/raw"];
const FASHION_FOLDERS: [&str; 2] = ["fashion-mnist", "FashionMNIST/raw"];
const DIGIT_NAMES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const FASHION_NAMES: [&str; 10] =
    ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

const fn digits(url: &'static str, md5: &'static str) -> PublishedFile {
    PublishedFile { url, sum: Sum::Md5(md5), folder: DIGIT_FOLDERS[0], archive: false }
}

const fn fashion(url: &'static str, md5: &'static str) -> PublishedFile {
    PublishedFile { folder: FASHION_FOLDERS[0], ..digits(url, md5) }
}

/// The first of `names` that is in the data folder; the first name where none is. Both sets name their files alike,
/// so none is looked for in the data folder itself.
fn place(folder: &Path, names: [&str; 2]) -> PathBuf {
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_dir());
    found.unwrap_or_else(|| folder.join(names[0]))
}

/// The files of images and of labels.
fn names(part: Split) -> [&'static str; 2] {
    match part {
        Split::Train => ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
        Split::Test => ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    }
}

fn advice(entry: &DatasetEntry) -> String {
    format!(
        "Put the files of {} there, compressed or not, as `byolab data fetch {}` does, or name another folder with --data.",
        entry.source,
        entry.name()
    )
}

fn look(folder: &Path, part: Split, entry: &DatasetEntry) -> Result<()> {
    idx::look(folder, names(part), &advice(entry))
}

fn split(folder: &Path, part: Split, entry: &DatasetEntry) -> Result<Images> {
    let [images, labels] = names(part);
    idx::read(folder, images, labels, 10, &advice(entry))
}

fn load(
    recipe: &DataRecipe,
    folder: &Path,
    names: &[&str],
    [mean, std]: [f32; 2],
    entry: &DatasetEntry,
) -> Result<Dataset> {
    let classes = names.iter().map(|name| (*name).into()).collect();
    let images = split(folder, Split::Train, entry)?;
    Raw { classes, mean: [mean; 3], std: [std; 3], images, notes: Vec::new() }.split(recipe)
}
