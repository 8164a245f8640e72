//! `show`: one trial.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Exit,
    found::{self, Held},
    list::{WIDTH, cell, plan_of, tell_passed_over},
    print, print_json, tell,
};
use byolab_store::{
    results,
    store::{Remarks, State, Store, WorkerInfo, log},
};
use byolab_values::plan::{Cell, words};

/// One trial, by its id or the beginning of it.
#[derive(Serialize)]
struct ShowDocument<'a> {
    schema_version: u32,
    experiment: &'a str,
    trial: &'a str,
    state: State,
    step: u64,
    steps: u64,
    device: &'a str,
    commit: &'a str,
    axes: &'a Cell,
    seed: Option<u64>,
    started: Option<Timestamp>,
    last: Option<Timestamp>,
    /// That runners were at it.
    seconds: f64,
    metrics: BTreeMap<&'a str, f64>,
    folder: String,
    /// Who trains it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<WorkerInfo>,
    #[serde(flatten)]
    remarks: Remarks,
}

/// A trial's state, what it is, its newest numbers, and its log.
///
/// # Errors
/// Where no trial, or more than one, has an id that begins so.
pub fn show(store: &Store, id: &str, json: bool) -> Result<Exit> {
    let Some(Held { folder, id, run }) = found::trial(store, id)? else {
        let (root, list) = (store.root().display(), store.hint(&["list"]));
        bail!("no trial in {root} has an id that begins with `{id}`; `{list} EXPERIMENT` lists them");
    };
    tell_passed_over(&folder, [id.as_str()].into_iter());
    let recipe = folder.recipe(&id).map_err(|error| tell(&format!("{error:#}"))).ok();
    let axes = cell(plan_of(&folder).as_ref(), &id, recipe.as_ref());
    let shown = ShowDocument {
        schema_version: 1,
        experiment: &folder.name(),
        trial: &id,
        state: run.state,
        step: run.step,
        steps: run.steps,
        device: &run.device,
        commit: &run.commit,
        axes: &axes,
        seed: recipe.map(|recipe| recipe.train.seed),
        started: run.started,
        last: run.last,
        seconds: run.seconds,
        metrics: run.series.keys().filter_map(|name| Some((name.as_str(), run.latest(name)?))).collect(),
        folder: folder.trial(&id).display().to_string(),
        worker: folder.workers()?.into_iter().find(|worker| worker.trains.contains(&id)),
        remarks: folder.remarks(Some(&id))?,
    };
    if json {
        return print_json(&shown);
    }
    let log = run.log.iter().filter_map(|record| {
        let begin = format!("{:.0}  step {:>6}  ", record.time, record.event.step);
        Some(words::wrap_to(WIDTH, &begin, &log::sentence(&record.event)?))
    });
    print(&format!("{}\n{}\n{}", head(&shown), numbers(&shown.metrics), log.collect::<String>()))
}

fn head(shown: &ShowDocument) -> String {
    let ShowDocument {
        experiment,
        trial,
        state,
        step,
        steps,
        device,
        commit,
        axes,
        seed,
        seconds,
        folder,
        worker,
        remarks,
        ..
    } = shown;
    let seed = seed.map(|seed| format!("seed {seed}"));
    let what: Vec<String> = [results::words(axes)].into_iter().filter(|words| !words.is_empty()).chain(seed).collect();
    let trained = format!("{} on {device}, byolab {commit}", words::duration(*seconds));
    let mut lines = vec![
        format!("{experiment} {trial}: {}, step {step} of {steps}\n", state.word()),
        words::wrap_to(WIDTH, "", &what.join(", ")),
        words::wrap_to(WIDTH, "trained for ", &trained),
    ];
    lines.extend(worker.as_ref().map(|worker| {
        let WorkerInfo { runner, since, heard, .. } = worker;
        format!("by process {} on {} since {since:.0}, heard of at {heard:.0}\n", runner.pid, runner.host)
    }));
    lines.extend((!remarks.tags.is_empty()).then(|| words::wrap_to(WIDTH, "", &remarks.tagged())));
    lines.extend(remarks.notes.iter().map(|note| words::wrap_to(WIDTH, &format!("{:.0}  ", note.time), &note.text)));
    lines.push(format!("{folder}\n"));
    lines.concat()
}

fn numbers(metrics: &BTreeMap<&str, f64>) -> String {
    metrics.iter().map(|(name, value)| format!("{name:<24} {value:>12.4}\n")).collect()
}
