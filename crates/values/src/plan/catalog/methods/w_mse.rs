//! Whitening MSE: its keys, their defaults and sources.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{Declaration, Given, depth, loss_scale};
use crate::plan::{problem::Broken, shape::{HeadShape, NamedHead}};
use crate::plan::catalog::{
    CatalogEntry,
    Constant::{Bool, Float, Int},
    KeySpec,
    Kind::{self, Number, Whole},
    kind::FRACTION,
    spec::key,
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "w-mse",
    doc: "brings both views together after whitening, which keeps them apart from others'; no negatives, no target",
    source: "Ermolov et al. 2021, arXiv 2007.06346",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key(
        "whitening_size",
        Whole(2),
        Int(128),
        "images that are whitened together, of which a batch holds a whole number: twice `projector_out`",
        "W-MSE section 3.1",
    ),
    key(
        "whitening_iterations",
        Whole(1),
        Int(1),
        "times that a batch is dealt into such groups anew; W-MSE 2 on ImageNet-100: 4",
        "W-MSE section 3.1",
    ),
    key("whitening_epsilon", Number(FRACTION), Float(0.0), "share of the identity in a covariance", "W-MSE's code"),
    key("normalize", Kind::Bool, Bool(true), "false: squared distances of what is not normalised", "W-MSE's code"),
    loss_scale("1 is 2 - 2 cos of whitened views"),
    depth("projector_depth", 2, "of the projector", "W-MSE's code"),
    key("projector_hidden", Whole(1), Int(1024), "hidden units of the projector", "W-MSE section 4"),
    key("projector_out", Whole(1), Int(64), "dimensions that are whitened; 128 on STL-10", "W-MSE section 4"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WMseRecipe {
    /// Images that are whitened together.
    pub whitening_size: usize,
    pub whitening_iterations: usize,
    pub whitening_epsilon: f64,
    /// Whether whitened rows are brought to length 1.
    pub normalize: bool,
    pub loss_scale: f64,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

impl Default for WMseRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for WMseRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        vec![NamedHead::followed("projector", HeadShape { output_bias: true, ..HeadShape::byol(features, hidden, out, depth) })]
    }

    /// A covariance of fewer images than dimensions has no inverse.
    fn broken(&self, &Given { batch, .. }: &Given) -> Option<Broken> {
        let (size, out) = (self.whitening_size, self.projector_out);
        if size > batch || !batch.is_multiple_of(size) {
            let text = format!("a batch of {batch} cannot be whitened in groups of {size}");
            let remedy = "let train.batch be a multiple of method.whitening_size".into();
            return Some(Broken(&["method.whitening_size", "train.batch"], text, Some(remedy)));
        }
        if size <= out && self.whitening_epsilon == 0.0 {
            let text = format!("{size} images have no covariance of {out} dimensions that could be inverted");
            let remedy = "set method.whitening_size to twice method.projector_out".into();
            return Some(Broken(&["method.whitening_size", "method.projector_out"], text, Some(remedy)));
        }
        (size == batch && self.whitening_iterations > 1).then(|| {
            let text = "a batch that is whitened as a whole is the same however often it is dealt".into();
            let keys = &["method.whitening_iterations", "method.whitening_size"];
            Broken(keys, text, Some("leave method.whitening_iterations out, or use smaller groups".into()))
        })
    }
}
