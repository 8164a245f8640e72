//! Reading along: the whole lines that were appended to a file since the last look.

use std::{
    fs::{self, File, Metadata},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::file;

/// A place in a growing file of lines.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    offset: u64,
    identity: Option<Identity>,
}

/// Tells a file from another one of the same name. The number alone does not: file systems use it again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    number: u64,
    created: Option<SystemTime>,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        Self { number: metadata.ino(), created: metadata.created().ok() }
    }
}

/// What has become of the file since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    None,
    Grown,
    /// Cut, deleted or put anew: what was read before is void, and reading begins again.
    Replaced,
}

impl Tail {
    /// At the beginning of a file, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, identity: None }
    }

    /// Behind what was read of that file before.
    pub fn behind(path: PathBuf, offset: u64, identity: Identity) -> Self {
        Self { path, offset, identity: Some(identity) }
    }

    /// Bytes of whole lines read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Which file was looked at last.
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Behind all that is there now.
    pub fn at_end(path: PathBuf) -> io::Result<Self> {
        let mut tail = Self::new(path);
        if tail.look()? == FileChange::Grown {
            tail.read(|_| {})?;
        }
        Ok(tail)
    }

    /// Whether there is something to read: one question to the file system.
    pub fn look(&mut self) -> io::Result<FileChange> {
        let (identity, length) = match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => return Err(file::no_file()),
            Ok(metadata) => (Some(Identity::of(&metadata)), metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, 0),
            Err(error) => return Err(error),
        };
        let known = std::mem::replace(&mut self.identity, identity);
        if self.offset > 0 && (known != identity || length < self.offset) {
            self.offset = 0;
            return Ok(FileChange::Replaced);
        }
        Ok(if length > self.offset { FileChange::Grown } else { FileChange::None })
    }

    /// Hands over the new whole lines without their ends; a line that is still being written waits for the next time.
    /// Returns how many there were.
    pub fn read(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            file => file?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut line, mut lines) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Ok(lines);
            }
            take(&line);
            self.offset += length as u64;
            lines += 1;
        }
    }
}

/// The last whole line of a file, without its end.
pub fn last_line(path: &Path) -> io::Result<Vec<u8>> {
    const BLOCK: u64 = 1 << 14;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BLOCK)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut lines = bytes.split(|byte| *byte == b'\n');
    // What is behind the last line end is no line yet.
    lines.next_back();
    Ok(lines.next_back().unwrap_or_default().to_vec())
}
