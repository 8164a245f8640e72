//! How CIFAR-10 and CIFAR-100 (Krizhevsky 2009) are read, in the binary layout (records of label bytes and 3,072 bytes
//! of red, green and blue planes) or the python layout (pickled rows of the same 3,072 bytes).

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{Images, Label, Pixels, Split, source};
use crate::pickle;

/// Height and width of the images in pixels.
pub const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// How one of the two is published.
pub struct Cifar {
    /// As users type it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The archive of the binary layout.
    pub archive: &'static str,
    /// Its files in the binary layout.
    pub binary: CifarFiles,
    /// Its files in the layout of pickles.
    pub python: CifarFiles,
    /// Label bytes before a binary record's pixels; the last is the label.
    pub label_bytes: usize,
    /// What a pickle calls the labels, and the classes' names.
    pub keys: [&'static str; 2],
    /// How many classes it has.
    pub classes: usize,
    /// Records in a file of the training split, and of the test split.
    pub records: [usize; 2],
}

/// The files of a layout.
pub struct CifarFiles {
    /// The folder inside the archive.
    pub folder: &'static str,
    /// Files of the training split, in their order.
    pub train: &'static [&'static str],
    /// Files of the test split.
    pub test: &'static [&'static str],
    /// The file that names the classes.
    pub names: &'static str,
}

impl Cifar {
    /// Looks for a split's files in `folder`, or in the archives' folders inside it, without reading them.
    ///
    /// # Errors
    /// Every file that is missing or has another size than published.
    pub fn look(&self, folder: &Path, part: Split) -> Result<()> {
        let (folder, layout, is_binary) = self.place(folder);
        let (files, records) = self.files(layout, part);
        let size = is_binary.then_some(records * (self.label_bytes + PIXELS));
        let problems: Vec<String> =
            files.iter().filter_map(|file| self.wrong_size(&folder.join(file), records, size)).collect();
        if !problems.is_empty() {
            bail!(
                "{} cannot be read.\n{}\nUnpack {} there, as `byolab data fetch {}` does, or name another folder with --data.",
                self.title,
                problems.join("\n"),
                self.archive,
                self.name
            );
        }
        Ok(())
    }

    /// The images of a split.
    ///
    /// # Errors
    /// Those of [`Self::look`], or the first file that holds something else.
    pub fn images(&self, folder: &Path, part: Split) -> Result<Images> {
        self.look(folder, part)?;
        let (folder, layout, is_binary) = self.place(folder);
        let (files, records) = self.files(layout, part);
        let (mut pixels, mut labels) = (Vec::with_capacity(files.len() * records * PIXELS), Vec::new());
        for file in files {
            let path = folder.join(file);
            let bytes = source::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let read = if is_binary { self.records(&bytes) } else { self.pickled(&bytes) };
            let (more, kinds) = read.with_context(|| {
                format!("{} is not {}, which is published at {}", path.display(), self.title, self.archive)
            })?;
            ensure!(kinds.len() == records, "{} holds {} images, expected {records}", path.display(), kinds.len());
            pixels.extend(more);
            labels.extend(kinds);
        }
        Ok(Images { side: SIDE, pixels: Pixels::Memory(pixels), labels })
    }

    /// The names of the classes in the archive's list; none where it is not there.
    ///
    /// # Errors
    /// A list of another number of names.
    pub fn names(&self, folder: &Path) -> Result<Option<Vec<String>>> {
        let (folder, layout, is_binary) = self.place(folder);
        let path = folder.join(layout.names);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = source::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let names = if is_binary {
            let text = String::from_utf8_lossy(&bytes);
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect()
        } else {
            let pickle = pickle::parse(&bytes).with_context(|| format!("{} is not CIFAR's", path.display()))?;
            pickle.value().get(self.keys[1]).and_then(|names| names.texts()).unwrap_or_default()
        };
        ensure!(
            names.len() == self.classes,
            "{} names {} classes, expected {}: this folder is not {}",
            path.display(),
            names.len(),
            self.classes,
            self.title
        );
        Ok(Some(names))
    }

