//! Decoded images on disk: written once, then mapped into memory, so that a later run decodes nothing and a set larger
//! than memory streams through the system's page cache. It can be deleted at any time.

use std::{
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

/// The folder within the data folder.
const FOLDER: &str = "cache";

/// Takes the bytes of one image after the other.
pub type Sink<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

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
/// Those of `make`, and a data folder that cannot be written.
pub fn get<M: Serialize + DeserializeOwned>(
    data: &Path,
    description: &str,
    make: impl FnOnce(&mut Sink) -> Result<M>,
) -> Result<(Arc<Mmap>, M)> {
    let name: String = Sha256::digest(description).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let (pixels, index) = (data.join(FOLDER).join(&name), data.join(FOLDER).join(name + ".json"));
    match open(&pixels, &index) {
        Some(found) => Ok(found),
        None => {
            write(&pixels, &index, make)?;
            open(&pixels, &index).with_context(|| format!("{} changed while it was written", pixels.display()))
        }
    }
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

/// What is there and whole.
fn open<M: DeserializeOwned>(pixels: &Path, index: &Path) -> Option<(Arc<Mmap>, M)> {
    let Index { bytes, about } = serde_json::from_slice(&fs::read(index).ok()?).ok()?;
    let file = File::open(pixels).ok().filter(|file| file.metadata().is_ok_and(|found| found.len() == bytes))?;
    // SAFETY: files of the cache are replaced, never changed or cut, by this program.
    let map = unsafe { Mmap::map(&file) }.ok()?;
    Some((Arc::new(map), about))
}

/// Writes both files under other names and renames them, the index last: only what is whole has an index.
fn write<M: Serialize>(pixels: &Path, index: &Path, make: impl FnOnce(&mut Sink) -> Result<M>) -> Result<()> {
    let folder = pixels.parent().expect("a file of the cache is in a folder");
    let cannot =
        || format!("cannot write decoded images to {}: free space there, or name another --data", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let (new_pixels, new_index) = (temporary(pixels), temporary(index));
    let guard = Removed([&new_pixels, &new_index]);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&new_pixels).with_context(cannot)?);
    let mut bytes = 0;
    let about = make(&mut |image| {
        bytes += image.len() as u64;
        out.write_all(image).with_context(cannot)
    })?;
    ensure!(bytes > 0, "there are no images to decode");
    out.into_inner().map_err(|error| error.into_error()).and_then(|file| file.sync_all()).with_context(cannot)?;
    fs::write(&new_index, serde_json::to_vec(&Index { bytes, about })?).with_context(cannot)?;
    fs::rename(&new_pixels, pixels).and_then(|()| fs::rename(&new_index, index)).with_context(cannot)?;
    drop(guard);
    Ok(())
}

/// A name of this process's own, so that two runs that decode the same images do not meet.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    name.into()
}

/// Removes what is left of files that were not finished.
struct Removed<'a>([&'a Path; 2]);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        for path in self.0 {
            if let Err(error) = fs::remove_file(path) {
                debug_assert_eq!(error.kind(), ErrorKind::NotFound, "{}: {error}", path.display());
            }
        }
    }
}
