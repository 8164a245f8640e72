//! Which way up an image is (Gidaris et al. 2018, arXiv 1803.07728).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::KeySpec, demand::{Demand, Task}, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "rotation",
    doc: "tells by how many quarter turns an image is turned; all four of each pass together",
    source: "Gidaris et al. 2018, arXiv 1803.07728",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    depth("head_depth", 1, "of the head", "RotNet"),
    head_hidden(512),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotationRecipe {
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for RotationRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for RotationRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        vec![NamedHead::own("rotation", classifier(features, self.head_hidden, 4, self.head_depth))]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Rotation)
    }
}
