//! What the command line changes about an experiment.

use serde::{Deserialize, Serialize};

use super::{
    Axis, AxisValue, Experiment, Problem, Value,
    experiment::axis_key,
    parse,
    problem::Spot,
    settings::Settings,
    words::{choices, nearest_or_all},
};

/// What the command line changes: `--set KEY=VALUE`, `--axis KEY=V1,V2`, `--only KEY=V1,V2`, `--seeds 0,1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    pub set: Vec<String>,
    pub axes: Vec<String>,
    pub only: Vec<String>,
    pub seeds: Option<Vec<u64>>,
}

impl Overrides {
    /// The flags and their values, as the command line takes them.
    pub fn flags(&self) -> Vec<String> {
        let told = [("--set", &self.set), ("--axis", &self.axes), ("--only", &self.only)];
        let told = told.into_iter().flat_map(|(flag, values)| values.iter().map(move |value| (flag, value.clone())));
        let seeds = self.seeds.as_ref().map(|seeds| {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            ("--seeds", seeds.join(","))
        });
        told.chain(seeds).flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
    }

    /// Changes the axes and seeds of `experiment`; what `--set` says, and everything wrong with the flags.
    pub(super) fn apply(&self, experiment: &mut Experiment) -> (Settings, Vec<Problem>) {
        let mut problems = Vec::new();
        for typed in &self.axes {
            problems.extend(axis(typed, experiment));
        }
        let set = self.set(experiment, &mut problems);
        if let Some(seed) = set.get("train.seed").and_then(|setting| setting.value.as_integer()) {
            experiment.seeds = vec![seed as u64];
        }
        for typed in &self.only {
            problems.extend(only(typed, &mut experiment.axes).err());
        }
        if let Some(seeds) = &self.seeds {
            problems.extend(twice(seeds));
            experiment.seeds = seeds.clone();
        }
        (set, problems)
    }

    fn set(&self, experiment: &mut Experiment, problems: &mut Vec<Problem>) -> Settings {
        let mut all = Settings::new();
        for typed in &self.set {
            match parse::flag("--set", typed, &mut experiment.base.sets) {
                Ok(settings) => all.extend(settings),
                Err(found) => problems.extend(found),
            }
        }
        for (key, setting) in &all {
            if let Some(axis) = experiment.axes.iter().find(|axis| varies(axis, key)) {
                let remedy = format!("choose among its values with --only {}=...", axis.key);
                problems.push(setting.spot.problem(format!("`{key}` varies in this experiment"), Some(remedy)));
            }
        }
        all
    }
}

/// Whether the values of `axis` are told apart by the recipe key `dotted`.
fn varies(axis: &Axis, dotted: &str) -> bool {
    let within = dotted.strip_prefix(&axis.key).and_then(|rest| rest.strip_prefix('.'));
    let tells = |value: &AxisValue, key: &str| key == "name" || value.label.to_string().contains(&format!("{key}="));
    axis.key == dotted || within.is_some_and(|key| axis.values.iter().any(|value| tells(value, key)))
}

/// Puts the values of `KEY=V1,V2` in the place of those of an axis; everything wrong with them.
fn axis(typed: &str, experiment: &mut Experiment) -> Vec<Problem> {
    let spot = Spot::named(format!("--axis {typed}"));
    let (axis, values) = match named(&spot, typed, &mut experiment.axes) {
        Ok(found) => found,
        Err(problem) => return vec![problem],
    };
    match parse::axis_values(&spot.place, &axis.key, values, &mut experiment.base.sets) {
        Ok((values, spots)) => {
            axis.values = values;
            experiment.base.spots.extend(spots);
            Vec::new()
        }
        Err(problems) => problems,
    }
}

/// Keeps the values of one axis that `KEY=V1,V2` names.
fn only(typed: &str, axes: &mut [Axis]) -> Result<(), Problem> {
    let spot = Spot::named(format!("--only {typed}"));
    let (axis, values) = named(&spot, typed, axes)?;
    let wanted: Vec<&str> = values.split(',').map(str::trim).collect();
    let names: Vec<String> = axis.values.iter().map(|value| value.label.to_string()).collect();
    if let Some(unknown) = wanted.iter().find(|typed| !axis.values.iter().any(|value| means(typed, &value.label))) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = format!("`{unknown}` is not on the axis `{}`", axis.key);
        return Err(spot.problem(text, Some(format!("there is {}", choices(&names)))));
    }
    axis.values.retain(|value| wanted.iter().any(|typed| means(typed, &value.label)));
    Ok(())
}

/// The axis that `KEY=V1,V2` names, and the text of its values.
fn named<'a, 't>(spot: &Spot, typed: &'t str, axes: &'a mut [Axis]) -> Result<(&'a mut Axis, &'t str), Problem> {
    let Some((key, values)) = typed.split_once('=') else {
        return Err(spot.problem("there is no `=`", Some("use KEY=V1,V2: train.batch=512,64".into())));
    };
    let keys: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    let Some(axis) = axes.iter_mut().find(|axis| axis.key == axis_key(key.trim())) else {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        return Err(spot.problem(format!("there is no axis `{}`", key.trim()), Some(nearest_or_all(key, &keys))));
    };
    Ok((axis, values))
}

/// Whether `typed` is the label: `0.10` is 0.1.
fn means(typed: &str, label: &Value) -> bool {
    label.to_string() == typed || label.number().is_some_and(|number| typed.parse() == Ok(number))
}

fn twice(seeds: &[u64]) -> Option<Problem> {
    let again = (1..seeds.len()).find(|&i| seeds[..i].contains(&seeds[i]))?;
    Some(Spot::named("--seeds").problem(format!("seed {} stands twice", seeds[again]), None))
}
