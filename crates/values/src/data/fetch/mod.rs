//! Fetching what is published: downloads that go on where they were cut, checked before they are looked into, unpacked
//! where nothing can leave the folder, and moved into place as a whole.

mod http;
pub mod tar;

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::file::Held;

/// A file that a dataset's authors, or a mirror that papers use, offer.
#[derive(Clone, Copy, Debug)]
pub struct PublishedFile {
    /// Where it is offered.
    pub url: &'static str,
    /// What its bytes must sum to.
    pub sum: Sum,
    /// The folder it makes within the data folder: the archive's own, or one for files.
    pub folder: &'static str,
    /// Whether it is a tar.gz.
    pub archive: bool,
}

/// A published checksum, in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// Of 32 digits.
    Md5(&'static str),
    /// Of 64 digits.
    Sha256(&'static str),
}

impl PublishedFile {
    /// Its last part is the file's name.
    pub fn name(&self) -> &'static str {
        self.url.rsplit('/').next().expect("a split has a last part")
    }
}

/// How far a download is.
#[derive(Clone, Copy, Debug)]
pub struct DownloadProgress<'a> {
    /// Of the file.
    pub name: &'a str,
    /// That are there.
    pub bytes: u64,
    /// Of the whole file, where the server tells.
    pub total: Option<u64>,
}

/// What is told while fetching.
#[derive(Clone, Copy, Debug)]
pub enum FetchNews<'a> {
    /// So much of a file is there.
    Progress(DownloadProgress<'a>),
    /// Something to say in a line: a connection that broke, what comes next.
    Line(&'a str),
}

/// How to fetch.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Takes the place of everything before the file's name in every URL.
    pub mirror: Option<String>,
    /// A server that says nothing for this long is asked again.
    pub patience: Duration,
    /// Connections that may bring nothing, one after the other.
    pub attempts: usize,
}

impl Default for Manner {
    fn default() -> Self {
        Self { mirror: None, patience: Duration::from_secs(30), attempts: 5 }
    }
}

/// Where downloads wait until they are whole.
const WAITING: &str = ".fetch";

/// Fetches every one of `files` that is not in `folder`.
///
/// # Errors
/// One sentence with the URL and where to put the file by hand; a checksum that is wrong; an archive that is not to be
/// unpacked; a folder that cannot be written.
pub fn fetch(files: &[PublishedFile], folder: &Path, manner: &Manner, tell: &mut dyn FnMut(FetchNews)) -> Result<()> {
    let waiting = folder.join(WAITING);
    fs::create_dir_all(&waiting)
        .with_context(|| format!("cannot write to {}: name another folder with --data", folder.display()))?;
    let lock = Held::take(File::create(waiting.join("lock"))?);
    ensure!(lock.is_some(), "another byolab is fetching to {}", folder.display());
    for published in files {
        one(published, folder, manner, tell)?;
    }
    Ok(())
}

fn one(published: &PublishedFile, folder: &Path, manner: &Manner, tell: &mut dyn FnMut(FetchNews)) -> Result<()> {
    let name = published.name();
    let place = folder.join(published.folder);
    let is_there = if published.archive { place.is_dir() } else { place.join(name).is_file() };
    if is_there {
        tell(FetchNews::Line(&format!("{name} is already there")));
        return Ok(());
    }
    let by_hand = if published.archive { folder.join(name) } else { place.join(name) };
    // Sets may name their files alike.
    let part = folder.join(WAITING).join(format!("{}-{name}.part", published.folder));
    let is_by_hand = by_hand.is_file();
    if !is_by_hand {
        http::download(&url(published, manner), name, &part, manner, tell).with_context(|| {
            let by_hand = by_hand.display();
            format!("{name} cannot be fetched: get {} in another way and put it at {by_hand}", published.url)
        })?;
    }
    let file = if is_by_hand { &by_hand } else { &part };
    let checked = check(file, published.sum);
    if checked.is_ok() {
        tell(FetchNews::Line(&format!("{name}: checksum agrees")));
        if !published.archive {
            return into_place(file, &place, name);
        }
        unpack(file, published, folder)?;
    }
    // What is wrong is not gone on from, and what is unpacked is not kept; what a user put there is the user's.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", part.display()))
        }
        _ => checked,
    }
}

fn url(published: &PublishedFile, manner: &Manner) -> String {
    match &manner.mirror {
        Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), published.name()),
        None => published.url.into(),
    }
}

/// Compares a file with its published checksum.
fn check(path: &Path, sum: Sum) -> Result<()> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (found, expected) = match sum {
        Sum::Md5(expected) => (digest::<Md5>(&mut file)?, expected),
        Sum::Sha256(expected) => (digest::<Sha256>(&mut file)?, expected),
    };
    if found == expected {
        return Ok(());
    }
    bail!("{} is not what was published: its checksum is {found}, expected {expected}; fetch it again", path.display())
}

fn digest<D: Digest>(file: &mut File) -> Result<String> {
    let (mut digest, mut buffer) = (D::new(), vec![0; 1 << 20]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(&buffer[..n]);
    }
}

/// Unpacks beside its place and moves the archive's one folder there.
fn unpack(archive: &Path, published: &PublishedFile, folder: &Path) -> Result<()> {
    let beside = Beside::new(folder, published.folder)?;
    let file = File::open(archive)?;
    tar::unpack(GzDecoder::new(file), &beside.0, tar::Limits::default())
        .with_context(|| format!("{} cannot be unpacked", archive.display()))?;
    let (made, place) = (beside.0.join(published.folder), folder.join(published.folder));
    ensure!(made.is_dir(), "{} holds no folder {}", archive.display(), published.folder);
    fs::rename(&made, &place).with_context(|| format!("cannot move the files to {}", place.display()))
}

/// Moves a file to `name` in `place`.
fn into_place(part: &Path, place: &Path, name: &str) -> Result<()> {
    let to = place.join(name);
    fs::create_dir_all(place)
        .and_then(|()| fs::rename(part, &to))
        .with_context(|| format!("cannot move the file to {}", to.display()))
}

/// A folder to unpack to, removed in the end with what is in it.
struct Beside(PathBuf);

impl Beside {
    fn new(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(WAITING).join(format!("{name}.new"));
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        fs::create_dir_all(&path).with_context(|| format!("cannot write to {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies what `from` gives to `to`, telling each piece's size.
fn copy(from: &mut dyn Read, to: &mut dyn Write, mut each: impl FnMut(usize)) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..n])?;
        each(n);
    }
}
