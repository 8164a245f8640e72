//! What was written about a recipe, key by key with its place, and the recipe that comes of it.

use std::collections::BTreeMap;

use super::{
    Recipe,
    catalog::{self, KeySpec, METHODS, SECTIONS, Section, keys::AUGMENT},
    problem::Spot,
    recipe::Augmentation,
};

/// A value that was written, checked against its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub value: toml::Value,
    pub spot: Spot,
}

/// Dotted recipe key to what was written.
pub type Settings = BTreeMap<String, Setting>;

/// The name of the method that `settings` choose.
pub fn method(settings: &Settings) -> &str {
    let written = settings.get("method.name").and_then(|setting| setting.value.as_str());
    written.unwrap_or("byol")
}

/// The recipe of `settings`, defaults for whatever they do not name; `sets` are the user's own augmentation sets.
/// Keys of other methods than the chosen one are left out.
pub fn resolve(settings: &Settings, sets: &BTreeMap<String, Augmentation>) -> Recipe {
    let mut recipe: toml::Table =
        SECTIONS.iter().map(|section| (section.name.into(), table(section, settings).into())).collect();
    let augmentation = augmentation(settings, sets);
    recipe.insert("augment".into(), toml::Value::try_from(augmentation).expect("an augmentation is plain values"));
    let mut recipe: Recipe = recipe.try_into().expect("the catalog's keys and types are the recipe's");
    if recipe.train.optimizer_batch == 0 {
        recipe.train.optimizer_batch = recipe.train.batch;
    }
    if !settings.contains_key("train.warmup_epochs") {
        recipe.train.warmup_epochs = recipe.train.warmup_epochs.min(recipe.train.epochs as f64 / 10.0);
    }
    recipe
}

fn table(section: &Section, settings: &Settings) -> toml::Table {
    applicable(section, method(settings))
        .map(|spec| {
            let written = settings.get(&section.dotted(spec)).map(|setting| setting.value.clone());
            let value = written.unwrap_or_else(|| spec.default.expect("recipe keys have defaults").toml());
            (spec.key.into(), value)
        })
        .collect()
}

/// The keys that a section has under `method`.
fn applicable<'a>(section: &'a Section, method: &str) -> impl Iterator<Item = &'a KeySpec> {
    let chosen = catalog::find(section.chosen, method).map_or(&[][..], |entry| entry.keys);
    section.own.iter().chain(chosen)
}

/// Whether `method` knows the dotted recipe key.
pub fn applies(dotted: &str, method: &str) -> bool {
    match dotted.strip_prefix("method.") {
        Some("name") | None => true,
        Some(name) => catalog::find(METHODS, method).is_some_and(|entry| entry.key(name).is_some()),
    }
}

fn augmentation(settings: &Settings, sets: &BTreeMap<String, Augmentation>) -> Augmentation {
    let default = AUGMENT.default.expect("augment has a default").toml();
    let name = settings.get(AUGMENT.key).map_or(&default, |setting| &setting.value).as_str().unwrap_or_default();
    let own = sets.get(name).cloned();
    own.or_else(|| catalog::augmentation(name)).expect("the name of a set was checked when it was read")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::recipe::MethodRecipe;

    fn settings(written: &[(&str, toml::Value)]) -> Settings {
        let setting = |value: &toml::Value| Setting { value: value.clone(), spot: Spot::default() };
        written.iter().map(|(key, value)| ((*key).to_owned(), setting(value))).collect()
    }

    #[test]
    fn what_nobody_wrote_has_the_default_of_the_papers() {
        let recipe = resolve(&Settings::new(), &BTreeMap::new());
        assert_eq!((recipe.encoder.name.as_str(), recipe.encoder.width), ("resnet18", 64));
        assert_eq!((recipe.train.batch, recipe.train.optimizer_batch), (256, 256));
        let MethodRecipe::Byol(byol) = recipe.method else { panic!("byol is the default") };
        assert_eq!((byol.target_decay, byol.projector_hidden), (0.996, 4096));
    }

    #[test]
    fn keys_of_another_method_are_left_out() {
        let written = settings(&[("method.name", "simclr".into()), ("method.target_decay", 0.9.into())]);
        assert_eq!(resolve(&written, &BTreeMap::new()).method.name(), "simclr");
        assert!(applies("method.target_decay", "byol"));
        assert!(!applies("method.target_decay", "simclr"));
    }

    #[test]
    fn the_optimizer_batch_is_the_batch_unless_written() {
        let of = |written: &[(&str, toml::Value)]| resolve(&settings(written), &BTreeMap::new()).train.optimizer_batch;
        assert_eq!(of(&[("train.batch", 64.into())]), 64);
        assert_eq!(of(&[("train.batch", 64.into()), ("train.optimizer_batch", 512.into())]), 512);
    }

    #[test]
    fn a_short_training_has_a_short_warm_up_unless_written() {
        let of = |written: &[(&str, toml::Value)]| resolve(&settings(written), &BTreeMap::new()).train.warmup_epochs;
        assert_eq!(of(&[("train.epochs", 300.into())]), 10.0);
        assert_eq!(of(&[("train.epochs", 20.into())]), 2.0);
        assert_eq!(of(&[("train.epochs", 20.into()), ("train.warmup_epochs", 10.0.into())]), 10.0);
    }

    #[test]
    fn the_catalog_has_exactly_the_keys_of_the_recipe() {
        for method in METHODS {
            let recipe = resolve(&settings(&[("method.name", method.name.into())]), &BTreeMap::new());
            let resolved = toml::Table::try_from(&recipe).unwrap();
            for section in SECTIONS {
                let mut expected: Vec<&str> = applicable(section, method.name).map(|spec| spec.key).collect();
                let mut found: Vec<&str> =
                    resolved[section.name].as_table().unwrap().keys().map(String::as_str).collect();
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{}", section.name);
            }
        }
    }
}
