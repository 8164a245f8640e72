//! Hands: claims heat after heat of an experiment, trains it, records what is heard. What is finished is left alone; what was
//! interrupted goes on from its checkpoint; what another worker trains is its own.
//!
//! | file | holds |
//! |---|---|
//! | `queue`, `share`, `heat` | which heat is next; that it is this worker's alone; one heat recorded to its end |
//! | `datasets` | the images that a run has loaded |
//! | `afresh` | what is said of a device that failed, and the fresh process that goes on |
//! | `engine` | the engine as a [`Trainer`] |
//! | `judge` | stored encoders judged again |
//! | `control`, `signals`, `detach` | being asked to stop; a process that outlives its terminal |
//! | `job` | what a scheduler knows of this process |
//! | `environment`, `telemetry` | where it runs; what process and card are doing |
//! | `plain`, `notify` | progress in lines; a command at the end |

pub mod afresh;
pub mod control;
mod datasets;
pub mod detach;
#[cfg(feature = "engine")]
mod engine;
pub mod environment;
mod heat;
pub mod job;
#[cfg(feature = "engine")]
pub mod judge;
pub mod notify;
pub mod plain;
mod queue;
mod share;
pub mod signals;
pub mod telemetry;

use std::{fmt, sync::atomic::AtomicBool};

use anyhow::Result;
use jiff::Timestamp;

use afresh::Afresh;
use byolab_store::{
    results::until::{Ahead, Progress, progress},
    store::{AskedFlags, ExperimentFolder, Revoked},
};
use byolab_values::{
    data::Dataset,
    plan::{Plan, Recipe, Trial, UntilDecided},
    protocol::{Metrics, Observe, Record, Resume},
};
use datasets::Datasets;
#[cfg(feature = "engine")]
pub use engine::EngineTrainer;
use environment::Environment;
use queue::Queue;
use share::Share;
pub use share::Work;

/// Trains the trials of one heat in lock-step. The engine is one; tests use a mock in place of the slow part.
pub trait Trainer {
    /// The device in words, as recorded: `cpu (Flex, 2 threads)`, `cuda:0 (NVIDIA H200)`.
    fn device(&self) -> String;

    /// Trains `trials` to their ends; `resume[i]` is where trial i goes on, none where it begins. One trial's failure
    /// is an event, not an error: the others go on.
    ///
    /// # Errors
    /// The observer's own, and what ends the whole heat.
    fn train(
        &mut self,
        trials: &[&Trial],
        data: &Dataset,
        resume: Vec<Option<Resume>>,
        observe: &mut dyn Observe,
    ) -> Result<()>;
}

/// What surrounds a run: where it is recorded, where images come from, when to stop, who listens, what time it is.
pub struct Surroundings<'a> {
    /// Claimed, and written to.
    pub folder: &'a ExperimentFolder,
    /// What made the plan, kept for those who go on with it.
    pub asked: &'a AskedFlags,
    /// Asked for every data recipe, and again where the test split is asked for too, or where there was no room to keep it.
    pub load: &'a mut dyn FnMut(&Recipe) -> Result<Dataset>,
    /// Set by a signal: checkpoint and leave.
    pub stop: &'a AtomicBool,
    /// Hears what was recorded, with the trial's place in the plan.
    pub listen: &'a mut dyn FnMut(usize, &Record),
    /// What time it is.
    pub now: &'a dyn Fn() -> Timestamp,
    /// When it began, also where a fresh process went on: a budget counts from here.
    pub began: Timestamp,
    /// Says what the process and its device are doing, where it is time to be asked again; else nothing.
    pub sample: &'a mut dyn FnMut(Timestamp) -> Metrics,
    /// Hears how far the claims are, where training goes on until they are decided.
    pub say: &'a mut dyn FnMut(&str),
    /// Who goes on where a device failed; where nobody does, the heat has failed.
    pub afresh: Option<Afresh<'a>>,
    /// Which part of the experiment is this process's.
    pub work: Work,
}

/// How a run ended: counts of the plan's trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// In this run or before it.
    pub finished: usize,
    /// Trials that cannot go on.
    pub failed: usize,
    /// Begun and stopped; running again goes on from the last checkpoint.
    pub stopped: usize,
    /// Wanted, and not begun by this run.
    pub left: usize,
}

impl RunCounts {
    /// What is said of it in a word: `finished`, `stopped` or `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Self { failed: 1.., .. } => "failed",
            Self { stopped: 0, left: 0, .. } => "finished",
            _ => "stopped",
        }
    }
}

impl fmt::Display for RunCounts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let counts =
            [(self.finished, "finished"), (self.failed, "failed"), (self.stopped, "stopped"), (self.left, "left")];
        let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// Trains what the plan has and the store has not. A heat that fails does not keep the others from their turn; one whose device
/// failed is tried again, once, in a fresh process.
///
/// # Errors
/// Another runner at this experiment, a disk that cannot be written, images that cannot be read.
pub fn run(plan: &Plan, trainer: &mut dyn Trainer, around: &mut Surroundings) -> Result<RunCounts> {
    let environment = Environment::here(trainer.device(), (around.now)());
    let commands = around.folder.commands()?;
    let mut share = Share::begin(plan, &environment, around)?;
    let mut queue = Queue::new(plan, &around.folder.snapshot_for(plan)?, commands, around.stop);
    share.order(&mut queue);
    let mut datasets = Datasets::default();
    let until = plan.overrides.until.map(|until| (until, around.began));
    while let Some(trials) = share.next_heat(&mut queue, |queue| next(plan, queue, around, until))? {
        let ahead =
            (0..plan.trials.len()).filter(|trial| !queue.has_ended(*trial)).map(|trial| &plan.trials[trial].recipe);
        datasets.keep_for(ahead);
        let data = datasets.get(&plan.trials[trials[0]].recipe, around.load)?;
        match heat::train(&share, &environment, trainer, data, &trials, &mut queue, around) {
            Err(error) if error.is::<Revoked>() => (around.say)(&share.lost(&trials)),
            trained => trained?,
        }
    }
    share.left(&mut queue).iter().for_each(|line| (around.say)(line));
    Ok(queue.outcome())
}

/// The trials to train next: in the order of the plan; where training goes on until claims are decided, those that decide most
/// for their time, by what is finished now.
fn next(
    plan: &Plan,
    queue: &mut Queue,
    around: &mut Surroundings,
    until: Option<(UntilDecided, Timestamp)>,
) -> Result<Option<Vec<usize>>> {
    if let Some((until, began)) = until {
        let spent = (around.now)().duration_since(began).as_secs_f64();
        let seconds = until.budget.map(|budget| (budget as f64 - spent).max(0.0));
        let snapshot = around.folder.snapshot_for(plan)?;
        let progress = progress(plan, &snapshot, &Ahead { is_open: &|trial| queue.is_open(trial), seconds });
        queue.choose(progress.next);
        (around.say)(&said(&progress, plan));
    }
    queue.next()
}

/// How far the claims are, and what is next.
fn said(progress: &Progress, plan: &Plan) -> String {
    let Some(heat) = progress.next else {
        return [vec![progress.counts()], progress.sentences()].concat().join("\n  ");
    };
    let trial = &plan.trials[plan.heats[heat].trials[0]];
    let others = trial.cell.iter().filter(|(key, _)| *key != "method");
    let others: String = others.map(|(key, value)| format!(", {key} {value}")).collect();
    format!("{}; next: seed {}{others}", progress.counts(), trial.seed)
}
