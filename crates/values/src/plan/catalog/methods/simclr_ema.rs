//! SimCLR against a slowly moving copy (BYOL Table 5b; MoCo v3).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, TargetNetwork, TargetSchedule, target_decay, target_schedule};
use crate::plan::{catalog::{Constant::{Float, Int}, KeySpec, Kind::{Number, Whole}, kind::{POSITIVE}, spec::{key}}, shape::{HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "simclr-ema",
    doc: "SimCLR whose views are compared with a slowly moving copy's: negatives and a target, no predictor",
    source: "BYOL Table 5b, row (no predictor, target, beta 1); MoCo v3",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    target_decay(0.99, "how much of the target stays at a step", "MoCo v3"),
    target_schedule("cosine", "MoCo v3"),
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the target's views", "SimCLR Table 5"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrEmaRecipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub temperature: f64,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

impl Default for SimclrEmaRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SimclrEmaRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork {
            decay: self.target_decay,
            schedule: self.target_schedule,
            ..TargetNetwork::copied()
        })
    }

    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let shape = HeadShape::byol(features, self.projector_hidden, self.projector_out, 2);
        vec![NamedHead::followed("projector", shape)]
    }
}
