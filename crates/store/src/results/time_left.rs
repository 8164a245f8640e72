//! How long training still takes, from the pace recorded so far: the one estimate of every face.

use std::collections::BTreeMap;

use crate::store::{Run, State};
use byolab_values::{
    plan::{Plan, Trial},
    protocol::What,
};

/// What the disk holds, by the id of the trial.
type Runs = BTreeMap<String, Run>;

/// Seconds until the unfinished ones of some of the plan's trials are finished; none before a pace is known.
pub fn of_unfinished(plan: &Plan, trials: &[Trial], runs: &Runs) -> Option<f64> {
    let is_finished = |trial: &&Trial| runs.get(&trial.id).is_some_and(|run| run.state == State::Finished);
    of(plan, &trials.iter().filter(|trial| !is_finished(trial)).collect::<Vec<_>>(), |trial| runs.get(&trial.id))
}

/// Seconds that some of the plan's trials take, those that are finished from their beginning, by what is known of each. A
/// trial without a pace of its own is taken to need the mean time per epoch of those that have one; none where no trial
/// has.
pub fn of<'a>(plan: &Plan, trials: &[&Trial], known: impl Fn(&Trial) -> Option<&'a Run>) -> Option<f64> {
    let pace = |trial: &Trial| seconds_per_epoch(plan, trial, known(trial)?);
    let paces: Vec<f64> = plan.trials.iter().filter_map(pace).collect();
    let mean = (!paces.is_empty()).then(|| paces.iter().sum::<f64>() / paces.len() as f64)?;
    let left = |trial: &&Trial| {
        let run = known(trial).filter(|run| run.state != State::Finished);
        let share = 1.0 - run.map_or(0.0, Run::progress);
        pace(trial).unwrap_or(mean) * trial.recipe.train.epochs as f64 * share.max(0.0)
    };
    // The sum of nothing would be -0.
    Some(trials.iter().map(left).fold(0.0, |sum, seconds| sum + seconds))
}

/// Seconds per epoch of one trial; a heat's time is shared out among its trials.
fn seconds_per_epoch(plan: &Plan, trial: &Trial, run: &Run) -> Option<f64> {
    Some(seconds_per_step(run)? * run.steps_per_epoch as f64 / heat_size(plan, trial) as f64)
}

fn heat_size(plan: &Plan, trial: &Trial) -> usize {
    let mut heats = plan.heats.iter().map(|heat| &heat.trials);
    heats.find(|trials| trials.iter().any(|i| plan.trials[*i].id == trial.id)).map_or(1, Vec::len)
}

/// No pace before a trial in training has gone on for so many seconds: how long it takes to open a device and to compile its
/// kernels says nothing about the rest.
const WARM_UP: f64 = 5.0;

/// Wall-clock seconds per step since training last began: a pause between two runners does not count.
fn seconds_per_step(run: &Run) -> Option<f64> {
    let began = run.log.iter().rev().find(|record| matches!(record.event.what, What::Started { .. }))?;
    let steps = run.step.checked_sub(began.event.step).filter(|steps| *steps > 0)?;
    let seconds = run.last?.duration_since(began.time).as_secs_f64().max(0.0);
    let is_known = run.state != State::Running || seconds >= WARM_UP;
    is_known.then_some(seconds / steps as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::{
        plan::{Experiment, Overrides},
        protocol::{Event, Record},
    };

    fn started(second: i64, step: u64) -> Record {
        Record {
            time: jiff::Timestamp::from_second(second).unwrap(),
            event: Event {
                step,
                what: What::Started { steps: 100, steps_per_epoch: 10, device: String::new(), commit: String::new() },
            },
        }
    }

    fn run(step: u64, began: i64, last: i64) -> Run {
        let last = Some(jiff::Timestamp::from_second(last).unwrap());
        Run { step, steps: 100, steps_per_epoch: 10, log: vec![started(began, 0)], last, ..Run::default() }
    }

    #[test]
    fn the_first_seconds_of_training_are_no_pace() {
        let running = |last| Run { state: State::Running, ..run(2, 0, last) };
        assert_eq!([4, 5].map(|last| seconds_per_step(&running(last))), [None, Some(2.5)]);
        assert_eq!(seconds_per_step(&Run { state: State::Finished, ..run(4, 0, 2) }), Some(0.5));
    }

    #[test]
    fn a_pause_between_two_runners_does_not_count() {
        let run = Run { log: vec![started(0, 0), started(100_000, 40)], ..run(60, 0, 100_010) };
        assert_eq!(seconds_per_step(&run), Some(0.5));
    }

    /// A plan of four trials of ten epochs in two heats, and what is left where some of them have begun.
    #[test]
    fn what_is_left_goes_by_the_pace_of_each_trial_and_is_never_less_than_nothing() {
        let text = r#"
            seeds = [0]
            [recipe]
            train = { epochs = 10 }
            [[axis]]
            key = "method"
            values = ["byol", "simclr"]
            [[axis]]
            key = "train.batch"
            values = [64, 32]
        "#;
        let plan = Plan::new(Experiment::parse("x", "x.toml", text).unwrap(), &Overrides::default()).unwrap();
        assert_eq!((plan.trials.len(), plan.heats.len()), (4, 2));
        let heat = |heat: usize| plan.heats[heat].trials.iter().map(|i| plan.trials[*i].id.clone());
        let of = |runs: Vec<(String, Run)>| of_unfinished(&plan, &plan.trials, &runs.into_iter().collect());
        let done = Run { state: State::Finished, ..run(100, 0, 200) };
        let finished = |at: usize| heat(at).map(|id| (id, done.clone())).collect::<Vec<_>>();
        assert_eq!(of(Vec::new()), None);
        // A heat of two trials at 2 s a step; the other one is taken to be as slow.
        assert_eq!(of(finished(0)), Some(200.0));
        // Its own pace, 10 s a step, is what counts once it is known.
        let begun = heat(1).map(|id| (id, run(50, 0, 500)));
        assert_eq!(of(finished(0).into_iter().chain(begun).collect()), Some(500.0));
        let all = of(finished(0).into_iter().chain(finished(1)).collect()).unwrap();
        assert_eq!(format!("{all}"), "0");
        let back = heat(1).map(|id| (id, run(50, 500, 0)));
        assert_eq!(of(finished(0).into_iter().chain(back).collect()), Some(0.0), "the clock was set back");
    }
}
