//! The order of nine patches (Noroozi and Favaro 2016, arXiv 1603.09246).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::{Float, Int}, KeySpec, Kind::{Number, Within}, kind::FRACTION, spec::key}, demand::{Demand, PATCHES, PatchGrid, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "jigsaw",
    doc: "tells the order in which nine patches of an image come; each is normalised by itself",
    source: "Noroozi and Favaro 2016, arXiv 1603.09246",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("permutations", Within(2, 1000), Int(100), "orders, chosen far apart", "Noroozi and Favaro table 4"),
    key("gray", Number(FRACTION), Float(0.3), "share of the puzzles without colours", "the authors' code"),
    depth("head_depth", 2, "of the head, which reads all nine patches", "Noroozi and Favaro figure 3"),
    head_hidden(1024),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JigsawRecipe {
    pub permutations: usize,
    pub gray: f64,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for JigsawRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for JigsawRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let shape = classifier(PATCHES * features, self.head_hidden, self.permutations, self.head_depth);
        vec![NamedHead::own("jigsaw", shape)]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Jigsaw { permutations: self.permutations, gray: self.gray })
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        given.too_small(PatchGrid::jigsaw(given.side))
    }
}
