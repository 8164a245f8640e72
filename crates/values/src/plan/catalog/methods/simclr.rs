//! SimCLR (Chen et al. 2020, arXiv 2002.05709).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, HEAD_NORMS, HeadNorm, depth, loss_scale};
use crate::plan::{catalog::{Constant::{Float, Int, Text}, KeySpec, Kind::{Number, OneOf, Whole}, kind::{POSITIVE}, spec::{key}}, shape::{Affine, HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "simclr",
    doc: "tells the other view of an image from all other views of the batch",
    source: "Chen et al. 2020, arXiv 2002.05709",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other views", "SimCLR Table 5"),
    loss_scale("1 is the mean over both views' rows (equation 1), 2 is SimCLR's code"),
    depth("projector_depth", 2, "of the projector", "SimCLR section 4.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
    key(
        "projector_norm",
        OneOf(HEAD_NORMS),
        Text("hidden"),
        "which layers of the projector are normalised; SimCLR's code: all",
        "BYOL section 3.3",
    ),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrRecipe {
    pub temperature: f64,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub projector_norm: HeadNorm,
}

impl Default for SimclrRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SimclrRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let shape = match self.projector_norm {
            HeadNorm::None => HeadShape { hidden_norm: false, ..HeadShape::byol(features, hidden, out, depth) },
            HeadNorm::Hidden => HeadShape::byol(features, hidden, out, depth),
            HeadNorm::All => {
                HeadShape { output_norm: Some(Affine::Scale), ..HeadShape::unbiased(features, hidden, out, depth) }
            }
        };
        vec![NamedHead::followed("projector", shape)]
    }
}
