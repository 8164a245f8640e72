//! Values edited in place: what the command line would say for them. They are judged as those of a file are.

use super::model::Open;
use byolab_store::chart::axis::spoken;
use byolab_values::plan::{
    AxisValue, Overrides, Problem, Problems, Trial, UntilDecided, experiment::axis_key, problem::Spot, range,
    recipe::Augmentation, typed,
};

/// What is typed in the place of a key for seeds that are trained until every claim is decided: `until-decided=20`, at most so
/// many; nothing takes it back.
pub const UNTIL: &str = "until-decided";

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
    if key == UNTIL {
        return open.edits.until.map_or(UntilDecided::MOST_SEEDS, |until| until.most_seeds).to_string();
    }
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

    /// What can be typed.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Value(..) => "one value, several (0.9,0.99), a range (0.9..0.999 by 4), or nothing to leave it out",
            Self::Seed(_) => "one seed, or several between commas",
            Self::Key(_) => "several values (0.9,0.99,1), a range (0.9..0.999 by 4) or tables make an axis of the key",
        }
    }

    /// The line before anything is typed.
    pub fn text(self, open: &Open) -> String {
        match self {
            Self::Value(axis, value) => as_typed(&open.plan.experiment.axes[axis].values[value], open),
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
                let values =
                    put(axis.values.iter().map(|value| as_typed(value, open)).collect(), value, text).join(",");
                edits.axes.retain(|typed| !is_part_of(typed, &axis.key, open));
                replace(&mut edits.axes, &axis.key, Some(values));
            }
            Self::Seed(seed) => {
                let seeds = open.plan.experiment.seeds.iter().map(u64::to_string).collect();
                edits.seeds = Some(seeds_in(&put(seeds, seed, text).join(","))?);
            }
            Self::Key(key) => {
                let old = key.and_then(|key| Some(keys(open).get(key)?.0.clone()));
                old.iter().for_each(|key| replace(&mut edits.set, key, None));
                match text.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
                    // No key of a recipe, but who types all that varies types them here too.
                    Some(("seeds", seeds)) => edits.seeds = Some(seeds_in(seeds)?),
                    Some((UNTIL, most)) => edits.until = until_in(most, edits.until)?,
                    Some((key, values)) if is_axis(key, values, open) => {
                        let values = Some(values).filter(|values| !values.is_empty());
                        replace(&mut edits.axes, axis_key(key), values.map(Into::into));
                    }
                    Some((key, value)) => replace(&mut edits.set, key, Some(value.into())),
                    None => edits.set.extend((!text.is_empty()).then(|| text.into())),
                }
            }
        }
        Ok(edits)
    }
}

/// The edits with one more value of the axis `augment`, which begins with the set of the recipe where it is new.
pub fn with_set(open: &Open, set: &Augmentation) -> Overrides {
    let mut edits = open.edits.clone();
    let axis = open.plan.experiment.axes.iter().find(|axis| axis.key == AUGMENT);
    let mut values: Vec<String> = match axis {
        Some(axis) => axis.values.iter().map(|value| as_typed(value, open)).collect(),
        None => vec![now_called(open)],
    };
    values.push(typed::value(&in_place(set)));
    replace(&mut edits.set, AUGMENT, None);
    replace(&mut edits.axes, AUGMENT, Some(values.join(",")));
    edits
}

const AUGMENT: &str = "augment";

/// The set of the recipe, as its user would type it.
fn now_called(open: &Open) -> String {
    let set = &open.plan.trials[0].recipe.augment;
    if set.label() == set.name { typed::text(&set.name) } else { typed::value(&set.table()) }
}

/// A set as a file has it in place, with its name.
fn in_place(set: &Augmentation) -> toml::Value {
    let mut value = set.table();
    if let Some(table) = value.as_table_mut() {
        table.insert("name".into(), set.name.clone().into());
    }
    value
}

/// Whether what is typed for a key are the values of an axis: several, a range, or those of an axis that there is.
fn is_axis(key: &str, values: &str, open: &Open) -> bool {
    let is_known = open.plan.experiment.axes.iter().any(|axis| axis.key == axis_key(key));
    let is_edited = open.edits.axes.iter().any(|known| sets(known, axis_key(key)));
    is_known || is_edited || typed::parts(values, ',').len() > 1 || range::is_range(values)
}

/// A value as its user would type it. A set that an edit has brought is told whole: no file knows its name.
fn as_typed(value: &AxisValue, open: &Open) -> String {
    let set = value.value.as_str().and_then(|name| open.plan.experiment.base.sets.get(name));
    let is_brought = |set: &&Augmentation| {
        let name = format!("name = {}", typed::quoted(&set.name));
        open.edits.axes.iter().any(|typed| sets(typed, AUGMENT) && typed.contains(&name))
    };
    typed::value(&set.filter(is_brought).map_or_else(|| value.written(), in_place))
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

/// At most so many seeds, with the budget that there was; none of nothing.
fn until_in(text: &str, before: Option<UntilDecided>) -> Result<Option<UntilDecided>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let budget = before.and_then(|until| until.budget);
    match text.parse() {
        Ok(most_seeds @ 1..=1000) => Ok(Some(UntilDecided { most_seeds, budget })),
        _ => {
            let remedy = "use a whole number, 1 to 1000; nothing takes it back";
            Err(Spot::named(UNTIL).problem(format!("the most seeds cannot be {text:?}"), Some(remedy.into())))
        }
    }
}

/// Seeds between commas.
fn seeds_in(text: &str) -> Result<Vec<u64>, Problem> {
    let seed = |seed: &str| {
        let remedy = || Some("use whole numbers, at least 0".into());
        seed.trim().parse().map_err(|_| Spot::named("seeds").problem(format!("a seed cannot be {seed:?}"), remedy()))
    };
    text.split(',').map(seed).collect()
}
