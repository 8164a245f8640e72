//! What was written about a recipe, key by key with its place, and the recipe that comes of it.

use std::collections::BTreeMap;

use super::{
    Recipe,
    catalog::{
        self, Constant, KeySpec, SECTIONS, Section,
        keys::{AUGMENT, METHOD},
    },
    problem::Spot,
    recipe::{Augmentation, DataRecipe, ProbesRecipe, Protocol, TrainRecipe},
    sets,
};

/// A value that was written, checked against its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As the key's kind has it.
    pub value: toml::Value,
    /// Where it was written.
    pub spot: Spot,
}

/// Dotted recipe key to what was written.
pub type Settings = BTreeMap<String, Setting>;

/// The name of the entry that `settings` choose in a section.
pub fn chosen<'a>(section: &Section, settings: &'a Settings) -> &'a str {
    let written = settings.get(&format!("{}.name", section.name)).and_then(|setting| setting.value.as_str());
    let default = || section.own.iter().find(|spec| spec.key == "name").and_then(|spec| spec.default);
    match (written, default()) {
        (Some(name), _) | (None, Some(Constant::Text(name))) => name,
        _ => "",
    }
}

/// The name of the method that `settings` choose.
pub fn method(settings: &Settings) -> &str {
    chosen(&METHOD, settings)
}

/// The recipe of `settings`, defaults for whatever they do not name; `sets` are the user's own augmentation sets.
/// Keys of what is not chosen (of other methods, of other optimizers) are left out.
pub fn resolve(settings: &Settings, sets: &BTreeMap<String, Augmentation>) -> Recipe {
    let mut recipe: toml::Table =
        SECTIONS.iter().map(|section| (section.name.into(), table(section, settings).into())).collect();
    let augmentation = augmentation(settings, sets);
    recipe.insert("augment".into(), toml::Value::try_from(augmentation).expect("an augmentation is plain values"));
    let mut recipe: Recipe = recipe.try_into().expect("the catalog's keys and types are the recipe's");
    if recipe.train.optimizer_batch == 0 {
        recipe.train.optimizer_batch = recipe.train.batch;
    }
    if averages(settings) && !settings.contains_key("train.protocol") {
        recipe.train.protocol = Protocol::Average;
    }
    if !settings.contains_key("train.warmup_epochs") {
        recipe.train.warmup_epochs = recipe.train.warmup_epochs.min(recipe.train.epochs as f64 / 10.0);
    }
    recipe
}

impl Default for Recipe {
    /// Every key as the catalog has it.
    fn default() -> Self {
        resolve(&Settings::new(), &BTreeMap::new())
    }
}

impl Default for DataRecipe {
    fn default() -> Self {
        Recipe::default().data
    }
}

impl Default for TrainRecipe {
    fn default() -> Self {
        Recipe::default().train
    }
}

impl Default for ProbesRecipe {
    fn default() -> Self {
        Recipe::default().probes
    }
}

/// Whether an optimizer batch is written: then it stays what it is, and that is the paper's protocol.
fn averages(settings: &Settings) -> bool {
    let written = settings.get("train.optimizer_batch").and_then(|setting| setting.value.as_integer());
    written.is_some_and(|batch| batch > 0)
}

fn table(section: &Section, settings: &Settings) -> toml::Table {
    applicable(section, chosen(section, settings))
        .map(|spec| {
            let written = settings.get(&section.dotted(spec)).map(|setting| setting.value.clone());
            let value = written.unwrap_or_else(|| spec.default.expect("recipe keys have defaults").toml());
            (spec.key.into(), value)
        })
        .collect()
}

/// The keys that a section has where `chosen` is chosen in it.
fn applicable<'a>(section: &'a Section, chosen: &str) -> impl Iterator<Item = &'a KeySpec> {
    let brought = catalog::find(section.chosen, chosen).map_or(&[][..], |entry| entry.keys);
    section.own.iter().chain(brought)
}

/// The section of a dotted recipe key, where its keys depend on a choice, and the key's name.
pub fn choice(dotted: &str) -> Option<(&'static Section, &str)> {
    let (section, name) = dotted.split_once('.')?;
    let section = SECTIONS.iter().find(|candidate| candidate.name == section)?;
    (!section.chosen.is_empty()).then_some((section, name))
}

/// Whether what `settings` choose knows the dotted recipe key.
pub fn applies(dotted: &str, settings: &Settings) -> bool {
    choice(dotted)
        .is_none_or(|(section, name)| applicable(section, chosen(section, settings)).any(|spec| spec.key == name))
}

