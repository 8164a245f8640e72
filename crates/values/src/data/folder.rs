//! Any folder of class folders of JPEG, PNG or WebP files, at any working size. Images are decoded once, to a file that
//! is mapped into memory. Where `path` has a folder `train`, that is the training split, and `test` or `val` beside it
//! the test split.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Dataset, Entry, Images, Label, Pixels, Raw, UNLABELLED, cache,
    decode::{Decoded, decode},
};
use crate::plan::{catalog::names::side, recipe::DataRecipe, words::count};

pub const ENTRY: Entry = Entry {
    name: "folder",
    about: "a folder of your own, data.path: one folder of JPEG, PNG or WebP files for each class",
    source: "yours",
    published: &[],
    load,
    test,
};

const KINDS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
/// Folders within a class folder are looked into this deep.
const DEEPEST: usize = 8;
/// Files decoded before they are written.
const CHUNK: usize = 256;
/// Files that are named one by one.
const NAMED: usize = 5;
/// Images that the mean and the deviation are measured on.
const MEASURED: usize = 2000;

/// The files of a split.
struct Listing {
    root: PathBuf,
    classes: Vec<String>,
    files: Vec<(PathBuf, Label)>,
}

/// What was noted while a split was decoded.
#[derive(Default, Serialize, Deserialize)]
struct Notes {
    /// Places, among the files, of those that were decoded.
    decoded: Vec<u32>,
    /// Names of the others, with the reasons.
    corrupt: Vec<String>,
    /// How many are smaller than the working size, and the first of them.
    small: usize,
    smallest: Option<String>,
    mean: [f32; 3],
    std: [f32; 3],
}

fn load(recipe: &DataRecipe, data: &Path) -> Result<Dataset> {
    let root = data.join(&recipe.path);
    let train = root.join("train");
    // A class may be called `train` too: its folder holds files.
    let is_split = train.is_dir() && entries(&train)?.iter().any(|path| path.is_dir());
    let listing = Listing::of(if is_split { &train } else { &root })?;
    let (images, notes) = images(recipe, data, &listing)?;
    let (mean, std, notes) = (notes.mean, notes.std, notes.sentences(&listing, images.side));
    Raw { classes: listing.classes, mean, std, images, notes }.split(recipe)
}

fn test(recipe: &DataRecipe, data: &Path) -> Result<Images> {
    let root = data.join(&recipe.path);
    let Some(folder) = ["test", "val"].map(|name| root.join(name)).into_iter().find(|folder| folder.is_dir()) else {
        bail!("{} has no folder `test` or `val` beside `train`: leave probes.test off", root.display());
    };
    let (listing, train) = (Listing::of(&folder)?, Listing::of(&root.join("train"))?);
    ensure!(
        listing.classes == train.classes,
        "{} and {} have other class folders",
        listing.root.display(),
        train.root.display()
    );
    Ok(images(recipe, data, &listing)?.0)
}

impl Listing {
    /// Class folders and their files in the order of their names.
    fn of(root: &Path) -> Result<Self> {
        let mut folders = entries(root)?;
        folders.retain(|path| path.is_dir());
        ensure!(
            !folders.is_empty(),
            "{} has no class folders: put the images of each class into a folder of its own there",
            root.display()
        );
        ensure!(folders.len() < usize::from(UNLABELLED), "{} has {} class folders", root.display(), folders.len());
        let (mut classes, mut files) = (Vec::new(), Vec::new());
        for (label, folder) in folders.iter().enumerate() {
            let before = files.len();
            walk(folder, label as Label, DEEPEST, &mut files)?;
            ensure!(
                files.len() > before,
                "{} holds no JPEG, PNG or WebP file: fill it, or take it away",
                folder.display()
            );
            classes.push(name(folder));
        }
        ensure!(
            classes.len() > 1,
            "{} has the one class `{}`: probes tell classes apart, so there must be two",
            root.display(),
            classes[0]
        );
        Ok(Self { root: root.to_owned(), classes, files })
    }

