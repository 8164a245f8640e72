//! How cost grows with work: every combination of some values of some keys, each in a process of its own, so that one
//! that does not fit into memory is a line of the table and not its end.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use super::{
    super::{
        Exit,
        args::{Bench, Common, Sweep},
        found, print, print_json,
    },
    chosen,
};
use byolab_store::store::Store;
use byolab_values::plan::{cost::gibibytes, typed};

#[derive(Serialize)]
struct SweepDocument {
    schema_version: u32,
    experiment: String,
    points: Vec<SweepPoint>,
}

/// One combination.
#[derive(Serialize)]
struct SweepPoint {
    method: String,
    settings: Vec<String>,
    /// What `bench --json` says of its trial.
    trial: Option<Value>,
    /// Why there is none.
    error: Option<String>,
}

/// Times every combination for every method of the experiment's first heat.
///
/// # Errors
/// A bad experiment.
pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
    let plan = found::plan(&Store::new(&common.runs), &chosen(asked))?;
    let trials = &plan.heats[0].trials;
    let methods = trials.iter().map(|trial| plan.trials[*trial].recipe.method.name());
    // The only method is no value of an axis.
    let is_axis = trials.len() > 1;
    let mut points = Vec::new();
    if !asked.answer.json {
        print(&format!("{}\n", row(["method", "", "img/s", "us/image", "memory", "planned"].map(String::from))))?;
    }
    for method in methods {
        for settings in combinations(&asked.sweep) {
            let point = measured(common, asked, method, is_axis, settings);
            if !asked.answer.json {
                print(&format!("{}\n", point.text()))?;
            }
            points.push(point);
        }
    }
    let failed = points.iter().all(|point| point.trial.is_none());
    if asked.answer.json {
        print_json(&SweepDocument { schema_version: 1, experiment: asked.experiment.clone(), points })?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Good })
}

/// One of each, the last key fastest.
fn combinations(keys: &[Sweep]) -> Vec<Vec<String>> {
    keys.iter().fold(vec![Vec::new()], |all, Sweep(values)| {
        let with = |before: &Vec<String>, value: &String| [before.as_slice(), std::slice::from_ref(value)].concat();
        all.iter().flat_map(|before| values.iter().map(move |value| with(before, value))).collect()
    })
}

fn measured(common: &Common, asked: &Bench, method: &str, is_axis: bool, settings: Vec<String>) -> SweepPoint {
    let (trial, error) = match in_own_process(common, asked, is_axis.then_some(method), &settings) {
        Ok(trial) => (Some(trial), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    SweepPoint { method: method.to_string(), settings, trial, error }
}

/// What this program says of one trial, run as another process.
fn in_own_process(common: &Common, asked: &Bench, method: Option<&str>, settings: &[String]) -> Result<Value> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    let mut command = Command::new(program);
    command.args(["bench", &asked.experiment, "--json", "--device", &common.device]);
    command.arg("--data").arg(common.data_folder());
    let mut changes = asked.changes.overrides();
    changes.set.extend_from_slice(settings);
    changes.only.extend(method.map(|method| format!("method={}", typed::text(method))));
    command.args(changes.flags());
    let done = command.env_remove("BYOLAB_SWEEP").output().context("cannot start a process of its own")?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        bail!("{}: {last}", done.status);
    }
    let mut document: Value = serde_json::from_slice(&done.stdout).context("cannot read what it says")?;
    Ok(document["trials"][0].take())
}

impl SweepPoint {
    fn text(&self) -> String {
        let settings = self.settings.join(" ");
        let Some(trial) = &self.trial else {
            return format!("{:<9} {settings:<36} {}", self.method, self.error.as_deref().unwrap_or_default());
        };
        let rate = trial["images_per_second"].as_f64().unwrap_or(f64::NAN);
        let memory = |name: &str| trial[name].as_u64().map_or("unknown".into(), gibibytes);
        row([
            self.method.clone(),
            settings,
            format!("{rate:.0}"),
            format!("{:.0}", 1e6 / rate),
            memory("peak_bytes"),
            memory("planned_bytes"),
        ])
    }
}

fn row([method, settings, rate, each, memory, planned]: [String; 6]) -> String {
    format!("{method:<9} {settings:<36} {rate:>8} {each:>9} {memory:>9} {planned:>9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_every_combination() {
        let sweep = |settings: &[&str]| Sweep(settings.iter().map(ToString::to_string).collect());
        let keys = [sweep(&["train.batch=32", "train.batch=64"]), sweep(&["encoder.width=8"])];
        let all: Vec<String> = combinations(&keys).iter().map(|settings| settings.join(" ")).collect();
        assert_eq!(all, ["train.batch=32 encoder.width=8", "train.batch=64 encoder.width=8"]);
    }
}
