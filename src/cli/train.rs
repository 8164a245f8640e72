//! `run`, `resume` and `demo`: training in the foreground, in a process of its own, or under the workbench.

use anyhow::Result;

use super::{
    Exit,
    args::{Changes, Chosen, Common, Demo, Named, Run},
    lab, plan, watch,
};
use crate::runner::detach;
use byolab_faces::tui;
use byolab_store::store::{Snapshot, State, Store};
use byolab_values::{
    data,
    plan::{Overrides, Plan, Problems, Trial},
};

/// Trains what is missing, here or in a process of its own.
///
/// # Errors
/// A bad experiment, another runner, a device or images that are not there, a disk that cannot be written.
pub fn run(common: &Common, asked: &Run) -> Result<Exit> {
    let plan = plan::load(&asked.chosen)?;
    if asked.detach {
        detached(common, &plan, &asked.chosen.changes.overrides())
    } else {
        foreground(common, &plan, asked.patient)
    }
}

/// Goes on with an experiment in a process of its own.
///
/// # Errors
/// As [`run`].
pub fn resume(common: &Common, named: &Named) -> Result<Exit> {
    let plan = plan::load(&whole(&named.experiment))?;
    detached(common, &plan, &Overrides::default())
}

/// The main job on made-up images: under the workbench where there is a terminal, in plain lines where there is none.
///
/// # Errors
/// As [`run`].
pub fn demo(common: &Common, asked: &Demo) -> Result<Exit> {
    let plan = plan::load(&whole("demo"))?;
    if asked.headless || tui::usable().is_err() {
        return foreground(common, &plan, false);
    }
    if !common.read_only && Store::new(&common.runs).experiment("demo").runner()?.is_none() {
        detached(common, &plan, &Overrides::default())?;
    }
    watch::watch(common, Some("demo".into()))
}

/// An experiment as its file says.
fn whole(experiment: &str) -> Chosen {
    Chosen { experiment: experiment.into(), changes: Changes { set: vec![], axis: vec![], only: vec![], seeds: None } }
}

/// Starts a runner as a process of its own and says where it is.
fn detached(common: &Common, plan: &Plan, overrides: &Overrides) -> Result<Exit> {
    let folder = Store::new(&common.runs).experiment(&plan.experiment.name);
    check_data(common, plan, &folder.snapshot()?)?;
    match detach::start(&lab::run_arguments(plan, overrides, &watch::inherited(common)), &folder)? {
        Some(runner) => eprintln!(
            "training {name} as process {} on {}\nwatch: byolab watch   stop: byolab stop {name}   log: {}",
            runner.pid,
            runner.device,
            folder.log().display(),
            name = plan.experiment.name,
        ),
        None => eprintln!("nothing is left to train: every trial of {} is finished", plan.experiment.name),
    }
    Ok(Exit::Good)
}

#[cfg(not(feature = "engine"))]
fn foreground(_: &Common, _: &Plan, _: bool) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}

/// Trains what is missing, tells progress on standard error, and prints the table of results.
#[cfg(feature = "engine")]
fn foreground(common: &Common, plan: &Plan, patient: bool) -> Result<Exit> {
    use jiff::Timestamp;

    use crate::runner::{
        self, EngineTrainer, Surroundings, control, plain::Plain, signals::Signals, telemetry::Telemetry,
    };
    use byolab_faces::report;
    use byolab_store::results;
    use byolab_values::plan::words;
    let tell = |line: &str| {
        if !common.quiet {
            super::say(line);
        }
    };
    let folder = Store::new(&common.runs).experiment(&plan.experiment.name);
    check_data(common, plan, &folder.snapshot()?)?;
    let opened = common.open_device()?;
    tell(&format!("device: {}{}", opened.name, opened.why.as_ref().map_or(String::new(), |why| format!(" ({why})"))));
    if patient {
        control::wait(&folder)?;
    }
    let signals = Signals::listen()?;
    let mut plain = Plain::new(plan, &folder.snapshot()?);
    tell(&plain.opening());
    match results::judged_otherwise(plan, &folder.snapshot()?) {
        0 => {}
        count => tell(&format!(
            "{} judged by other probes than the plan's; `byolab probe {}` judges again without training",
            words::count(count, "finished trial"),
            plan.experiment.name
        )),
    }
    let images = common.data_folder();
    let mut telemetry = Telemetry::of(&opened.name, Timestamp::now());
    let outcome = runner::run(
        plan,
        &mut EngineTrainer(opened),
        &mut Surroundings {
            folder: &folder,
            load: &mut |recipe| {
                let data = data::load_for(recipe, &images)?;
                data.notes.iter().for_each(|note| tell(&format!("{}: {note}", recipe.data.name)));
                Ok(data)
            },
            stop: signals.stop(),
            listen: &mut |trial, record| {
                if let Some(line) = plain.line(trial, record) {
                    tell(&line);
                }
            },
            now: &Timestamp::now,
            sample: &mut |now| telemetry.read(now),
        },
    )?;
    let results = results::judge(plan, &folder.snapshot()?);
    super::print(&report::table(plan, &results))?;
    Ok(match signals.exit_code() {
        Some(130) => Exit::Interrupted,
        Some(_) => Exit::Terminated,
        None if outcome.failed > 0 => Exit::FailedCells,
        None => Exit::Good,
    })
}

/// Looks for the images of what is still to be trained, before anything is written.
///
/// # Errors
/// Datasets that are not there.
fn check_data(common: &Common, plan: &Plan, before: &Snapshot) -> Result<(), Problems> {
    let is_finished = |trial: &&Trial| before.runs.get(&trial.id).is_some_and(|run| run.state == State::Finished);
    let open = plan.trials.iter().filter(|trial| !is_finished(trial));
    data::check(open.map(|trial| &trial.recipe), &common.data_folder())
}
