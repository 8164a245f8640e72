//! `byolab methods`, `augmentations`, `datasets`, `probes`, `metrics`, `keys`: the catalog, for people and for programs.

use anyhow::Result;
use serde_json::json;

use super::{Exit, args::Answer, print, print_json};
use byolab_values::plan::{
    Measure,
    catalog::{
        Better, CatalogEntry, DATASETS, KeySpec, METHODS, METRICS, Metric, OPERATIONS, PROBES, SECTIONS, Section,
        keys::AUGMENT, names::ARITHMETIC,
    },
    range::HELP,
    recipe::Op,
    sets::{AUGMENTATIONS, BuiltIn},
    words::{columns, wrap},
};

const SCHEMA_VERSION: u32 = 1;

/// Lists the methods with their keys.
///
/// # Errors
/// Standard output takes nothing.
pub fn methods(answer: Answer) -> Result<Exit> {
    if answer.json {
        return print_json(&json!({ "schema_version": SCHEMA_VERSION, "methods": METHODS }));
    }
    print(&methods_text())
}

/// Every method with its keys.
pub fn methods_text() -> String {
    blocks(METHODS.iter().map(|method| entry(method) + &keys("method.", method.keys)))
}

/// Lists the built-in augmentation sets and the operations that a set is made of.
///
/// # Errors
/// Standard output takes nothing.
pub fn augmentations(answer: Answer) -> Result<Exit> {
    if answer.json {
        let document =
            json!({ "schema_version": SCHEMA_VERSION, "augmentations": AUGMENTATIONS, "operations": OPERATIONS });
        return print_json(&document);
    }
    let sets = AUGMENTATIONS.iter().map(set);
    let operations = OPERATIONS.iter().map(|operation| entry(operation) + &keys("", operation.keys));
    let head = "Operations, for sets of your own under [augment.NAME]: first = [{ op = \"crop\" }, ...]\n".to_owned();
    let whole = "Beside the operations\n".to_owned() + &keys("", &[ARITHMETIC]);
    print(&blocks(sets.chain([head, whole]).chain(operations)))
}

/// Lists the datasets and the keys of `[recipe.data]`.
///
/// # Errors
/// Standard output takes nothing.
pub fn datasets(answer: Answer) -> Result<Exit> {
    section(answer, "datasets", DATASETS, "data")
}

/// Lists the probes and the keys of `[recipe.probes]`.
///
/// # Errors
/// Standard output takes nothing.
pub fn probes(answer: Answer) -> Result<Exit> {
    section(answer, "probes", PROBES, "probes")
}

/// Lists the numbers that a trial has.
///
/// # Errors
/// Standard output takes nothing.
pub fn metrics(answer: Answer) -> Result<Exit> {
    if answer.json {
        return print_json(&json!({ "schema_version": SCHEMA_VERSION, "metrics": METRICS }));
    }
    let untrained = "Those marked * are measured on the untrained encoder too, as untrained.NAME.\n";
    print(&(METRICS.iter().map(number).collect::<String>() + untrained))
}

/// A metric in a line or two: name, what it says, unit, which way is good, where it comes from.
fn number(metric: &Metric) -> String {
    let better = match metric.better {
        Better::Higher => Some("more is better"),
        Better::Lower => Some("less is better"),
        Better::Neither => None,
    };
    let unit = if metric.is_share() { "in per cent" } else { metric.unit };
    let parts = [unit, better.unwrap_or_default(), metric.source].into_iter().filter(|part| !part.is_empty());
    let mark = if metric.probe { "*" } else { "" };
    let told = parts.fold(metric.doc.to_owned(), |told, part| told + ", " + part);
    wrap(&format!("  {:<19} ", format!("{}{mark}", metric.name)), &told)
}

