//! `bench`: the speed of whole training steps, of one recipe or along its batch sizes and widths, or of the views alone.

#[cfg(feature = "engine")]
mod steps;
mod sweep;
mod views;

use anyhow::Result;

use super::{
    Exit,
    args::{Bench, Chosen, Common},
};

/// Times what was asked for.
///
/// # Errors
/// A bad experiment, a device or images that are not there.
pub fn bench(common: &Common, asked: &Bench) -> Result<Exit> {
    if asked.views {
        views::bench(common, asked)
    } else if asked.sweep.is_empty() {
        steps(common, asked)
    } else {
        sweep::bench(common, asked)
    }
}

#[cfg(feature = "engine")]
use steps::bench as steps;

/// Without an engine nothing can be timed.
///
/// # Errors
/// Always.
#[cfg(not(feature = "engine"))]
fn steps(_: &Common, _: &Bench) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}

fn chosen(asked: &Bench) -> Chosen {
    Chosen { experiment: asked.experiment.clone(), changes: asked.changes.clone() }
}
