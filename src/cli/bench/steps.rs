//! The speed of whole training steps, and where their time goes.

use anyhow::Result;
use serde::Serialize;

use super::{
    super::{
        Exit,
        args::{Bench, Common},
        found, print, print_json,
    },
    chosen,
};
use byolab_engine::{
    bench::{Ceilings, StepSpeed, ceilings, measure},
    kernel,
};
use byolab_store::store::Store;
use byolab_values::{
    data,
    plan::{
        cost::{self, Sharing, gibibytes},
        words::percent,
    },
};

/// Timed optimizer steps per trial.
const REPETITIONS: usize = 7;

#[derive(Serialize)]
struct StepsDocument {
    schema_version: u32,
    experiment: String,
    device: String,
    ceilings: Ceilings,
    trials: Vec<Timed>,
}

#[derive(Serialize)]
struct Timed {
    method: &'static str,
    batch: usize,
    /// What the plan says that a training takes.
    planned_bytes: u64,
    #[serde(flatten)]
    speed: StepSpeed,
}

/// Times the trials of the experiment's first heat, one after the other.
///
/// # Errors
/// A bad experiment, a device or images that are not there.
pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
    let plan = found::plan(&Store::new(&common.runs), &chosen(asked))?;
    let opened = common.open_device()?;
    let mut trials = Vec::new();
    for index in &plan.heats[0].trials {
        let recipe = &plan.trials[*index].recipe;
        let images = data::load(&recipe.data, &common.data_folder())?;
        let speed = measure(recipe, &images, &opened.device, REPETITIONS);
        let (method, batch) = (recipe.method.name(), recipe.train.batch);
        let sharing = if speed.launch_by_launch.is_some() { Sharing::Recorded } else { Sharing::InTurn };
        let planned_bytes = cost::memory(&[recipe], sharing, kernel::normalised(&opened.device));
        trials.push(Timed { method, batch, planned_bytes, speed });
    }
    // Last, so that its large matrices are in no trial's peak.
    let ceilings = ceilings(&opened.device);
    let experiment = asked.experiment.clone();
    let document = StepsDocument { schema_version: 1, experiment, device: opened.name, ceilings, trials };
    if asked.answer.json { print_json(&document) } else { print(&text(&document)) }
}

fn text(document: &StepsDocument) -> String {
    let Ceilings { operations_per_second: products, bytes_per_second: copies } = document.ceilings;
    let mut text = format!(
        "{} on {}: {:.0} GFLOP/s in a matrix product, {:.1} GB/s in a copy\n",
        document.experiment,
        document.device,
        products / 1e9,
        copies / 1e9
    );
    for Timed { method, batch, planned_bytes, speed } in &document.trials {
        let shares: Vec<String> =
            speed.shares.iter().map(|(name, share)| format!("{name} {}", percent(*share, 0))).collect();
        text += &format!(
            "{method:<8} batch {batch:<5} {:>8.0} img/s ({:.0} to {:.0})   {}\n",
            speed.images_per_second,
            speed.spread[0],
            speed.spread[1],
            shares.join(", ")
        );
        let by_launches = speed.launch_by_launch;
        let by_launches = by_launches.map(|rate| format!("   replayed; launch by launch {rate:.0} img/s"));
        let by_launches = by_launches.unwrap_or_default();
        let peak = speed.peak_bytes.map_or("unknown".into(), gibibytes);
        text += &format!(
            "         {:.0} GFLOP/s, {} of a matrix product's   waiting for views {}, probes {}   memory {peak}, planned {}{by_launches}\n",
            speed.operations_per_second / 1e9,
            percent(speed.operations_per_second / products, 0),
            percent(speed.waiting, 0),
            percent(speed.probes, 0),
            gibibytes(*planned_bytes),
        );
    }
    text
}
