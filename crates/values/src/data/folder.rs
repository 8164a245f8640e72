//! Any folder of class folders of JPEG, PNG or WebP files, at any working size. Images are decoded once, to a file that
//! is mapped into memory. Where `path` has a folder `train`, that is the training split, and `test` or `val` beside it
//! the test split.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Dataset, DatasetEntry, Images, Label, NotedImages, Pixels, Raw, Split, UNLABELLED,
    cache::{self, Cached},
    decode::{Decoded, decode},
    source,
};
use crate::plan::{catalog::datasets, recipe::DataRecipe, words::count};

pub const ENTRY: DatasetEntry =
    DatasetEntry { facts: &datasets::FOLDER, source: "yours", published: &[], look, load, test };

const KINDS: [&str; 5] = ["jpg", "jpeg", "jfif", "png", "webp"];
/// Kinds of image that are not read, and what they are called.
const OTHER_KINDS: [(&str, &str); 15] = [
    ("avif", "AVIF"),
    ("bmp", "BMP"),
    ("dib", "BMP"),
    ("gif", "GIF"),
    ("heic", "HEIC"),
    ("heif", "HEIC"),
    ("jp2", "JPEG 2000"),
    ("jxl", "JPEG XL"),
    ("pbm", "PPM"),
    ("pgm", "PPM"),
    ("pnm", "PPM"),
    ("ppm", "PPM"),
    ("tga", "TGA"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
];
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
    /// Images of kinds that are not read.
    others: Others,
    /// Images beside the class folders: of no class.
    beside: Vec<String>,
}

/// Files and what their kind is called.
type Others = Vec<(PathBuf, &'static str)>;

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
    let listing = Listing::of(&training(recipe, data)?)?;
    let read = images(recipe, data, &listing)?;
    let notes = sentences(&read, &listing);
    Raw { classes: listing.classes, mean: read.notes.mean, std: read.notes.std, images: read.images, notes }
        .split(recipe)
}

/// The folder of the training split's class folders.
fn training(recipe: &DataRecipe, data: &Path) -> Result<PathBuf> {
    let root = data.join(&recipe.path);
    let train = root.join("train");
    // A class may be called `train` too: its folder holds files.
    let is_split = train.is_dir() && entries(&train)?.iter().any(|path| path.is_dir());
    Ok(if is_split { train } else { root })
}

/// The folder of the test split's class folders.
fn testing(recipe: &DataRecipe, data: &Path) -> Result<PathBuf> {
    let root = data.join(&recipe.path);
    let found = ["test", "val"].map(|name| root.join(name)).into_iter().find(|folder| folder.is_dir());
    found.with_context(|| {
        format!("{} has no folder `test` or `val` beside `train`: leave probes.test off", root.display())
    })
}

fn look(recipe: &DataRecipe, data: &Path, part: Split) -> Result<()> {
    match part {
        Split::Train => class_folders(&training(recipe, data)?).map(drop),
        Split::Test => class_folders(&testing(recipe, data)?).map(drop),
    }
}

fn test(recipe: &DataRecipe, data: &Path) -> Result<NotedImages> {
    let classes = class_folders(&data.join(&recipe.path).join("train"))?;
    let classes = classes.iter().map(|folder| name(folder)).collect();
    let listing = Listing::of_test(&testing(recipe, data)?, classes)?;
    let read = images(recipe, data, &listing)?;
    let notes = sentences(&read, &listing);
    Ok(NotedImages { images: read.images, notes })
}

