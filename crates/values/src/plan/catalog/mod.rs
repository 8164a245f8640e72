//! What there is, as registries that describe themselves: parsing, checks, defaults, help and pickers are made from
//! these slices. Adding a key, a method, an operation or a set is one line here.
//!
//! | file | holds |
//! |---|---|
//! | `keys`, `kind`, `spec` | every key of a recipe; what one may hold; how they are written |
//! | `methods`, `optimizers`, `encoders`, `datasets` | a registry each, with the keys that a choice brings |
//! | `names`, `metrics` | operations and probes; numbers that a trial has |

pub mod datasets;
pub mod encoders;
pub mod keys;
pub mod kind;
pub mod methods;
pub mod metrics;
pub mod names;
pub mod optimizers;
pub mod spec;

pub use datasets::{DATASETS, Facts, TrainingImages, facts};
pub use encoders::ENCODERS;
pub use keys::{SECTIONS, Section};
pub use kind::{Constant, Kind};
pub use methods::METHODS;
pub use metrics::{Better, METRICS, Metric, metric};
pub use names::{OPERATIONS, PROBES};
pub use optimizers::OPTIMIZERS;

use std::sync::LazyLock;

use serde::{Serialize, de::DeserializeOwned};

/// One key.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct KeySpec {
    /// The name within its section, method or operation.
    pub key: &'static str,
    #[serde(rename = "allowed")]
    /// What it may hold.
    pub kind: Kind,
    /// What holds where nothing is written; none where something must be.
    pub default: Option<Constant>,
    /// What it means, in one line.
    pub doc: &'static str,
    /// Where the default comes from; empty where it is a choice of this program.
    pub source: &'static str,
}

/// Something that users choose by its name, with the keys that come with the choice.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CatalogEntry {
    /// What users type.
    pub name: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// Keys that come with the choice.
    pub keys: &'static [KeySpec],
}

impl CatalogEntry {
    /// The key `name` of this entry.
    pub fn key(&self, name: &str) -> Option<&'static KeySpec> {
        self.keys.iter().find(|spec| spec.key == name)
    }

    /// What it holds where nobody wrote anything.
    ///
    /// # Panics
    /// Where its keys are not those of `T`.
    pub fn defaults<T: DeserializeOwned>(&self) -> T {
        let read = self.default_table().try_into();
        read.unwrap_or_else(|error| panic!("the catalog's keys of {}: {error}", self.name))
    }

    /// The entry's keys at their defaults; a key without one is left out.
    pub fn default_table(&self) -> toml::Table {
        self.keys.iter().filter_map(|spec| Some((spec.key.to_owned(), spec.default?.toml()))).collect()
    }
}

/// The entry called `name`.
pub fn find(entries: &'static [CatalogEntry], name: &str) -> Option<&'static CatalogEntry> {
    entries.iter().find(|entry| entry.name == name)
}

/// The spec of a dotted recipe key, `augment` included. A key that comes with a choice (of a method, of an optimizer) is
/// found whichever has it; all that have it allow the same.
pub fn key(dotted: &str) -> Option<&'static KeySpec> {
    if dotted == keys::AUGMENT.key {
        return Some(&keys::AUGMENT);
    }
    let (section, name) = dotted.split_once('.')?;
    let section = SECTIONS.iter().find(|candidate| candidate.name == section)?;
    section.keys().find(|spec| spec.key == name)
}

/// Where a key stands among its neighbours: what names a table first, then the order of the catalog.
pub fn rank(key: &str) -> usize {
    static ORDER: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let sections = ["data", "augment", "encoder", "method", "optimizer", "train", "probes"];
        let keys = SECTIONS.iter().flat_map(|section| section.keys());
        let keys = keys.chain(OPERATIONS.iter().flat_map(|operation| operation.keys)).map(|spec| spec.key);
        ["name", "op", names::ARITHMETIC.key, "first", "second"].into_iter().chain(sections).chain(keys).collect()
    });
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}

/// Every dotted recipe key, those of all methods included.
pub fn recipe_keys() -> Vec<String> {
    let mut dotted: Vec<String> =
        SECTIONS.iter().flat_map(|section| section.keys().map(|spec| section.dotted(spec))).collect();
    dotted.push(keys::AUGMENT.key.into());
    let mut seen = std::collections::BTreeSet::new();
    dotted.retain(|key| seen.insert(key.clone()));
    dotted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_keys() -> Vec<&'static KeySpec> {
        let operations = OPERATIONS.iter().flat_map(|operation| operation.keys).chain([&names::ARITHMETIC]);
        SECTIONS.iter().flat_map(|section| section.keys()).chain(operations).collect()
    }

    #[test]
    fn every_default_is_allowed() {
        for spec in all_keys() {
            if let Some(default) = spec.default {
                assert!(spec.kind.check(&default.toml()).is_ok(), "{}: {default} is not {}", spec.key, spec.kind);
            }
        }
    }

    #[test]
    fn every_entry_says_what_it_is() {
        for spec in all_keys() {
            assert!(!spec.doc.is_empty(), "{} has no words", spec.key);
        }
        for entry in [METHODS, DATASETS, ENCODERS, OPTIMIZERS, OPERATIONS, PROBES].concat() {
            assert!(!entry.doc.is_empty() && !entry.source.is_empty(), "{} has no words", entry.name);
        }
    }

    #[test]
    fn dotted_keys_are_found() {
        for dotted in recipe_keys() {
            assert!(key(&dotted).is_some(), "{dotted}");
        }
        assert!(key("train.bacth").is_none());
        assert!(key("train").is_none());
    }
}
