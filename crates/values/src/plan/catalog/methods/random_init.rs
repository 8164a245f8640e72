//! Nothing is learnt.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given};
use crate::plan::catalog::{Constant::Bool, KeySpec, Kind, spec::key};
use crate::plan::left_out::is_default;
use crate::plan::{shape::{NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "random-init",
    doc: "learns nothing: what the untrained encoder is worth",
    source: "BYOL section 3.2",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[key(
    "rescaled",
    Kind::Bool,
    Bool(false),
    "every channel is normalised by what it makes of the training images, instead of staying as drawn",
    "Krähenbühl et al. 2016, arXiv 1511.06856",
)];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RandomInitRecipe {
    #[serde(default, skip_serializing_if = "is_default")]
    pub rescaled: bool,
}

impl Declaration for RandomInitRecipe {
    fn heads(&self, _: &Given) -> Vec<NamedHead> {
        Vec::new()
    }

    fn learns(&self) -> bool {
        false
    }
}
