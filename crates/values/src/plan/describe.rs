//! A plan for people and for programs.

use serde::Serialize;

use super::{
    Axis, Cell, Heat, Look, Plan, Recipe, Value,
    cost::{self, Normalised, Sharing, gibibytes},
    recipe::{Protocol, TrainRecipe},
    words::{WIDTH, columns, count, cut, duration, wrap},
};

/// How long a plan takes, evaluations included, at the pace of what has been trained before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Time {
    /// Seconds for all trials.
    pub seconds: f64,
    /// Seconds for those that are not finished.
    pub seconds_left: f64,
    /// The experiment whose runs have told the pace, how many they are, and the device they were trained on.
    pub paced_by: String,
    /// Of the runs that it was estimated from.
    pub runs: usize,
    /// Which those ran on.
    pub device: String,
}

/// What a claim's planned seeds can see.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Power {
    /// As the file has it.
    pub claim: String,
    /// How many are planned.
    pub seeds: usize,
    /// The least difference beyond the margin, in standard deviations over seeds, that they decide with probability 0.8, the
    /// claim being the only one; none where so few seeds decide nothing.
    pub spreads: Option<f64>,
    /// The standard deviation over seeds of what the claim compares, in units of the metric; none where nobody knows.
    pub spread: Option<f64>,
    /// How many trained seeds say so; none where the file states it.
    pub trained: Option<usize>,
    /// `spreads` in units of the metric.
    pub difference: Option<f64>,
}

/// A plan as `byolab plan --json` writes it.
#[derive(Serialize)]
pub struct PlanDocument<'a> {
    schema_version: u32,
    experiment: &'a str,
    question: &'a str,
    source: Option<&'a str>,
    expect: Option<&'a str>,
    seeds: &'a [u64],
    look: Look,
    axes: Vec<AxisDocument<'a>>,
    trials: Vec<TrialDocument<'a>>,
    /// Trial ids, heat by heat.
    heats: Vec<Vec<&'a str>>,
    /// None where nothing has been trained yet that could tell the pace.
    time: Option<&'a Time>,
    /// Claim by claim, what difference the planned seeds can see.
    power: &'a [Power],
    /// What the heat with the most of it takes, its trials in turn.
    memory_bytes: u64,
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
    /// The question, the axes, what training costs and what it can see, and one line per trial.
    pub fn describe(&self, time: Option<&Time>, power: &[Power]) -> String {
        let experiment = &self.experiment;
        let mut text = wrap("", &format!("{}: {}", experiment.name, experiment.question));
        text.extend(experiment.source.iter().map(|source| wrap("", source)));
        text.extend(experiment.expect.iter().map(|expect| format!("\n{}", wrap("expected  ", expect))));
        let (trials, heats) = (count(self.trials.len(), "trial"), count(self.heats.len(), "heat"));
        text += &format!("\n{}\n", self.axes_text());
        text += &wrap(
            "trials  ",
            &format!("{trials} in {heats}; those of a heat see the same views and train side by side"),
        );
        text += &wrap("time    ", &self.time_text(time));
        text += &wrap("memory  ", &format!("about {} for the largest heat", gibibytes(self.memory())));
        text += &power_text(power);
        let (same, rows) = self.trial_rows();
        text += &same.map(|same| wrap("each    ", &same)).unwrap_or_default();
        text + "\n" + &columns(&fitted(rows))
    }

    fn time_text(&self, time: Option<&Time>) -> String {
        let Some(Time { seconds, seconds_left, paced_by, runs, device }) = time else {
            return "not known before something has been trained here; `byolab bench` measures the pace".into();
        };
        let left = match duration(*seconds_left) {
            _ if *seconds_left == 0.0 => ", all of it trained".to_owned(),
            left if seconds_left < seconds => format!(", {left} of it not yet trained"),
            _ => String::new(),
        };
        let runs = count(*runs, "run");
        format!(
            "about {}{left}; evaluations included, at the pace of {runs} of {paced_by} on {device}",
            duration(*seconds)
        )
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

    /// The plan as `byolab plan --json` prints it; `time` is what it will take, where that is known, `power` what it can see.
    pub fn document<'a>(&'a self, time: Option<&'a Time>, power: &'a [Power]) -> PlanDocument<'a> {
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
        PlanDocument {
            schema_version: 1,
            experiment: &experiment.name,
            question: &experiment.question,
            source: experiment.source.as_deref(),
            expect: experiment.expect.as_deref(),
            seeds: &experiment.seeds,
            look: experiment.look,
            axes: experiment.axes.iter().map(|axis| self.axis_document(axis)).collect(),
            trials: trials.collect(),
            heats: self.heats.iter().map(ids).collect(),
            time,
            power,
            memory_bytes: self.memory(),
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

    /// What all trials share, and a row for each trial with the rest below its heading.
    fn trial_rows(&self) -> (Option<String>, Vec<Vec<String>>) {
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
        let is_shared =
            |column: usize| column > 1 && rows.len() > 2 && rows[2..].iter().all(|row| row[column] == rows[1][column]);
        let (shared, varied): (Vec<usize>, Vec<usize>) = (0..rows[0].len()).partition(|&column| is_shared(column));
        let same: Vec<String> =
            shared.iter().map(|&column| format!("{} {}", rows[0][column], rows[1][column])).collect();
        let rows = rows.iter().map(|row| varied.iter().map(|&column| row[column].clone()).collect()).collect();
        ((!same.is_empty()).then(|| same.join(", ")), rows)
    }
}

