//! How long training still takes, from the pace recorded so far.

use std::collections::BTreeMap;

use byolab_store::store::{Run, State};
use byolab_values::{
    plan::{Plan, Trial},
    protocol::What,
};

/// What the disk holds, by the id of the trial.
type Runs = BTreeMap<String, Run>;

/// Seconds until all runs of a heat are finished; none before their pace is known.
pub fn of_runs<'a>(runs: impl Iterator<Item = &'a Run>) -> Option<f64> {
    let left = |run: &Run| Some(seconds_per_step(run)? * run.steps.saturating_sub(run.step) as f64);
    runs.filter_map(left).reduce(f64::max)
}

/// Seconds until the unfinished ones of some of the plan's trials are finished; none before a pace is known.
pub fn of_unfinished(plan: &Plan, trials: &[Trial], runs: &Runs) -> Option<f64> {
    let is_finished = |trial: &&Trial| runs.get(&trial.id).is_some_and(|run| run.state == State::Finished);
    of(plan, &trials.iter().filter(|trial| !is_finished(trial)).collect::<Vec<_>>(), runs)
}

/// Seconds that some of the plan's trials take, those that are finished from their beginning. Heats without a pace of
/// their own are taken to need the mean time per epoch and trial of those that have one; none where no heat has.
pub fn of(plan: &Plan, trials: &[&Trial], runs: &Runs) -> Option<f64> {
    let pace = seconds_per_epoch(plan, runs)?;
    let left = |trial: &&Trial| {
        let run = runs.get(&trial.id).filter(|run| run.state != State::Finished);
        pace * trial.recipe.train.epochs as f64 * (1.0 - run.map_or(0.0, Run::progress))
    };
    Some(trials.iter().map(left).sum())
}

/// Seconds per epoch of one trial; a heat's time is shared out among its trials.
fn seconds_per_epoch(plan: &Plan, runs: &Runs) -> Option<f64> {
    let size = |trial: &Trial| heat_size(plan, trial) as f64;
    let pace = |trial: &Trial| {
        let run = runs.get(&trial.id)?;
        Some(seconds_per_step(run)? * run.steps_per_epoch as f64 / size(trial))
    };
    let paces: Vec<f64> = plan.trials.iter().filter_map(pace).collect();
    (!paces.is_empty()).then(|| paces.iter().sum::<f64>() / paces.len() as f64)
}

fn heat_size(plan: &Plan, trial: &Trial) -> usize {
    let mut heats = plan.heats.iter().map(|heat| &heat.trials);
    heats.find(|trials| trials.iter().any(|i| plan.trials[*i].id == trial.id)).map_or(1, Vec::len)
}

/// Wall-clock seconds per step since training last began: a pause between two runners does not count.
fn seconds_per_step(run: &Run) -> Option<f64> {
    let began = run.log.iter().rev().find(|record| matches!(record.event.what, What::Started { .. }))?;
    let steps = run.step.checked_sub(began.event.step).filter(|steps| *steps > 0)?;
    Some(run.last?.duration_since(began.time).as_secs_f64() / steps as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::protocol::{Event, Record};

    #[test]
    fn a_pause_between_two_runners_does_not_count() {
        let started = |second: i64, step: u64| Record {
            time: jiff::Timestamp::from_second(second).unwrap(),
            event: Event {
                step,
                what: What::Started { steps: 100, steps_per_epoch: 10, device: String::new(), commit: String::new() },
            },
        };
        let run = Run {
            step: 60,
            steps: 100,
            log: vec![started(0, 0), started(100_000, 40)],
            last: Some(jiff::Timestamp::from_second(100_010).unwrap()),
            ..Run::default()
        };
        assert_eq!(seconds_per_step(&run), Some(0.5));
    }
}
