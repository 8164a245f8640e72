//! Barlow Twins (Zbontar et al. 2021, arXiv 2103.03230).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, depth, loss_scale};
use crate::plan::{catalog::{Constant::{Float, Int}, KeySpec, Kind::{Number, Whole}, kind::{NOT_NEGATIVE}, spec::{key}}, shape::{HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "barlow-twins",
    doc: "makes the views' cross-correlation the identity",
    source: "Zbontar et al. 2021, arXiv 2103.03230",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("lambda", Number(NOT_NEGATIVE), Float(0.0051), "weight of the redundancy term", "Barlow Twins section 2.2"),
    loss_scale("Barlow Twins' code under LARS: 0.024; solo-learn: 0.1 on CIFAR; lightly, stable-pretraining: 1"),
    depth("projector_depth", 3, "of the projector", "Barlow Twins section 2.2"),
    key(
        "projector_hidden",
        Whole(1),
        Int(2048),
        "hidden units of the projector; 8192 on ImageNet",
        "lightly, solo-learn",
    ),
    key("projector_out", Whole(2), Int(2048), "dimensions of a projection; 8192 on ImageNet", "lightly, solo-learn"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarlowTwinsRecipe {
    /// Weight of the redundancy term.
    pub lambda: f64,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

impl Default for BarlowTwinsRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for BarlowTwinsRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        vec![NamedHead::followed("projector", HeadShape::unbiased(features, hidden, out, depth))]
    }
}
