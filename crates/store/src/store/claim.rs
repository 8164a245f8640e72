//! Which process trains an experiment: the one that holds the lock on `runner.lock`. The kernel lets go of the lock
//! when the process ends, however it ends; `runner.json` only says who it is.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use serde::{Deserialize, Serialize};

use byolab_values::file::Held;

use super::{ExperimentFolder, RunnerInfo, file};

const LOCK: &str = "runner.lock";
const INFO: &str = "runner.json";

/// The right to write in an experiment's folder, for as long as it lives.
#[derive(Debug)]
pub struct Claim {
    folder: ExperimentFolder,
    info: RunnerInfo,
    /// Given back after [`INFO`] is taken away.
    _lock: Held,
}

/// A live runner, and the ids of the trials that it trains now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    #[serde(flatten)]
    pub info: RunnerInfo,
    #[serde(default)]
    pub trains: Vec<String>,
}

impl Claim {
    /// Takes the experiment for this process.
    ///
    /// # Errors
    /// Where another runner has it: names it. Where the folder cannot be written.
    pub fn take(folder: &ExperimentFolder, info: &RunnerInfo) -> Result<Self> {
        let path = folder.path();
        let cannot = || format!("cannot write in {}; --runs names another folder", path.display());
        folder.create().with_context(cannot)?;
        let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).to_owned();
        let lock = options.open(path.join(LOCK)).with_context(cannot)?;
        if !lock_unless_held(&lock).map_err(|error| unlocked(&path.join(LOCK), error))? {
            bail!(refusal(folder, live_as_named(path)));
        }
        let claim = Self { folder: folder.clone(), info: info.clone(), _lock: Held::taken(lock) };
        claim.write_trains(Vec::new()).map(|()| claim)
    }

    /// Says which trials are in training from now on.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write_trains(&self, trains: Vec<String>) -> Result<()> {
        let live = Live { info: self.info.clone(), trains };
        let text = serde_json::to_string(&live).expect("a runner has a text");
        file::replace(&self.folder.path().join(INFO), text.as_bytes())
    }

    /// What is claimed.
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
pub fn hold(folder: &ExperimentFolder) -> Result<Held> {
    let path = folder.path().join(LOCK);
    let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).to_owned();
    let lock = options.open(&path).with_context(|| file::cannot_write(&path))?;
    if !lock_unless_held(&lock).map_err(|error| unlocked(&path, error))? {
        bail!(refusal(folder, live_as_named(folder.path())));
    }
    Ok(Held::taken(lock))
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

/// Why there is no lock, and what helps.
fn unlocked(path: &Path, error: io::Error) -> anyhow::Error {
    let cannot = format!("cannot lock {}", path.display());
    match has_no_locks(&error) {
        true => anyhow!(error).context(format!(
            "{cannot}: without a lock two runners could train the same trials; --runs names a folder on a file system \
             that has locks"
        )),
        false => anyhow!(error).context(cannot),
    }
}

/// The live runner. Only where one has left its name is the lock asked for, shared, and let go at once.
pub fn live(folder: &Path) -> io::Result<Option<Live>> {
    live_by(folder, File::try_lock_shared)
}

/// The same with a way to ask for the lock. Reading needs none: where the file system has no locks, a name stands for as
/// long as its process does, and that of a process on another machine until it is taken away.
fn live_by(folder: &Path, ask: impl FnOnce(&File) -> Result<(), TryLockError>) -> io::Result<Option<Live>> {
    if !folder.join(INFO).exists() {
        return Ok(None);
    }
    let lock = match File::open(folder.join(LOCK)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    match ask(&lock) {
        Ok(()) => Ok(None),
        // Read only now: before it was locked, the name may have been that of a dead runner.
        Err(TryLockError::WouldBlock) => Ok(live_as_named(folder)),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => {
            Ok(live_as_named(folder).filter(|live| may_live(&live.info)))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What a file system answers that has no locks, or whose server of locks is away.
fn has_no_locks(error: &io::Error) -> bool {
    const WITHOUT: [Errno; 4] = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP];
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error().is_some_and(|code| WITHOUT.iter().any(|without| without.raw_os_error() == code))
}

/// Whether a runner is not known to have ended.
fn may_live(info: &RunnerInfo) -> bool {
    let pid = i32::try_from(info.pid).ok().and_then(Pid::from_raw);
    info.host != host() || pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// This machine's name, as Linux's kernel says it; nothing on other systems, of which nothing is known then.
pub fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_string()
}

fn live_as_named(folder: &Path) -> Option<Live> {
    serde_json::from_slice(&file::read(&folder.join(INFO)).ok()?).ok()
}

fn refusal(folder: &ExperimentFolder, other: Option<Live>) -> String {
    let who = other.map_or("another process".to_string(), |Live { info: other, .. }| {
        format!("process {} on {}, since {:.0}", other.pid, other.host, other.started)
    });
    let (stop, watch) = (folder.hint("stop"), folder.store().hint(&["watch"]));
    format!("this experiment is already being trained by {who}; `{stop}` ends it, `{watch}` shows it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn runner(pid: u32, host: &str) -> RunnerInfo {
        RunnerInfo { pid, host: host.into(), device: "mock".into(), started: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn reading_needs_no_lock() {
        let here = host();
        let (me, gone) = (std::process::id(), i32::MAX as u32);
        for (answer, pid, host, lives) in [
            (Some(Errno::NOLCK), me, here.as_str(), true),
            (Some(Errno::NOSYS), me, &here, true),
            (Some(Errno::OPNOTSUPP), me, &here, true),
            (Some(Errno::NOLCK), gone, &here, false),
            (Some(Errno::NOLCK), gone, "another", true),
            (None, me, &here, false),
        ] {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(LOCK), "").unwrap();
            fs::write(root.path().join(INFO), serde_json::to_string(&runner(pid, host)).unwrap()).unwrap();
            let ask = |_: &File| match answer {
                Some(errno) => Err(TryLockError::Error(errno.into())),
                None => Ok(()),
            };
            let found = live_by(root.path(), ask).unwrap();
            assert_eq!(found.map(|live| live.info), lives.then(|| runner(pid, host)), "{answer:?} of {pid} on {host}");
        }
    }

    #[test]
    fn what_else_is_wrong_with_a_lock_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(LOCK), "").unwrap();
        fs::write(root.path().join(INFO), "{}").unwrap();
        assert!(live_by(root.path(), |_| Err(TryLockError::Error(Errno::IO.into()))).is_err());
    }

    #[test]
    fn a_runner_that_gets_no_lock_says_so_in_one_sentence() {
        let path = Path::new("runs/x/runner.lock");
        let told = |errno: Errno| format!("{:#}", unlocked(path, errno.into()));
        assert!(told(Errno::NOLCK).starts_with("cannot lock runs/x/runner.lock: without a lock two runners"));
        assert!(
            told(Errno::IO).starts_with("cannot lock runs/x/runner.lock: Input/output error"),
            "{}",
            told(Errno::IO)
        );
    }
}
