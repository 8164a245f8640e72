//! What is counted in the whole is counted in its parts (Noroozi et al. 2017, arXiv 1708.06734).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::{Float, Int}, KeySpec, Kind::{Number, Whole}, kind::NOT_NEGATIVE, spec::key}, demand::{Demand, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "counting",
    doc: "makes numbers that add up: those of four quarters are those of the whole, and not those of another image",
    source: "Noroozi et al. 2017, arXiv 1708.06734",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("margin", Number(NOT_NEGATIVE), Float(10.0), "squared distance that other images keep", "Noroozi et al. section 4"),
    key("counted", Whole(1), Int(1000), "numbers that are counted", "Noroozi et al. section 4"),
    depth("head_depth", 2, "of the head", ""),
    head_hidden(1024),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountingRecipe {
    pub margin: f64,
    pub counted: usize,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for CountingRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for CountingRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        vec![NamedHead::own("counter", classifier(features, self.head_hidden, self.counted, self.head_depth))]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Counting)
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        (!given.side.is_multiple_of(2)).then(|| {
            let text = format!("images of {} pixels have no quarters", given.side);
            Broken(&["data.side", "method.name"], text, Some("use an even data.side".into()))
        })
    }
}
