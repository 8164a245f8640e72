//! The speed of the views alone.

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
use byolab_store::store::Store;
use byolab_values::{augment, data};

/// Timed passes over the training images.
const PASSES: usize = 5;

#[derive(Serialize)]
struct ViewsDocument {
    schema_version: u32,
    experiment: String,
    augment: String,
    #[serde(flatten)]
    speed: augment::bench::ViewSpeed,
}

/// Times both views of the experiment's first trial.
///
/// # Errors
/// A bad experiment, images that are not there.
pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
    let recipe = found::plan(&Store::new(&common.runs), &chosen(asked))?.trials.swap_remove(0).recipe;
    let images = data::load(&recipe.data, &common.data_folder())?;
    let speed = augment::bench::measure(&recipe, &images, PASSES);
    let experiment = asked.experiment.clone();
    let document = ViewsDocument { schema_version: 1, experiment, augment: recipe.augment.name, speed };
    if asked.answer.json {
        return print_json(&document);
    }
    let ViewsDocument { experiment, augment, speed, .. } = document;
    let (rate, [slowest, fastest], threads) = (speed.images_per_second, speed.spread, speed.threads);
    print(&format!(
        "{experiment}, both views of `{augment}` on {threads} threads: {rate:.0} img/s ({slowest:.0} to {fastest:.0})\n"
    ))
}
