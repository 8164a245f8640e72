//! What the workbench works on: experiments, what the disk holds about them, and the process that trains. The
//! command line stands the real one up; tests and replays bring their own.

use anyhow::Result;

use crate::{
    plan::{Overrides, Plan, Problems},
    results::{Results, Verdict},
    store::{RunnerInfo, Snapshot},
};

/// The laboratory. Calls come from the thread that draws, so each returns within a few milliseconds.
pub trait Lab {
    /// All experiments that can be opened, with how far each is; asked twice a second while they are on screen.
    fn experiments(&mut self) -> Vec<Entry>;

    /// The experiment of that name (or path) with `overrides`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn plan(&mut self, name: &str, overrides: &Overrides) -> Result<Plan, Problems>;

    /// What the store holds about the plan's trials now.
    ///
    /// # Errors
    /// The store cannot be read.
    fn read(&mut self, plan: &Plan) -> Result<Reading>;

    /// Whether another reading could differ from the last one; asked twice a second while the experiment is on screen.
    ///
    /// # Errors
    /// The store cannot be read.
    fn has_news(&mut self, plan: &Plan) -> Result<bool>;

    /// Starts a process of its own that trains what `plan` still lacks; `overrides` are those that made the plan. A
    /// live runner of the experiment is told to stop, and the new one waits until it has.
    ///
    /// # Errors
    /// The process could not be started, with what it said.
    fn start(&mut self, plan: &Plan, overrides: &Overrides) -> Result<()>;

    /// Asks the live runner of the experiment to write checkpoints and leave.
    ///
    /// # Errors
    /// The store cannot be written.
    fn stop(&mut self, plan: &Plan) -> Result<()>;
}

/// An experiment in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub name: String,
    /// Where it comes from: a path, or `built in`.
    pub origin: String,
    pub question: String,
    pub source: Option<String>,
    /// Finished trials of the whole plan.
    pub finished: usize,
    pub trials: usize,
    /// The live runner, if there is one.
    pub runner: Option<RunnerInfo>,
    /// One for each claim.
    pub verdicts: Vec<Verdict>,
    /// What is wrong with the file; such an experiment cannot be opened.
    pub problems: Option<Problems>,
}

/// One reading of the store and what follows from it.
#[derive(Clone, Debug)]
pub struct Reading {
    pub snapshot: Snapshot,
    pub results: Results,
}
