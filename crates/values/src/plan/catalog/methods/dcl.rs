//! Decoupled contrastive learning: its keys, their defaults and sources.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{Declaration, Given, depth, loss_scale};
use crate::plan::{problem::Broken, shape::{HeadShape, NamedHead}};
use crate::plan::catalog::{
    CatalogEntry,
    Constant::{Bool, Float, Int, Text},
    KeySpec,
    Kind::{self, Number, OneOf, Whole},
    kind::POSITIVE,
    spec::{key, option},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "dcl",
    doc: "SimCLR without the positive pair in the denominator, so that small batches cost less; weighted: DCLW",
    source: "Yeh et al. 2022, arXiv 2110.06848",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other images' views", "DCL's code"),
    key("weighting", OneOf(WEIGHTINGS), Text("none"), "how much each positive pair counts", "DCL section 3"),
    key(
        "sigma",
        Number(POSITIVE),
        Float(0.5),
        "of the weighting: smaller, and alike pairs count less",
        "DCL section 3",
    ),
    key(
        "weight_gradient",
        Kind::Bool,
        Bool(true),
        "false: no gradient flows through the weights, as in lightly",
        "DCL's code",
    ),
    loss_scale("1 is the mean over both views' rows (equation 6, lightly), 2 is DCL's code"),
    depth("projector_depth", 2, "of the projector", "SimCLR section 4.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
];

const WEIGHTINGS: &[CatalogEntry] = &[
    option("none", "all alike: DCL", "DCL equation 6"),
    option("von-mises-fisher", "the further apart, the more: DCLW", "DCL section 3"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DclRecipe {
    pub temperature: f64,
    pub weighting: PairWeighting,
    pub sigma: f64,
    /// Whether gradients flow through the weights of pairs.
    pub weight_gradient: bool,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

/// How much each positive pair counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairWeighting {
    None,
    /// `2 - exp(cos / sigma)` over its mean of the batch.
    VonMisesFisher,
}

impl Default for DclRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for DclRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        vec![NamedHead::followed("projector", HeadShape::byol(features, hidden, out, depth))]
    }

    fn broken(&self, _: &Given) -> Option<Broken> {
        let usual = Self::default();
        let changed = (self.sigma, self.weight_gradient) != (usual.sigma, usual.weight_gradient);
        (self.weighting == PairWeighting::None && changed).then(|| {
            let keys = &["method.sigma", "method.weight_gradient", "method.weighting"];
            let remedy = "leave it out, or write method.weighting = \"von-mises-fisher\"".into();
            Broken(keys, "pairs without a weighting have no sigma, and weights no gradient".into(), Some(remedy))
        })
    }
}