/// The ending of a file's name, small.
fn kind(path: &Path) -> String {
    path.extension().map(|kind| kind.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The folders in a folder, in the order of their names.
fn class_folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = entries(root)?;
    folders.retain(|path| path.is_dir());
    ensure!(
        !folders.is_empty(),
        "{} has no class folders: put the images of each class into a folder of its own there",
        root.display()
    );
    ensure!(folders.len() < usize::from(UNLABELLED), "{} has {} class folders", root.display(), folders.len());
    Ok(folders)
}

impl Listing {
    /// Nothing but what lies beside the class folders.
    fn begin(root: &Path, classes: Vec<String>) -> Result<Self> {
        let beside = entries(root)?.into_iter().filter(|path| KINDS.contains(&&kind(path)[..]) && !path.is_dir());
        let beside = beside.map(|path| path.display().to_string()).collect();
        Ok(Self { root: root.to_owned(), classes, files: Vec::new(), others: Vec::new(), beside })
    }

    /// Class folders and their files in the order of their names.
    fn of(root: &Path) -> Result<Self> {
        let folders = class_folders(root)?;
        let classes: Vec<String> = folders.iter().map(|folder| name(folder)).collect();
        ensure!(
            classes.len() > 1,
            "{} has the one class `{}`: probes tell classes apart, so there must be two",
            root.display(),
            classes[0]
        );
        let mut listing = Self::begin(root, classes)?;
        for (label, folder) in folders.iter().enumerate() {
            let (files, others) = (listing.files.len(), listing.others.len());
            listing.walk(folder, label as Label, DEEPEST)?;
            ensure!(listing.files.len() > files, empty(folder, &listing.others[others..]));
        }
        Ok(listing)
    }

    /// The files of a split that may lack some of the classes, and has no others.
    fn of_test(root: &Path, classes: Vec<String>) -> Result<Self> {
        let mut listing = Self::begin(root, classes)?;
        let mut strangers = Vec::new();
        for folder in class_folders(root)? {
            match listing.classes.iter().position(|class| *class == name(&folder)) {
                Some(label) => listing.walk(&folder, label as Label, DEEPEST)?,
                None => strangers.push(name(&folder)),
            }
        }
        let strangers: Vec<&str> = strangers.iter().map(String::as_str).collect();
        ensure!(
            strangers.is_empty(),
            "{} has class folders that the training split has not: {}: take them away, or train on them too",
            root.display(),
            named(&strangers)
        );
        ensure!(!listing.files.is_empty(), empty(root, &listing.others));
        Ok(listing)
    }

    fn walk(&mut self, folder: &Path, label: Label, deep: usize) -> Result<()> {
        ensure!(deep > 0, "{} is more than {DEEPEST} folders deep", folder.display());
        for path in entries(folder)? {
            let kind = kind(&path);
            if path.is_dir() {
                self.walk(&path, label, deep - 1)?;
            } else if KINDS.contains(&&kind[..]) {
                self.files.push((path, label));
            } else if let Some((_, name)) = OTHER_KINDS.iter().find(|(other, _)| *other == kind) {
                self.others.push((path, name));
            }
        }
        Ok(())
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

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a folder without images of kinds that are read lacks.
fn empty(folder: &Path, others: &[(PathBuf, &'static str)]) -> String {
    let (what, remedy) = match others {
        [] => (String::new(), "fill it"),
        others => (format!(", but {}", kinds(others)), "convert what is there"),
    };
    format!("{} holds no JPEG, PNG or WebP file{what}: {remedy}, or take it away", folder.display())
}

/// `3 BMP, 1 GIF`
fn kinds(others: &[(PathBuf, &'static str)]) -> String {
    let mut counts = BTreeMap::new();
    others.iter().for_each(|(_, kind)| *counts.entry(kind).or_insert(0) += 1);
    counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

/// The images of a split, and what was noted about them.
struct Read {
    images: Images,
    notes: Notes,
    /// Where they are kept, if not in the data folder.
    kept: Option<String>,
    /// The file that names every image that was left out.
    list: Option<PathBuf>,
}

/// The decoded images of a listing, from the cache or for it.
fn images(recipe: &DataRecipe, data: &Path, listing: &Listing) -> Result<Read> {
    let side = recipe.working_side();
    let description = listing.description(side)?;
    let list = |notes: &Notes| left_out(data, &description, listing, notes);
    let Cached { map, about: notes, note: kept } = cache::get(data, &description, |write| {
        let notes = all(listing, side, write)?;
        ensure!(
            !notes.decoded.is_empty(),
            "none of the images in {} can be decoded: {}",
            listing.root.display(),
            named_and_listed(&notes.corrupt, list(&notes).as_deref())
        );
        Ok(notes)
    })?;
    let (list, bad, all) = (list(&notes), notes.corrupt.len(), listing.files.len());
    ensure!(
        bad as f64 <= recipe.corrupt_share * all as f64,
        "{bad} of the {all} images in {} cannot be decoded, more than data.corrupt_share = {}: {}",
        listing.root.display(),
        recipe.corrupt_share,
        named_and_listed(&notes.corrupt, list.as_deref())
    );
    let labels = notes.decoded.iter().map(|&place| listing.files[place as usize].1).collect();
    let places = (0..notes.decoded.len() as u32).collect();
    Ok(Read { images: Images { side, pixels: Pixels::File { map, places }, labels }, notes, kept, list })
}

/// Lists every image that is not used; where, if there are any and they can be listed.
fn left_out(data: &Path, description: &str, listing: &Listing, notes: &Notes) -> Option<PathBuf> {
    let others = listing.others.iter().map(|(path, kind)| format!("{} ({kind} is not read)", path.display()));
    let lines: Vec<String> = notes.corrupt.iter().cloned().chain(others).collect();
    if lines.is_empty() { None } else { cache::list(data, description, &lines) }
}

/// Decodes on all cores and writes in order.
fn all(listing: &Listing, side: usize, write: &mut cache::Sink) -> Result<Notes> {
    let (mut notes, mut moments) = (Notes::default(), [[0.0f64; 3]; 3]);
    let every = listing.files.len().div_ceil(MEASURED);
    for (chunk, files) in listing.files.chunks(CHUNK).enumerate() {
        let decoded: Vec<Result<Decoded>> =
            files.par_iter().map(|(path, _)| decode(&source::read(path)?, side)).collect();
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
                Err(reason) if is_of_the_machine(&reason) => {
                    return Err(
                        reason.context(format!("{} could not be read; nothing is wrong with it", path.display()))
                    );
                }
                Err(reason) => notes.corrupt.push(format!("{} ({reason:#})", path.display())),
            }
        }
    }
    (notes.mean, notes.std) = mean_and_std(moments);
    Ok(notes)
}

/// Whether the system refused, for a reason that may be gone the next time: then the image must not count as a corrupt one for
/// good. What is missing, forbidden or no file is so by itself.
fn is_of_the_machine(reason: &anyhow::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    let own = [InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied];
    let error = reason.downcast_ref::<io::Error>();
    let number = error.and_then(io::Error::raw_os_error).filter(|number| *number != libc::ELOOP);
    number.is_some() && error.is_some_and(|error| !own.contains(&error.kind()))
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
}

/// What a log should say.
fn sentences(Read { images, notes, kept, list }: &Read, listing: &Listing) -> Vec<String> {
    let mut sentences: Vec<String> = kept.iter().cloned().collect();
    let list = list.as_deref();
    if !notes.corrupt.is_empty() {
        let (bad, all) = (notes.corrupt.len(), listing.files.len());
        let names = named_and_listed(&notes.corrupt, list);
        sentences.push(format!("{bad} of {all} images cannot be decoded and are left out: {names}"));
    }
    if !listing.others.is_empty() {
        let (n, kinds) = (count(listing.others.len(), "file"), kinds(&listing.others));
        let names: Vec<String> = listing.others.iter().map(|(path, _)| path.display().to_string()).collect();
        let names = named_and_listed(&names, list);
        sentences.push(format!("{n} of other kinds than JPEG, PNG and WebP left out ({kinds}; convert them): {names}"));
    }
    if !listing.beside.is_empty() {
        let n = count(listing.beside.len(), "image");
        sentences.push(format!("{n} beside the class folders left out, of no class: {}", named(&listing.beside)));
    }
    if let Some(first) = &notes.smallest {
        let are = if notes.small == 1 { "is" } else { "are" };
        let (small, side) = (count(notes.small, "image"), images.side);
        sentences.push(format!("{small} {are} smaller than data.side = {side} and enlarged, {first} first"));
    }
    sentences
}

/// The first few, and how many more.
fn named(all: &[impl AsRef<str>]) -> String {
    let first: Vec<&str> = all.iter().take(NAMED).map(AsRef::as_ref).collect();
    let (text, more) = (first.join(", "), all.len().saturating_sub(NAMED));
    if more == 0 { text } else { format!("{text} and {more} more") }
}

/// The first few, and the file that names all.
fn named_and_listed(all: &[impl AsRef<str>], list: Option<&Path>) -> String {
    match list.filter(|_| all.len() > NAMED) {
        Some(list) => format!("{}; {} names all", named(all), list.display()),
        None => named(all),
    }
}
