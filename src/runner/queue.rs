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
    /// The heat that the user wants first.
    wanted: Option<usize>,
    /// Where somebody chooses: the heat to train next, or none where enough is trained.
    chosen: Option<Option<usize>>,
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
            wanted: None,
            chosen: None,
        }
    }

    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The trials to train together next, as places in the plan; none where all is done or the user wants to stop. A
    /// heat comes again for as long as it has trials without an end.
    pub fn next(&mut self) -> Result<Option<Vec<usize>>> {
        self.obey()?;
        // What the user wants comes before what anybody has chosen.
        if self.wanted.is_none_or(|heat| self.open(heat).is_empty()) {
            match self.chosen {
                Some(None) => return Ok(None),
                Some(Some(heat)) => self.put_heat_first(heat),
                None => {}
            }
        }
        while !self.stopped && !self.order.is_empty() {
            let open = self.open(self.order[0]);
            if !open.is_empty() {
                return Ok(Some(open));
            }
            self.order.remove(0);
        }
        Ok(None)
    }

    /// Has this heat come next, or nothing any more; until somebody chooses again.
    pub fn choose(&mut self, heat: Option<usize>) {
        self.chosen = Some(heat);
    }

    /// The trials of a heat that are still to be trained.
    fn open(&self, heat: usize) -> Vec<usize> {
        self.plan.heats[heat].trials.iter().copied().filter(|trial| self.is_open(*trial)).collect()
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
        let left = self.states.len() - finished - failed - stopped;
        // What nobody needs any more is not wanted.
        let enough = self.chosen == Some(None) && !self.stopped;
        RunCounts { finished, failed, stopped, left: if enough { 0 } else { left } }
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
        self.wanted = self.order.iter().copied().find(holds).or(self.wanted);
        if let Some(heat) = self.wanted {
            self.put_heat_first(heat);
        }
    }

    fn put_heat_first(&mut self, heat: usize) {
        self.order.retain(|other| *other != heat);
        self.order.insert(0, heat);
    }

    /// Whether a trial is still to be trained.
    pub fn is_open(&self, trial: usize) -> bool {
        !self.has_ended(trial) && !self.is_skipped(trial)
    }

    fn is_skipped(&self, trial: usize) -> bool {
        self.skipped.contains(&self.plan.trials[trial].id)
    }
}
