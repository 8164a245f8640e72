//! `bench`: the speed of whole training steps, or of the views alone.

use anyhow::Result;
use serde::Serialize;

use super::{
    Exit,
    args::{Bench, Chosen, Common},
    plan, print, print_json,
};
use crate::{data, views};

/// Timed passes over the training images.
const PASSES: usize = 5;

/// Times what was asked for.
///
/// # Errors
/// A bad experiment, a device or images that are not there.
pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
    if asked.views { views_alone(common, asked) } else { steps(common, asked) }
}

#[derive(Serialize)]
struct Views {
    schema_version: u32,
    experiment: String,
    augment: String,
    #[serde(flatten)]
    speed: views::bench::Speed,
}

fn views_alone(common: &Common, asked: &Bench) -> Result<Exit> {
    let recipe = plan::load(&chosen(asked))?.trials.swap_remove(0).recipe;
    let images = data::load(&recipe.data, &common.data_folder())?;
    let speed = views::bench::measure(&recipe, &images, PASSES);
    let experiment = asked.experiment.clone();
    let document = Views { schema_version: 1, experiment, augment: recipe.augment.name, speed };
    if asked.answer.json {
        return print_json(&document);
    }
    let Views { experiment, augment, speed, .. } = document;
    let (rate, [slowest, fastest], threads) = (speed.images_per_second, speed.spread, speed.threads);
    print(&format!(
        "{experiment}, both views of `{augment}` on {threads} threads: {rate:.0} img/s ({slowest:.0} to {fastest:.0})\n"
    ))
}

fn chosen(asked: &Bench) -> Chosen {
    Chosen { experiment: asked.experiment.clone(), changes: asked.changes.clone() }
}

#[cfg(feature = "engine")]
mod measured {
    use super::*;
    use crate::engine::{
        bench::{Speed, measure},
        device,
    };

    /// Timed optimizer steps per trial.
    const REPETITIONS: usize = 7;

    #[derive(Serialize)]
    struct Document {
        schema_version: u32,
        experiment: String,
        device: String,
        trials: Vec<Timed>,
    }

    #[derive(Serialize)]
    struct Timed {
        method: &'static str,
        batch: usize,
        #[serde(flatten)]
        speed: Speed,
    }

    /// Times the trials of the experiment's first heat, one after the other.
    ///
    /// # Errors
    /// A bad experiment, a device or images that are not there.
    pub fn steps(common: &Common, asked: &Bench) -> Result<Exit> {
        let plan = plan::load(&chosen(asked))?;
        let opened = device::open(&common.device)?;
        let mut trials = Vec::new();
        for index in &plan.heats[0].trials {
            let recipe = &plan.trials[*index].recipe;
            let images = data::load(&recipe.data, &common.data_folder())?;
            let speed = measure(recipe, &images, &opened.device, REPETITIONS);
            trials.push(Timed { method: recipe.method.name(), batch: recipe.train.batch, speed });
        }
        let document =
            Document { schema_version: 1, experiment: asked.experiment.clone(), device: opened.name, trials };
        if asked.answer.json { print_json(&document) } else { print(&text(&document)) }
    }

    fn text(document: &Document) -> String {
        let mut text = format!("{} on {}\n", document.experiment, document.device);
        for Timed { method, batch, speed } in &document.trials {
            let shares: Vec<String> =
                speed.shares.iter().map(|(name, share)| format!("{name} {:.0} %", 100.0 * share)).collect();
            text.push_str(&format!(
                "{method:<8} batch {batch:<5} {:>8.0} img/s ({:.0} to {:.0})   {}\n",
                speed.images_per_second,
                speed.spread[0],
                speed.spread[1],
                shares.join(", ")
            ));
        }
        text
    }
}

#[cfg(feature = "engine")]
use measured::steps;

/// Without an engine nothing can be timed.
///
/// # Errors
/// Always.
#[cfg(not(feature = "engine"))]
fn steps(_: &Common, _: &Bench) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}
