//! What is still to be trained, and what the user has said about it.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use anyhow::Result;
use jiff::Timestamp;

use super::RunCounts;
use byolab_store::store::{Commands, Snapshot, State};
use byolab_values::{
    plan::{Plan, cost},
    protocol::{Command, Record, What},
};

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
    /// Trials that other workers were at when they were asked for.
    busy: HashSet<usize>,
    /// When trials failed that had failed before this run.
    failed: HashMap<String, Timestamp>,
    /// When everything is to stop.
    deadline: Option<Instant>,
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
            busy: HashSet::new(),
            failed: before.runs.iter().filter_map(|(id, run)| Some((id.clone(), failed(run.log.last()?)?))).collect(),
            deadline: None,
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
        let open = self.order.iter().map(|heat| self.open(*heat)).find(|open| !open.is_empty());
        Ok(open.filter(|_| !self.stopped))
    }

    /// From now on the heats that take longest come first, by what they compute.
    pub fn put_longest_first(&mut self) {
        let operations = |heat: &usize| {
            let recipes = self.plan.heats[*heat].trials.iter().map(|trial| &self.plan.trials[*trial].recipe);
            recipes.map(|recipe| cost::training(recipe, recipe.steps())).sum::<f64>()
        };
        let mut order: Vec<(usize, f64)> = self.order.iter().map(|heat| (*heat, operations(heat))).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.order = order.into_iter().map(|(heat, _)| heat).collect();
    }

    /// Everything stops then.
    pub fn stop_at(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    pub fn is_to_stop(&self) -> bool {
        self.stopped
    }

    /// Another worker is at these trials: they are left out until they are asked for again.
    pub fn set_busy(&mut self, trials: &[usize]) {
        self.busy.extend(trials);
    }

    /// The trials that others were at; all of them can be asked for again.
    pub fn take_busy(&mut self) -> HashSet<usize> {
        std::mem::take(&mut self.busy)
    }

    /// Takes over how another worker has left a trial meanwhile, by its newest event.
    pub fn hear_of(&mut self, trial: usize, newest: Option<&Record>) {
        let known = self.failed.get(&self.plan.trials[trial].id).copied();
        match newest.map(|record| &record.event.what) {
            Some(What::Finished { .. }) => self.set(trial, State::Finished),
            Some(What::Failed { .. }) if newest.and_then(failed) != known => self.set(trial, State::Failed),
            _ => {}
        }
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
        self.stopped |= self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
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

    /// Whether a trial is still to be trained, and by this run.
    pub fn is_open(&self, trial: usize) -> bool {
        !self.has_ended(trial) && !self.is_skipped(trial) && !self.busy.contains(&trial)
    }

    fn is_skipped(&self, trial: usize) -> bool {
        self.skipped.contains(&self.plan.trials[trial].id)
    }
}

/// When a trial failed whose newest event this is; none where it did not.
fn failed(newest: &Record) -> Option<Timestamp> {
    matches!(newest.event.what, What::Failed { .. }).then_some(newest.time)
}
