//! `views`: a contact sheet of what an experiment's augmentation sets make of its images.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Exit, args::ViewsArgs, found};
use byolab_store::store::Store;
use byolab_values::{augment, data, file, plan::recipe::Augmentation};

/// Rows of the sheet.
const IMAGES: usize = 8;
/// Pairs of views in a row: all of the only set, or so many of each set that the sheet stays in sight.
const PAIRS: usize = 4;

/// Writes the sheet: rows are images, columns the views of each set, small ones too where a method has them, captions what was
/// drawn.
///
/// # Errors
/// A bad experiment, images that are not there, a picture that cannot be written.
pub fn views(store: &Store, folder: &Path, asked: &ViewsArgs) -> Result<Exit> {
    let plan = found::plan(store, &asked.chosen)?;
    let first = &plan.trials[0];
    let data = data::load(&first.recipe.data, folder)?;
    data.notes.iter().for_each(|note| super::tell(&format!("{}: {note}", first.recipe.data.name)));
    let sets = plan.augmentations();
    let indices: Vec<usize> = (0..IMAGES.min(data.train.len())).collect();
    let owned: Vec<Augmentation> = sets.iter().map(|set| (*set).clone()).collect();
    let small = plan.small_views();
    let copies = (2 * PAIRS / owned.len() / (2 + small.len())).max(1);
    let sheet = augment::sheet(&data.train, &indices, (&owned, &small), copies, first.seed);
    file::replace(&asked.output, &sheet.png()).with_context(|| format!("cannot write {}", asked.output.display()))?;
    let names: Vec<String> = sets.iter().map(|set| set.label()).collect();
    let pairs = if copies == 1 { "a pair of views".into() } else { format!("{copies} pairs of views") };
    let beside = if small.is_empty() { String::new() } else { format!(", each with {} small views", small.len()) };
    super::tell(&format!("{}: the image, then {pairs} of {}{beside}", asked.output.display(), names.join(", ")));
    Ok(Exit::Good)
}
