//! Which process trains an experiment: the one that holds the lock on `runner.lock`. The kernel lets go of the lock
//! when the process ends, however it ends; `runner.json` only says who it is.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{ExperimentFolder, RunnerInfo, file};

const LOCK: &str = "runner.lock";
const INFO: &str = "runner.json";

/// The right to write in an experiment's folder, for as long as it lives.
#[derive(Debug)]
pub struct Claim {
    folder: ExperimentFolder,
    _lock: File,
}

impl Claim {
    /// Takes the experiment for this process.
    ///
    /// # Errors
    /// Where another runner has it: names it. Where the folder cannot be written.
    pub fn take(folder: &ExperimentFolder, info: &RunnerInfo) -> Result<Self> {
        let path = folder.path();
        let cannot = || format!("cannot write in {}; --runs names another folder", path.display());
        fs::create_dir_all(path).with_context(cannot)?;
        let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).to_owned();
        let lock = options.open(path.join(LOCK)).with_context(cannot)?;
        if !lock_unless_held(&lock).with_context(|| format!("cannot lock {}", path.join(LOCK).display()))? {
            bail!(refusal(info_of(path)));
        }
        let text = serde_json::to_string(info).expect("a runner has a text");
        file::replace(&path.join(INFO), text.as_bytes())?;
        Ok(Self { folder: folder.clone(), _lock: lock })
    }

    pub fn folder(&self) -> &ExperimentFolder {
        &self.folder
    }

    /// Keeps the experiment file as typed.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write_experiment(&self, text: &str) -> Result<()> {
        file::replace(&self.folder.experiment_file(), text.as_bytes())
    }
}

impl Drop for Claim {
    /// Takes its name away while it still holds the lock; one that is left behind by a kill does no harm.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.path().join(INFO));
    }
}

/// The lock alone, for a change that takes a moment; nobody sees a runner meanwhile.
pub fn hold(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).to_owned();
    let lock = options.open(&path).with_context(|| file::cannot_write(&path))?;
    if !lock_unless_held(&lock).with_context(|| format!("cannot lock {}", path.display()))? {
        bail!(refusal(info_of(folder)));
    }
    Ok(lock)
}

/// Locks for this process alone; false where another runner has the lock. Readers that ask whether a runner lives share
/// the lock for a moment, and a runner never shares it: where it can be shared, it is free a moment later.
fn lock_unless_held(lock: &File) -> io::Result<bool> {
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match lock.try_lock_shared() {
            Ok(()) => lock.unlock()?,
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        sleep(Duration::from_millis(1));
    }
}

/// The live runner. Only where one has left its name is the lock asked for, shared, and let go at once.
pub fn live(folder: &Path) -> io::Result<Option<RunnerInfo>> {
    if !folder.join(INFO).exists() {
        return Ok(None);
    }
    let lock = match File::open(folder.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(None),
        // Read only now: before it was locked, the name may have been that of a dead runner.
        Err(TryLockError::WouldBlock) => Ok(info_of(folder)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn info_of(folder: &Path) -> Option<RunnerInfo> {
    let path: PathBuf = folder.join(INFO);
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn refusal(other: Option<RunnerInfo>) -> String {
    let who = other.map_or("another process".to_string(), |other| {
        format!("process {} on {}, since {:.0}", other.pid, other.host, other.started)
    });
    format!("this experiment is already being trained by {who}; `byolab stop` ends it, `byolab watch` shows it")
}
