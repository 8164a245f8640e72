//! Writing so that a kill at any moment leaves a whole file.

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
    let beside = path.with_added_extension(PART);
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(path.parent().expect("a file of the store has a folder"))?.sync_all()
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| cannot_write(path))
}

/// Takes away what a kill left of files that were being replaced. Only their one writer may.
pub fn remove_parts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == PART) {
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
