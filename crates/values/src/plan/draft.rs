//! The cells of a grid before anybody has judged them: defaults, `[recipe]`, axis values and `--set` laid over each other.

use std::collections::BTreeSet;

use super::{
    Axis, AxisValue, Cell, Experiment, Problem, Recipe, Value,
    catalog::keys::AUGMENT,
    problem::Spot,
    settings::{self, Setting, Settings},
};

/// A cell with its recipe, but for the seed.
pub struct Draft {
    pub cell: Cell,
    pub settings: Settings,
    /// The keys among `settings` that the axes set.
    pub varied: BTreeSet<String>,
    pub recipe: Recipe,
}

/// Every cell of `experiment` under what `--set` says; none where they are too many.
pub fn drafts(experiment: &Experiment, set: &Settings) -> Vec<Draft> {
    if oversized(experiment).is_some() {
        return Vec::new();
    }
    points(&experiment.axes).iter().map(|point| draft(experiment, point, set)).collect()
}

/// Every combination of one value per axis, the last axis fastest.
fn points(axes: &[Axis]) -> Vec<Vec<(&str, &AxisValue)>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        let with = |point: &Vec<_>, value| [point.as_slice(), &[(axis.key.as_str(), value)]].concat();
        points.iter().flat_map(|point| axis.values.iter().map(move |value| with(point, value))).collect()
    })
}

fn draft(experiment: &Experiment, point: &[(&str, &AxisValue)], set: &Settings) -> Draft {
    let varied: Settings = point.iter().flat_map(|(key, value)| axis_settings(experiment, key, value)).collect();
    let keys = varied.keys().cloned().collect();
    let mut settings = experiment.base.settings.clone();
    settings.extend(varied);
    settings.extend(set.clone());
    let recipe = settings::resolve(&settings, &experiment.base.sets);
    let mut cell = Cell::from([("method".to_owned(), Value::Text(recipe.method.name().into()))]);
    cell.extend(point.iter().map(|(key, value)| ((*key).to_owned(), value.label.clone())));
    Draft { cell, settings, varied: keys, recipe }
}

/// What a value of the axis `key` sets.
pub fn axis_settings(experiment: &Experiment, key: &str, value: &AxisValue) -> Settings {
    let spot = experiment.spot(key, &value.label);
    let setting = |value: &toml::Value| Setting { value: value.clone(), spot: spot.clone() };
    match &value.value {
        toml::Value::Table(table) if key != AUGMENT.key => {
            table.iter().map(|(own, value)| (format!("{key}.{own}"), setting(value))).collect()
        }
        value => Settings::from([(key.to_owned(), setting(value))]),
    }
}

/// Trials that a plan may have; more are a typing error.
const MOST_TRIALS: usize = 10_000;

/// That the grid has more trials than anybody would train.
pub fn oversized(experiment: &Experiment) -> Option<Problem> {
    let sizes = experiment.axes.iter().map(|axis| axis.values.len()).chain([experiment.seeds.len()]);
    let trials = sizes.fold(1_usize, usize::saturating_mul);
    let largest = experiment.axes.iter().max_by_key(|axis| axis.values.len());
    largest.filter(|_| trials > MOST_TRIALS).map(|axis| {
        let text = format!("this grid has {trials} trials; a plan has {MOST_TRIALS} at most");
        let remedy = format!("`{}` has {} values: keep fewer of them, or vary fewer keys", axis.key, axis.values.len());
        Spot::named(&experiment.origin).problem(text, Some(remedy))
    })
}
