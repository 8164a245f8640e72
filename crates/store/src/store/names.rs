//! A trial lies under the id that it had when it was first trained. Ids were once hashed with the probes in them, and
//! from digits that read as a number: the name of such a folder is not its trial's id, and its recipe tells whose it is.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use byolab_values::plan::Recipe;
use rayon::prelude::*;

use super::recorder::RECIPE;

/// Folders by the ids of their trials, where the two differ; found out when first asked for. Since no such folder comes
/// to be any more, what was found stays right.
#[derive(Clone, Debug, Default)]
pub struct Older(Arc<OnceLock<BTreeMap<String, String>>>);

impl Older {
    /// The name of the folder of a trial that has none under its id.
    pub fn name(&self, experiment: &Path, id: &str) -> Option<&str> {
        self.0.get_or_init(|| all(experiment).unwrap_or_default()).get(id).map(String::as_str)
    }
}

/// The id of the trial in a folder: the folder's name where no recipe of this version tells it.
pub fn id_in(experiment: &Path, name: &str) -> String {
    let text = fs::read_to_string(experiment.join(name).join(RECIPE)).ok();
    let recipe: Option<Recipe> = text.and_then(|text| toml::from_str(&text).ok());
    recipe.map_or_else(|| name.to_owned(), |recipe| recipe.id())
}

fn all(experiment: &Path) -> io::Result<BTreeMap<String, String>> {
    let names: Vec<String> = fs::read_dir(experiment)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| experiment.join(name).join(RECIPE).exists())
        .collect();
    let named = names.into_par_iter().map(|name| (id_in(experiment, &name), name));
    Ok(named.filter(|(id, name)| id != name).collect())
}
