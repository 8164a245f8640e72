//! The knobs in which the trials of a heat differ, and pinned runs from them.

use std::collections::BTreeMap;

use toml::{Table as Toml, Value};

use super::{pins::Pinned, shown::ShownTrial};
use crate::tui::{
    theme::Tone,
    widgets::{
        table::{Column, Table},
        text::Text,
    },
};

/// A row for each key in which not all trials agree, a column for each trial; a key that a trial does not have is `-`.
pub fn differences(members: &[ShownTrial], pinned: &[Pinned]) -> Table {
    let all = members.iter().chain(pinned.iter().map(|pinned| &pinned.member));
    let recipes: Vec<BTreeMap<String, String>> = all.map(knobs).collect();
    let mut keys: Vec<&String> = recipes.iter().flat_map(BTreeMap::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    let differs = |key: &&String| recipes.iter().any(|recipe| recipe.get(*key) != recipes[0].get(*key));
    let cell = |value: Option<&String>| value.map_or(Text::dim("-"), Text::plain);
    let row = |key: &String| {
        let values = recipes.iter().map(|recipe| cell(recipe.get(key)));
        [Text::plain(key)].into_iter().chain(values).collect()
    };
    let own = members.iter().map(|member| Column { tone: Tone::Series(member.pen), ..Column::words(&member.name) });
    let others = pinned.iter().map(|pinned| Column::words(format!("{} {}", pinned.letter, pinned.member.name)));
    Table {
        columns: [Column::words("differs in")].into_iter().chain(own).chain(others).collect(),
        rows: keys.into_iter().filter(differs).map(row).collect(),
    }
}

/// Every knob of a trial by its dotted key.
fn knobs(member: &ShownTrial) -> BTreeMap<String, String> {
    let recipe = Toml::try_from(&member.trial.recipe).expect("a recipe is a table");
    let mut knobs = BTreeMap::new();
    flatten("", &recipe, &mut knobs);
    knobs
}

fn flatten(prefix: &str, table: &Toml, knobs: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let dotted = format!("{prefix}{key}");
        match value {
            Value::Table(table) => flatten(&format!("{dotted}."), table, knobs),
            Value::String(text) => drop(knobs.insert(dotted, text.clone())),
            other => drop(knobs.insert(dotted, other.to_string())),
        }
    }
}
