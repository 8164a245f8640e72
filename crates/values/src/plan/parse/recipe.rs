//! `[recipe]`.

use std::ops::Range;

use toml::de::DeValue;

use super::{
    Sets, augment,
    reader::{Item, Reader, plain},
};
use crate::plan::{
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
