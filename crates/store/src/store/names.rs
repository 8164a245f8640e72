//! A trial lies under the id that it had when it was first trained. Ids were once hashed with the probes in them, and
//! from digits that read as a number: the name of such a folder is not its trial's id, and its recipe tells whose it is.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use byolab_values::{
    plan::{Recipe, recipe::ProbesRecipe},
    process,
};

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

/// Whose a folder is.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The trial's id; the folder's name where no recipe of this version tells it.
    pub id: String,
    /// What its recipe says that it is judged by.
    pub probes: Option<ProbesRecipe>,
}

impl Owner {
    /// Of the folder called `name`.
    pub fn of(experiment: &Path, name: &str) -> Self {
        let text = fs::read_to_string(experiment.join(name).join(RECIPE)).unwrap_or_default();
        // What this version does not know would be hashed as if it were not there.
        let recipe = toml::from_str(&text).ok().filter(|_: &Recipe| Recipe::unknown_keys(&text).is_empty());
        let id = recipe.as_ref().map_or_else(|| name.to_owned(), Recipe::id);
        Self { id, probes: recipe.map(|recipe| recipe.probes) }
    }
}

fn all(experiment: &Path) -> io::Result<BTreeMap<String, String>> {
    let names: Vec<String> = fs::read_dir(experiment)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| experiment.join(name).join(RECIPE).exists())
        .collect();
    let named = process::each(names, |name| (Owner::of(experiment, &name).id, name));
    Ok(named.into_iter().filter(|(id, name)| id != name).collect())
}
