//! `diff`: two trials, or two experiments, side by side.

use std::{collections::BTreeMap, fs};

use anyhow::{Result, bail};
use serde::Serialize;

use super::{
    Exit, args,
    found::{self, Held},
    list::tell_passed_over,
    print, print_json,
};
use byolab_faces::report;
use byolab_store::{
    results::{Diff, Trained, diff, flat},
    store::{ExperimentFolder, Run, Store},
};

/// The comparison as a document.
#[derive(Serialize)]
struct DiffDocument<'a> {
    schema_version: u32,
    a: &'a str,
    b: &'a str,
    #[serde(flatten)]
    diff: Diff,
}

/// Tells in what two trials or experiments differ.
///
/// # Errors
/// Where there is no such trial or experiment, or its files cannot be read.
pub fn run(store: &Store, asked: &args::Diff) -> Result<Exit> {
    let (a, b) = (&asked.a, &asked.b);
    let diff = diff(&side(store, a)?, &side(store, b)?);
    if asked.answer.json {
        return print_json(&DiffDocument { schema_version: 1, a, b, diff });
    }
    print(&report::difference(a, b, &diff))
}

/// The begun trials of an experiment, or one trial by the beginning of its id.
fn side(store: &Store, name: &str) -> Result<Vec<Trained>> {
    let names = store.experiments()?;
    if names.iter().any(|known| known == name) {
        let folder = store.experiment(name);
        let runs = folder.snapshot()?.runs;
        tell_passed_over(&folder, runs.keys().map(String::as_str));
        return runs.iter().map(|(id, run)| trained(&folder, id, run)).collect();
    }
    match found::trial(store, name)? {
        Some(Held { folder, id, run }) => {
            tell_passed_over(&folder, [id.as_str()].into_iter());
            Ok(vec![trained(&folder, &id, &run)?])
        }
        None => bail!(found::nothing(store, name)),
    }
}

fn trained(folder: &ExperimentFolder, id: &str, run: &Run) -> Result<Trained> {
    let plain = |value: toml::Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let recipe = flat(&folder.recipe(id)?).into_iter().map(|(key, value)| (key, plain(value))).collect();
    Ok(Trained { recipe, metrics: run.results.clone(), environment: environment(folder, id) })
}

/// What was written about where the trial was trained; its times are no difference. Nothing where nothing was written.
fn environment(folder: &ExperimentFolder, id: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.trial(id).join("environment.json")).unwrap_or_default();
    let document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
    let plain = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    document.into_iter().filter(|(key, _)| key != "started").map(|(key, value)| (key, plain(value))).collect()
}
