//! VICReg (Bardes et al. 2022, arXiv 2105.04906).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, depth};
use crate::plan::{catalog::{Constant::{Float, Int, Text}, KeySpec, Kind::{Number, OneOf, Whole}, kind::{NOT_NEGATIVE}, spec::{key, option}}, left_out::is_default, shape::{HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "vicreg",
    doc: "keeps views together, variance above 1 and covariances at 0",
    source: "Bardes et al. 2022, arXiv 2105.04906",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("invariance", Number(NOT_NEGATIVE), Float(25.0), "weight of the views' distance", "VICReg section 4.2"),
    key("variance", Number(NOT_NEGATIVE), Float(25.0), "weight of the hinge on the deviation", "VICReg section 4.2"),
    key("covariance", Number(NOT_NEGATIVE), Float(1.0), "weight of the covariances", "VICReg section 4.2"),
    key(
        "variance_views",
        OneOf(VARIANCE_VIEWS),
        Text("mean"),
        "how both views' hinges become one term: the same weight is twice as much under sum",
        "VICReg's code",
    ),
    depth("projector_depth", 3, "of the expander", "VICReg section 4.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the expander; 8192 on ImageNet", "solo-learn"),
    key("projector_out", Whole(2), Int(2048), "dimensions of an embedding; 8192 on ImageNet", "solo-learn"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VicregRecipe {
    pub invariance: f64,
    pub variance: f64,
    pub covariance: f64,
    /// How both views' hinges become one term.
    #[serde(default, skip_serializing_if = "is_default")]
    pub variance_views: VarianceViews,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

impl Default for VicregRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for VicregRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        vec![NamedHead::followed("projector", HeadShape::byol(features, hidden, out, depth))]
    }
}

const VARIANCE_VIEWS: &[CatalogEntry] = &[
    option("mean", "half of each", "VICReg's code, lightly, stable-pretraining"),
    option("sum", "all of both", "VICReg equation 6, solo-learn"),
];

/// How the hinges of both views become VICReg's variance term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VarianceViews {
    /// Half of each, as in the authors' code.
    #[default]
    Mean,
    /// All of both, as in equation 6.
    Sum,
}
