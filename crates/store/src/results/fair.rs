//! What else differs between trials that are compared: the fair-compare guard.

use std::collections::BTreeMap;

use toml::Value;

use byolab_values::plan::{Axis, Plan, Recipe, Trial, recipe::ProbesRecipe};

use super::table::distinct;

/// Dotted recipe key to value; lists are values.
pub type Flat = BTreeMap<String, Value>;

/// Every knob of a recipe by its dotted key.
pub fn flat(recipe: &Recipe) -> Flat {
    fn into(flat: &mut Flat, prefix: &str, table: toml::Table) {
        for (key, value) in table {
            match value {
                Value::Table(table) => into(flat, &format!("{prefix}{key}."), table),
                value => _ = flat.insert(format!("{prefix}{key}"), value),
            }
        }
    }
    let mut flat = Flat::new();
    into(&mut flat, "", toml::Table::try_from(recipe).expect("a recipe is a table"));
    flat
}

/// The keys in which trials that stand beside each other along `axis` differ, though the axis does not say so, each with
/// the values it takes: `train.optimizer_batch 512, 64`. A key that only one of them has is none: it says nothing to the
/// other's method.
pub fn unsaid(plan: &Plan, axis: &Axis) -> Vec<String> {
    let mut keys = BTreeMap::<String, Vec<String>>::new();
    for (a, b) in pairs(plan, axis) {
        let (a, b) = (flat(&a.recipe), flat(&b.recipe));
        let differing = a.iter().filter_map(|(key, value)| Some((key, value, b.get(key).filter(|b| *b != value)?)));
        for (key, a, b) in differing.filter(|(key, _, _)| !says(axis, key)) {
            keys.entry(key.clone()).or_default().extend([a, b].map(Value::to_string));
        }
    }
    keys.into_iter().map(|(key, values)| format!("{key} {}", distinct(values).join(", "))).collect()
}

/// The keys of `found` whose values are not those of `planned`: `probes.knn_k 5, probes.test true`.
pub fn unlike(found: &ProbesRecipe, planned: &ProbesRecipe) -> String {
    let [found, planned] =
        [found, planned].map(|probes| toml::Table::try_from(probes).expect("probes are a table of plain values"));
    let unlike = found.into_iter().filter(|(key, value)| planned.get(key) != Some(value));
    unlike.map(|(key, value)| format!("probes.{key} {value}")).collect::<Vec<_>>().join(", ")
}

/// Each trial of the first seed with the one that has the axis's first value and else the same cell.
fn pairs<'a>(plan: &'a Plan, axis: &'a Axis) -> impl Iterator<Item = (&'a Trial, &'a Trial)> {
    let seed = plan.trials.first().map(|trial| trial.seed);
    let trials = move || plan.trials.iter().filter(move |trial| Some(trial.seed) == seed);
    let alike = |a: &Trial, b: &Trial| a.cell.iter().all(|(key, value)| *key == axis.key || b.cell[key] == *value);
    let starts = move |trial: &&Trial| axis.values.first().is_some_and(|first| trial.cell[&axis.key] == first.label);
    trials().filter(starts).flat_map(move |a| trials().filter(move |b| !starts(b) && alike(a, b)).map(move |b| (a, b)))
}

/// Whether whoever reads the axis knows that `key` varies along it.
fn says(axis: &Axis, key: &str) -> bool {
    let of_axis = key.strip_prefix(axis.key.as_str()).and_then(|rest| rest.strip_prefix('.'));
    let written =
        |own: &str| axis.values.iter().any(|value| value.value.as_table().is_some_and(|t| t.contains_key(own)));
    key == axis.key || of_axis.is_some_and(|own| own == "name" || axis.key == "augment" || written(own))
}
