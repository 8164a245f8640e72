//! `[recipe]`, and the one recipe key of `--set KEY=VALUE`.

use std::{collections::BTreeMap, ops::Range};

use toml::de::DeValue;

use super::{
    Sets, augment, axis,
    reader::{Item, Reader, item, plain},
    source::Source,
};
use crate::plan::{
    Problem,
    catalog::{self, Kind, SECTIONS},
    settings::{Setting, Settings},
    words::nearest_or_all,
};

/// Reads `[recipe]`. A table may be written as its name alone: `data = "synthetic"`.
pub fn settings(reader: &mut Reader, item: &Item, sets: &mut Sets) -> Settings {
    let mut settings = Settings::new();
    for (key, item) in reader.table(item, "`recipe`").into_iter().flatten() {
        settings.extend(key_or_table(reader, key.get_ref(), key.span(), item, sets));
    }
    settings
}

/// Reads the value of a recipe key, or of a whole table.
pub fn key_or_table(reader: &mut Reader, key: &str, span: Range<usize>, item: &Item, sets: &mut Sets) -> Settings {
    let is_table = SECTIONS.iter().any(|section| section.name == key);
    match item.get_ref() {
        DeValue::Table(table) if is_table => table
            .iter()
            .filter_map(|(name, item)| setting(reader, format!("{key}.{}", name.get_ref()), name.span(), item, sets))
            .collect(),
        _ if is_table && catalog::key(&format!("{key}.name")).is_none() => {
            reader.table(item, &format!("`{key}`"));
            Settings::new()
        }
        _ if is_table => setting(reader, format!("{key}.name"), span, item, sets).into_iter().collect(),
        _ => setting(reader, key.to_owned(), span, item, sets).into_iter().collect(),
    }
}

/// Reads the value of the recipe key `dotted`, typed at `span`.
fn setting(
    reader: &mut Reader,
    dotted: String,
    span: Range<usize>,
    item: &Item,
    sets: &mut Sets,
) -> Option<(String, Setting)> {
    let value = value(reader, &dotted, span, item, sets);
    if value.is_none() {
        reader.broken.insert(dotted.split('.').next().unwrap_or_default().to_owned());
    }
    Some((dotted, Setting { value: value?, spot: reader.spot(item.span()) }))
}

fn value(reader: &mut Reader, dotted: &str, span: Range<usize>, item: &Item, sets: &mut Sets) -> Option<toml::Value> {
    let Some(spec) = catalog::key(dotted) else {
        let remedy = meant(dotted, &catalog::recipe_keys());
        reader.report(span, format!("there is no recipe key `{dotted}`"), remedy);
        return None;
    };
    if matches!(spec.kind, Kind::Augmentation) {
        return augment::value(reader, item, sets);
    }
    match spec.kind.check(&plain(item)) {
        Ok(value) => Some(value),
        Err(remedy) => {
            reader.report(item.span(), format!("`{dotted}` cannot be {}", plain(item)), remedy);
            None
        }
    }
}

/// What was meant by `typed`: one of `keys` in the same table, or of all where there is no such table.
pub fn meant(typed: &str, keys: &[String]) -> String {
    let table = typed.split_once('.').map(|(table, _)| format!("{table}."));
    let within = |key: &&str| table.as_ref().is_some_and(|table| key.starts_with(table));
    let all = keys.iter().map(String::as_str);
    let same: Vec<&str> = all.clone().filter(within).collect();
    nearest_or_all(typed, &if same.is_empty() { all.collect() } else { same })
}

/// Reads one `KEY=VALUE`; the value is TOML, or text without its quotes.
///
/// # Errors
/// Every problem with it; the place is `flag` with what was typed.
pub fn flag(flag: &str, typed: &str, sets: &mut Sets) -> Result<Settings, Vec<Problem>> {
    let origin = format!("{flag} {typed}");
    let source = Source { origin: &origin, text: typed, flag: true };
    let mut reader = Reader::new(&source);
    let mut settings = BTreeMap::new();
    match typed.split_once('=') {
        Some((key, value)) => {
            let (key, value) = (key.trim(), value.trim());
            settings = key_or_table(&mut reader, key, 0..0, &item(value), sets);
        }
        None => reader.report(0..0, "there is no `=`", "use KEY=VALUE: train.batch=64".to_owned()),
    }
    let problems = reader.into_problems();
    if problems.is_empty() {
        return Ok(settings);
    }
    Err(several(&source, typed, sets).map_or(problems, |problem| vec![problem]))
}

/// What to say where `KEY=VALUE` has several values that would each be right.
fn several(source: &Source, typed: &str, sets: &Sets) -> Option<Problem> {
    let (key, value) = typed.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let values = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    let (read, _) = axis::flag(source.origin, key, values, &mut sets.clone()).ok()?;
    let axis = format!("{key}={values}");
    let axis = if axis.contains(char::is_whitespace) { format!("'{axis}'") } else { axis };
    let remedy = format!("to vary it, use --axis {axis}");
    (read.len() > 1).then(|| source.spot(0..0).problem(format!("`{key}` is set to one value"), Some(remedy)))
}
