//! FixMatch (Sohn et al. 2020, arXiv 2001.07685).

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
    name: "fixmatch",
    doc: "learns few labels, and of other images what it is sure of in view 1 (weak) by view 2 (strong); judged by its average",
    source: "Sohn et al. 2020, arXiv 2001.07685",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    mu(),
    threshold("FixMatch section 4"),
    unlabelled_weight(1.0, "of the unlabelled images", "FixMatch section 4"),
    target_decay(0.999, "how much of the average stays at a step", "FixMatch section 4"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixmatchRecipe {
    pub mu: usize,
    pub threshold: f64,
    pub unlabelled_weight: f64,
    pub target_decay: f64,
}

impl Default for FixmatchRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for FixmatchRecipe {
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
        semi_supervised(self.mu, &[View::First, View::Second])
    }
}
