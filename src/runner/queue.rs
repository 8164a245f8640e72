//! What is still to be trained, and what the user has said about it.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Result;

use super::RunCounts;
use byolab_store::store::{Commands, Snapshot, State};
use byolab_values::{plan::Plan, protocol::Command};

/// The heats of a plan in the order in which they will be trained.
pub struct Queue<'a> {
    plan: &'a Plan,
    commands: Commands,
    signal: &'a AtomicBool,
    /// Heats, next first.
    order: Vec<usize>,
    /// Of every trial of the plan, as this run has left it; `Waiting` where it has not been at it.
    states: Vec<State>,
    skipped: HashSet<String>,
    stopped: bool,
}

impl<'a> Queue<'a> {
    /// Leaves out what is finished; a trial that failed before gets another chance.
    pub fn new(plan: &'a Plan, before: &Snapshot, commands: Commands, signal: &'a AtomicBool) -> Self {
        let finished = |id: &String| before.runs.get(id).is_some_and(|run| run.state == State::Finished);
        let state = |id: &String| if finished(id) { State::Finished } else { State::Waiting };
        Self {
            plan,
            commands,
            signal,
            order: (0..plan.heats.len()).collect(),
            states: plan.trials.iter().map(|trial| state(&trial.id)).collect(),
            skipped: HashSet::new(),
            stopped: false,
        }
    }

    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The trials to train together next, as places in the plan; none where all is done or the user wants to stop. A
    /// heat comes again for as long as it has trials without an end.
    pub fn next(&mut self) -> Result<Option<Vec<usize>>> {
        self.obey()?;
        while !self.stopped && !self.order.is_empty() {
            let heat = &self.plan.heats[self.order[0]].trials;
            let open: Vec<usize> = heat.iter().copied().filter(|trial| self.is_open(*trial)).collect();
            if !open.is_empty() {
                return Ok(Some(open));
            }
            self.order.remove(0);
        }
        Ok(None)
    }

    /// Whether the user wants these trials to leave the device: all of them to stop, or one of them to be skipped.
    pub fn interrupts(&mut self, trials: &[usize]) -> Result<bool> {
        self.obey()?;
        Ok(self.stopped || trials.iter().any(|trial| !self.has_ended(*trial) && self.is_skipped(*trial)))
    }

    pub fn set(&mut self, trial: usize, state: State) {
        self.states[trial] = state;
    }

    /// Whether this run has nothing more to do for a trial.
    pub fn has_ended(&self, trial: usize) -> bool {
        matches!(self.states[trial], State::Finished | State::Failed)
    }

    pub fn is_stopped(&self, trial: usize) -> bool {
        self.states[trial] == State::Stopped
    }

    pub fn outcome(&self) -> RunCounts {
        let count = |state| self.states.iter().filter(|found| **found == state).count();
        let (finished, failed, stopped) = (count(State::Finished), count(State::Failed), count(State::Stopped));
        RunCounts { finished, failed, stopped, left: self.states.len() - finished - failed - stopped }
    }

    fn obey(&mut self) -> Result<()> {
        self.stopped |= self.signal.load(Ordering::Relaxed);
        for command in self.commands.poll()? {
            match command {
                Command::Stop => self.stopped = true,
                Command::Skip { trial } => drop(self.skipped.insert(trial)),
                Command::First { trial } => self.put_first(&trial),
            }
        }
        Ok(())
    }

    /// The heat in training stays; the heat of `trial` comes after it.
    fn put_first(&mut self, trial: &str) {
        let holds =
            |heat: &usize| self.plan.heats[*heat].trials.iter().any(|index| self.plan.trials[*index].id == trial);
        if let Some(place) = self.order.iter().position(holds) {
            let heat = self.order.remove(place);
            self.order.insert(0, heat);
        }
    }

    fn is_open(&self, trial: usize) -> bool {
        !self.has_ended(trial) && !self.is_skipped(trial)
    }

    fn is_skipped(&self, trial: usize) -> bool {
        self.skipped.contains(&self.plan.trials[trial].id)
    }
}
