//! `list`, `show`, `wait`, `stop`: what the store holds, and a word to its runner.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;

use super::{Exit, print, print_json};
use crate::runner::control;
use byolab_store::{
    results,
    store::{Run, RunnerInfo, State, Store},
};
use byolab_values::plan::words::columns;

/// One experiment of the store.
#[derive(Serialize)]
struct Listed {
    experiment: String,
    trials: usize,
    finished: usize,
    failed: usize,
    runner: Option<RunnerInfo>,
    /// Only of the experiment that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<ListedRun>,
}

/// One trial that has a folder.
#[derive(Serialize)]
struct ListedRun {
    trial: String,
    state: State,
    step: u64,
    steps: u64,
    method: &'static str,
    batch: usize,
    augment: String,
    seed: u64,
    /// Whether its projections or features are nearly one point.
    collapsed: bool,
}

#[derive(Serialize)]
struct List {
    schema_version: u32,
    experiments: Vec<Listed>,
}

/// The experiments of the store, one a line; of the one that is asked for, the trials too.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(store: &Store, only: Option<&str>, json: bool) -> Result<Exit> {
    let chosen = |name: &String| only.is_none_or(|only| only == name);
    let listed = |name| listed(store, name, only.is_some());
    let experiments = store.experiments()?.into_iter().filter(chosen).map(listed).collect::<Result<Vec<_>>>()?;
    if json {
        return print_json(&List { schema_version: 1, experiments });
    }
    if experiments.is_empty() {
        let what = only.map_or("nothing".into(), |name| format!("nothing of {name}"));
        eprintln!("{what} has run yet in {}: try `byolab run {}`", store.root().display(), only.unwrap_or("demo"));
    }
    print(&experiments.iter().map(|listed| format!("{}{}", line(listed), trials(&listed.runs))).collect::<String>())
}

fn listed(store: &Store, name: String, with_runs: bool) -> Result<Listed> {
    let folder = store.experiment(&name);
    let snapshot = folder.snapshot()?;
    let count = |state| snapshot.runs.values().filter(|run| run.state == state).count();
    let (trials, finished, failed) = (snapshot.runs.len(), count(State::Finished), count(State::Failed));
    let run = |(id, run): (&String, &Run)| {
        let recipe = folder.recipe(id)?;
        let collapsed = results::collapsed(&recipe, run);
        Ok(ListedRun {
            trial: id.clone(),
            state: run.state,
            step: run.step,
            steps: run.steps,
            method: recipe.method.name(),
            batch: recipe.train.batch,
            augment: recipe.augment.label(),
            seed: recipe.train.seed,
            collapsed,
        })
    };
    let runs = snapshot.runs.iter().filter(|_| with_runs).map(run).collect::<Result<_>>()?;
    Ok(Listed { experiment: name, trials, finished, failed, runner: snapshot.runner, runs })
}

fn line(Listed { experiment, trials, finished, failed, runner, .. }: &Listed) -> String {
    let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    let running = |runner: &RunnerInfo| format!("   running: process {} on {}", runner.pid, runner.device);
    let runner = runner.as_ref().map_or(String::new(), running);
    format!("{experiment:<24} {finished:>3} of {trials} trials finished{failed}{runner}\n")
}

fn trials(runs: &[ListedRun]) -> String {
    let row = |run: &ListedRun| {
        let (step, batch) = (format!("step {}/{}", run.step, run.steps), format!("batch {}", run.batch));
        vec![
            run.trial.clone(),
            run.state.word().into(),
            step,
            run.method.into(),
            batch,
            run.augment.clone(),
            format!("seed {}", run.seed),
            if run.collapsed { "! collapsed".into() } else { String::new() },
        ]
    };
    columns(&runs.iter().map(row).collect::<Vec<_>>())
}

/// One trial, by its id or the beginning of it.
#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u32,
    experiment: &'a str,
    trial: &'a str,
    state: State,
    step: u64,
    steps: u64,
    device: &'a str,
    commit: &'a str,
    metrics: std::collections::BTreeMap<&'a str, f64>,
    folder: String,
}

/// A trial's state, newest numbers, and log.
///
/// # Errors
/// Where no trial, or more than one, has an id that begins so.
pub fn show(store: &Store, id: &str, json: bool) -> Result<Exit> {
    let mut found = Vec::new();
    for name in store.experiments()? {
        let runs = store.experiment(&name).snapshot()?.runs;
        found.extend(
            runs.into_iter().filter(|(known, run)| run.is_called(known, id)).map(|(id, run)| (name.clone(), id, run)),
        );
    }
    let (experiment, id, run) = match found.len() {
        0 => bail!(
            "no trial in {} has an id that begins with `{id}`; `byolab list EXPERIMENT` lists them",
            store.root().display()
        ),
        1 => found.remove(0),
        n => bail!("{n} trials have ids that begin with `{id}`: type more of it"),
    };
    let metrics: std::collections::BTreeMap<&str, f64> =
        run.series.keys().filter_map(|name| Some((name.as_str(), run.latest(name)?))).collect();
    let folder = store.experiment(&experiment).trial(&id).display().to_string();
    if json {
        let Run { state, step, steps, device, commit, .. } = &run;
        let (state, step, steps) = (*state, *step, *steps);
        let (experiment, trial) = (&experiment, &id);
        return print_json(&Shown {
            schema_version: 1,
            experiment,
            trial,
            state,
            step,
            steps,
            device,
            commit,
            metrics,
            folder,
        });
    }
    println!(
        "{experiment} {id}: {}, step {} of {}, on {}, byolab {}",
        run.state.word(),
        run.step,
        run.steps,
        run.device,
        run.commit
    );
    println!("{folder}\n");
    for (name, value) in metrics {
        println!("{name:<24} {value:>12.4}");
    }
    println!();
    for record in &run.log {
        if let Some(sentence) = byolab_store::store::log::sentence(&record.event) {
            println!("{:.0}  step {:>6}  {sentence}", record.time, record.event.step);
        }
    }
    Ok(Exit::Good)
}

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

/// Asks the experiment's runner to checkpoint and leave, and waits for it a while.
///
/// # Errors
/// Where there is no runner.
pub fn stop(store: &Store, experiment: &str) -> Result<Exit> {
    let folder = store.experiment(experiment);
    let runner = control::request_stop(&folder)?;
    eprintln!("process {} on {} was asked to stop; it ends after its next checkpoint", runner.pid, runner.host);
    for _ in 0..100 {
        if folder.runner()?.is_none() {
            eprintln!("stopped; `byolab resume {experiment}` goes on");
            return Ok(Exit::Good);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Exit::Good)
}
