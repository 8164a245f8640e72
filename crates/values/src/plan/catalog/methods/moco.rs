//! MoCo v1 and v2 (He et al. 2020, arXiv 1911.05722; Chen et al. 2020, arXiv 2003.04297).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, TargetNetwork, TargetSchedule, depth, loss_scale, target_decay, target_schedule};
use crate::plan::{catalog::{Constant::{Bool, Float, Int}, KeySpec, Kind::{self, Number, Whole}, kind::{POSITIVE}, spec::{key}}, problem::Broken, shape::{HeadShape, NamedHead}, words::multiples};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "moco",
    doc: "tells a slowly moving copy's view from a queue of earlier keys; as given v2, with one layer and 0.07 v1",
    source: "He et al. 2020, arXiv 1911.05722; Chen et al. 2020, arXiv 2003.04297",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    target_decay(0.999, "how much of the key encoder stays at a step", "MoCo v1 section 3.3"),
    target_schedule("constant", "MoCo v1 section 3.2"),
    key("temperature", Number(POSITIVE), Float(0.2), "of the softmax over the queue; v1: 0.07", "MoCo v2"),
    loss_scale(
        "1 sums both directions where it is symmetric (MoCo's notebook), 0.5 is lightly's and solo-learn's mean",
    ),
    key("queue", Whole(1), Int(4096), "keys remembered; a multiple of those of a batch", "MoCo's CIFAR notebook"),
    depth("projector_depth", 2, "of the head: 1 is v1's, 2 is v2's", "MoCo v2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the head", "MoCo v2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a key", "MoCo v1 section 3.3"),
    key("symmetric", Kind::Bool, Bool(false), "each view is query and key in turn", "MoCo's CIFAR notebook"),
    key(
        "shuffle",
        Kind::Bool,
        Bool(true),
        "keys pass in other groups than queries, where train.norm_groups is above 1",
        "MoCo v1 section 3.3",
    ),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MocoRecipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub temperature: f64,
    pub loss_scale: f64,
    /// Keys that are remembered.
    pub queue: usize,
    /// Linear layers of the head: 1 is MoCo v1's, 2 is v2's.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// Whether each view is query and key in turn.
    pub symmetric: bool,
    /// Whether keys pass in another order than queries, so that the groups of batch normalisation differ.
    pub shuffle: bool,
}

impl Default for MocoRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for MocoRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork {
            decay: self.target_decay,
            schedule: self.target_schedule,
            ..TargetNetwork::copied()
        })
    }

    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let plain = HeadShape::byol(features, hidden, out, depth);
        vec![NamedHead::followed("projector", HeadShape { hidden_norm: false, output_bias: true, ..plain })]
    }

    fn queue(&self) -> Option<[usize; 2]> {
        Some([self.queue, self.projector_out])
    }

    fn broken(&self, &Given { batch, .. }: &Given) -> Option<Broken> {
        let keys = if self.symmetric { 2 * batch } else { batch };
        (!self.queue.is_multiple_of(keys)).then(|| {
            let text = format!("a queue of {} does not hold whole batches of {keys} keys", self.queue);
            let remedy = format!("use {}", multiples(self.queue, keys));
            Broken(&["method.queue", "train.batch"], text, Some(remedy))
        })
    }
}
