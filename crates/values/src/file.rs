//! Writing files of which others see all or nothing, wherever a kill comes. Losses of power are the store's matter.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// What is added to the name of a file while it is being written.
const PART: &str = "part";
/// Others that may have put the file away while this process waited for it, one after the other: a writer can be unlucky some
/// hundred times. An end is only for file systems that call one file by several numbers.
const ATTEMPTS: usize = 1000;

/// Replaces a file as a whole: written beside it, renamed over it. What a kill leaves beside it is taken over by the next that
/// writes the same file. Whatever is no file, a pipe for example, is written to.
///
/// # Errors
/// Where it cannot be written; what was there stays.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = match fs::canonicalize(path) {
        Ok(place) if !place.is_file() => return fs::write(place, bytes),
        place => place.unwrap_or_else(|_| path.to_owned()),
    };
    let beside = place.with_added_extension(PART);
    let mut file = locked(&beside)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(&beside, &place));
    written.inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Opens an empty file for writing, by this process alone for as long as it is open: another that opens it so waits. Where the
/// file system knows no locks, nobody is kept away.
///
/// # Errors
/// Where it cannot be opened.
pub fn locked(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().create(true).write(true).truncate(false).open(path);
    let mut file = open()?;
    for _ in 0..ATTEMPTS {
        let _ = file.lock();
        if is_at(&file, path) {
            break;
        }
        // Whoever held it has given it another name, or none.
        file = open()?;
    }
    file.set_len(0)?;
    Ok(file)
}

/// A file's lock, given back when dropped: by name and not by closing the file, since a process that is being started
/// elsewhere in the program has the file too until it runs a program of its own.
#[derive(Debug)]
pub struct Held(File);

impl Held {
    /// Takes the lock; none where somebody has it.
    pub fn take(file: File) -> Option<Self> {
        file.try_lock().is_ok().then_some(Self(file))
    }

    /// A lock that was taken.
    pub fn taken(file: File) -> Self {
        Self(file)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Removes a file unless somebody holds it by [`locked`]; whether it is gone.
pub fn remove_unlocked(path: &Path) -> bool {
    let free = File::open(path).is_ok_and(|file| file.try_lock().is_ok() && fs::remove_file(path).is_ok());
    free || !path.exists()
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => identity(open) == identity(there),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{process::Command, thread};

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
        fs::write(folder.path().join("a.txt.part"), "what a kill has left, longer than what follows").unwrap();
        replace(&path, b"one").unwrap();
        std::os::unix::fs::symlink("a.txt", &link).unwrap();
        replace(&link, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn many_writers_of_one_file_leave_what_one_of_them_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        thread::scope(|scope| {
            let write = |letter: u8| {
                for length in 1..200 {
                    replace(&path, &vec![letter; 50 * length]).unwrap();
                    let found = fs::read(&path).unwrap();
                    assert!(!found.is_empty() && found.iter().all(|byte| *byte == found[0]));
                }
            };
            for letter in [b'a', b'b', b'c'] {
                scope.spawn(move || write(letter));
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_pipe_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        replace(&pipe, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
    }

    #[test]
    fn a_lock_is_given_back_although_a_process_that_is_being_started_has_the_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let file = open();
        // As between fork and exec.
        let _elsewhere = file.try_clone().unwrap();
        let held = Held::take(file);
        assert!(held.is_some() && Held::take(open()).is_none());
        drop(held);
        assert!(Held::take(open()).is_some());
    }

    #[test]
    fn what_somebody_holds_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let held = locked(&path).unwrap();
        assert!(!remove_unlocked(&path) && path.exists());
        drop(held);
        assert!(remove_unlocked(&path) && !path.exists());
    }
}
