//! Decoded images on disk: written once, then mapped into memory, so that a later run decodes nothing and a set larger
//! than memory streams through the system's page cache. It can be deleted at any time. They are kept in the data folder,
//! or, where that cannot be written, in the XDG cache folder.

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, ensure};
use memmap2::Mmap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{file, folders::xdg};

/// The folder within the data folder.
const FOLDER: &str = "cache";
/// How files end that are not finished. Whoever writes one holds it by a lock.
const UNFINISHED: &str = ".new";

/// Takes the bytes of one image after the other.
pub type Sink<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// Decoded images, and what is known of them.
pub struct Cached<M> {
    pub map: Arc<Mmap>,
    pub about: M,
    /// Where they had to be written, if not to the data folder.
    pub note: Option<String>,
}

/// A folder that decoded images cannot be written to: nothing is wrong with the images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable(PathBuf);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let folder = self.0.display();
        write!(f, "cannot write decoded images to {folder}: free space there, or name another --data")
    }
}

/// What stands beside the pixels.
#[derive(Serialize, Deserialize)]
struct Index<M> {
    bytes: u64,
    about: M,
}

/// The decoded images that `description` describes, and what was noted about them; made by `make` where they are not
/// there yet. Equal descriptions are the same images: name every source with its size and time, and the working size.
///
/// # Errors
/// Those of `make`, and [`Unwritable`].
pub fn get<M: Serialize + DeserializeOwned>(
    data: &Path,
    description: &str,
    make: impl FnOnce(&mut Sink) -> Result<M>,
) -> Result<Cached<M>> {
    let (name, folders) = (name(description), folders(data));
    if let Some(found) = folders.iter().find_map(|folder| open(&folder.join(&name))) {
        return Ok(found);
    }
    let (file, note) = first_writable(&folders, &name)?;
    let pixels = file.place.clone();
    write(file, make)?;
    let found = open(&pixels).with_context(|| format!("{} changed while it was written", pixels.display()))?;
    Ok(Cached { note, ..found })
}

/// Keeps a list beside the decoded images that `description` describes, and says where; none where it cannot be written.
pub fn list(data: &Path, description: &str, lines: &[String]) -> Option<PathBuf> {
    let name = name(description) + ".left-out.txt";
    let keep = |folder: PathBuf| {
        let path = folder.join(&name);
        let text = lines.join("\n") + "\n";
        fs::create_dir_all(&folder).and_then(|()| file::replace(&path, text.as_bytes())).ok().map(|()| path)
    };
    folders(data).into_iter().find_map(keep)
}

/// Size and time of a file, as a description names its source.
///
/// # Errors
/// Where it cannot be looked at.
pub fn stamp(path: &Path) -> io::Result<String> {
    let found = fs::metadata(path)?;
    let time = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {} {}", path.display(), found.len(), time.as_nanos()))
}

