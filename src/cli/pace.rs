//! How long a plan takes, at the pace of the runs that the store holds.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use serde::Serialize;

use byolab_store::store::{ExperimentFolder, Run, State, Store};
use byolab_values::{
    plan::{Heat, Plan, cost, describe::Time},
    protocol::What,
};

/// What the runs of an experiment have told: operations, the time in which they were done, and where.
#[derive(Default)]
struct ToldPace {
    operations: f64,
    runs: usize,
    /// From when to when each run trained; runs of a heat train at the same time.
    spans: Vec<(Timestamp, Timestamp)>,
    newest: Option<Timestamp>,
    device: String,
}

/// Runs of another experiment that took fewer seconds together have told more of their beginnings than of a pace.
const TELLING: f64 = 5.0;

impl ToldPace {
    /// How long the runs took together.
    fn seconds(&self) -> f64 {
        covered(self.spans.clone())
    }
}

/// The time of a plan by the runs of its own experiment, else of the one that was begun last; none where nothing was.
pub fn time(store: &Store, plan: &Plan) -> Option<Time> {
    let told = |name: String| Some((told(&store.experiment(&name))?, name));
    let mut others = newest_first(store).filter_map(told).filter(|(told, _)| told.seconds() >= TELLING);
    let (told, paced_by) = told(plan.experiment.name.clone()).or_else(|| others.next())?;
    let pace = told.seconds() / told.operations;
    let finished = finished(store, plan);
    let [all, left] = [false, true].map(|left| {
        let trials = plan.trials.iter().filter(|trial| !left || !finished.contains_key(&trial.id));
        pace * trials.map(|trial| cost::training(&trial.recipe, trial.recipe.steps())).sum::<f64>()
    });
    Some(Time { seconds: all, seconds_left: left, paced_by, runs: told.runs, device: told.device })
}

/// How long several workers take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// How many they are.
    pub workers: usize,
    /// Until the last of them has nothing left.
    pub seconds_left: f64,
    /// The share of their time in which they have nothing left, while others still train.
    pub idle: f64,
}

/// The time that so many workers take for what is not finished, each at the pace of the stored runs: they claim as
/// `byolab work` does, the longest first. None where nothing was trained.
pub fn shared(store: &Store, plan: &Plan, workers: usize) -> Option<Shared> {
    let own = heats_told(&store.experiment(&plan.experiment.name), plan);
    let pace = own.or_else(|| time(store, plan).map(|time| time.seconds / all_operations(plan)))?;
    let finished = finished(store, plan);
    let open = |trial: &&usize| !finished.contains_key(&plan.trials[**trial].id);
    let heat = |heat: &Heat| heat.trials.iter().filter(open).map(|trial| pace * operations(plan, *trial)).sum::<f64>();
    Some(claimed(plan.heats.iter().map(heat).collect(), workers))
}

/// Heats of so many seconds, each taken by the worker that is free first, the longest first.
fn claimed(mut heats: Vec<f64>, workers: usize) -> Shared {
    heats.sort_by(|a, b| b.total_cmp(a));
    let mut busy = vec![0.0_f64; workers];
    for seconds in &heats {
        let first = busy.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("there is a worker");
        *first += seconds;
    }
    let seconds_left = busy.iter().copied().fold(0.0, f64::max);
    let all = seconds_left * workers as f64;
    let idle = if all > 0.0 { 1.0 - heats.iter().sum::<f64>() / all } else { 0.0 };
    Shared { workers, seconds_left, idle }
}

/// Seconds for an operation where heats of the plan have been trained, by however many workers at once.
fn heats_told(folder: &ExperimentFolder, plan: &Plan) -> Option<f64> {
    let runs = folder.snapshot().ok()?.runs;
    let (mut seconds, mut done) = (0.0, 0.0);
    for heat in &plan.heats {
        let told = |trial: &usize| Some((*trial, trained(runs.get(&plan.trials[*trial].id)?)?));
        let told: Vec<_> = heat.trials.iter().filter_map(told).collect();
        seconds += covered(told.iter().map(|(_, (began, ended, _))| (*began, *ended)).collect());
        done +=
            told.iter().map(|(trial, (_, _, steps))| cost::training(&plan.trials[*trial].recipe, *steps)).sum::<f64>();
    }
    (done > 0.0).then(|| seconds / done)
}

