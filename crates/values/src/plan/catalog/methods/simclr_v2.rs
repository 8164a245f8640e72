//! SimCLR v2 (Chen et al. 2020, arXiv 2006.10029).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, depth};
use crate::plan::{catalog::{Constant::{Float, Int}, KeySpec, Kind::{Number, Whole}, kind::{POSITIVE}, spec::{key}}, problem::Broken, shape::{Affine, HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "simclr-v2",
    doc: "SimCLR with a deeper head, judged from one of its layers",
    source: "Chen et al. 2020, arXiv 2006.10029",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other views", "SimCLR v2 section 3"),
    depth("projector_depth", 3, "of the projector", "SimCLR v2 section 3"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR v2 section 3"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR v2's code"),
    key(
        "head_layer",
        Whole(0),
        Int(0),
        "layers of the projector that probes and fine-tuning keep; 0: the encoder alone, 1: the paper's fine-tuning",
        "SimCLR v2 section 3",
    ),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrV2Recipe {
    pub temperature: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// Layers of the projector that the probes and fine-tuning keep; 0 is the encoder alone.
    pub head_layer: usize,
}

impl Default for SimclrV2Recipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SimclrV2Recipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let unbiased = HeadShape::unbiased(features, hidden, out, depth);
        vec![NamedHead::followed("projector", HeadShape { output_norm: Some(Affine::Scale), ..unbiased })]
    }

    fn judged_layers(&self) -> usize {
        self.head_layer
    }

    fn broken(&self, _: &Given) -> Option<Broken> {
        (self.head_layer >= self.projector_depth).then(|| {
            let text = format!("the head's layer {} is its output or beyond", self.head_layer);
            let remedy = format!("projector_depth is {}: use 0 to {}", self.projector_depth, self.projector_depth - 1);
            Broken(&["method.head_layer", "method.projector_depth"], text, Some(remedy))
        })
    }
}