fn name(description: &str) -> String {
    Sha256::digest(description).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Where decoded images are looked for and written, the first choice first.
fn folders(data: &Path) -> Vec<PathBuf> {
    let shared = xdg("XDG_CACHE_HOME", ".cache").map(|folder| folder.join("images"));
    [Some(data.join(FOLDER)), shared].into_iter().flatten().collect()
}

/// The index of decoded images.
fn index(pixels: &Path) -> PathBuf {
    pixels.with_added_extension("json")
}

/// What is there and whole.
fn open<M: DeserializeOwned>(pixels: &Path) -> Option<Cached<M>> {
    let Index { bytes, about } = serde_json::from_slice(&fs::read(index(pixels)).ok()?).ok()?;
    let file = File::open(pixels).ok().filter(|file| file.metadata().is_ok_and(|found| found.len() == bytes))?;
    // SAFETY: files of the cache are replaced, never changed or cut, by this program.
    let map = unsafe { Mmap::map(&file) }.ok()?;
    Some(Cached { map: Arc::new(map), about, note: None })
}

/// A file under another name than it will have.
struct Begun {
    place: PathBuf,
    beside: Removed,
    file: File,
}

/// Begins `name` in the first folder that can be written; what is said where that is not the first choice.
fn first_writable(folders: &[PathBuf], name: &str) -> Result<(Begun, Option<String>)> {
    let mut refused: Option<(&PathBuf, io::Error)> = None;
    for folder in folders {
        match begin(folder, name) {
            Ok(begun) => {
                let note = refused.map(|(first, why)| {
                    let (first, folder) = (first.display(), folder.display());
                    format!("{first} cannot be written ({why}): decoded images are kept in {folder}")
                });
                return Ok((begun, note));
            }
            Err(why) => drop(refused.get_or_insert((folder, why))),
        }
    }
    let (folder, why) = refused.expect("the data folder is a choice");
    Err(anyhow::Error::from(why).context(Unwritable(folder.clone())))
}

fn begin(folder: &Path, name: &str) -> io::Result<Begun> {
    fs::create_dir_all(folder)?;
    sweep(folder);
    let place = folder.join(name);
    let beside = Removed(temporary(&place));
    Ok(Begun { file: file::locked(&beside.0)?, place, beside })
}

/// Writes pixels and index under other names and renames them, the index last: only what is whole has an index.
fn write<M: Serialize>(Begun { place, beside, file }: Begun, make: impl FnOnce(&mut Sink) -> Result<M>) -> Result<()> {
    let cannot = || Unwritable(place.parent().unwrap_or(&place).to_owned());
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut bytes = 0;
    let about = make(&mut |image| {
        bytes += image.len() as u64;
        out.write_all(image).with_context(cannot)
    })?;
    ensure!(bytes > 0, "there are no images to decode");
    let synced = |file: File| file.sync_all().map(|()| file);
    let _held = out.into_inner().map_err(|error| error.into_error()).and_then(synced).with_context(cannot)?;
    let new_index = Removed(temporary(&index(&place)));
    let text = serde_json::to_vec(&Index { bytes, about })?;
    let _held =
        file::locked(&new_index.0).and_then(|mut file| file.write_all(&text).map(|()| file)).with_context(cannot)?;
    fs::rename(&beside.0, &place).and_then(|()| fs::rename(&new_index.0, index(&place))).with_context(cannot)
}

/// A name of this process's own, so that two runs that decode the same images do not meet.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}{UNFINISHED}", std::process::id()));
    name.into()
}

/// Removes what processes left that were killed while they decoded.
fn sweep(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in files.filter(|path| path.to_string_lossy().ends_with(UNFINISHED)) {
        // Where it cannot be removed, nothing is lost but space.
        let _ = file::remove_unlocked(&path);
    }
}

/// Removes what is left of a file that was not finished.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            debug_assert_eq!(error.kind(), ErrorKind::NotFound, "{}: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(write: &mut Sink) -> Result<u32> {
        write(&[1, 2, 3]).map(|()| 7)
    }

    fn left(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder.join(FOLDER)).unwrap().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_was_made_once_is_found_again() {
        let data = tempfile::tempdir().unwrap();
        let first = get(data.path(), "a", make).unwrap();
        let again = get(data.path(), "a", |_| -> Result<u32> { panic!("made again") }).unwrap();
        assert_eq!((&first.map[..], first.about, first.note), (&again.map[..], again.about, None));
        assert_eq!(left(data.path()), [name("a"), name("a") + ".json"]);
    }

    #[test]
    fn what_was_not_finished_is_removed_at_once_or_by_the_next() {
        let data = tempfile::tempdir().unwrap();
        assert!(
            get(data.path(), "a", |write| make(write).and_then(|_| -> Result<u32> { anyhow::bail!("no") })).is_err()
        );
        assert!(left(data.path()).is_empty(), "{:?}", left(data.path()));
        for name in ["0a.1.new", "0c.txt"] {
            File::create(data.path().join(FOLDER).join(name)).unwrap();
        }
        let decoded_elsewhere = file::locked(&data.path().join(FOLDER).join("0b.1.new")).unwrap();
        get(data.path(), "a", make).unwrap();
        assert_eq!(left(data.path())[..2], ["0b.1.new", "0c.txt"]);
        assert_eq!(left(data.path()).len(), 4);
        drop(decoded_elsewhere);
    }

    #[test]
    fn the_first_folder_that_can_be_written_is_taken_and_another_one_than_the_first_is_told() {
        let data = tempfile::tempdir().unwrap();
        let [good, bad] = ["good", "bad"].map(|name| data.path().join(name));
        fs::write(&bad, b"a file").unwrap();
        assert_eq!(first_writable(&[good.clone(), bad.clone()], "a").unwrap().1, None);
        let (begun, note) = first_writable(&[bad.clone(), good.clone()], "a").unwrap();
        assert_eq!(begun.place, good.join("a"));
        let note = note.unwrap();
        assert!(
            note.contains(&format!("{} cannot be written", bad.display())) && note.contains("are kept in"),
            "{note}"
        );
        let refused = first_writable(&[bad.clone(), bad.clone()], "a").err().unwrap();
        assert!(refused.is::<Unwritable>() && refused.to_string().contains("cannot write decoded images"), "{refused}");
    }
}
