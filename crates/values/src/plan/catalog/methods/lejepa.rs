//! LeJEPA (Balestriero and LeCun 2025, arXiv 2511.08544), of two views.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, KeptRows, depth, loss_scale};
use crate::plan::{
    catalog::{
        Constant::{Float, Int},
        KeySpec,
        Kind::{Number, Whole},
        kind::{FRACTION, POSITIVE},
        spec::key,
    },
    shape::{HeadShape, NamedHead},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "lejepa",
    doc: "brings views together and spreads all like a normal distribution (SIGReg); no target, negatives, stopped gradient",
    source: "Balestriero and LeCun 2025, arXiv 2511.08544",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key(
        "lambda",
        Number(FRACTION),
        Float(0.05),
        "weight of SIGReg, the mean of both views'; that of their distance is the rest",
        "LeJEPA section 6.1",
    ),
    key(
        "slices",
        Whole(1),
        Int(256),
        "directions along which projections are compared with a normal distribution, drawn anew at every step",
        "LeJEPA's minimal example; its package: 1024",
    ),
    key("knots", Whole(2), Int(17), "places at which characteristic functions are compared", "LeJEPA's code"),
    key("t_max", Number(POSITIVE), Float(3.0), "the last of these places", "LeJEPA's code"),
    loss_scale("1 is the authors' code, whatever lambda; stable-pretraining leaves the distance its whole weight"),
    depth("projector_depth", 3, "of the projector", "LeJEPA's minimal example"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "LeJEPA's minimal example"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "LeJEPA's minimal example"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LejepaRecipe {
    /// Weight of SIGReg.
    pub lambda: f64,
    pub slices: usize,
    pub knots: usize,
    pub t_max: f64,
    pub loss_scale: f64,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

impl Default for LejepaRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for LejepaRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let shape = HeadShape::byol(features, hidden, out, depth);
        vec![NamedHead::followed("projector", HeadShape { output_bias: true, ..shape })]
    }

    fn rows(&self) -> Option<KeptRows> {
        Some(KeptRows::Drawn([self.slices, self.projector_out]))
    }

    /// Each slice at each knot as an angle, and its cosine and sine.
    fn beside(&self) -> usize {
        3 * self.slices * self.knots
    }
}
