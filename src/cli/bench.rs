//! `bench`: the speed of whole training steps.

#[cfg(feature = "engine")]
mod measured {
    use anyhow::Result;
    use serde::Serialize;

    use crate::{
        cli::{
            Exit,
            args::{Bench, Chosen, Common},
            plan, print, print_json,
        },
        data,
        engine::{
            bench::{Speed, measure},
            device,
        },
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
    pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
        let chosen = Chosen { experiment: asked.experiment.clone(), changes: asked.changes.clone() };
        let plan = plan::load(&chosen)?;
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
pub use measured::bench;

/// Without an engine nothing can be timed.
///
/// # Errors
/// Always.
#[cfg(not(feature = "engine"))]
pub fn bench(_: &super::args::Common, _: &super::args::Bench) -> anyhow::Result<super::Exit> {
    anyhow::bail!(super::NO_ENGINE)
}
