//! `submit`: interchangeable workers under a scheduler. What is trained by whom is the store's matter; a scheduler only starts
//! and ends them.
//!
//! | file | holds |
//! |---|---|
//! | `slurm` | job arrays, what their tasks are doing |
//! | `kubernetes` | an Indexed Job |

pub mod kubernetes;
pub mod slurm;

use std::{env, path::Path};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::{
    Exit,
    args::{Common, Engine, SubmitArgs},
    found, print, tell,
};
use byolab_store::store::{ExperimentFolder, State, Store, SubmittedJobs};
use byolab_values::plan::{Overrides, Plan, words};

/// Submits as many workers as are asked for and not yet there.
///
/// # Errors
/// A bad experiment, bad options, no scheduler, a scheduler that refuses: before anything is submitted.
pub fn submit(common: &Common, asked: &SubmitArgs) -> Result<Exit> {
    let store = Store::new(&common.runs);
    let plan = found::plan(&store, &asked.chosen)?;
    let folder = store.experiment(&plan.experiment.name);
    let open = open_heats(&folder, &plan)?;
    if open == 0 {
        tell(&format!("nothing is left to train: every trial of {} is finished", plan.experiment.name));
        return Ok(Exit::Good);
    }
    match asked.engine {
        Engine::Slurm => to_slurm(common, asked, &folder, &plan, asked.workers.min(open)),
        Engine::Kubernetes => to_kubernetes(common, asked, &folder, &plan, asked.workers.min(open)),
    }
}

/// Heats that have a trial which is not finished: more workers have nothing to do.
fn open_heats(folder: &ExperimentFolder, plan: &Plan) -> Result<usize> {
    let snapshot = folder.snapshot_for(plan)?;
    let finished =
        |trial: &usize| snapshot.runs.get(&plan.trials[*trial].id).is_some_and(|run| run.state == State::Finished);
    Ok(plan.heats.iter().filter(|heat| !heat.trials.iter().all(finished)).count())
}

fn to_slurm(
    common: &Common,
    asked: &SubmitArgs,
    folder: &ExperimentFolder,
    plan: &Plan,
    wanted: usize,
) -> Result<Exit> {
    let there = if asked.dry_run { 0 } else { slurm::tasks(folder).len() };
    let workers = wanted.saturating_sub(there);
    if workers == 0 {
        tell(&format!("{} there already, waiting or at work: nothing is to be added", words::count(there, "task")));
        return Ok(Exit::Good);
    }
    let (now, runs) = (Timestamp::now(), absolute(&common.runs)?);
    let place = Path::new(&runs).join(folder.name());
    slurm::check(asked, &place.join("jobs"))?;
    let script = |file: &str, logs: &Path| {
        let program = program(common, &asked.chosen.changes.overrides(), file, &runs)?;
        Ok::<_, anyhow::Error>(slurm::script(asked, &folder.name(), workers, logs, &program))
    };
    // Named as they will be, and tried out before anything is written.
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let file = place.join("submitted").join(stamp).join(folder.name()).with_added_extension("toml");
    let text = script(&file.display().to_string(), &place.join("jobs"))?;
    if asked.dry_run {
        return print(&text);
    }
    slurm::try_out(&text)?;
    folder.freeze(now, &plan.experiment.text)?;
    folder.job_logs()?;
    let job = slurm::submit(&text)?;
    folder.add_jobs(&SubmittedJobs { time: now, job: job.clone(), workers })?;
    tell(&format!(
        "submitted {} as job {job}\nlook: {}   stop: {}   logs: {}",
        words::count(workers, "worker"),
        folder.store().hint(&["list", &folder.name()]),
        folder.hint("stop"),
        place.join("jobs").display()
    ));
    Ok(Exit::Good)
}

fn to_kubernetes(
    common: &Common,
    asked: &SubmitArgs,
    folder: &ExperimentFolder,
    plan: &Plan,
    workers: usize,
) -> Result<Exit> {
    if asked.image.is_none() || asked.volume.is_none() {
        bail!(
            "Kubernetes needs --image, in which byolab is, and --volume, the claim of the volume that holds the runs"
        );
    }
    let (now, mount) = (Timestamp::now(), asked.mount.clone().map_or_else(|| absolute(&common.runs), Ok)?);
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let file = Path::new(&mount).join(folder.name()).join("submitted").join(stamp);
    let file = file.join(folder.name()).with_added_extension("toml").display().to_string();
    let mut words = program(common, &asked.chosen.changes.overrides(), &file, &mount)?;
    words[0] = "byolab".into();
    let job = kubernetes::job(asked, &folder.name(), workers, &mount, &words);
    if asked.dry_run || !kubernetes::is_there() {
        return print(&(serde_json::to_string_pretty(&job)? + "\n"));
    }
    folder.create().with_context(|| format!("cannot write in {}", folder.path().display()))?;
    folder.freeze(now, &plan.experiment.text)?;
    tell(&kubernetes::create(&job)?);
    Ok(Exit::Good)
}

/// What a worker is started as.
fn program(common: &Common, overrides: &Overrides, file: &str, runs: &str) -> Result<Vec<String>> {
    let own = env::current_exe().context("cannot tell where this program is")?.display().to_string();
    let notice = format!("{}s", slurm::NOTICE);
    let mut words = [&own, "work", file, "--notice", &notice, "--runs", runs, "--device", &common.device]
        .map(String::from)
        .to_vec();
    words.extend(["--data".into(), absolute(&common.data_folder())?]);
    words.extend(overrides.flags());
    Ok(words)
}

fn absolute(path: &Path) -> Result<String> {
    let path = std::path::absolute(path).with_context(|| format!("cannot tell where {} is", path.display()))?;
    Ok(path.display().to_string())
}
