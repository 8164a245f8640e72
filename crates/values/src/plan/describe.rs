//! A plan for people and for programs.

use serde::Serialize;

use super::{
    Axis, Cell, Heat, Plan, Recipe, Value,
    cost::{self, Normalised, Sharing, gibibytes},
    recipe::{Protocol, TrainRecipe},
    words::{columns, count, wrap},
};

/// A plan as `byolab plan --json` writes it.
#[derive(Serialize)]
pub struct Document<'a> {
    schema_version: u32,
    experiment: &'a str,
    question: &'a str,
    source: Option<&'a str>,
    expect: Option<&'a str>,
    seeds: &'a [u64],
    axes: Vec<AxisDocument<'a>>,
    trials: Vec<TrialDocument<'a>>,
    /// Trial ids, heat by heat.
    heats: Vec<Vec<&'a str>>,
}

#[derive(Serialize)]
struct AxisDocument<'a> {
    key: &'a str,
    values: Vec<&'a Value>,
    baseline: Option<&'a Value>,
}

#[derive(Serialize)]
struct TrialDocument<'a> {
    trial: &'a str,
    seed: u64,
    axes: &'a Cell,
    steps: u64,
    /// What training it takes on a CPU, alone and with all activations kept.
    memory_bytes: u64,
    recipe: &'a Recipe,
}

fn protocol_words(train: &TrainRecipe) -> String {
    match train.protocol {
        Protocol::Average => format!("gradients averaged to {}", train.optimizer_batch),
        Protocol::Linear => "rate linear in batch".into(),
        Protocol::Sqrt => "rate by root of batch".into(),
        Protocol::Horizon => "rate and horizon follow batch".into(),
        Protocol::Constant => "nothing follows batch".into(),
    }
}

impl Plan {
    /// The question, the axes, and one line per trial.
    pub fn describe(&self) -> String {
        let experiment = &self.experiment;
        let mut text = format!("{}: {}\n", experiment.name, experiment.question);
        text.extend(experiment.source.iter().map(|source| format!("{source}\n")));
        text.extend(experiment.expect.iter().map(|expect| format!("\n{}", wrap("expected  ", expect))));
        let (trials, heats) = (count(self.trials.len(), "trial"), count(self.heats.len(), "heat"));
        text += &format!("\n{}\n{trials} in {heats}; ", self.axes_text());
        text += "the trials of a heat see the same images in the same views and train side by side\n";
        text += &format!("the largest heat takes about {} of memory; ", gibibytes(self.memory()));
        text += "a CPU with more to spare takes the steps of several trials at the same time\n\n";
        text + &columns(&self.trial_rows())
    }

    /// Bytes that the heat with the most of them takes where its trials take steps in turn, as [`cost::memory`] has it, on any
    /// device.
    pub fn memory(&self) -> u64 {
        let heat = |heat: &Heat| {
            let recipes: Vec<&Recipe> = heat.trials.iter().map(|&trial| &self.trials[trial].recipe).collect();
            cost::memory(&recipes, Sharing::InTurn, Normalised::Written)
        };
        self.heats.iter().map(heat).max().unwrap_or(0)
    }

    /// What follows the batch along the axis `key`, in a few words; none where the axis is not a batch size.
    pub fn protocol(&self, key: &str) -> Option<String> {
        if !matches!(key, "train.batch" | "train.optimizer_batch") {
            return None;
        }
        let mut all: Vec<String> = self.trials.iter().map(|trial| protocol_words(&trial.recipe.train)).collect();
        all.dedup();
        Some(if all.len() == 1 { all.remove(0) } else { "protocols differ".into() })
    }

    pub fn document(&self) -> Document<'_> {
        let experiment = &self.experiment;
        let trials = self.trials.iter().map(|trial| TrialDocument {
            trial: &trial.id,
            seed: trial.seed,
            axes: &trial.cell,
            steps: trial.recipe.steps(),
            memory_bytes: cost::memory(&[&trial.recipe], Sharing::InTurn, Normalised::Written),
            recipe: &trial.recipe,
        });
        let ids = |heat: &Heat| heat.trials.iter().map(|&trial| self.trials[trial].id.as_str()).collect();
        Document {
            schema_version: 1,
            experiment: &experiment.name,
            question: &experiment.question,
            source: experiment.source.as_deref(),
            expect: experiment.expect.as_deref(),
            seeds: &experiment.seeds,
            axes: experiment.axes.iter().map(|axis| self.axis_document(axis)).collect(),
            trials: trials.collect(),
            heats: self.heats.iter().map(ids).collect(),
        }
    }

    fn axis_document<'a>(&'a self, axis: &'a Axis) -> AxisDocument<'a> {
        AxisDocument {
            key: &axis.key,
            values: axis.values.iter().map(|value| &value.label).collect(),
            baseline: self.experiment.baseline.get(&axis.key),
        }
    }

    /// A line per axis: its key and its values.
    fn axes_text(&self) -> String {
        let values = |axis: &Axis| {
            let baseline = self.experiment.baseline.get(&axis.key);
            let mark = |label: &Value| if baseline == Some(label) { " (baseline)" } else { "" };
            axis.values.iter().map(|value| format!("{}{}", value.label, mark(&value.label))).collect()
        };
        let axes = self.experiment.axes.iter().map(|axis| (axis.key.as_str(), values(axis)));
        let seeds: Vec<String> = self.experiment.seeds.iter().map(ToString::to_string).collect();
        let lines: Vec<(&str, Vec<String>)> = axes.chain([("seeds", seeds)]).collect();
        let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        lines.iter().map(|(key, values)| wrap(&format!("{key:<width$}  "), &values.join(", "))).collect()
    }

    fn trial_rows(&self) -> Vec<Vec<String>> {
        let cell = self.trials.first().map(|trial| trial.cell.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let head = ["heat", "trial", "seed"].map(String::from).into_iter().chain(cell);
        let mut rows = vec![head.chain(["epochs", "steps"].map(String::from)).collect::<Vec<_>>()];
        for (number, heat) in self.heats.iter().enumerate() {
            for trial in heat.trials.iter().map(|&trial| &self.trials[trial]) {
                let front = [(number + 1).to_string(), trial.id.clone(), trial.seed.to_string()];
                let back = [trial.recipe.train.epochs.to_string(), trial.recipe.steps().to_string()];
                rows.push(front.into_iter().chain(trial.cell.values().map(ToString::to_string)).chain(back).collect());
            }
        }
        rows
    }
}
