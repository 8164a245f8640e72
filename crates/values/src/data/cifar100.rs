//! CIFAR-100: a hundred kinds of thing, of which the fine labels are taken.

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
    facts: &datasets::CIFAR100,
    source: CIFAR100.archive,
    published: &[PublishedFile {
        url: CIFAR100.archive,
        sum: Sum::Md5("03b5dce01913d631647c71ecec9e9cb8"),
        folder: CIFAR100.binary.folder,
        archive: true,
    }],
    look: |_, folder, part| CIFAR100.look(folder, part),
    load,
    test: |_, folder| Ok(CIFAR100.images(folder, Split::Test)?.into()),
};

/// Its files.
pub const CIFAR100: Cifar = Cifar {
    name: datasets::CIFAR100.entry.name,
    title: "CIFAR-100",
    archive: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    binary: CifarFiles {
        folder: "cifar-100-binary",
        train: &["train.bin"],
        test: &["test.bin"],
        names: "fine_label_names.txt",
    },
    python: CifarFiles { folder: "cifar-100-python", train: &["train"], test: &["test"], names: "meta" },
    label_bytes: 2,
    keys: ["fine_labels", "fine_label_names"],
    classes: 100,
    records: [50_000, 10_000],
};

const MEAN: [f32; 3] = [0.5071, 0.4865, 0.4409];
const STD: [f32; 3] = [0.2673, 0.2564, 0.2762];

fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let images = CIFAR100.images(folder, Split::Train)?;
    let numbered = || (0..CIFAR100.classes).map(|class| format!("class {class}")).collect();
    let classes = CIFAR100.names(folder)?.unwrap_or_else(numbered);
    Raw { classes, mean: MEAN, std: STD, images, notes: Vec::new() }.split(recipe)
}