fn operations(plan: &Plan, trial: usize) -> f64 {
    let recipe = &plan.trials[trial].recipe;
    cost::training(recipe, recipe.steps())
}

fn all_operations(plan: &Plan) -> f64 {
    (0..plan.trials.len()).map(|trial| operations(plan, trial)).sum()
}

/// The experiments of the store, the one whose trials were begun last at the front: not all of them need be read.
fn newest_first(store: &Store) -> impl Iterator<Item = String> {
    let mut names = store.experiments().unwrap_or_default();
    let begun = |name: &String| store.experiment(name).path().metadata().and_then(|folder| folder.modified()).ok();
    names.sort_by_cached_key(|name| Reverse(begun(name)));
    names.into_iter()
}

/// The plan's trials that the store holds finished.
fn finished(store: &Store, plan: &Plan) -> BTreeMap<String, Run> {
    let runs = store.experiment(&plan.experiment.name).snapshot().map(|snapshot| snapshot.runs).unwrap_or_default();
    runs.into_iter().filter(|(_, run)| run.state == State::Finished).collect()
}

/// What an experiment's runs tell; none where none has come beyond its beginning.
fn told(folder: &ExperimentFolder) -> Option<ToldPace> {
    let mut told = ToldPace::default();
    for (id, run) in folder.snapshot().ok()?.runs {
        let Some((began, ended, steps)) = trained(&run) else { continue };
        let Ok(recipe) = folder.recipe(&id) else { continue };
        told.operations += cost::training(&recipe, steps);
        told.runs += 1;
        told.spans.push((began, ended));
        if told.newest < Some(ended) {
            (told.newest, told.device) = (Some(ended), run.device);
        }
    }
    (told.operations > 0.0).then_some(told)
}

/// When a run last began, when it last said something, and its steps between.
fn trained(run: &Run) -> Option<(Timestamp, Timestamp, u64)> {
    let began = run.log.iter().rev().find(|record| matches!(record.event.what, What::Started { .. }))?;
    let steps = run.step.checked_sub(began.event.step).filter(|steps| *steps > 0)?;
    Some((began.time, run.last.filter(|last| *last > began.time)?, steps))
}

/// Seconds that the spans cover together.
fn covered(mut spans: Vec<(Timestamp, Timestamp)>) -> f64 {
    spans.sort_unstable();
    let (mut seconds, mut until) = (0.0, None);
    for (began, ended) in spans {
        let from = until.map_or(began, |until: Timestamp| until.max(began));
        if ended > from {
            seconds += ended.duration_since(from).as_secs_f64();
        }
        until = until.max(Some(ended));
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_take_the_longest_heat_first_and_the_last_ends_it() {
        for (heats, workers, seconds, idle) in [
            (&[1.0, 2.0, 3.0][..], 1, 6.0, 0.0),
            (&[1.0, 2.0, 3.0], 2, 3.0, 0.0),
            (&[2.0, 2.0, 2.0], 2, 4.0, 0.25),
            (&[5.0], 4, 5.0, 0.75),
            (&[], 3, 0.0, 0.0),
        ] {
            let expected = Shared { workers, seconds_left: seconds, idle };
            assert_eq!(claimed(heats.to_vec(), workers), expected, "{heats:?}");
        }
    }

    #[test]
    fn what_trains_side_by_side_takes_its_time_once() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let spans = [(0, 10), (1, 9), (5, 12), (100, 101)].map(|(began, ended)| (at(began), at(ended)));
        assert_eq!(covered(spans.to_vec()), 13.0);
    }
}