/// Lists every key of a recipe.
///
/// # Errors
/// Standard output takes nothing.
pub fn recipe_keys(answer: Answer) -> Result<Exit> {
    if answer.json {
        let sections = SECTIONS.iter().map(|section| (section.name, section.own));
        let recipe: serde_json::Map<_, _> = sections.map(|(name, own)| (name.into(), json!(own))).collect();
        let measures: serde_json::Map<_, _> =
            Measure::ALL.into_iter().map(|measure| (measure.name().into(), measure.line().into())).collect();
        let document = json!({ "schema_version": SCHEMA_VERSION, "recipe": recipe, "augment": AUGMENT, "methods": METHODS, "measures": measures });
        return print_json(&document);
    }
    let augment = keys("", &[AUGMENT]);
    print(&blocks(SECTIONS.iter().map(section_keys).chain([augment, varying(), drop_measures()])))
}

/// How a key is set and varied.
fn varying() -> String {
    let lines = [
        ("one value      ", "--set KEY=VALUE; in a file, under [recipe]".to_owned()),
        (
            "several values ",
            "--axis KEY=V1,V2; in a file, [[axis]] with key = \"KEY\" and values = [V1, V2]".to_owned(),
        ),
        ("ranges         ", format!("--axis KEY=RANGE, which is {HELP}")),
        (
            "of one method  ",
            "--axis method.target_decay=0.9,0.99 beside several methods varies those that have it".into(),
        ),
        ("some of them   ", "--only KEY=V1,V2; names with commas stand in quotes".to_owned()),
    ];
    lines.map(|(what, how)| wrap(&format!("    {what} "), &how)).concat()
}

/// What a claim about drops compares.
fn drop_measures() -> String {
    let lines = Measure::ALL.map(|measure| wrap(&format!("    {:<13}", measure.name()), measure.line()));
    format!("Of a claim about drops, measure = \"absolute\" unless written:\n{}", lines.concat())
}

fn section(answer: Answer, what: &str, entries: &'static [CatalogEntry], name: &str) -> Result<Exit> {
    let section = SECTIONS.iter().find(|section| section.name == name).expect("a table of the recipe");
    if answer.json {
        return print_json(&json!({ "schema_version": SCHEMA_VERSION, what: entries, "keys": section.own }));
    }
    print(&blocks(entries.iter().map(entry).chain([section_keys(section)])))
}

fn section_keys(section: &Section) -> String {
    let prefix = format!("{}.", section.name);
    let chosen = section.chosen.iter().map(|choice| format!("\n  {}\n{}", choice.name, keys(&prefix, choice.keys)));
    keys(&prefix, section.own) + &chosen.collect::<String>()
}

fn blocks(blocks: impl Iterator<Item = String>) -> String {
    blocks.collect::<Vec<_>>().join("\n")
}

fn entry(entry: &CatalogEntry) -> String {
    format!("{}\n  {}\n  {}\n", entry.name, entry.doc, entry.source)
}

fn set(set: &BuiltIn) -> String {
    let view = |operations: &[Op]| operations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (first, second) = (view(set.first), view(set.second));
    let views = if first == second {
        format!("  both views: {first}\n")
    } else {
        format!("  view 1: {first}\n  view 2: {second}\n")
    };
    let arithmetic =
        if set.arithmetic.is_exact() { String::new() } else { format!("  {} {}\n", ARITHMETIC.key, set.arithmetic) };
    format!("{}\n  {} ({})\n{views}{arithmetic}", set.name, set.doc, set.source)
}

/// Two lines a key: name, default and what is allowed; meaning and source.
fn keys(prefix: &str, specs: &[KeySpec]) -> String {
    let row = |spec: &KeySpec| {
        let default = spec.default.map_or("must be given".to_owned(), |default| default.to_string());
        vec![format!("{prefix}{}", spec.key), default, spec.kind.to_string()]
    };
    let rows: Vec<Vec<String>> = specs.iter().map(row).collect();
    columns(&rows).lines().zip(specs).fold(String::new(), |mut text, (line, spec)| {
        let source = if spec.source.is_empty() { String::new() } else { format!(" ({})", spec.source) };
        text += &format!("    {line}\n{}", wrap("        ", &format!("{}{source}", spec.doc)));
        text
    })
}
