//! `run`, `resume` and `demo`: training in the foreground, in a process of its own, or under the workbench.

use super::{
    Exit,
    args::{Changes, Chosen, Common, Demo, NamedArgs, RunArgs, Until},
    found::{self, AsRun},
    lab, tell, watch,
};
use crate::runner::{Work, detach};
use anyhow::Result;
use byolab_faces::tui::{self, BackgroundWork};
use byolab_store::store::{Snapshot, State, Store};
use byolab_values::{
    data,
    plan::{Overrides, Plan, Problems, Trial},
};

/// Trains what is missing, here or in a process of its own.
///
/// # Errors
/// A bad experiment, another runner, a device or images that are not there, a disk that cannot be written.
pub fn run(common: &Common, asked: &RunArgs) -> Result<Exit> {
    let plan = found::plan(&Store::new(&common.runs), &asked.chosen)?;
    let overrides = asked.chosen.changes.overrides();
    if asked.detach {
        detached(common, &plan, &overrides)
    } else {
        foreground(common, &plan, &overrides, asked.patient, Work::default())
    }
}

/// Goes on with an experiment in a process of its own: with what its newest runner was asked for, as its file was then.
///
/// # Errors
/// As [`run`].
pub fn resume(common: &Common, named: &NamedArgs) -> Result<Exit> {
    let store = Store::new(&common.runs);
    let folder = store.experiment(&found::name(&store, &named.experiment));
    let Some(run) = AsRun::of(&folder)? else {
        let plan = found::plan(&store, &whole(&named.experiment))?;
        return detached(common, &plan, &Overrides::default());
    };
    run.tell_if_changed();
    let AsRun { experiment, asked, .. } = run;
    if asked.overrides != Overrides::default() {
        tell(&format!("goes on with what it was run with: {}", asked.overrides.flags().join(" ")));
    }
    let device = asked.device.filter(|_| common.device == AUTO).unwrap_or_else(|| common.device.clone());
    let data = common.data.clone().or(asked.data.filter(|data| data.exists()));
    let common = Common { device, data, ..common.clone() };
    detached(&common, &Plan::new(experiment, &asked.overrides)?, &asked.overrides)
}

/// The device where none is asked for.
const AUTO: &str = "auto";

/// The main job on made-up images: under the workbench where there is a terminal, in plain lines where there is none.
///
/// # Errors
/// As [`run`].
pub fn demo(common: &Common, asked: &Demo) -> Result<Exit> {
    let store = Store::new(&common.runs);
    let plan = found::plan(&store, &whole("demo"))?;
    if asked.headless || tui::usable().is_err() {
        return foreground(common, &plan, &Overrides::default(), false, Work::default());
    }
    if !common.read_only && store.experiment("demo").runner()?.is_none() {
        detached(common, &plan, &Overrides::default())?;
    }
    watch::watch(common, Some("demo".into()))
}

/// An experiment as its file says.
fn whole(experiment: &str) -> Chosen {
    Chosen {
        experiment: experiment.into(),
        changes: Changes { set: vec![], axis: vec![], only: vec![], seeds: None, until: Until::default() },
    }
}

/// Starts a runner as a process of its own and says where it is.
fn detached(common: &Common, plan: &Plan, overrides: &Overrides) -> Result<Exit> {
    let store = Store::new(&common.runs);
    let folder = store.experiment(&plan.experiment.name);
    check_data(common, plan, &folder.snapshot_for(plan)?)?;
    match detach::start(&lab::arguments(BackgroundWork::Train, plan, overrides, &watch::inherited(common)), &folder)? {
        Some(runner) => tell(&format!(
            "training {} as process {} on {}\nwatch: {}   stop: {}   log: {}",
            plan.experiment.name,
            runner.pid,
            runner.device,
            store.hint(&["watch"]),
            folder.hint("stop"),
            folder.log().display(),
        )),
        None => tell(&format!("nothing is left to train: every trial of {} is finished", plan.experiment.name)),
    }
    Ok(Exit::Good)
}

/// Trains nothing.
///
/// # Errors
/// Always.
#[cfg(not(feature = "engine"))]
pub fn foreground(_: &Common, _: &Plan, _: &Overrides, _: bool, _: Work) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}

