//! Few labels and nothing else: what semi-supervised methods are measured by.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{
    CatalogEntry, Declaration, Given, TargetNetwork, class_head, mu, semi_supervised, target_decay,
};
use crate::plan::{catalog::KeySpec, demand::Demand, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "few-labels",
    doc: "learns the labels that are seen and nothing of other images, by view 1; judged by its average: FixMatch's reference",
    source: "FixMatch equation 3",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[mu(), target_decay(0.999, "how much of the average stays at a step", "FixMatch section 4")];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewLabelsRecipe {
    pub mu: usize,
    pub target_decay: f64,
}

impl Default for FewLabelsRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for FewLabelsRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork::average(self.target_decay))
    }

    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        vec![class_head(given)]
    }

    fn classifies(&self) -> bool {
        true
    }

    fn judged_by_target(&self) -> bool {
        true
    }

    fn demand(&self) -> Demand {
        semi_supervised(self.mu, &[])
    }
}
