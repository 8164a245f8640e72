//! The text of an experiment file, set as people set it: parts in their order, one thing a line where a line is enough.

use toml::{Table, Value as Toml};

use super::{
    catalog,
    parse::{CLAIM_KEYS, KEYS},
    typed::{inline, key},
};

/// Columns of a line, where what stands on it can be parted.
const WIDTH: usize = 110;
/// Columns of the keys at the top.
const TOP: usize = 8;
/// Columns of those of the recipe.
const RECIPE: usize = 9;
/// How far the values of a list are indented.
const INDENT: &str = "    ";

/// The text of the experiment that `file` holds.
pub fn written(file: &Table) -> String {
    let mut parts: Vec<String> = vec![String::new()];
    for (name, value) in KEYS.iter().filter_map(|name| Some((*name, file.get(*name)?))) {
        match (name, value) {
            ("recipe", Toml::Table(recipe)) => parts.extend(self::recipe(recipe)),
            ("augment", Toml::Table(sets)) => parts.extend(sets.iter().filter_map(|(name, set)| self::set(name, set))),
            ("axis", Toml::Array(axes)) => {
                parts.extend(axes.iter().filter_map(|axis| many("axis", axis, &["key", "values"])))
            }
            ("claim", Toml::Array(claims)) => {
                parts.extend(claims.iter().filter_map(|claim| many("claim", claim, CLAIM_KEYS)))
            }
            _ => parts[0] += &line(name, TOP, value),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// `key = value`, the key as wide as its neighbours.
fn line(name: &str, width: usize, value: &Toml) -> String {
    format!("{:<width$} = {}\n", key(name), several(value, width))
}

/// A value behind a key so wide: a list or a text that is too long for a line stands on several.
fn several(value: &Toml, width: usize) -> String {
    let short = inline(value);
    match value {
        Toml::String(text) if text.contains('\n') => lines(text),
        Toml::Array(values) if width + 3 + short.chars().count() > WIDTH => {
            let values = values.iter().map(|value| format!("{INDENT}{},\n", inline(value)));
            format!("[\n{}]", values.collect::<String>())
        }
        _ => short,
    }
}

/// A text of several lines.
fn lines(text: &str) -> String {
    let one = |line: &str| {
        let quoted = inline(&line.into());
        quoted[1..quoted.len() - 1].to_owned()
    };
    format!("\"\"\"\n{}\"\"\"", text.split('\n').map(one).collect::<Vec<_>>().join("\n"))
}

/// `[recipe]`, and a table of its own for what is too long for a line.
fn recipe(recipe: &Table) -> Vec<String> {
    let mut parts = vec![String::from("[recipe]\n")];
    for (name, value) in in_order(recipe) {
        match value.as_table() {
            Some(table) if RECIPE + 3 + inline(value).chars().count() > WIDTH => {
                let width = widest(table);
                let keys = in_order(table).into_iter().map(|(name, value)| line(name, width, value));
                parts.push(format!("[recipe.{}]\n{}", key(name), keys.collect::<String>()));
            }
            _ => parts[0] += &line(name, RECIPE, value),
        }
    }
    if recipe.is_empty() { Vec::new() } else { parts }
}

fn set(name: &str, set: &Toml) -> Option<String> {
    let set = set.as_table()?;
    let views = set.iter().map(|(view, ops)| line(view, widest(set), ops));
    Some(format!("[augment.{}]\n{}", key(name), views.collect::<String>()))
}

/// One of several tables of a name.
fn many(name: &str, table: &Toml, keys: &[&str]) -> Option<String> {
    let table = table.as_table()?;
    let lines = keys.iter().filter_map(|key| Some(line(key, widest(table), table.get(*key)?)));
    Some(format!("[[{name}]]\n{}", lines.collect::<String>()))
}

fn widest(table: &Table) -> usize {
    table.keys().map(|name| key(name).chars().count()).max().unwrap_or(0)
}

/// The keys of a table in the order of a recipe.
fn in_order(table: &Table) -> Vec<(&String, &Toml)> {
    let mut keys: Vec<(&String, &Toml)> = table.iter().collect();
    keys.sort_by_key(|(name, _)| catalog::rank(name));
    keys
}
