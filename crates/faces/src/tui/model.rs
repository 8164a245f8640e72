//! What the screens show: the list of experiments, and the open one with its newest reading.

use std::collections::{BTreeMap, HashSet};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    choice::Choice,
    lab::{ExperimentEntry, LastSeen, StoreReading},
};
use byolab_store::{
    chart::{Pen, axis::spoken, pen},
    results::time_left,
    store::{Run, RunnerInfo, State},
};
use byolab_values::plan::{Experiment, Overrides, Plan, Trial, Value};

/// The workbench's data; changed by readings and by the user's choices only.
pub struct Model {
    pub entries: Vec<ExperimentEntry>,
    pub open: Option<Open>,
    /// Whose clock the log is written in.
    pub zone: TimeZone,
    /// When the laboratory was asked last.
    pub now: Timestamp,
    /// By experiment: what its user saw of it last, the time before; gone once it is opened.
    pub looks: BTreeMap<String, LastSeen>,
    /// By experiment, as it was asked for: what its user has edited.
    pub edits: BTreeMap<String, Overrides>,
    /// By experiment, as it was asked for: what its user has switched off.
    pub switches: BTreeMap<String, Choice>,
    /// By experiment: why it could not be shown.
    pub faults: BTreeMap<String, String>,
}

/// The open experiment.
pub struct Open {
    /// How it was asked for: a name, or a path.
    pub name: String,
    /// What its user has changed about it: keys, values of axes, seeds.
    pub edits: Overrides,
    /// Every trial of the file, edits included.
    pub plan: Plan,
    pub choice: Choice,
    /// What the choice leaves of `plan`.
    pub chosen: Plan,
    /// None before the first one.
    pub reading: Option<StoreReading>,
}

impl Open {
    /// A plan that some edits made.
    pub fn new(name: &str, edits: Overrides, plan: Plan) -> Self {
        let choice = Choice::all(&plan.experiment);
        Self { name: name.into(), edits, choice, chosen: plan.clone(), plan, reading: None }
    }

    /// The same with some of its values and seeds chosen, those of a narrower plan.
    #[must_use]
    pub fn choosing(mut self, chosen: Plan) -> Self {
        self.choice = self.choice.left_by(&Choice::all(&chosen.experiment));
        self.chosen = chosen;
        self
    }

    /// Takes over a plan with other edits; what was switched off stays off where it is still there.
    pub fn edit(&mut self, edits: Overrides, plan: Plan) {
        self.choice = Choice::all(&plan.experiment).switched_like(&self.choice);
        (self.edits, self.plan, self.reading) = (edits, plan, None);
    }

    /// What the command line would say for the edits and the choice.
    pub fn overrides(&self) -> Overrides {
        let Overrides { only, seeds, .. } = self.choice.overrides();
        // Seeds that were chosen are all that there may be.
        let until = self.edits.until.map(|until| seeds.as_ref().map_or(until, |seeds| until.of(seeds.len())));
        Overrides { only, seeds: seeds.or_else(|| self.edits.seeds.clone()), until, ..self.edits.clone() }
    }

    /// What the disk holds about a trial.
    pub fn run(&self, trial: &Trial) -> Option<&Run> {
        self.reading.as_ref()?.snapshot.runs.get(&trial.id)
    }

    pub fn state(&self, trial: &Trial) -> State {
        self.run(trial).map(|run| run.state).unwrap_or_default()
    }

    pub fn runner(&self) -> Option<&RunnerInfo> {
        self.reading.as_ref()?.snapshot.runner.as_ref()
    }

    /// How many processes train it.
    pub fn workers(&self) -> usize {
        self.reading.as_ref().map_or(0, |reading| reading.snapshot.workers.len())
    }

    /// The trials of a heat of the whole plan.
    pub fn heat(&self, heat: usize) -> Vec<&Trial> {
        self.plan.heats[heat].trials.iter().map(|trial| &self.plan.trials[*trial]).collect()
    }

    /// The heat in training, else the one that was heard of last, else the first.
    pub fn current_heat(&self) -> usize {
        let newest = |heat: &usize| {
            let runs = || self.heat(*heat).into_iter().filter_map(|trial| self.run(trial));
            let running = runs().any(|run| run.state == State::Running);
            (running, runs().filter_map(|run| run.last).max(), std::cmp::Reverse(*heat))
        };
        (0..self.plan.heats.len()).max_by_key(newest).unwrap_or(0)
    }

    /// The heat that was chosen, else the current one.
    pub fn shown_heat(&self, chosen: Option<usize>) -> usize {
        chosen.unwrap_or_else(|| self.current_heat()).min(self.plan.heats.len() - 1)
    }

    /// The heat so many after the shown one, or before it; no further than the first and the last.
    pub fn heat_beside(&self, chosen: Option<usize>, by: isize) -> usize {
        self.shown_heat(chosen).saturating_add_signed(by).min(self.plan.heats.len() - 1)
    }

    /// Seconds until everything chosen is finished; none before a pace is known.
    pub fn time_left(&self) -> Option<f64> {
        let runs = &self.reading.as_ref()?.snapshot.runs;
        time_left::of_unfinished(&self.plan, &self.chosen.trials, runs)
    }

    /// Ids of the chosen trials.
    pub fn chosen_ids(&self) -> HashSet<&str> {
        self.chosen.trials.iter().map(|trial| trial.id.as_str()).collect()
    }
}

/// The values in which some of the trials differ, the method first; the method alone where nothing does. By the names that
/// the experiment has for them.
pub fn names(experiment: &Experiment, trials: &[&Trial]) -> Vec<String> {
    let differs = |key: &str| trials.iter().any(|trial| trial.cell.get(key) != trials[0].cell.get(key));
    let name = |trial: &&Trial| {
        let parts = trial.cell.iter().filter(|(key, _)| *key == "method" || differs(key));
        parts.map(|(_, value)| experiment.named(&value.to_string()).to_string()).collect::<Vec<_>>().join(" ")
    };
    trials.iter().map(name).collect()
}

/// The pens of trials beside each other.
pub fn pens(trials: &[&Trial]) -> Vec<Pen> {
    pen::pens(trials.iter().map(|trial| trial.recipe.method.name()))
}

/// A value of a cell in words; methods go by their names alone: `byol`, `batch 128`.
pub fn worded(key: &str, value: &Value) -> String {
    if key == "method" { value.to_string() } else { format!("{} {value}", spoken(key)) }
}

/// What all trials of a heat share, in words: `batch 128 · augment byol · seed 2`.
pub fn shared(trials: &[&Trial]) -> String {
    let Some(first) = trials.first() else { return String::new() };
    alike(trials).into_iter().chain([format!("seed {}", first.seed)]).collect::<Vec<_>>().join(" · ")
}

/// What they share but for the seed, each in words: `batch 128`, `augment byol`.
pub fn alike(trials: &[&Trial]) -> Vec<String> {
    let Some(first) = trials.first() else { return Vec::new() };
    let common = |(key, value): &(&String, &Value)| {
        *key != "method" && trials.iter().all(|trial| trial.cell.get(*key) == Some(*value))
    };
    first.cell.iter().filter(common).map(|(key, value)| worded(key, value)).collect()
}
