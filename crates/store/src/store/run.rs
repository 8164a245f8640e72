//! One reading of the store, as the faces see it.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Remarks, Store, thin,
    worker::{RunnerInfo, WorkerInfo},
};
use byolab_values::{
    plan::{Plan, recipe::ProbesRecipe},
    protocol::{Metrics, Record, What},
};

/// Where a trial stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing on disk yet.
    #[default]
    Waiting,
    /// A live runner is at it.
    Running,
    /// Begun, and no runner is alive: running again goes on from the last checkpoint.
    Interrupted,
    /// Its runner was told to, and may go on.
    Stopped,
    /// It cannot go on; it is tried again when asked for.
    Failed,
    /// All of its numbers are there.
    Finished,
}

impl State {
    /// The word for it where people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "training",
            other => other.name(),
        }
    }

    /// Its name where programs read: JSON, CSV, SQLite.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Interrupted => "interrupted",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::Finished => "finished",
        }
    }
}

/// What the disk holds about a trial.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// What it is doing.
    pub state: State,
    /// What the newest final numbers were judged by, or will be.
    pub probes: Option<ProbesRecipe>,
    /// The name of the folder that it lies in: the trial's id, or an older name of it.
    pub folder: String,
    /// Optimizer steps done and to do.
    pub step: u64,
    /// Optimizer steps of the whole training; 0 before it began.
    pub steps: u64,
    /// Of those, in an epoch.
    pub steps_per_epoch: u64,
    /// What it was trained on last.
    pub device: String,
    /// The program's version and commit that trained it.
    pub commit: String,
    /// Metric to points (step, value), steps ascending, void ones (before a resume) already dropped.
    #[serde(skip)]
    pub series: BTreeMap<String, Vec<(u64, f64)>>,
    /// Long series keep only the points that a chart shows.
    pub thinned: bool,
    /// Step to the shares of [`byolab_values::protocol::What::Spectrum`], void ones dropped as well.
    pub spectra: BTreeMap<u64, Vec<f32>>,
    /// The numbers of [`byolab_values::protocol::What::Finished`]; empty before.
    pub results: Metrics,
    /// Started, alarms, checkpoints, evaluations, ends: all but the numbers of training and of the device, and spectra;
    /// oldest first.
    pub log: Vec<Record>,
    /// When it was started last.
    pub started: Option<Timestamp>,
    /// The newest event of the training; what is judged again after its end is none.
    pub last: Option<Timestamp>,
    /// Seconds that runners were at it, pauses between them left out, steps that were trained again counted in.
    pub seconds: f64,
}

impl Run {
    /// Whether the run of the trial `id` has a name, by its id or by its folder, that begins as `typed` does.
    pub fn is_called(&self, id: &str, typed: &str) -> bool {
        id.starts_with(typed) || self.folder.starts_with(typed)
    }

    /// The newest value of a metric.
    pub fn latest(&self, metric: &str) -> Option<f64> {
        self.series.get(metric)?.last().map(|point| point.1)
    }

    /// Share of the steps that is done, 0 to 1.
    pub fn progress(&self) -> f64 {
        if self.steps == 0 { 0.0 } else { self.step as f64 / self.steps as f64 }
    }

    /// Takes in what happened next. The state stays with the reader, who knows whether a runner lives.
    pub fn take(&mut self, record: Record) {
        let step = record.event.step;
        let begins = matches!(record.event.what, What::Started { .. });
        match &record.event.what {
            What::Started { steps, steps_per_epoch, device, commit } => {
                self.begin_at(step);
                (self.steps, self.steps_per_epoch) = (*steps, *steps_per_epoch);
                (self.device, self.commit) = (device.clone(), commit.clone());
                self.started.get_or_insert(record.time);
            }
            What::Trained { metrics } | What::Evaluated { metrics } | What::Sampled { metrics } => {
                self.take_numbers(step, metrics.iter().map(|(name, value)| (name.as_str(), *value)));
            }
            What::Spectrum { values } => drop(self.spectra.insert(step, values.clone())),
            What::Finished { metrics, probes } => {
                self.results = metrics.clone();
                self.probes = probes.clone().or(self.probes.take());
            }
            What::Noted { .. } | What::Checkpointed | What::Alarm { .. } | What::Stopped | What::Failed { .. } => {}
        }
        // What is judged again later was not in training until then.
        let again = matches!(record.event.what, What::Finished { .. }) && self.end() == Some(State::Finished);
        if again {
            self.step = step;
        } else {
            // Nobody was at it before it began again.
            self.last = self.last.filter(|_| !begins);
            self.pass(step, record.time);
        }
        if !matches!(record.event.what, What::Trained { .. } | What::Sampled { .. } | What::Spectrum { .. }) {
            self.log.push(record);
        }
    }

