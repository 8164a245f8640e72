//! NNCLR (Dwibedi et al. 2021, arXiv 2104.14548).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, KeptRows, depth, loss_scale};
use crate::plan::{
    catalog::{
        Constant::{Float, Int},
        KeySpec,
        Kind::{Number, Whole},
        kind::POSITIVE,
        spec::key,
    },
    problem::Broken,
    shape::{Affine, HeadShape, NamedHead},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "nnclr",
    doc: "tells the nearest neighbour of a view, among earlier images, which prediction is of the other view",
    source: "Dwibedi et al. 2021, arXiv 2104.14548",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the batch's predictions", "NNCLR section 4.1"),
    loss_scale("1 is the mean of both directions (algorithm 1)"),
    key(
        "queue",
        Whole(1),
        Int(4096),
        "projections remembered among which neighbours are found, of the first views; ImageNet: 98304",
        "lightly's benchmark on CIFAR-10",
    ),
    depth("projector_depth", 3, "of the projector", "NNCLR section 4.1"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "NNCLR section 4.1"),
    key("projector_out", Whole(1), Int(256), "dimensions of a projection", "NNCLR section 4.1"),
    key("predictor_hidden", Whole(1), Int(4096), "hidden units of the predictor", "NNCLR section 4.1"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NnclrRecipe {
    pub temperature: f64,
    pub loss_scale: f64,
    /// Projections that are remembered.
    pub queue: usize,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub predictor_hidden: usize,
}

impl Default for NnclrRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for NnclrRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let projector = HeadShape::unbiased(features, hidden, out, depth);
        let predictor = HeadShape::unbiased(out, self.predictor_hidden, out, 2);
        vec![
            NamedHead::followed("projector", HeadShape { output_norm: Some(Affine::ScaleAndShift), ..projector }),
            NamedHead::own("predictor", HeadShape { output_bias: true, ..predictor }),
        ]
    }

    fn rows(&self) -> Option<KeptRows> {
        Some(KeptRows::Remembered([self.queue, self.projector_out]))
    }

    fn broken(&self, &Given { batch, .. }: &Given) -> Option<Broken> {
        (self.queue < batch).then(|| {
            let text = format!("a queue of {} does not hold a batch of {batch} projections", self.queue);
            Broken(&["method.queue", "train.batch"], text, Some("use a larger queue, or smaller batches".into()))
        })
    }
}
