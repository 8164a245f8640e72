//! `[augment.NAME]`: the user's own augmentation sets, and sets written in place.

use std::{collections::BTreeSet, ops::Range};

use toml::de::{DeTable, DeValue};

use super::{
    Sets,
    reader::{Item, Reader, item, plain},
    source::Source,
};
use crate::plan::{
    Problems,
    catalog::{self, CatalogEntry, OPERATIONS, names::ARITHMETIC},
    recipe::{Arithmetic, Augmentation, Op, UNNAMED},
    sets::{self, AUGMENTATIONS},
    words::{choices, nearest_or_all},
};

/// Reads all `[augment.NAME]`. A set with problems keeps its name, so that nobody reports it as missing.
pub fn sets(reader: &mut Reader, item: &Item) -> Sets {
    let mut sets = Sets::new();
    for (key, item) in reader.table(item, "`augment`").into_iter().flatten() {
        let name = key.get_ref();
        if !is_free(reader, name, key.span()) {
            continue;
        }
        let table = reader.table(item, &format!("`augment.{name}`"));
        let set = table.map(|table| set(reader, name, item, table, &[ARITHMETIC.key, "first", "second"]));
        sets.insert(name.to_string(), set.unwrap_or_else(|| empty(name)));
    }
    sets
}

/// The name of the set that `item` names or holds, the set itself where it has none. A named set written in place joins
/// `sets`.
pub fn value(reader: &mut Reader, item: &Item, sets: &mut Sets) -> Option<toml::Value> {
    let DeValue::Table(table) = item.get_ref() else { return name(reader, item, sets).map(Into::into) };
    let keys = ["name", ARITHMETIC.key, "first", "second"];
    let set = |reader: &mut Reader, name: &str| set(reader, name, item, table, &keys);
    let Some(name) = table.get("name") else {
        let unnamed = set(reader, UNNAMED);
        return Some(toml::Value::try_from(unnamed).expect("an augmentation is plain values"));
    };
    let name = reader.text(name, "`name`")?;
    if !is_free(reader, &name, item.span()) {
        return None;
    }
    let set = set(reader, &name);
    if sets.get(&name).is_some_and(|known| *known != set) {
        let text = format!("there is another set `{name}`, which does something else");
        reader.report(item.span(), text, "choose another name".to_owned());
        return None;
    }
    sets.insert(name.clone(), set);
    Some(name.into())
}

/// The name of a set that there is.
fn name(reader: &mut Reader, item: &Item, sets: &Sets) -> Option<String> {
    let name = reader.text(item, "`augment`")?;
    let known: Vec<&str> = AUGMENTATIONS.iter().map(|set| set.name).chain(sets.keys().map(String::as_str)).collect();
    if known.contains(&name.as_str()) {
        return Some(name);
    }
    reader.unknown(item.span(), "augmentation set", &name, &known);
    None
}

/// Reports a name that a built-in set has.
fn is_free(reader: &mut Reader, name: &str, span: Range<usize>) -> bool {
    let taken = sets::augmentation(name).is_some();
    if taken {
        let text = format!("`{name}` is a built-in augmentation set");
        reader.report(span, text, "choose another name".to_owned());
    }
    !taken
}

fn set(reader: &mut Reader, name: &str, item: &Item, table: &DeTable, keys: &[&str]) -> Augmentation {
    reader.only(table, keys, "an augmentation set");
    let arithmetic = arithmetic(reader, table);
    let Some(first) = table.get("first") else {
        let remedy = "list the operations of view 1: first = [{ op = \"crop\" }, { op = \"flip\" }]";
        reader.report(item.span(), format!("the set `{name}` has no `first`"), remedy.to_owned());
        return empty(name);
    };
    let first = operations(reader, first);
    let second = table.get("second").map_or_else(|| first.clone(), |second| operations(reader, second));
    Augmentation { name: name.into(), arithmetic, first, second }
}

fn arithmetic(reader: &mut Reader, table: &DeTable) -> Arithmetic {
    let Some(item) = table.get(ARITHMETIC.key) else { return Arithmetic::default() };
    match ARITHMETIC.kind.check(&plain(item)) {
        Ok(value) => value.try_into().expect("the catalog's arithmetics are the recipe's"),
        Err(remedy) => {
            reader.report(item.span(), format!("`{}` cannot be {}", ARITHMETIC.key, plain(item)), remedy);
            Arithmetic::default()
        }
    }
}

impl Augmentation {
    /// The set with one parameter of an operation changed, in both views where both have it: `jitter.hue=0.1`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn changed(&self, typed: &str) -> Result<Self, Problems> {
        let source = Source { origin: typed, text: typed, flag: true };
        let mut reader = Reader::new(&source);
        let mut changed = self.clone();
        match typed.split_once('=').and_then(|(key, value)| Some((key.trim().split_once('.')?, value.trim()))) {
            Some(((op, key), value)) => change(&mut reader, &mut changed, [op, key], &plain(&item(value))),
            None => {
                let remedy = "use OPERATION.KEY=VALUE: jitter.hue=0.1".to_owned();
                reader.report(0..0, format!("{typed:?} names no operation, key and value"), remedy);
            }
        }
        let mut problems = reader.into_problems();
        // Both views tell the same.
        problems.dedup();
        Problems::unless(problems, changed)
    }
}