    /// Time has passed until a step. A clock that was set back tells nothing of it.
    pub fn pass(&mut self, step: u64, time: Timestamp) {
        self.seconds += self.last.map_or(0.0, |last| time.duration_since(last).as_secs_f64().max(0.0));
        (self.step, self.last) = (step, Some(time));
    }

    /// Adds one point to each named series. A second point of the same step replaces the first: the untrained network
    /// is measured again where training begins again without a checkpoint.
    pub fn take_numbers<'a>(&mut self, step: u64, metrics: impl IntoIterator<Item = (&'a str, f64)>) {
        let width = if self.thinned { thin::width(self.steps) } else { 1 };
        for (name, value) in metrics {
            let points = match self.series.get_mut(name) {
                Some(points) => points,
                None => self.series.entry(name.to_string()).or_default(),
            };
            match points.last_mut() {
                Some(last) if last.0 == step => last.1 = value,
                _ => thin::push(points, (step, value), |step| step / width),
            }
        }
    }

    /// How the trial ended, where nothing has begun it again since.
    pub fn end(&self) -> Option<State> {
        let mut events = self.log.iter().rev().map(|record| &record.event.what);
        match events.find(|what| !matches!(what, What::Checkpointed | What::Alarm { .. }))? {
            What::Finished { .. } => Some(State::Finished),
            What::Stopped => Some(State::Stopped),
            What::Failed { .. } => Some(State::Failed),
            _ => None,
        }
    }

    /// The run as it stood after `step` steps: in training, unless it has not come further since.
    #[must_use]
    pub fn at(&self, step: u64) -> Self {
        if step >= self.step {
            return self.clone();
        }
        let until = |points: &Vec<(u64, f64)>| points[..points.partition_point(|point| point.0 <= step)].to_vec();
        let series = self.series.iter().map(|(name, points)| (name.clone(), until(points)));
        Self {
            state: State::Running,
            folder: self.folder.clone(),
            probes: self.probes.clone(),
            step,
            steps: self.steps,
            steps_per_epoch: self.steps_per_epoch,
            device: self.device.clone(),
            commit: self.commit.clone(),
            series: series.filter(|(_, points)| !points.is_empty()).collect(),
            spectra: self.spectra.range(..=step).map(|(step, shares)| (*step, shares.clone())).collect(),
            results: Metrics::new(),
            log: self.log.iter().filter(|record| record.event.step <= step).cloned().collect(),
            started: self.started,
            last: self.time_of(step),
            thinned: self.thinned,
            seconds: self.seconds,
        }
    }

    /// About when a step was done, by the events before and after it.
    fn time_of(&self, step: u64) -> Option<Timestamp> {
        let times = self.log.iter().map(|record| (record.event.step, record.time));
        let mut times = times.chain(self.last.map(|last| (self.step, last))).peekable();
        let mut before = times.next()?;
        while let Some(next) = times.next_if(|(known, _)| *known <= step) {
            before = next;
        }
        let Some(after) = times.next() else { return Some(before.1) };
        let share = (step - before.0.min(step)) as f64 / (after.0 - before.0) as f64;
        Some(before.1 + SignedDuration::from_secs_f64(share * after.1.duration_since(before.1).as_secs_f64()))
    }

    /// What was recorded for steps after `step` is void.
    fn begin_at(&mut self, step: u64) {
        self.results.clear();
        self.log.retain(|record| record.event.step <= step);
        self.spectra.retain(|at, _| *at <= step);
        self.series.retain(|_, points| {
            points.truncate(points.partition_point(|point| point.0 <= step));
            !points.is_empty()
        });
    }
}

/// One reading of an experiment's folder.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Where it was read.
    pub store: Store,
    /// Trial id to what the disk holds; trials without a folder are missing.
    pub runs: BTreeMap<String, Run>,
    /// The live runner, if there is one: of several workers the first.
    pub runner: Option<RunnerInfo>,
    /// All live workers, in the order in which they were started.
    pub workers: Vec<WorkerInfo>,
    /// Trial id to what is wrong with its events: what was read of it before stays.
    pub unreadable: BTreeMap<String, String>,
    /// Trial id to what people said about it; trials about which nobody said anything are missing.
    pub remarks: BTreeMap<String, Remarks>,
    /// What people said about the experiment.
    pub said: Remarks,
}

impl Snapshot {
    /// Trials of the experiment that a plan does not name, with their ids.
    pub fn beside(&self, plan: &Plan) -> impl Iterator<Item = (&String, &Run)> {
        let named: HashSet<&str> = plan.trials.iter().map(|trial| trial.id.as_str()).collect();
        self.runs.iter().filter(move |(id, _)| !named.contains(id.as_str()))
    }
}