fn augmentation(settings: &Settings, sets: &BTreeMap<String, Augmentation>) -> Augmentation {
    let default = AUGMENT.default.expect("augment has a default").toml();
    let value = settings.get(AUGMENT.key).map_or(&default, |setting| &setting.value);
    if let Some(set) = Augmentation::unnamed(value) {
        return set;
    }
    let name = value.as_str().unwrap_or_default();
    let own = sets.get(name).cloned();
    own.or_else(|| sets::augmentation(name)).expect("the name of a set was checked when it was read")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::{catalog::Kind, recipe::MethodRecipe};

    fn settings(written: &[(&str, toml::Value)]) -> Settings {
        let setting = |value: &toml::Value| Setting { value: value.clone(), spot: Spot::default() };
        written.iter().map(|(key, value)| ((*key).to_owned(), setting(value))).collect()
    }

    #[test]
    fn what_nobody_wrote_has_the_default_of_the_papers() {
        let recipe = resolve(&Settings::new(), &BTreeMap::new());
        assert_eq!((recipe.encoder.name.name(), recipe.encoder.width), ("resnet18", 64));
        assert_eq!((recipe.train.batch, recipe.train.optimizer_batch), (256, 256));
        let MethodRecipe::Byol(byol) = recipe.method else { panic!("byol is the default") };
        assert_eq!((byol.target_decay, byol.projector_hidden), (0.996, 4096));
    }

    #[test]
    fn keys_of_another_method_are_left_out() {
        let written = settings(&[("method.name", "simclr".into()), ("method.target_decay", 0.9.into())]);
        assert_eq!(resolve(&written, &BTreeMap::new()).method.name(), "simclr");
        assert!(applies("method.target_decay", &Settings::new()), "byol is the default");
        assert!(!applies("method.target_decay", &written));
        assert!(applies("train.batch", &written));
        assert!(!applies("optimizer.trust", &settings(&[("optimizer.name", "sgd".into())])));
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

    /// The keys that a recipe's text has in a section.
    fn keys(section: &Section, written: &[(String, toml::Value)]) -> BTreeSet<String> {
        let written: Vec<(&str, toml::Value)> =
            written.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let resolved = toml::Table::try_from(resolve(&settings(&written), &BTreeMap::new())).unwrap();
        resolved[section.name].as_table().unwrap().keys().cloned().collect()
    }

    /// What a key may hold and does not by default.
    fn another(spec: &KeySpec) -> toml::Value {
        let default = spec.default.unwrap().toml();
        match spec.kind {
            Kind::Bool => (!default.as_bool().unwrap()).into(),
            Kind::OneOf(entries) => {
                let other = entries.iter().find(|entry| default.as_str() != Some(entry.name));
                other.unwrap().name.into()
            }
            Kind::Whole(_) | Kind::Within(..) => (default.as_integer().unwrap() + 1).into(),
            Kind::Range(_) => vec![0.25, 0.5].into(),
            Kind::Text => "another".into(),
            _ => 0.5.into(),
        }
    }

    #[test]
    fn the_catalog_has_exactly_the_keys_of_the_recipe() {
        for section in SECTIONS {
            let names = section.chosen.iter().map(|entry| entry.name);
            for name in if section.chosen.is_empty() { vec![""] } else { names.collect() } {
                let chosen = (format!("{}.name", section.name), toml::Value::from(name));
                let mut written: Vec<(String, toml::Value)> =
                    Some(chosen).filter(|_| !name.is_empty()).into_iter().collect();
                let expected: BTreeSet<String> = applicable(section, name).map(|spec| spec.key.to_owned()).collect();
                // Some keys are in a recipe's text only where they do not have their defaults.
                let left_out = &expected - &keys(section, &written);
                let specs = applicable(section, name).filter(|spec| left_out.contains(spec.key));
                written.extend(specs.map(|spec| (section.dotted(spec), another(spec))));
                assert_eq!(keys(section, &written), expected, "{} {name}", section.name);
            }
        }
    }

    #[test]
    fn a_written_optimizer_batch_is_the_papers_protocol_unless_another_is_written() {
        let of = |written: &[(&str, toml::Value)]| resolve(&settings(written), &BTreeMap::new()).train.protocol;
        let batch = ("train.optimizer_batch", 512.into());
        assert_eq!(of(&[]), Protocol::Linear);
        assert_eq!(of(std::slice::from_ref(&batch)), Protocol::Average);
        assert_eq!(of(&[batch, ("train.protocol", "sqrt".into())]), Protocol::Sqrt);
    }
}
