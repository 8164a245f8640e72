//! Images as bytes, with labels for the probes. Plain values: no burn.
//!
//! A dataset is one file with an [`Entry`], and its line in [`DATASETS`].

pub mod cifar;
pub mod split;
pub mod synthetic;

use std::path::Path;

use anyhow::{Result, bail};

use crate::plan::recipe::DataRecipe;

/// Square RGB images, channels first, with one label each.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Height and width in pixels.
    pub side: usize,
    /// `[n, 3, side, side]`, 0 to 255.
    pub pixels: Vec<u8>,
    /// `[n]`, below the dataset's number of classes.
    pub labels: Vec<u8>,
}

impl Images {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of image `index`: `[3, side, side]`.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = 3 * self.side * self.side;
        &self.pixels[index * size..][..size]
    }

    /// The images `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            side: self.side,
            pixels: indices.iter().map(|&index| self.image(index)).collect::<Vec<_>>().concat(),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
        }
    }
}

/// What a trial learns from and is judged on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub classes: Vec<String>,
    /// Per-channel mean and standard deviation of values in 0 to 1, for the normalisation after augmentation.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    pub train: Images,
    /// Never trained on; k-NN and linear accuracy are read here.
    pub held_out: Images,
}

/// A dataset that a recipe can name; [`DATASETS`] holds one per file of this folder.
pub struct Entry {
    /// The name that users type.
    pub name: &'static str,
    pub classes: usize,
    /// Height and width of its images in pixels.
    pub side: usize,
    /// What it is, in one line.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    load: fn(&DataRecipe, &Path) -> Result<Dataset>,
}

/// Every dataset there is.
pub const DATASETS: &[Entry] = &[cifar::ENTRY, synthetic::ENTRY];

/// Loads what `recipe` names: splits off `held_out` images and keeps `limit` of the rest, both stratified by class and
/// the same for every training seed. `folder` is the data directory; `synthetic` does not look at it.
///
/// # Errors
/// A sentence that names the file, the size expected and the size found.
pub fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    let Some(entry) = DATASETS.iter().find(|entry| entry.name == recipe.name) else {
        let known: Vec<&str> = DATASETS.iter().map(|entry| entry.name).collect();
        bail!("data.name is `{}`; there is {}", recipe.name, known.join(", "));
    };
    (entry.load)(recipe, folder)
}
