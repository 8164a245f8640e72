//! Every knob of every trial on a few lines, defaults written out; where trials differ, their values side by side.

use toml::{Table, Value};

use byolab_store::results::distinct;
use byolab_values::plan::{Trial, catalog::names::ARITHMETIC};

use super::columns::{Align, Columns};

/// A line per part of the recipe, per method and per augmentation set.
pub fn columns(trials: &[Trial]) -> Columns {
    let recipes: Vec<Table> = trials.iter().map(table).collect();
    let mut columns = Columns::new([("part", Align::Left), ("recipe", Align::Left)]);
    for part in ["data", "encoder", "optimizer", "train", "probes"] {
        columns.push(vec![part.to_string(), knobs(recipes.iter().map(|recipe| &recipe[part]))]);
    }
    let named = |part: &str| distinct(recipes.iter().map(|recipe| plain(&recipe[part]["name"])));
    for name in named("method") {
        let parts = recipes.iter().map(|recipe| &recipe["method"]).filter(|method| plain(&method["name"]) == name);
        columns.push(vec!["method".to_string(), knobs(parts)]);
    }
    for name in named("augment") {
        let set = recipes.iter().map(|recipe| &recipe["augment"]).find(|set| plain(&set["name"]) == name);
        columns.push(vec![format!("augment {name}"), set.map(views).unwrap_or_default()]);
    }
    columns
}

fn table(trial: &Trial) -> Table {
    Table::try_from(&trial.recipe).expect("a recipe is a table")
}

/// `batch 512 / 64 · epochs 20`; a name comes first.
fn knobs<'a>(parts: impl Iterator<Item = &'a Value> + Clone) -> String {
    let keys = parts.clone().filter_map(Value::as_table).flat_map(|part| part.keys());
    let mut keys = distinct(keys);
    keys.sort_by_key(|key| *key != "name");
    let knob = |key: &&String| {
        let values = distinct(parts.clone().filter_map(|part| part.get(key.as_str())).map(plain));
        format!("{key} {}", values.join(" / "))
    };
    keys.iter().map(knob).collect::<Vec<_>>().join(" · ")
}

/// The pipelines of the two views, said once where they are the same.
fn views(set: &Value) -> String {
    let pipeline = |view: &str| set[view].as_array().map(|ops| ops.iter().map(op).collect::<Vec<_>>().join(" → "));
    let views = match (pipeline("first").unwrap_or_default(), pipeline("second").unwrap_or_default()) {
        (first, second) if first == second => format!("both views: {first}"),
        (first, second) => format!("view 1: {first}; view 2: {second}"),
    };
    set.get(ARITHMETIC.key).map_or(views.clone(), |value| format!("{views}; {} {}", ARITHMETIC.key, plain(value)))
}

/// `crop (area 0.08 to 1, aspect 0.75 to 1.3333)`.
fn op(op: &Value) -> String {
    let parameters = op.as_table().into_iter().flatten().filter(|(key, _)| *key != "op");
    let parameters: Vec<String> = parameters.map(|(key, value)| format!("{key} {}", plain(value))).collect();
    let name = plain(&op["op"]);
    if parameters.is_empty() { name } else { format!("{name} ({})", parameters.join(", ")) }
}

/// A value as people read it: at most four decimals, a pair as a range.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "none".into(),
        Value::String(text) => text.clone(),
        Value::Float(number) if number.abs() >= 1e-3 || *number == 0.0 => ((number * 1e4).round() / 1e4).to_string(),
        Value::Float(number) => format!("{number:e}"),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" to "),
        other => other.to_string(),
    }
}
