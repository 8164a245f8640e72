//! `wait` and `stop`: what another process can do about a runner.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use super::{Exit, submit::slurm, tell};
use crate::runner::control;
use byolab_store::store::{State, Store};

/// Waits until no runner is at the experiment.
///
/// # Errors
/// Where the store cannot be read.
pub fn wait(store: &Store, experiment: &str) -> Result<Exit> {
    let folder = store.experiment(experiment);
    control::wait(&folder)?;
    let failed = folder.snapshot()?.runs.values().filter(|run| run.state == State::Failed).count();
    Ok(if failed > 0 { Exit::FailedCells } else { Exit::Good })
}

/// Asks whoever trains the experiment to checkpoint and leave, and waits for it a while; jobs that wait for their turn are
/// cancelled.
///
/// # Errors
/// Where there is no runner.
pub fn stop(store: &Store, experiment: &str) -> Result<Exit> {
    let folder = store.experiment(experiment);
    let cancelled = slurm::cancel(&folder)?;
    if !cancelled.is_empty() {
        tell(&format!("cancelled: {}", cancelled.join(" ")));
        if folder.runner()?.is_none() {
            return Ok(Exit::Good);
        }
    }
    for runner in control::request_stop(&folder)? {
        tell(&format!(
            "process {} on {} was asked to stop; it ends after its next checkpoint",
            runner.pid, runner.host
        ));
    }
    for _ in 0..100 {
        if folder.runner()?.is_none() {
            tell(&format!("stopped; `{}` goes on", folder.hint("resume")));
            return Ok(Exit::Good);
        }
        sleep(Duration::from_millis(100));
    }
    Ok(Exit::Good)
}
