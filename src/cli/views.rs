//! `views`: a contact sheet of what an experiment's augmentation sets make of its images.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{Exit, args::Views, plan};
use crate::{data, plan::recipe::Augmentation, views};

/// Rows of the sheet, and pairs of views per set.
const IMAGES: usize = 8;
const COPIES: usize = 3;

/// Writes the sheet: rows are images, columns the views of each set.
///
/// # Errors
/// A bad experiment, images that are not there, a picture that cannot be written.
pub fn views(folder: &Path, asked: &Views) -> Result<Exit> {
    let plan = plan::load(&asked.chosen)?;
    let first = &plan.trials[0];
    let data = data::load(&first.recipe.data, folder)?;
    let mut sets: Vec<&Augmentation> = Vec::new();
    for trial in &plan.trials {
        if !sets.contains(&&trial.recipe.augment) {
            sets.push(&trial.recipe.augment);
        }
    }
    let indices: Vec<usize> = (0..IMAGES.min(data.train.len())).collect();
    let owned: Vec<Augmentation> = sets.iter().map(|set| (*set).clone()).collect();
    let sheet = views::sheet(&data.train, &indices, &owned, COPIES, first.seed);
    fs::write(&asked.output, sheet.png()).with_context(|| format!("cannot write {}", asked.output.display()))?;
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    eprintln!("{}: the image, then {COPIES} pairs of views of {}", asked.output.display(), names.join(", "));
    Ok(Exit::Good)
}
