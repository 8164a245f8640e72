//! Progress as plain lines: for a run without a terminal, in a log, over a slow link. No colours, no cursor.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use byolab_store::{
    results::time_left,
    store::{Run, Snapshot, State},
};
use byolab_values::{
    plan::{Plan, Trial, Value, words},
    protocol::{Metrics, Record, What},
};

/// Between two lines of numbers, so that a heat that is followed for days stays readable.
const PAUSE: Duration = Duration::from_secs(5);

/// A larger share of time waiting for images is told: the device could do more.
const WAITS: f64 = 0.1;

/// Turns what was recorded into lines: beginnings, ends and alarms at once, numbers every few seconds, the trials of a
/// heat in turn.
pub struct Plain<'a> {
    plan: &'a Plan,
    trials: Vec<TrialLine>,
    /// What is on disk about the trials, by their ids, as far as the time left goes by it.
    runs: BTreeMap<String, Run>,
    /// When numbers were last shown, of whichever trial.
    shown: Option<Timestamp>,
    finished_before: usize,
}

/// What is known of one trial.
#[derive(Clone, Default)]
struct TrialLine {
    steps: u64,
    steps_per_epoch: u64,
    /// The newest numbers of training and evaluation.
    metrics: Metrics,
    begun: Option<Timestamp>,
    shown: Option<Timestamp>,
    in_training: bool,
}

impl<'a> Plain<'a> {
    /// `before` is the store before the run.
    pub fn new(plan: &'a Plan, before: &Snapshot) -> Self {
        let finished = |trial: &&Trial| before.runs.get(&trial.id).is_some_and(|run| run.state == State::Finished);
        Self {
            plan,
            trials: vec![TrialLine::default(); plan.trials.len()],
            runs: before.runs.iter().map(|(id, run)| (id.clone(), Run { thinned: true, ..run.clone() })).collect(),
            shown: None,
            finished_before: plan.trials.iter().filter(finished).count(),
        }
    }

    /// What is about to be done: `16 trials in 8 heats, 3 finished before`.
    pub fn opening(&self) -> String {
        let before = match self.finished_before {
            0 => String::new(),
            count => format!(", {count} finished before"),
        };
        format!(
            "{} in {}{before}",
            words::count(self.plan.trials.len(), "trial"),
            words::count(self.plan.heats.len(), "heat")
        )
    }

    /// The line that a record is worth, if it is worth one. `trial` is its place in the plan.
    pub fn line(&mut self, trial: usize, record: &Record) -> Option<String> {
        self.hear(trial, record);
        let shown = &mut self.trials[trial];
        shown.in_training = !matches!(record.event.what, What::Finished { .. } | What::Failed { .. } | What::Stopped);
        let text = match &record.event.what {
            What::Started { steps, steps_per_epoch, .. } => {
                (shown.steps, shown.steps_per_epoch) = (*steps, *steps_per_epoch);
                shown.begun = Some(record.time);
                began(record.event.step, shown)
            }
            What::Trained { metrics } => {
                shown.metrics.extend(metrics.clone());
                return self.numbers(trial, record);
            }
            What::Evaluated { metrics } => {
                shown.metrics.extend(metrics.clone());
                return None;
            }
            What::Sampled { .. } | What::Spectrum { .. } | What::Checkpointed => return None,
            What::Noted { text } => text.clone(),
            What::Alarm { text, remedy, .. } => format!("alarm: {text}; {remedy}"),
            What::Finished { metrics, .. } => finished(metrics, record.time, shown),
            What::Stopped => format!("stopped at {}; run again to go on", shown.epoch(record.event.step)),
            What::Failed { reason } => format!("failed: {reason}"),
        };
        Some(format!("{}   {text}", self.name(trial)))
    }

    /// Takes over what the time left goes by: beginnings, ends, and how far each trial is.
    fn hear(&mut self, trial: usize, record: &Record) {
        let new = || Run { thinned: true, ..Run::default() };
        let run = self.runs.entry(self.plan.trials[trial].id.clone()).or_insert_with(new);
        match &record.event.what {
            What::Trained { .. } | What::Sampled { .. } | What::Spectrum { .. } => {
                run.pass(record.event.step, record.time)
            }
            _ => run.take(record.clone()),
        }
        run.state = run.end().unwrap_or(State::Running);
    }

