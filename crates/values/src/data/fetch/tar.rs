//! Unpacking what strangers packed: plain files and folders below the folder that is given, nothing else, and no more
//! than the limits. The format is POSIX's ustar; names beyond its 256 letters are refused.

use std::{
    fs::{self, File},
    io::Read,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

const BLOCK: usize = 512;

/// How much may be unpacked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of all files together.
    pub bytes: u64,
    /// How many there may be.
    pub files: usize,
}

impl Default for Limits {
    /// The largest published set, STL-10, is 3.2 GB in ten files.
    fn default() -> Self {
        Self { bytes: 16 << 30, files: 100_000 }
    }
}

/// Unpacks the archive into `folder`.
///
/// # Errors
/// As [`read`], and a folder that cannot be written; what was written until then stays.
pub fn unpack(archive: impl Read, folder: &Path, limits: Limits) -> Result<()> {
    read(archive, limits, |path, content| {
        let path = folder.join(path);
        let cannot = || format!("cannot write {}", path.display());
        let Some(content) = content else { return fs::create_dir_all(&path).with_context(cannot) };
        fs::create_dir_all(path.parent().unwrap_or(folder)).with_context(cannot)?;
        let mut out = File::create_new(&path).with_context(cannot)?;
        std::io::copy(content, &mut out).map(drop).with_context(cannot)
    })
}

/// Hands every file with its content, and every folder without, to `each`; their paths do not leave a folder.
///
/// # Errors
/// A header that is none, a name that leaves the folder, a link or a device, more than the limits; and those of `each`.
pub fn read(
    mut archive: impl Read,
    limits: Limits,
    mut each: impl FnMut(&Path, Option<&mut dyn Read>) -> Result<()>,
) -> Result<()> {
    let (mut bytes, mut files) = (limits.bytes, limits.files);
    while let Some(Header { name, size, kind }) = header(&mut archive)? {
        bytes = bytes.checked_sub(size).with_context(|| format!("it unpacks to more than {} bytes", limits.bytes))?;
        files = files.checked_sub(1).with_context(|| format!("it holds more than {} files", limits.files))?;
        let mut content = archive.by_ref().take(size);
        match kind {
            b'0' | 0 => each(&inside(&name)?, Some(&mut content))?,
            b'5' => each(&inside(&name)?, None)?,
            // Comments and times in words, of pax: nothing of them is needed.
            b'g' | b'x' => {}
            b'1' | b'2' => bail!("{name} is a link"),
            kind => bail!("{name} is of kind {:?}, no file and no folder", char::from(kind)),
        }
        std::io::copy(&mut content, &mut std::io::sink())?;
        ensure!(content.limit() == 0, "it is cut within {name}");
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        std::io::copy(&mut archive.by_ref().take(padding), &mut std::io::sink())?;
    }
    Ok(())
}

struct Header {
    name: String,
    size: u64,
    kind: u8,
}

/// The next header; none at the end, which is a block of zeros.
fn header(archive: &mut impl Read) -> Result<Option<Header>> {
    let mut block = [0; BLOCK];
    archive.read_exact(&mut block).context("it is cut")?;
    if block == [0; BLOCK] {
        return Ok(None);
    }
    // The sum is counted with spaces in its own place.
    let sum = block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) });
    ensure!(octal(&block[148..156])? == sum.sum::<u64>(), "a header's sum is wrong");
    let (name, prefix) =
        (text(&block[..100])?, if &block[257..262] == b"ustar" { text(&block[345..500])? } else { "" });
    let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
    Ok(Some(Header { name, size: octal(&block[124..136])?, kind: block[156] }))
}

/// What stands before the first zero.
fn text(field: &[u8]) -> Result<&str> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    std::str::from_utf8(&field[..end]).context("a name is no text")
}

fn octal(field: &[u8]) -> Result<u64> {
    let digits = text(field)?.trim();
    let number = if digits.is_empty() { Ok(0) } else { u64::from_str_radix(digits, 8) };
    number.with_context(|| format!("{digits:?} is no number of eights"))
}

/// A name as a path below a folder.
fn inside(name: &str) -> Result<PathBuf> {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => bail!("{name} leaves the folder"),
        }
    }
    Ok(path)
}
