//! Values edited in place: what the command line would say for them. They are judged as those of a file are.

use super::model::Open;
use byolab_store::chart::axis::spoken;
use byolab_values::plan::{AxisValue, Overrides, Problem, Problems, Trial, problem::Spot, typed};

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// A value of an axis: the places of both.
    Value(usize, usize),
    /// A seed, by its place.
    Seed(usize),
    /// A key of the base recipe, by its place among [`keys`]; a new one where there is none.
    Key(Option<usize>),
}

/// The keys of the base recipe that an edit or the file sets, with what they are set to; those that were edited first.
pub fn keys(open: &Open) -> Vec<(String, String)> {
    let settings = &open.plan.experiment.base.settings;
    let mut keys: Vec<_> = settings.iter().map(|(key, setting)| (key.clone(), typed::value(&setting.value))).collect();
    for (key, value) in open.edits.set.iter().filter_map(|set| set.split_once('=')) {
        match keys.iter_mut().find(|(known, _)| known == key) {
            Some(known) => known.1 = value.into(),
            None => keys.push((key.into(), value.into())),
        }
    }
    keys.sort_by_key(|(key, _)| !is_set(open, key));
    keys
}

/// What a recipe key is in the first trial that has it, as its user would type it.
pub fn now(open: &Open, key: &str) -> String {
    let value = |trial: &Trial| {
        let table = toml::Value::try_from(&trial.recipe).ok()?;
        key.split('.').try_fold(&table, |table, part| table.get(part)).map(typed::value)
    };
    open.plan.trials.iter().find_map(value).unwrap_or_default()
}

/// Whether an edit sets the key.
pub fn is_set(open: &Open, key: &str) -> bool {
    open.edits.set.iter().any(|set| sets(set, key))
}

impl Edited {
    /// What stands before the line that is typed.
    pub fn prompt(self, open: &Open) -> String {
        match self {
            Self::Value(axis, _) => format!("{}: ", spoken(&open.plan.experiment.axes[axis].key)),
            Self::Seed(_) => "seed: ".into(),
            Self::Key(_) => "KEY=VALUE: ".into(),
        }
    }

    /// The line before anything is typed.
    pub fn text(self, open: &Open) -> String {
        match self {
            Self::Value(axis, value) => as_typed(&open.plan.experiment.axes[axis].values[value]),
            Self::Seed(seed) => open.plan.experiment.seeds[seed].to_string(),
            Self::Key(None) => String::new(),
            Self::Key(Some(key)) => {
                keys(open).get(key).map(|(key, value)| format!("{key}={value}")).unwrap_or_default()
            }
        }
    }

    /// The edits with `text` in the place of what was there: one value, several between commas, or none.
    ///
    /// # Errors
    /// A seed that is none; everything else is judged when it is planned.
    pub fn accept(self, text: &str, open: &Open) -> Result<Overrides, Problems> {
        let mut edits = open.edits.clone();
        match self {
            Self::Value(axis, value) => {
                let axis = &open.plan.experiment.axes[axis];
                let values = put(axis.values.iter().map(as_typed).collect(), value, text).join(",");
                edits.axes.retain(|typed| !is_part_of(typed, &axis.key, open));
                replace(&mut edits.axes, &axis.key, Some(values));
            }
            Self::Seed(seed) => {
                let seeds = open.plan.experiment.seeds.iter().map(u64::to_string).collect();
                let seeds: Result<_, Problem> = put(seeds, seed, text).join(",").split(',').map(parse).collect();
                edits.seeds = Some(seeds?);
            }
            Self::Key(key) => {
                let old = key.and_then(|key| Some(keys(open).get(key)?.0.clone()));
                old.iter().for_each(|key| replace(&mut edits.set, key, None));
                match text.split_once('=') {
                    Some((key, value)) => replace(&mut edits.set, key.trim(), Some(value.trim().into())),
                    None => edits.set.extend((!text.is_empty()).then(|| text.into())),
                }
            }
        }
        Ok(edits)
    }
}

/// A value as its user would type it.
fn as_typed(value: &AxisValue) -> String {
    typed::value(&value.written())
}

/// The values with `text` in the place of one of them; without that one where the text is empty.
fn put(mut values: Vec<String>, place: usize, text: &str) -> Vec<String> {
    values[place] = text.into();
    values.retain(|value| !value.is_empty());
    values
}

/// Takes the old setting of a key out and puts the new one in.
fn replace(all: &mut Vec<String>, key: &str, value: Option<String>) {
    all.retain(|known| !sets(known, key));
    all.extend(value.map(|value| format!("{key}={value}")));
}

/// Whether an axis that was typed has become part of the axis `whole`: its values stand there now.
fn is_part_of(typed: &str, whole: &str, open: &Open) -> bool {
    let key = typed.split('=').next().unwrap_or_default().trim();
    let is_axis = open.plan.experiment.axes.iter().any(|axis| axis.key == key);
    key.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.')) && !is_axis
}

/// Whether `KEY=VALUE` sets the key.
fn sets(typed: &str, key: &str) -> bool {
    typed.split_once('=').is_some_and(|(known, _)| known == key)
}

fn parse(seed: &str) -> Result<u64, Problem> {
    let problem = |_| {
        Spot::named("seeds").problem(format!("a seed cannot be {seed:?}"), Some("use whole numbers, at least 0".into()))
    };
    seed.trim().parse().map_err(problem)
}