    /// Numbers of training, where it is time for some and this trial's turn.
    fn numbers(&mut self, trial: usize, record: &Record) -> Option<String> {
        let now = record.time;
        let due = self.shown.is_none_or(|shown| now.duration_since(shown).unsigned_abs() >= PAUSE);
        if !due || !self.is_turn_of(trial) {
            return None;
        }
        self.shown = Some(now);
        self.trials[trial].shown = Some(now);
        let shown = &self.trials[trial];
        let mut parts = vec![self.name(trial), shown.epoch(record.event.step)];
        parts.extend(number(&shown.metrics, "loss", |loss| format!("loss {loss:.3}")));
        parts.extend(number(&shown.metrics, "knn.top1", |share| format!("k-NN {}", words::percent(share, 1))));
        parts.extend(number(&shown.metrics, "images_per_second", |rate| format!("{rate:.0} img/s")));
        let wait = shown.metrics.get("data_wait").filter(|share| **share > WAITS);
        parts.extend(wait.map(|share| format!("{} of the time waiting for images", words::percent(*share, 1))));
        parts.extend(
            time_left::of_unfinished(self.plan, &self.plan.trials, &self.runs)
                .map(|left| format!("{} left", words::duration(left))),
        );
        Some(parts.join("   "))
    }

    /// Whether no other trial of the same heat has waited longer.
    fn is_turn_of(&self, trial: usize) -> bool {
        let waited = |trial: &usize| self.trials[*trial].shown;
        let heat = self.plan.heats.iter().find(|heat| heat.trials.contains(&trial)).expect("a trial has a heat");
        let in_training = heat.trials.iter().filter(|trial| self.trials[**trial].in_training);
        in_training.map(waited).min() == Some(waited(&trial))
    }

    /// `[ 3/16] byol batch=64 seed 0`: the place in the plan, and the trial.
    fn name(&self, trial: usize) -> String {
        let total = self.plan.trials.len();
        let width = total.to_string().len();
        format!("[{:>width$}/{total}] {}", trial + 1, name(&self.plan.trials[trial]))
    }
}

impl TrialLine {
    fn epoch(&self, step: u64) -> String {
        let per_epoch = self.steps_per_epoch.max(1);
        format!("epoch {}/{}", step / per_epoch, self.steps / per_epoch)
    }
}

fn began(step: u64, shown: &TrialLine) -> String {
    match step {
        0 => format!("begins, {}", words::count(shown.steps as usize, "step")),
        step => format!("goes on after {}, step {step} of {}", shown.epoch(step), shown.steps),
    }
}

fn finished(metrics: &Metrics, now: Timestamp, shown: &TrialLine) -> String {
    let mut parts = vec!["finished".to_string()];
    parts.extend(number(metrics, "knn.top1", |share| format!("k-NN {}", words::percent(share, 1))));
    parts.extend(number(metrics, "linear.top1", |share| format!("linear {}", words::percent(share, 1))));
    parts
        .extend(shown.begun.map(|begun| format!("after {}", words::duration(now.duration_since(begun).as_secs_f64()))));
    parts.join("   ")
}

/// `byol batch=64 seed 0`: of an axis' key the last part is enough to know it by.
pub fn name(trial: &Trial) -> String {
    let part = |(key, value): (&String, &Value)| match key.as_str() {
        "method" => value.to_string(),
        key => format!("{}={value}", key.rsplit('.').next().expect("a text has a last part")),
    };
    let parts = trial.cell.iter().map(part).chain([format!("seed {}", trial.seed)]);
    parts.collect::<Vec<_>>().join(" ")
}

fn number(metrics: &Metrics, name: &str, word: impl FnOnce(f64) -> String) -> Option<String> {
    metrics.get(name).copied().map(word)
}
