//! Mean teacher (Tarvainen and Valpola 2017, arXiv 1703.01780), at a constant weight.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{
    CatalogEntry, Declaration, Given, TargetNetwork, TargetNorm, class_head, mu, semi_supervised, target_decay,
    unlabelled_weight,
};
use crate::plan::{
    catalog::KeySpec,
    demand::{Demand, View},
    shape::NamedHead,
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "mean-teacher",
    doc: "learns few labels, and to say of other images what its average says of another draw of view 1",
    source: "Tarvainen and Valpola 2017, arXiv 1703.01780",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    mu(),
    unlabelled_weight(10.0, "of the squared distance between both answers; it does not rise as the authors' does", ""),
    target_decay(0.999, "how much of the average stays at a step", "Tarvainen and Valpola section 3"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanTeacherRecipe {
    pub mu: usize,
    pub unlabelled_weight: f64,
    pub target_decay: f64,
}

impl Default for MeanTeacherRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for MeanTeacherRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork { decay: self.target_decay, norm: TargetNorm::Batch, ..TargetNetwork::copied() })
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
        semi_supervised(self.mu, &[View::First, View::First])
    }
}
