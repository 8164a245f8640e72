//! `work`: a worker beside others; one for each of several devices; one that a scheduler has started.

use std::{
    fs,
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;

use super::{
    Exit,
    args::{Common, WorkArgs},
    found, tell, train, watch,
};
use crate::runner::{Work, job::Job, signals::Signals};
use byolab_store::store::{State, Store};
use byolab_values::plan::Plan;
use rustix::process::{Pid, Signal, kill_process};

/// Trains what is missing and nobody else is at, heat after heat.
///
/// # Errors
/// As of `run`, but that others may be at the experiment; devices that are named twice or are not there.
pub fn work(common: &Common, asked: &WorkArgs) -> Result<Exit> {
    let plan = found::plan(&Store::new(&common.runs), &asked.chosen)?;
    let devices = devices(&asked.devices)?;
    let job = Job::here();
    let deadline = deadline(asked, job.as_ref());
    let exit = if devices.is_empty() {
        let name = job.as_ref().map(|job| job.name.clone());
        let work = Work { joins: true, job: name, at_most: asked.at_most, deadline, ..Work::default() };
        train::foreground(common, &plan, &asked.chosen.changes.overrides(), false, work)?
    } else {
        one_for_each(common, asked, &devices, deadline)?
    };
    let early = exit == Exit::Terminated || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    if let Some(job) = job.filter(|_| asked.notice.is_some() && early) {
        queue_again(&job, common, &plan)?;
    }
    Ok(exit)
}

/// When it leaves: at the time that was asked for, and before the job's time limit. A signal comes first there, but may be lost.
fn deadline(asked: &WorkArgs, job: Option<&Job>) -> Option<Instant> {
    let left = |until: Timestamp| Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
    let limit = || Some(job?.left()?.saturating_sub(Duration::from_secs(asked.notice? / 2)));
    [asked.until.map(left), limit()].into_iter().flatten().min().map(|left| Instant::now() + left)
}

/// A job that had to leave before everything was done begins again later.
fn queue_again(job: &Job, common: &Common, plan: &Plan) -> Result<()> {
    let snapshot = Store::new(&common.runs).experiment(&plan.experiment.name).snapshot_for(plan)?;
    let ended =
        |id: &String| snapshot.runs.get(id).is_some_and(|run| matches!(run.state, State::Finished | State::Failed));
    if !plan.trials.iter().all(|trial| ended(&trial.id)) && job.requeue()? {
        tell(&format!("queued again as job {}", job.name));
    }
    Ok(())
}

/// The devices that were named, each once.
fn devices(named: &[String]) -> Result<Vec<String>> {
    let devices = if named == ["all"] { cards()? } else { named.to_vec() };
    let twice = (1..devices.len()).find(|&at| devices[..at].contains(&devices[at]));
    ensure!(twice.is_none(), "--devices names {} twice", twice.map_or("", |at| &devices[at]));
    Ok(devices)
}

/// Every NVIDIA card that this process may use: those that a scheduler has left visible, or all that the driver has.
fn cards() -> Result<Vec<String>> {
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let visible = visible.map(|names| names.split(',').filter(|name| !name.trim().is_empty()).count());
    let count = visible.unwrap_or_else(|| fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, Iterator::count));
    ensure!(count > 0, "--devices all: no NVIDIA card is to be seen here; name the devices");
    Ok((0..count).map(|index| format!("cuda:{index}")).collect())
}

/// A worker for each device, in a process of its own; the worst of their ends.
fn one_for_each(common: &Common, asked: &WorkArgs, devices: &[String], deadline: Option<Instant>) -> Result<Exit> {
    let signals = Signals::listen()?;
    let mut children =
        devices.iter().map(|device| start(common, asked, device, deadline)).collect::<Result<Vec<_>>>()?;
    let (mut told, mut worst) = (false, Exit::Good);
    while !children.is_empty() {
        if signals.exit_code().is_some() && !told {
            children.iter().for_each(terminate);
            told = true;
        }
        let mut left = Vec::new();
        for mut child in children {
            match child.try_wait().context("cannot wait for a worker")? {
                None => left.push(child),
                Some(status) if status.success() => {}
                Some(status) => worst = Exit::worse(worst, status.code()),
            }
        }
        children = left;
        sleep(Duration::from_millis(50));
    }
    Ok(match signals.exit_code() {
        Some(130) => Exit::Interrupted,
        Some(_) => Exit::Terminated,
        None => worst,
    })
}

fn start(common: &Common, asked: &WorkArgs, device: &str, deadline: Option<Instant>) -> Result<Child> {
    let common = Common { device: device.into(), ..common.clone() };
    let mut command = Command::new(std::env::current_exe().context("cannot tell where this program is")?);
    command.arg("work").arg(&asked.chosen.experiment).args(watch::inherited(&common));
    command.args(asked.chosen.changes.overrides().flags()).env_remove("BYOLAB_DEVICES").env_remove("BYOLAB_NOTICE");
    if let Some(most) = asked.at_most {
        command.args(["--at-most", &most.to_string()]);
    }
    if let Some(left) = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
        command.args(["--until", &format!("{}s", left.as_secs().max(1))]);
    }
    command.spawn().context("cannot start a worker")
}

fn terminate(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_once() {
        let named = |names: &[&str]| devices(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(named(&["cuda:0", "cuda:1"]).unwrap().len(), 2);
        assert_eq!(named(&[]).unwrap().len(), 0);
        assert!(named(&["cuda:0", "cpu", "cuda:0"]).unwrap_err().to_string().contains("cuda:0 twice"));
    }
}
