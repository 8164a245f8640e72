//! Writing so that a kill or a loss of power at any moment leaves a whole file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use anyhow::{Context, Result};

/// What is added to the name of a file while it is being written.
const PART: &str = "part";

/// Replaces a file as a whole: written beside it, flushed, renamed over it. After a power cut the file is the old one
/// or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    replace_by(path, "", bytes, || Ok(()))
}

/// The same by one of several writers, whose part bears the name of its `writer`. Does `first` once the new bytes are on the
/// disk, before they get their name.
pub fn replace_by(path: &Path, writer: &str, bytes: &[u8], first: impl FnOnce() -> Result<()>) -> Result<()> {
    let part = if writer.is_empty() { PART.to_owned() } else { format!("{writer}.{PART}") };
    let beside = path.with_added_extension(part);
    let write = || -> Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        first()?;
        fs::rename(&beside, path)?;
        Ok(sync_folder(parent(path))?)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| cannot_write(path))
}

/// Gives a file another name, if it is there.
pub fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if is_gone(&error) => Ok(()),
        renamed => renamed,
    }
}

/// Whether something is not there any more: a server of files says of what was removed elsewhere that it is stale.
pub fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::StaleNetworkFileHandle)
}

/// Makes a folder, and those above it that are missing; its name outlives a loss of power, be it new or not.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let above = parent(path);
    if !above.is_dir() {
        create_folder(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_folder(above)
}

/// The names in a folder outlive a loss of power from here on: a file's own sync says nothing of its name.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The folder that something lies in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Appends a line that several processes may add to, in one write; it outlives a loss of power. Where a line before it was
/// torn, it begins a new one: readers pass over what is left of the other.
pub fn append_line(path: &Path, mut line: Vec<u8>) -> Result<()> {
    line.push(b'\n');
    let mut append = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        if whole_lines(&mut file)? < length {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_data()?;
        sync_folder(parent(path))
    };
    append().with_context(|| cannot_write(path))
}

/// The bytes of a file. What only looks like one, a pipe for example, is refused: reading it could wait for ever.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(path)?.is_file() {
        true => fs::read(path),
        false => Err(no_file()),
    }
}

/// What is said of a pipe or a folder in place of a file.
pub fn no_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is no file")
}

/// Whether it is what replaces a file and has not got its name yet.
pub fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == PART)
}

/// Takes away what a kill left of files that were being replaced. Only their one writer may, or who has taken its place.
pub fn remove_parts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_part(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Opens a file of lines for its only writer. A last line that a kill left without an end is cut off.
pub fn open_lines(path: &Path) -> Result<File> {
    let open = || -> io::Result<File> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let whole = whole_lines(&mut file)?;
        if whole < file.metadata()?.len() {
            file.set_len(whole)?;
        }
        Ok(file)
    };
    open().with_context(|| cannot_write(path))
}

/// Bytes up to the last line end. Searched from the end: nearly always it is the last byte.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut block = [0; 4096];
    let mut end = file.metadata()?.len();
    while end > 0 {
        let begin = end.saturating_sub(block.len() as u64);
        let block = &mut block[..(end - begin) as usize];
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + last as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

/// The words for a write that failed, before the system's reason.
pub fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_behind_a_torn_one_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (found, expected) in [("", "next\n"), ("one\n", "one\nnext\n"), ("one\ntw", "one\ntw\nnext\n")] {
            fs::write(&path, found).unwrap();
            append_line(&path, b"next".into()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_whole_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let long = "x".repeat(10_000);
        for (found, expected) in [
            ("", ""),
            ("torn", ""),
            ("one\n", "one\n"),
            ("one\ntw", "one\n"),
            ("one\n\n", "one\n\n"),
            (&format!("one\n{long}"), "one\n"),
            (&format!("{long}\ntw"), &format!("{long}\n")),
        ] {
            fs::write(&path, found).unwrap();
            open_lines(&path).unwrap().write_all(b"next\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{expected}next\n"));
        }
    }
}
