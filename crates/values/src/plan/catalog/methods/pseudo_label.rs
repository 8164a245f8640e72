//! Pseudo-labels (Lee 2013), confident ones alone.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{
    CatalogEntry, Declaration, Given, TargetNetwork, class_head, mu, semi_supervised, target_decay, threshold,
    unlabelled_weight,
};
use crate::plan::{
    catalog::KeySpec,
    demand::{Demand, View},
    shape::NamedHead,
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "pseudo-label",
    doc: "learns few labels, and of other images what it is sure of itself; judged by its average",
    source: "Lee 2013",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    mu(),
    threshold("FixMatch's"),
    unlabelled_weight(1.0, "of the unlabelled images", ""),
    target_decay(0.999, "how much of the average stays at a step", "FixMatch section 4"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PseudoLabelRecipe {
    pub mu: usize,
    pub threshold: f64,
    pub unlabelled_weight: f64,
    pub target_decay: f64,
}

impl Default for PseudoLabelRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for PseudoLabelRecipe {
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
        semi_supervised(self.mu, &[View::First])
    }
}