    /// What the decoded images depend on.
    fn description(&self, side: usize) -> Result<String> {
        let mut text = format!("folder 1 {side}\n");
        for (path, _) in &self.files {
            text += &cache::stamp(path).with_context(|| format!("{} cannot be looked at", path.display()))?;
            text.push('\n');
        }
        Ok(text)
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> io::Result<Vec<PathBuf>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut paths = read().with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort_unstable();
    Ok(paths)
}

fn walk(folder: &Path, label: Label, deep: usize, files: &mut Vec<(PathBuf, Label)>) -> Result<()> {
    ensure!(deep > 0, "{} is more than {DEEPEST} folders deep", folder.display());
    for path in entries(folder)? {
        let kind = path.extension().map(|kind| kind.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_dir() {
            walk(&path, label, deep - 1, files)?;
        } else if KINDS.contains(&&kind[..]) {
            files.push((path, label));
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The decoded images of a listing, from the cache or for it.
fn images(recipe: &DataRecipe, data: &Path, listing: &Listing) -> Result<(Images, Notes)> {
    let side = side(recipe);
    let (map, notes) = cache::get(data, &listing.description(side)?, |write| all(listing, side, write))?;
    let (bad, all) = (notes.corrupt.len(), listing.files.len());
    ensure!(
        bad as f64 <= recipe.corrupt_share * all as f64,
        "{bad} of the {all} images in {} cannot be decoded, more than data.corrupt_share = {}: {}",
        listing.root.display(),
        recipe.corrupt_share,
        named(&notes.corrupt)
    );
    let labels = notes.decoded.iter().map(|&place| listing.files[place as usize].1).collect();
    let places = (0..notes.decoded.len() as u32).collect();
    Ok((Images { side, pixels: Pixels::File { map, places }, labels }, notes))
}

/// Decodes on all cores and writes in order.
fn all(listing: &Listing, side: usize, write: &mut cache::Sink) -> Result<Notes> {
    let (mut notes, mut moments) = (Notes::default(), [[0.0f64; 3]; 3]);
    let every = listing.files.len().div_ceil(MEASURED);
    for (chunk, files) in listing.files.chunks(CHUNK).enumerate() {
        let decoded: Vec<Result<Decoded>> = files.par_iter().map(|(path, _)| decode(&fs::read(path)?, side)).collect();
        for (index, (result, (path, _))) in decoded.into_iter().zip(files).enumerate() {
            let place = chunk * CHUNK + index;
            match result {
                Ok(image) => {
                    write(&image.pixels)?;
                    notes.take(place, path, &image, side);
                    if place.is_multiple_of(every) {
                        measure(&mut moments, &image.pixels);
                    }
                }
                Err(reason) => notes.corrupt.push(format!("{} ({reason:#})", path.display())),
            }
        }
    }
    ensure!(
        !notes.decoded.is_empty(),
        "none of the images in {} can be decoded: {}",
        listing.root.display(),
        named(&notes.corrupt)
    );
    (notes.mean, notes.std) = mean_and_std(moments);
    Ok(notes)
}

/// Adds to each channel's count, sum and sum of squares.
fn measure(moments: &mut [[f64; 3]; 3], pixels: &[u8]) {
    for (moments, plane) in moments.iter_mut().zip(pixels.chunks_exact(pixels.len() / 3)) {
        for &byte in plane {
            let value = f64::from(byte) / 255.0;
            *moments = [moments[0] + 1.0, moments[1] + value, moments[2] + value * value];
        }
    }
}

fn mean_and_std(moments: [[f64; 3]; 3]) -> ([f32; 3], [f32; 3]) {
    let mean = moments.map(|[n, sum, _]| sum / n.max(1.0));
    let deviation = |channel: usize| {
        let [n, _, squares] = moments[channel];
        let variance = squares / n.max(1.0) - mean[channel] * mean[channel];
        // A channel without any variation is left as it is.
        if variance > 1e-6 { variance.sqrt() as f32 } else { 1.0 }
    };
    (mean.map(|mean| mean as f32), [0, 1, 2].map(deviation))
}

impl Notes {
    fn take(&mut self, place: usize, path: &Path, image: &Decoded, side: usize) {
        self.decoded.push(place as u32);
        let (width, height) = image.size;
        if (width.min(height) as usize) < side {
            self.small += 1;
            self.smallest.get_or_insert_with(|| format!("{} ({width}x{height})", path.display()));
        }
    }

    /// What a log should say.
    fn sentences(&self, listing: &Listing, side: usize) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.corrupt.is_empty() {
            let (bad, all) = (self.corrupt.len(), listing.files.len());
            sentences
                .push(format!("{bad} of {all} images cannot be decoded and are left out: {}", named(&self.corrupt)));
        }
        if let Some(first) = &self.smallest {
            let are = if self.small == 1 { "is" } else { "are" };
            let small = count(self.small, "image");
            sentences.push(format!("{small} {are} smaller than data.side = {side} and enlarged, {first} first"));
        }
        sentences
    }
}

/// The first few, and how many more.
fn named(all: &[String]) -> String {
    let more = all.len().saturating_sub(NAMED);
    let text = all[..all.len().min(NAMED)].join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}
