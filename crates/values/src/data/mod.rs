//! Images as bytes, with labels for the probes. Plain values: no burn.
//!
//! A dataset is one file with a [`DatasetEntry`], and its line in [`DATASETS`].
//!
//! | file | holds |
//! |---|---|
//! | `cifar10`, `cifar100`, `stl10`, `svhn`, `mnist`, `folder`, `synthetic` | a data set each |
//! | `cifar`, `idx`, `mat`, `decode` | formats: CIFAR's two layouts, MNIST's, MATLAB's, JPEG and its like |
//! | `images`, `cache` | images in memory, or decoded once into a file that is mapped |
//! | `split`, `resize` | which are held out, kept and labelled; another working size |
//! | `fetch`, `source` | downloads, checked and unpacked; opening what users name |

mod cache;
pub mod cifar;
pub mod cifar10;
pub mod cifar100;
pub mod decode;
pub mod fetch;
mod folder;
pub mod idx;
mod images;
pub mod mat;
mod mnist;
mod resize;
mod source;
pub mod split;
pub mod stl10;
pub mod svhn;
pub mod synthetic;

use std::{collections::BTreeMap, fmt, path::Path};

use anyhow::Result;

use crate::{
    plan::{
        Problems, Recipe,
        catalog::Facts,
        problem::Spot,
        recipe::{DataRecipe, LabelDraw, Normalize},
        words::nearest_or_all,
    },
    process,
};
use fetch::PublishedFile;
pub use images::{Images, Label, Pixels, UNLABELLED};

/// What a trial learns from and is judged on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The names of all classes, in the order of labels.
    pub classes: Vec<String>,
    /// Per-channel mean and standard deviation of values in 0 to 1, for the normalisation after augmentation.
    pub mean: [f32; 3],
    /// Beside `mean`.
    pub std: [f32; 3],
    /// What methods learn from; probes learn from those that have labels.
    pub train: Images,
    /// Never trained on; k-NN and linear accuracy are read here, and choices made by them.
    pub held_out: Images,
    /// Looked at once, at the end; none unless asked for.
    pub test: Option<Images>,
    /// Another data set that features are judged on, to be normalised as this one; none unless asked for.
    pub transfer: Option<Box<Dataset>>,
    /// Where the images stand in the data set.
    pub origins: Origins,
    /// What else is known of every image.
    pub factors: Vec<Factor>,
    /// Sentences for the log: what was left out, and why.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Bytes of images that it holds in memory; those of a mapped file are the system's.
    pub fn held(&self) -> usize {
        let splits = [&self.train, &self.held_out].into_iter().chain(&self.test);
        let own: usize = splits.filter_map(|images| images.pixels.bytes()).map(<[u8]>::len).sum();
        own + self.transfer.as_ref().map_or(0, |other| other.held())
    }
}

/// The images of a split, with sentences for the log: what was left out, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotedImages {
    /// The images themselves.
    pub images: Images,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl From<Images> for NotedImages {
    fn from(images: Images) -> Self {
        Self { images, notes: Vec::new() }
    }
}

/// Which split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What is learnt from.
    Train,
    /// What is looked at once, at the end.
    Test,
}

/// The places of images in the data set's own training split, as its files have them; of `synthetic` the number that an
/// image is made from. Images of the test split stand where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Of the images to train on.
    pub train: Vec<usize>,
    /// Of the images that are kept for the probes.
    pub held_out: Vec<usize>,
}

/// What images are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What methods learn from.
    Train,
    /// What probes judge on while training.
    HeldOut,
    /// What is looked at once, at the end.
    Test,
}

impl Purpose {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "held-out",
            Self::Test => "test",
        }
    }

    /// The split of the data set that its images are taken from.
    pub fn split(self) -> &'static str {
        match self {
            Self::Train | Self::HeldOut => "train",
            Self::Test => "test",
        }
    }
}