/// What the planned seeds can see: alike for all claims in spreads over seeds, claim by claim where the spread is known.
fn power_text(power: &[Power]) -> String {
    let Some(first) = power.first() else { return String::new() };
    let seeds = count(first.seeds, "seed");
    let Some(spreads) = first.spreads else {
        return wrap("power   ", "no claim can be decided: too few seeds for an interval");
    };
    let unknown = power.iter().any(|power| power.spread.is_none());
    let remedy = "; where the spread is not known yet, a claim may state it: spread = 0.01";
    let remedy = if unknown { remedy } else { "" };
    let all = format!(
        "{seeds} decide, with 80 % probability, a difference of {spreads:.1} times its spread over seeds{remedy}"
    );
    let known = power.iter().filter_map(|power| Some((power, power.difference?, power.spread?)));
    let line = |(power, difference, spread): (&Power, f64, f64)| {
        let by = power.trained.map_or("as stated".into(), |seeds| format!("of {} trained", count(seeds, "seed")));
        wrap("        ", &format!("{}: {difference:.4}, at a spread of {spread:.4} {by}", power.claim))
    };
    wrap("power   ", &all) + &known.map(line).collect::<String>()
}

/// Rows whose widest columns are cut until they fit a plain terminal, but to no less than is told apart; whole values
/// stand above.
fn fitted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    const LEAST: usize = 12;
    let width =
        |rows: &[Vec<String>], column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    loop {
        let widths: Vec<usize> = (0..rows[0].len()).map(|column| width(&rows, column)).collect();
        let all = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
        let Some((column, widest)) = widths.into_iter().enumerate().max_by_key(|(_, width)| *width) else {
            return rows;
        };
        if all <= WIDTH || widest <= LEAST {
            return rows;
        }
        let room = widest.saturating_sub(all - WIDTH).max(LEAST).max(widest / 2);
        for row in &mut rows {
            row[column] = cut(&row[column], room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Experiment, Overrides};

    fn plan(text: &str) -> Plan {
        Plan::new(Experiment::parse("x", "x.toml", text).unwrap(), &Overrides::default()).unwrap()
    }

    #[test]
    fn a_plan_says_what_it_costs_and_what_all_trials_share_once() {
        let text = "question = 'Does it hold?'\nseeds = [0, 1]\nbaseline.augment = 'byol'\n\
            [recipe]\ndata = { name = 'synthetic', limit = 64, held_out = 32 }\nencoder = { name = 'convnet', width = 8 }\n\
            train = { batch = 16, epochs = 2 }\nprobes.knn_k = 5\n\
            [[axis]]\nkey = 'augment'\nvalues = ['byol', { first = [{ op = 'flip' }] }]";
        let plan = plan(text);
        let ids: Vec<&str> = plan.trials.iter().map(|trial| trial.id.as_str()).collect();
        let time =
            Time { seconds: 3600.0, seconds_left: 600.0, paced_by: "demo".into(), runs: 8, device: "cpu".into() };
        let expected = format!(
            "x: Does it hold?

augment  byol (baseline), flip 0.5
seeds    0, 1

trials  4 trials in 4 heats; those of a heat see the same views and train side
        by side
time    about 60 min, 10 min of it not yet trained; evaluations included, at the
        pace of 8 runs of demo on cpu
memory  about {} for the largest heat
each    method byol, epochs 2, steps 8

heat  trial       seed  augment
   1  {}     0  byol
   2  {}     0  flip 0.5
   3  {}     1  byol
   4  {}     1  flip 0.5
",
            gibibytes(plan.memory()),
            ids[0],
            ids[1],
            ids[2],
            ids[3]
        );
        assert_eq!(plan.describe(Some(&time), &[]), expected);
        assert!(plan.describe(None, &[]).contains("time    not known before something has been trained here"));
        let document = serde_json::to_value(plan.document(Some(&time), &[])).unwrap();
        assert_eq!(
            (&document["time"]["seconds_left"], &document["memory_bytes"]),
            (&600.0.into(), &plan.memory().into())
        );
    }

    #[test]
    fn power_is_told_in_spreads_and_where_a_spread_is_known_in_units() {
        let power = |spread: Option<f64>, trained| Power {
            claim: "it is better".into(),
            seeds: 5,
            spreads: Some(1.68),
            spread,
            trained,
            difference: spread.map(|spread| 1.68 * spread),
        };
        assert_eq!(
            power_text(&[power(Some(0.01), Some(3)), power(None, None), power(Some(0.02), None)]),
            "power   5 seeds decide, with 80 % probability, a difference of 1.7 times its\n        \
             spread over seeds; where the spread is not known yet, a claim may state\n        \
             it: spread = 0.01\n        \
             it is better: 0.0168, at a spread of 0.0100 of 3 seeds trained\n        \
             it is better: 0.0336, at a spread of 0.0200 as stated\n"
        );
        let none = Power { seeds: 1, spreads: None, ..power(None, None) };
        assert_eq!(power_text(&[none]), "power   no claim can be decided: too few seeds for an interval\n");
        assert_eq!(power_text(&[]), "");
    }

    #[test]
    fn every_shipped_plan_fits_a_plain_terminal() {
        let long = "[[axis]]\nkey = 'augment'\nvalues = ['byol', { first = [{ op = 'flip' }, { op = 'grayscale' }, { op = 'crop', \
            area = [0.2, 1.0] }], second = [{ op = 'jitter', brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1 }] }]";
        let shipped =
            Experiment::builtin().into_iter().map(|experiment| Plan::new(experiment, &Overrides::default()).unwrap());
        for plan in shipped.chain([plan(long)]) {
            let text = plan.describe(None, &[]);
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
            assert!(wide.is_empty(), "{}: {wide:?}", plan.experiment.name);
        }
    }
}
