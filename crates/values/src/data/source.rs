//! Opening what users name: files, and nothing that would be waited for, such as a pipe, or never end, such as a device.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::Path,
};

/// Opens a file for reading.
///
/// # Errors
/// Where there is none, or something else stands in its place.
pub fn open(path: &Path) -> io::Result<File> {
    size(path)?;
    File::open(path)
}

/// All bytes of a file.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many bytes a file has.
///
/// # Errors
/// As [`open`].
pub fn size(path: &Path) -> io::Result<u64> {
    let found = fs::metadata(path)?;
    match found.is_file() {
        true => Ok(found.len()),
        false if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder, not a file")),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, not a file")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_files_are_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), b"abc").unwrap();
        assert_eq!((read(&path("file")).unwrap(), size(&path("file")).unwrap()), (b"abc".to_vec(), 3));
        assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        for (name, said) in
            [(path("pipe"), "a pipe"), (folder.path().into(), "a folder"), ("/dev/zero".into(), "device")]
        {
            assert!(read(&name).unwrap_err().to_string().contains(said), "{}", name.display());
        }
        assert_eq!(read(&path("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
