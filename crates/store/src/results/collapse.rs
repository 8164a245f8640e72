//! Whether a trial maps all images to nearly one point.

use crate::store::Run;
use byolab_values::{
    plan::{Recipe, Trial},
    protocol::What,
};

/// A spread below this share of a healthy one has collapsed: where the engine raises its alarm.
const SHARE: f64 = 0.1;

/// Whether the projections have collapsed, by the newest record of their spread: the mean standard deviation of each
/// channel of normalised projections, which is near 1/sqrt(width) where they are spread over the sphere and 0 where they
/// are one point (Chen and He, arXiv 2011.10566, section 4.1). Where no spread is on record, the alarm tells.
pub fn collapsed(trial: &Trial, run: &Run) -> bool {
    match (run.latest("projection_std"), width(&trial.recipe)) {
        (Some(spread), Some(width)) => spread < SHARE / width.sqrt(),
        _ => run
            .log
            .iter()
            .any(|record| matches!(&record.event.what, What::Alarm { text, .. } if text.starts_with("collapse"))),
    }
}

/// Channels of a projection; none for a method without a projector.
fn width(recipe: &Recipe) -> Option<f64> {
    let method = toml::Table::try_from(&recipe.method).expect("a method's recipe is a table");
    Some(method.get("projector_out")?.as_integer()? as f64)
}
