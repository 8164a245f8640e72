//! What another process can do about a runner: ask it to stop, wait for its end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};

use anyhow::{Result, ensure};

use byolab_store::store::{ExperimentFolder, RunnerInfo};
use byolab_values::protocol::Command;

/// Between two looks at a runner.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks all workers of an experiment to checkpoint and leave; returns which ones were asked.
///
/// # Errors
/// Where none is alive, or the folder cannot be written.
pub fn request_stop(folder: &ExperimentFolder) -> Result<Vec<RunnerInfo>> {
    let workers = folder.workers()?;
    ensure!(!workers.is_empty(), "nothing to stop: no runner is at this experiment");
    folder.command(&Command::Stop)?;
    Ok(workers.into_iter().map(|worker| worker.runner).collect())
}

/// Returns when no runner is at the experiment any more.
///
/// # Errors
/// Where the folder cannot be read.
pub fn wait(folder: &ExperimentFolder) -> Result<()> {
    wait_unless(folder, &AtomicBool::new(false))
}

/// The same, or when this process is to leave.
///
/// # Errors
/// As [`wait`].
pub fn wait_unless(folder: &ExperimentFolder, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) && folder.runner()?.is_some() {
        sleep(PAUSE);
    }
    Ok(())
}
