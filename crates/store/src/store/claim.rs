//! Who may write in an experiment's folder. `byolab run` and whoever changes finished trials are there alone, by a lock on
//! `runner.lock` where the file system's locks are to be trusted; workers join. Each trial has one writer all the same
//! ([`super::lease`]).

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::{Mutex, PoisonError},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use byolab_values::file::Held;

use super::{
    ExperimentFolder,
    fence::Fence,
    file,
    lease::{self, Asked, Sightings},
    worker::{self, LeaseTimes, RunnerInfo, Worker, WorkerInfo, is_local, live},
};

const LOCK: &str = "runner.lock";

/// The right to write in an experiment's folder, for as long as it lives.
#[derive(Debug)]
pub struct Claim {
    folder: ExperimentFolder,
    worker: Worker,
    sightings: Mutex<Sightings>,
    /// Given back after the worker has taken its name away.
    lock: Option<Held>,
}

impl Claim {
    /// Takes the experiment for this process: nobody else may be at it, but workers that join later.
    ///
    /// # Errors
    /// Where another runner has it: names it. Where the folder cannot be written.
    pub fn take(folder: &ExperimentFolder, info: &RunnerInfo) -> Result<Self> {
        Self::take_with(folder, info, LeaseTimes::default())
    }

    /// The same with other times.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_with(folder: &ExperimentFolder, info: &RunnerInfo, times: LeaseTimes) -> Result<Self> {
        folder.create().with_context(|| cannot_write(folder))?;
        let lock = hold(folder)?;
        file::remove_parts(folder.path());
        let claim = Self::begin(folder, info, None, times, lock)?;
        // Where there is no lock, of two that come at once the first stays.
        let others = claim.others()?;
        match others.iter().any(|other| claim.comes_after(other)) {
            true => bail!(refusal(folder, &others)),
            false => Ok(claim),
        }
    }

    /// Joins whoever is at the experiment. `job` is what a scheduler calls this process.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn join(folder: &ExperimentFolder, info: &RunnerInfo, job: Option<String>, times: LeaseTimes) -> Result<Self> {
        folder.create().with_context(|| cannot_write(folder))?;
        Self::begin(folder, info, job, times, None)
    }

    fn begin(
        folder: &ExperimentFolder,
        info: &RunnerInfo,
        job: Option<String>,
        times: LeaseTimes,
        lock: Option<Held>,
    ) -> Result<Self> {
        let worker = Worker::begin(folder.path(), info, job, times)?;
        Ok(Self { folder: folder.clone(), worker, sightings: Mutex::default(), lock })
    }

    /// The other live workers at the experiment.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn others(&self) -> Result<Vec<WorkerInfo>> {
        let all = live(self.folder.path()).with_context(|| cannot_read(&self.folder))?;
        Ok(all.into_iter().filter(|info| info.token != self.worker.token()).collect())
    }

    /// Without a lock alone: with one, whoever is there has joined.
    fn comes_after(&self, other: &WorkerInfo) -> bool {
        self.lock.is_none() && other.token.as_str() < self.worker.token()
    }

    /// Says which trials are in training from now on.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write_trains(&self, trains: Vec<String>) -> Result<()> {
        self.worker.trains(trains).with_context(|| file::cannot_write(self.worker.path()))
    }

    /// Asks for the right to train all of these trials, in place of those that this process has now.
    ///
    /// # Errors
    /// Where the folder cannot be read or written.
    pub fn ask(&self, ids: &[String]) -> Result<Asked> {
        self.give_back();
        let mut sightings = self.sightings.lock().unwrap_or_else(PoisonError::into_inner);
        lease::ask(&self.folder, &self.worker, &mut sightings, ids)
    }

    /// Gives back the trials that it has.
    pub fn give_back(&self) {
        lease::give_back(&self.worker.hold(BTreeMap::new()));
    }

    /// Gives back what it has, and takes away the claims that kills have left on trials that are finished.
    ///
    /// # Errors
    /// Where the folder cannot be read or written.
    pub fn sweep(&self) -> Result<()> {
        self.give_back();
        let mut sightings = self.sightings.lock().unwrap_or_else(PoisonError::into_inner);
        for id in lease::claimed(&self.worker).with_context(|| cannot_read(&self.folder))? {
            if self.folder.has_finished(&id) {
                lease::ask(&self.folder, &self.worker, &mut sightings, &[id])?;
                self.give_back();
            }
        }
        Ok(())
    }

    /// Whether one of the trials that it has was found to be another worker's.
    pub fn is_revoked(&self) -> bool {
        self.worker.is_revoked()
    }

    /// How long others may be silent, and how often this process says that it lives.
    pub fn times(&self) -> LeaseTimes {
        self.worker.times()
    }

    /// What is asked before a file of a trial is published.
    pub(super) fn fence(&self, trial: &str) -> Fence {
        self.worker.fence(trial)
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
        self.write(&self.folder.experiment_file(), text)
    }

    /// Replaces a file of the experiment; where several write the same, it is written once.
    pub(super) fn write(&self, path: &Path, text: &str) -> Result<()> {
        if self.lock.is_some() {
            return file::replace(path, text.as_bytes());
        }
        let known = file::read(path).is_ok_and(|bytes| bytes == text.as_bytes());
        if known { Ok(()) } else { file::replace_by(path, self.worker.token(), text.as_bytes(), || Ok(())) }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The lock alone, for a change that takes a moment; nobody sees a runner meanwhile. None where the file system's locks are not
/// to be trusted.
///
/// # Errors
/// Where somebody is at the experiment: names one. Where the folder cannot be written.
pub fn hold(folder: &ExperimentFolder) -> Result<Option<Held>> {
    let path = folder.path().join(LOCK);
    let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).to_owned();
    let lock = options.open(&path).with_context(|| cannot_write(folder))?;
    let held = match is_local(&path).then(|| lock_unless_held(&lock)) {
        Some(Err(error)) if worker::has_no_locks(&error) => None,
        Some(held) => Some(held.with_context(|| format!("cannot lock {}", path.display()))?),
        None => None,
    };
    let others = live(folder.path()).with_context(|| cannot_read(folder))?;
    if held == Some(false) || !others.is_empty() {
        bail!(refusal(folder, &others));
    }
    Ok(held.map(|_| Held::taken(lock)))
}

/// Locks for this process alone; false where another runner has the lock. Readers of earlier versions that ask whether a runner
/// lives share the lock for a moment, and a runner never shares it: where it can be shared, it is free a moment later.
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

/// This machine's name, as Linux's kernel says it; nothing on other systems, of which nothing is known then.
pub fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_string()
}

fn refusal(folder: &ExperimentFolder, others: &[WorkerInfo]) -> String {
    let who = others.first().map_or("another process".to_string(), |WorkerInfo { runner: other, .. }| {
        format!("process {} on {}, since {:.0}", other.pid, other.host, other.started)
    });
    let more = if others.len() > 1 { format!(" and {} more", others.len() - 1) } else { String::new() };
    let (stop, watch) = (folder.hint("stop"), folder.store().hint(&["watch"]));
    format!("this experiment is already being trained by {who}{more}; `{stop}` ends it, `{watch}` shows it")
}

fn cannot_write(folder: &ExperimentFolder) -> String {
    format!("cannot write in {}; --runs names another folder", folder.path().display())
}

fn cannot_read(folder: &ExperimentFolder) -> String {
    format!("cannot read {}", folder.path().display())
}