/// Trains what is missing, tells progress on standard error, and, where nobody else is at it, prints the table of results.
///
/// # Errors
/// As [`run`].
#[cfg(feature = "engine")]
pub fn foreground(common: &Common, plan: &Plan, overrides: &Overrides, patient: bool, work: Work) -> Result<Exit> {
    use jiff::Timestamp;

    use crate::runner::{
        self, EngineTrainer, Surroundings,
        afresh::{self, Afresh},
        control,
        notify::Notifier,
        plain::{self, Plain},
        signals::Signals,
        telemetry::Telemetry,
    };
    use byolab_faces::report;
    use byolab_store::results;
    let tell = |line: &str| {
        if !common.quiet {
            super::tell(line);
        }
    };
    let folder = Store::new(&common.runs).experiment(&plan.experiment.name);
    let before = folder.snapshot_for(plan)?;
    check_data(common, plan, &before)?;
    let signals = Signals::listen()?;
    let opened = common.open_device()?;
    tell(&format!("device: {}{}", opened.name, opened.why.as_ref().map_or(String::new(), |why| format!(" ({why})"))));
    if patient {
        control::wait_unless(&folder, signals.stop())?;
        if let Some(exit) = interrupted(&signals) {
            return Ok(exit);
        }
    }
    let joins = work.joins;
    let mut plain = Plain::new(plan, &folder.snapshot_for(plan)?);
    tell(&plain.opening());
    until_decided(plan).iter().for_each(|line| tell(line));
    judged_otherwise(plan, &before).iter().for_each(|line| tell(line));
    let images = common.data_folder();
    let mut notifier = Notifier::new(common.notify.clone(), plan.experiment.name.clone(), common.runs.clone());
    let mut telemetry = Telemetry::of(&opened.name, Timestamp::now());
    let began = afresh::began(Timestamp::now());
    let outcome = runner::run(
        plan,
        &mut EngineTrainer(opened),
        &mut Surroundings {
            folder: &folder,
            asked: &asked_for(common, plan, overrides),
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
                told(notifier.hear(trial, &plain::name(&plan.trials[trial]), record));
            },
            now: &Timestamp::now,
            began,
            sample: &mut |now| telemetry.read(now),
            say: &mut |line| tell(line),
            afresh: Some(Afresh {
                tried: afresh::tried(),
                hand_over: &mut |tried| afresh::exec(&plan.experiment, tried, began),
            }),
            work,
        },
    )?;
    told(notifier.end(outcome.word(), &outcome.to_string()));
    if !joins {
        let results = results::judge(plan, &folder.snapshot_for(plan)?);
        super::print(&report::table(plan, &results))?;
    }
    let failed = if outcome.failed > 0 { Exit::FailedCells } else { Exit::Good };
    Ok(interrupted(&signals).unwrap_or(failed))
}

/// How claims are judged that are trained for until they are decided.
#[cfg(feature = "engine")]
fn until_decided(plan: &Plan) -> Option<String> {
    let until = plan.overrides.until?;
    let budget = until.budget.map(|seconds| format!(" and {}", byolab_values::plan::words::duration(seconds as f64)));
    Some(format!(
        "judged after every heat, until every claim is decided: at most {} seeds{}; by confidence sequences, which bear that \
         (t intervals, by which a file without look = \"always\" is judged, do not)",
        plan.experiment.seeds.len(),
        budget.unwrap_or_default()
    ))
}

/// That finished trials have numbers by other probes, and what helps.
#[cfg(feature = "engine")]
fn judged_otherwise(plan: &Plan, before: &Snapshot) -> Option<String> {
    let count = byolab_store::results::judged_otherwise(plan, before);
    let trials = byolab_values::plan::words::count(count, "finished trial");
    let name = &plan.experiment.name;
    let line =
        format!("{trials} judged by other probes than the plan's; `byolab probe {name}` judges again without training");
    (count > 0).then_some(line)
}

/// How a run ends that a signal has ended.
#[cfg(feature = "engine")]
fn interrupted(signals: &crate::runner::signals::Signals) -> Option<Exit> {
    signals.exit_code().map(|code| if code == 130 { Exit::Interrupted } else { Exit::Terminated })
}

/// A command of the user's that cannot be run is no reason not to train.
#[cfg(feature = "engine")]
fn told(result: std::io::Result<()>) {
    if let Err(error) = result {
        tell(&format!("--notify: {error}"));
    }
}

/// What is kept of the arguments.
#[cfg(feature = "engine")]
fn asked_for(common: &Common, plan: &Plan, overrides: &Overrides) -> byolab_store::store::AskedFlags {
    let store = Store::new(&common.runs);
    let folder = store.experiment(&plan.experiment.name);
    let file = std::path::PathBuf::from(&plan.experiment.origin);
    // What is kept is no file of its own: it came from where it came from.
    let earlier = || folder.asked().ok().flatten().and_then(|asked| asked.file);
    let file = if file == folder.experiment_file() { earlier() } else { Some(file).filter(|file| file.exists()) };
    let data = std::path::absolute(common.data_folder()).ok();
    byolab_store::store::AskedFlags { file, overrides: overrides.clone(), data, device: Some(common.device.clone()) }
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
