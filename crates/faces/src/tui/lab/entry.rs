//! What the laboratory tells of an experiment: in the list, and where it is open.

use byolab_store::{
    results::{Results, Verdict},
    store::{Remarks, RunnerInfo, Snapshot},
};
use byolab_values::plan::{Plan, Problems};

/// An experiment in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExperimentEntry {
    /// How it is called.
    pub name: String,
    /// Where it comes from: a path, or `built in`.
    pub origin: String,
    /// What it asks.
    pub question: String,
    /// Who asked it first.
    pub source: Option<String>,
    /// Finished trials of the whole plan.
    pub finished: usize,
    /// Failed trials of the whole plan.
    pub failed: usize,
    /// Trials of the whole plan.
    pub trials: usize,
    /// Trials in the store that the plan does not name.
    pub more: usize,
    /// The live runner, if there is one.
    pub runner: Option<RunnerInfo>,
    /// While it trains, seconds until the whole plan is finished, at the pace so far.
    pub seconds_left: Option<f64>,
    /// What people said about it.
    pub said: Remarks,
    /// One for each claim.
    pub verdicts: Vec<Verdict>,
    /// What is wrong with the file; such an experiment cannot be opened.
    pub problems: Option<Problems>,
    /// Why what the store holds about it cannot be read or judged, or why it could not be shown.
    pub trouble: Option<String>,
    /// Whether it is known what the store holds about it.
    pub is_read: bool,
}

impl ExperimentEntry {
    /// An experiment of which only the plan is known.
    pub fn of(plan: &Plan) -> Self {
        let experiment = &plan.experiment;
        Self {
            name: experiment.name.clone(),
            origin: experiment.origin.clone(),
            question: experiment.question.clone(),
            source: experiment.source.clone(),
            trials: plan.trials.len(),
            ..Self::default()
        }
    }
}

/// One reading of the store and what follows from it.
#[derive(Clone, Debug)]
pub struct StoreReading {
    /// What the store holds.
    pub snapshot: Snapshot,
    /// What follows from it.
    pub results: Results,
}
