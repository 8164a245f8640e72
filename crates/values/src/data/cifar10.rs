//! CIFAR-10: ten kinds of animal and vehicle.

use std::path::Path;

use anyhow::Result;

use super::{
    Dataset, DatasetEntry, Raw, Split,
    cifar::{Cifar, CifarFiles},
    fetch::{PublishedFile, Sum},
};
use crate::plan::{catalog::datasets, recipe::DataRecipe};

/// The set as recipes name it.
pub const ENTRY: DatasetEntry = DatasetEntry {
    facts: &datasets::CIFAR10,
    source: CIFAR10.archive,
    published: &[PublishedFile {
        url: CIFAR10.archive,
        sum: Sum::Md5("c32a1d4ab5d03f1284b67883e8d87530"),
        folder: CIFAR10.binary.folder,
        archive: true,
    }],
    look: |_, folder, part| CIFAR10.look(folder, part),
    load,
    test: |_, folder| Ok(CIFAR10.images(folder, Split::Test)?.into()),
};

/// Its files.
pub const CIFAR10: Cifar = Cifar {
    name: datasets::CIFAR10.entry.name,
    title: "CIFAR-10",
    archive: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    binary: CifarFiles {
        folder: "cifar-10-batches-bin",
        train: &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
        test: &["test_batch.bin"],
        names: "batches.meta.txt",
    },
    python: CifarFiles {
        folder: "cifar-10-batches-py",
        train: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
        test: &["test_batch"],
        names: "batches.meta",
    },
    label_bytes: 1,
    keys: ["labels", "label_names"],
    classes: CLASSES.len(),
    records: [10_000, 10_000],
};

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const MEAN: [f32; 3] = [0.4914, 0.4822, 0.4465];
const STD: [f32; 3] = [0.2470, 0.2435, 0.2616];

fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let images = CIFAR10.images(folder, Split::Train)?;
    let classes = CIFAR10.names(folder)?.unwrap_or_else(|| CLASSES.map(String::from).to_vec());
    Raw { classes, mean: MEAN, std: STD, images, notes: Vec::new() }.split(recipe)
}