/// Something that an image was made with, besides its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// As metrics name it.
    pub name: &'static str,
    /// How it is read out.
    pub kind: FactorKind,
    /// One row of numbers for each image, or of 0 and 1, 1 at its kind.
    pub train: Vec<Vec<f32>>,
    /// As `train`, of the held-out images.
    pub held_out: Vec<Vec<f32>>,
}

/// How a factor is read out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// Judged by the share of its variance that is explained.
    Number,
    /// Judged by the share of images whose kind is told.
    Class,
}

/// A dataset that a recipe can name; [`DATASETS`] holds one per file of this folder.
pub struct DatasetEntry {
    /// What the plan knows of it.
    pub facts: &'static Facts,
    /// Where its files come from.
    pub source: &'static str,
    /// The files to fetch.
    pub published: &'static [PublishedFile],
    look: fn(&DataRecipe, &Path, Split) -> Result<()>,
    load: fn(&DataRecipe, &Path) -> Result<Dataset>,
    test: fn(&DataRecipe, &Path) -> Result<NotedImages>,
}

impl DatasetEntry {
    /// The name that users type.
    pub fn name(&self) -> &'static str {
        self.facts.entry.name
    }

    /// What it is, in one line.
    pub fn about(&self) -> &'static str {
        self.facts.entry.doc
    }
}

/// Every dataset there is.
pub const DATASETS: &[DatasetEntry] = &[
    cifar10::ENTRY,
    cifar100::ENTRY,
    stl10::ENTRY,
    mnist::DIGITS,
    mnist::FASHION,
    svhn::ENTRY,
    folder::ENTRY,
    synthetic::ENTRY,
];

/// Images that are not there, or are not what they should be: bad input, which the command line answers with exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable(String);

impl Unusable {
    /// What went wrong with the input, as such; what went wrong elsewhere, as it is.
    fn of(recipe: &DataRecipe, what: &str, error: anyhow::Error) -> anyhow::Error {
        if error.is::<cache::Unwritable>() {
            return error;
        }
        error.context(Self(format!("cannot load {what} `{}`", recipe.name)))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The dataset called `name`.
///
/// # Errors
/// The name most like it, or all that there are.
pub fn entry(name: &str) -> Result<&'static DatasetEntry, Problems> {
    let known = || DATASETS.iter().map(DatasetEntry::name).collect::<Vec<_>>();
    DATASETS.iter().find(|entry| entry.name() == name).ok_or_else(|| {
        Spot::named(name).problem("there is no dataset of this name", Some(nearest_or_all(name, &known()))).into()
    })
}

/// Looks whether a split is there, without reading it: files that are missing, and sizes that cannot be right.
///
/// # Errors
/// A sentence that names the files, and what was expected of them.
pub fn look(recipe: &DataRecipe, folder: &Path, part: Split) -> Result<()> {
    (entry(&recipe.name)?.look)(recipe, folder, part)
}

/// Looks for all that trials need.
///
/// # Errors
/// What is wrong with each of the datasets.
pub fn check<'a>(recipes: impl IntoIterator<Item = &'a Recipe>, folder: &Path) -> Result<(), Problems> {
    let mut wrong = BTreeMap::new();
    for recipe in recipes {
        let DataRecipe { name, path, .. } = &recipe.data;
        let parts = if recipe.probes.test { &[Split::Train, Split::Test][..] } else { &[Split::Train] };
        if let Err(error) = parts.iter().try_for_each(|part| look(&recipe.data, folder, *part)) {
            wrong.entry((name.clone(), path.clone())).or_insert(format!("{error:#}"));
        }
        if let Some(other) = transferred(recipe)
            && let Err(error) = look(&other, folder, Split::Train)
        {
            wrong.entry((other.name, other.path)).or_insert(format!("{error:#}"));
        }
    }
    let problem = |((name, _), text): ((String, String), String)| {
        Spot::named(format!("data.name = {name:?}")).problem(text, None)
    };
    Problems::unless(wrong.into_iter().map(problem).collect(), ())
}

