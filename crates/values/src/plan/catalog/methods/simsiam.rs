//! SimSiam (Chen and He 2021, arXiv 2011.10566).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, depth};
use crate::plan::{catalog::{Constant::{Int}, KeySpec, Kind::{Whole}, spec::{key}}, shape::{Affine, HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "simsiam",
    doc: "predicts its own projection of the other view, through which no gradient flows; no target, no negatives",
    source: "Chen and He 2021, arXiv 2011.10566",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    depth("projector_depth", 3, "of the projector; 2 on CIFAR-10", "SimSiam section 3, appendix D"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimSiam section 3"),
    key("projector_out", Whole(1), Int(2048), "dimensions of a projection", "SimSiam section 3"),
    key("predictor_hidden", Whole(1), Int(512), "hidden units of the predictor, a bottleneck", "SimSiam section 3"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimsiamRecipe {
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// The predictor's bottleneck.
    pub predictor_hidden: usize,
}

impl Default for SimsiamRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SimsiamRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let projector = HeadShape::unbiased(features, hidden, out, depth);
        let predictor = HeadShape::unbiased(out, self.predictor_hidden, out, 2);
        vec![
            NamedHead::followed("projector", HeadShape { output_norm: Some(Affine::None), ..projector }),
            NamedHead::own("predictor", HeadShape { output_bias: true, ..predictor }),
        ]
    }
}
