//! How long an experiment still takes, from how fast it has gone so far.

use jiff::Timestamp;

use byolab_store::store::{Run, Snapshot, State};
use byolab_values::{
    plan::{Plan, Recipe},
    protocol::{Record, What},
};

/// No estimate before this many seconds: opening a device and compiling its kernels says nothing about the rest.
const WARM_UP: f64 = 5.0;

/// Counts work in images that pass through the networks, which is what batches of all sizes have in common.
pub struct Estimate {
    begin: Option<Timestamp>,
    /// Images that this run has trained on.
    passed: f64,
    works: Vec<Work>,
}

/// One trial, in images.
struct Work {
    optimizer_batch: f64,
    all: f64,
    done: f64,
    ended: bool,
}

impl Estimate {
    /// `before` is the store before the run.
    pub fn new(plan: &Plan, before: &Snapshot) -> Self {
        let works = plan.trials.iter().map(|trial| Work::new(&trial.recipe, before.runs.get(&trial.id))).collect();
        Self { begin: None, passed: 0.0, works }
    }

    pub fn hear(&mut self, trial: usize, record: &Record) {
        self.begin.get_or_insert(record.time);
        let work = &mut self.works[trial];
        let done = record.event.step as f64 * work.optimizer_batch;
        if !matches!(record.event.what, What::Started { .. }) {
            self.passed += done - work.done;
        }
        work.done = done;
        work.ended = matches!(record.event.what, What::Finished { .. } | What::Failed { .. });
    }

    /// Seconds left for all trials of the plan; none while there is too little to judge by.
    pub fn left(&self, now: Timestamp) -> Option<f64> {
        let elapsed = now.duration_since(self.begin?).as_secs_f64();
        let left: f64 = self.works.iter().filter(|work| !work.ended).map(|work| work.all - work.done).sum();
        (elapsed >= WARM_UP && self.passed > 0.0).then(|| elapsed * left / self.passed)
    }
}

impl Work {
    fn new(recipe: &Recipe, before: Option<&Run>) -> Self {
        let optimizer_batch = recipe.train.optimizer_batch as f64;
        Self {
            optimizer_batch,
            all: recipe.steps() as f64 * optimizer_batch,
            done: before.map_or(0.0, |run| run.step as f64 * optimizer_batch),
            ended: before.is_some_and(|run| run.state == State::Finished),
        }
    }
}