    /// The files of a split, and the records in each of them.
    fn files<'a>(&self, layout: &'a CifarFiles, part: Split) -> (&'a [&'static str], usize) {
        match part {
            Split::Train => (layout.train, self.records[0]),
            Split::Test => (layout.test, self.records[1]),
        }
    }

    /// The folder that has files of a layout, the layout, and whether it is the binary one.
    fn place(&self, folder: &Path) -> (PathBuf, &CifarFiles, bool) {
        let layouts = [(&self.binary, true), (&self.python, false)];
        let inside = layouts.map(|(layout, is_binary)| (folder.join(layout.folder), layout, is_binary));
        let direct = layouts.map(|(layout, is_binary)| (folder.to_owned(), layout, is_binary));
        let known = |(folder, layout, _): &(PathBuf, &CifarFiles, bool)| {
            layout.train.iter().chain(layout.test).any(|file| folder.join(file).is_file())
        };
        inside.into_iter().chain(direct).find(known).unwrap_or((folder.to_owned(), &self.binary, true))
    }

    /// What is wrong with a file, seen from its size alone.
    fn wrong_size(&self, path: &Path, records: usize, size: Option<usize>) -> Option<String> {
        let found = match (source::size(path), size) {
            (Ok(_), None) => return None,
            (Ok(found), Some(size)) if found == size as u64 => return None,
            (Ok(found), _) => format!("has {found} bytes"),
            (Err(error), _) if error.kind() == ErrorKind::NotFound => "is missing".into(),
            (Err(error), _) => format!("cannot be read ({error})"),
        };
        let expected = size.map_or(String::new(), |size| {
            format!("; expected {size} bytes ({records} records of {})", self.label_bytes + PIXELS)
        });
        Some(format!("{} {found}{expected}.", path.display()))
    }

    /// Pixels and labels of whole binary records.
    ///
    /// # Errors
    /// A part of a record, and the first label that is none.
    pub fn records(&self, bytes: &[u8]) -> Result<(Vec<u8>, Vec<Label>)> {
        let size = self.label_bytes + PIXELS;
        ensure!(bytes.len().is_multiple_of(size), "{} bytes are no whole records of {size}", bytes.len());
        let (mut pixels, mut labels) = (Vec::with_capacity(bytes.len() / size * PIXELS), Vec::new());
        for (number, record) in bytes.chunks_exact(size).enumerate() {
            let (kinds, image) = record.split_at(self.label_bytes);
            labels.push(self.label(number, kinds[self.label_bytes - 1].into())?);
            pixels.extend_from_slice(image);
        }
        Ok((pixels, labels))
    }

    /// Pixels and labels of one pickle.
    ///
    /// # Errors
    /// What is no pickle of CIFAR's.
    pub fn pickled(&self, bytes: &[u8]) -> Result<(Vec<u8>, Vec<Label>)> {
        let pickle = pickle::parse(bytes)?;
        let pickle = pickle.value();
        let data = pickle.get("data").and_then(|data| data.matrix());
        let ([rows, columns], pixels) = data.context("it has no array of bytes called `data`")?;
        ensure!(columns == PIXELS, "its rows have {columns} bytes, expected {PIXELS}");
        let labels = pickle.get(self.keys[0]).and_then(|labels| labels.integers());
        let labels = labels.with_context(|| format!("it has no list of numbers called `{}`", self.keys[0]))?;
        ensure!(labels.len() == rows, "it has {rows} images and {} labels", labels.len());
        let labels = labels.into_iter().enumerate().map(|(number, label)| self.label(number, label));
        Ok((pixels.to_vec(), labels.collect::<Result<_>>()?))
    }

    fn label(&self, record: usize, label: i64) -> Result<Label> {
        let last = self.classes - 1;
        let fits = Label::try_from(label).ok().filter(|label| usize::from(*label) <= last);
        fits.with_context(|| format!("record {record} has the label {label}, expected 0 to {last}"))
    }
}
