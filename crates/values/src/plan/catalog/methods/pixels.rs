//! No encoder.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given};
use crate::plan::{
    catalog::{Constant::Int, KeySpec, Kind::Whole, spec::key},
    problem::Broken,
    shape::NamedHead,
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "pixels",
    doc: "learns nothing and has no encoder: what the normalised pixels themselves are worth",
    source: "Coates et al. 2011",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[key(
    "side",
    Whole(0),
    Int(8),
    "pixels along a side of what is judged, means over squares of the image's; 0: all of them, which takes long",
    "",
)];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelsRecipe {
    pub side: usize,
}

impl Default for PixelsRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for PixelsRecipe {
    fn heads(&self, _: &Given) -> Vec<NamedHead> {
        Vec::new()
    }

    fn learns(&self) -> bool {
        false
    }

    fn pixels(&self, side: usize) -> Option<usize> {
        Some(if self.side == 0 { side } else { self.side })
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        (self.side > 0 && !given.side.is_multiple_of(self.side)).then(|| {
            let text = format!("images of {} pixels do not divide into squares at {} a side", given.side, self.side);
            let remedy = "set method.side to a divisor of data.side, or to 0".into();
            Broken(&["method.side", "data.side"], text, Some(remedy))
        })
    }
}
