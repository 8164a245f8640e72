//! MoCo v3: its keys, their defaults and sources.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{Declaration, Given, TARGET_UPDATES, TargetNetwork, TargetSchedule, TargetUpdate, depth, loss_scale, target_decay, target_schedule};
use crate::plan::shape::{Affine, HeadShape, NamedHead};
use crate::plan::catalog::{
    CatalogEntry,
    Constant::{Float, Int, Text},
    KeySpec,
    Kind::{Number, OneOf, Whole},
    kind::POSITIVE,
    spec::key,
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "moco-v3",
    doc: "tells a slowly moving copy's view of the image from those of the batch's others; a predictor, no queue; its ResNet's heads",
    source: "Chen et al. 2021, arXiv 2104.02057",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    target_decay(0.99, "how much of the key encoder stays at a step; 0.996 for 1000 epochs", "MoCo v3's code"),
    target_schedule("cosine", "MoCo v3 section 3"),
    key("target_update", OneOf(TARGET_UPDATES), Text("before"), "when the key encoder moves", "MoCo v3's code"),
    key("temperature", Number(POSITIVE), Float(1.0), "of the softmax over the batch's keys; 0.2 for ViT", "MoCo v3"),
    loss_scale("1 sums both directions, each times 2 tau (algorithm 1); stable-pretraining: 1 / (4 tau)"),
    depth("projector_depth", 2, "of the projector; 3 for ViT", "MoCo v3's code"),
    key("projector_hidden", Whole(1), Int(4096), "hidden units of the projector", "MoCo v3 section 3"),
    key("projector_out", Whole(1), Int(256), "dimensions of a key", "MoCo v3 section 3"),
    key("predictor_hidden", Whole(1), Int(4096), "hidden units of the predictor", "MoCo v3 section 3"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MocoV3Recipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub target_update: TargetUpdate,
    pub temperature: f64,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub predictor_hidden: usize,
}

impl Default for MocoV3Recipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for MocoV3Recipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork {
            decay: self.target_decay,
            schedule: self.target_schedule,
            update: self.target_update,
            ..TargetNetwork::copied()
        })
    }

    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let projector = HeadShape::unbiased(features, hidden, out, depth);
        let predictor = HeadShape::unbiased(out, self.predictor_hidden, out, 2);
        vec![
            NamedHead::followed("projector", HeadShape { output_norm: Some(Affine::None), ..projector }),
            NamedHead::own("predictor", predictor),
        ]
    }
}