/// Loads what `recipe` names: splits off `held_out` images and keeps `limit` of the rest, both stratified by class and
/// the same for every training seed. `folder` is the data directory; `synthetic` does not look at it. The test split is
/// not looked at.
///
/// # Errors
/// A sentence that names the file, and what was expected of it; the system has no threads.
pub fn load(recipe: &DataRecipe, folder: &Path) -> Result<Dataset> {
    process::begin_threads()?;
    let read = (entry(&recipe.name)?.load)(recipe, folder);
    let data = read.map_err(|error| Unusable::of(recipe, "the data", error))?;
    let (mean, std) = match recipe.normalize {
        Normalize::Own => (data.mean, data.std),
        Normalize::Imagenet => IMAGENET,
        Normalize::Half => ([0.5; 3], [0.5; 3]),
        Normalize::None => ([0.0; 3], [1.0; 3]),
    };
    Ok(Dataset { mean, std, ..data })
}

/// Mean and deviation of ImageNet's pixels, as torchvision's models are trained with.
pub const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// The test split of what `recipe` names.
///
/// # Errors
/// As [`load`].
pub fn test(recipe: &DataRecipe, folder: &Path) -> Result<NotedImages> {
    process::begin_threads()?;
    let read = (entry(&recipe.name)?.test)(recipe, folder);
    let NotedImages { images, notes } = read.map_err(|error| Unusable::of(recipe, "the test split of", error))?;
    Ok(NotedImages { images: resize::resized(images, recipe.side), notes })
}

/// What a trial of `recipe` needs: its test split too, where probes look at it.
///
/// # Errors
/// As [`load`].
pub fn load_for(recipe: &Recipe, folder: &Path) -> Result<Dataset> {
    let mut data = load(&recipe.own_data(), folder)?;
    if recipe.probes.test {
        let test = test(&recipe.data, folder)?;
        data.notes.extend(test.notes.into_iter().map(|note| format!("of the test split, {note}")));
        data.test = Some(test.images);
    }
    if let Some(other) = transferred(recipe) {
        // An encoder sees others' images as it saw its own.
        data.transfer = Some(Box::new(Dataset { mean: data.mean, std: data.std, ..load(&other, folder)? }));
    }
    Ok(data)
}

/// The other data set that features are judged on: as many images of it, of a synthetic one others.
fn transferred(recipe: &Recipe) -> Option<DataRecipe> {
    let (name, own) = (&recipe.probes.transfer, &recipe.data);
    let other =
        DataRecipe { name: name.clone(), path: String::new(), seed: own.seed + 1, unlabelled: false, ..own.clone() };
    (!name.is_empty()).then_some(DataRecipe {
        label_share: 1.0,
        labels_per_class: 0,
        label_draw: LabelDraw::Data,
        ..other
    })
}

impl Dataset {
    /// The images of a purpose with their places in the data set; none where the test split was not loaded.
    pub fn images_for(&self, purpose: Purpose) -> Option<(&Images, Vec<usize>)> {
        Some(match purpose {
            Purpose::Train => (&self.train, self.origins.train.clone()),
            Purpose::HeldOut => (&self.held_out, self.origins.held_out.clone()),
            Purpose::Test => {
                let test = self.test.as_ref()?;
                (test, (0..test.len()).collect())
            }
        })
    }
}

/// A whole training split, as a dataset's own file reads it.
struct Raw {
    classes: Vec<String>,
    mean: [f32; 3],
    std: [f32; 3],
    images: Images,
    notes: Vec<String>,
}

impl Raw {
    /// Held-out images, images to learn from, and labels that are seen, as the recipe asks.
    fn split(self, recipe: &DataRecipe) -> Result<Dataset> {
        let Self { classes, mean, std, images, notes } = self;
        let split = split::stratified(&images.labels, recipe.held_out, recipe.limit)?;
        let [mut train, held_out] =
            [&split.train, &split.held_out].map(|part| resize::resized(images.select(part), recipe.side));
        train.labels = split::seen(&train.labels, recipe)?;
        let origins = Origins { train: split.train, held_out: split.held_out };
        Ok(Dataset { classes, mean, std, train, held_out, origins, notes, ..Dataset::default() })
    }
}
