//! Labels: what the encoder can reach.

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given};
use crate::plan::{demand::{Demand, Part}, shape::{HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "supervised",
    doc: "learns the labels, on both views: what is possible here, not a way without labels",
    source: "cross-entropy; Krizhevsky et al. 2012",
    keys: &[],
};

/// No keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupervisedRecipe {}

impl Declaration for SupervisedRecipe {
    fn heads(&self, &Given { features, classes, .. }: &Given) -> Vec<NamedHead> {
        let shape = HeadShape { output_bias: true, ..HeadShape::byol(features, classes, classes, 1) };
        vec![NamedHead::followed("classifier", shape)]
    }

    fn classifies(&self) -> bool {
        true
    }

    fn demand(&self) -> Demand {
        Demand { parts: vec![Part { labels: true, ..Part::pair() }] }
    }
}