/// Sets `key` of every `op` of both views.
fn change(reader: &mut Reader, set: &mut Augmentation, [op, key]: [&str; 2], value: &toml::Value) {
    let names: BTreeSet<String> = set.first.iter().chain(&set.second).map(|known| known.keys().0).collect();
    if !names.contains(op) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return reader.report(0..0, format!("`{}` has no `{op}`", set.name), nearest_or_all(op, &names));
    }
    for known in set.first.iter_mut().chain(&mut set.second) {
        let (name, mut keys) = known.keys();
        if name == op {
            keys.extend([("op".to_owned(), name.into()), (key.to_owned(), value.clone())]);
            let text = toml::Value::Table(keys).to_string();
            if let Some(op) = operation(reader, &item(&text)) {
                *known = op;
            }
        }
    }
}

fn empty(name: &str) -> Augmentation {
    Augmentation { name: name.into(), arithmetic: Arithmetic::default(), first: Vec::new(), second: Vec::new() }
}

fn operations(reader: &mut Reader, item: &Item) -> Vec<Op> {
    let items = reader.array(item, "a view").into_iter().flatten();
    items.filter_map(|item| operation(reader, item)).collect()
}

fn operation(reader: &mut Reader, item: &Item) -> Option<Op> {
    let table = reader.table(item, "an operation")?;
    let names: Vec<&str> = OPERATIONS.iter().map(|entry| entry.name).collect();
    let Some(op) = table.get("op") else {
        reader.report(item.span(), "an operation has no `op`", format!("use op = {}", choices(&names)));
        return None;
    };
    let name = reader.text(op, "`op`")?;
    let Some(entry) = catalog::find(OPERATIONS, &name) else {
        reader.unknown(op.span(), "operation", &name, &names);
        return None;
    };
    let mut op = parameters(reader, item, table, entry)?;
    op.insert("op".into(), name.into());
    Some(op.try_into().expect("the catalog's operations are the recipe's"))
}

/// The checked values of an operation's keys, defaults included.
fn parameters(reader: &mut Reader, item: &Item, table: &DeTable, entry: &CatalogEntry) -> Option<toml::Table> {
    let mut allowed = vec!["op"];
    allowed.extend(entry.keys.iter().map(|spec| spec.key));
    reader.only(table, &allowed, &format!("`{}`", entry.name));
    let (mut values, mut missing) = (toml::Table::new(), Vec::new());
    for spec in entry.keys {
        match (table.get(spec.key), spec.default) {
            (Some(item), _) => match spec.kind.check(&plain(item)) {
                Ok(value) => values.extend([(spec.key.to_owned(), value)]),
                Err(remedy) => {
                    let text = format!("`{}` of `{}` cannot be {}", spec.key, entry.name, plain(item));
                    reader.report(item.span(), text, remedy);
                }
            },
            (None, Some(default)) => values.extend([(spec.key.to_owned(), default.toml())]),
            (None, None) => missing.push(spec.key),
        }
    }
    if !missing.is_empty() {
        let text = format!("`{}` needs {}", entry.name, missing.join(", "));
        reader.report(item.span(), text, "`byolab augmentations` says what they mean".to_owned());
    }
    (values.len() == entry.keys.len()).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Experiment;

    #[test]
    fn a_parameter_is_changed_in_both_views() {
        let set = sets::augmentation("byol").unwrap();
        let hues = |set: &Augmentation| -> Vec<f64> {
            let hue = |op: &Op| if let Op::Jitter { hue, .. } = op { Some(*hue) } else { None };
            set.first.iter().chain(&set.second).filter_map(hue).collect()
        };
        let changed = set.changed(" jitter.hue = 0.4 ").unwrap();
        assert_eq!((hues(&set), hues(&changed)), (vec![0.1; 2], vec![0.4; 2]));
        let once = set.changed("solarize.p=1").unwrap();
        assert_eq!((&once.first, once.second != set.second), (&set.first, true), "view 1 has no solarize");
    }

    #[test]
    fn a_set_is_read_as_it_is_written() {
        for set in AUGMENTATIONS.iter().map(|set| sets::augmentation(set.name).unwrap()) {
            let text = format!("{}[recipe]\naugment = \"mine\"\n", set.written("mine"));
            let read = Experiment::parse("x", "x.toml", &text).unwrap().base.sets["mine"].clone();
            assert_eq!(read, Augmentation { name: "mine".into(), ..set });
        }
    }

    #[test]
    fn what_is_wrong_with_a_change_is_told_once() {
        let set = sets::augmentation("byol").unwrap();
        for (typed, text) in [
            ("jitter", "\"jitter\" names no operation, key and value"),
            ("jiter.hue=0.1", "`byol` has no `jiter`"),
            ("jitter.hew=0.1", "`jitter` has no key `hew`"),
            ("jitter.hue=3", "`hue` of `jitter` cannot be 3"),
        ] {
            let told = set.changed(typed).unwrap_err().0;
            assert_eq!((told.len(), told[0].text.as_str(), told[0].place.as_str()), (1, text, typed));
        }
    }
}
