//! The colours of a gray image (Zhang et al. 2016, arXiv 1603.08511), rare ones counting no more than others.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::KeySpec, demand::{COLOUR_BINS, COLOUR_CELL, Demand, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "colorization",
    doc: "tells the colours of a gray image, as classes of a and b of CIE Lab; without the authors' weights of rare ones",
    source: "Zhang et al. 2016, arXiv 1603.08511",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    depth("head_depth", 2, "of the head of each place", ""),
    head_hidden(256),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColorizationRecipe {
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for ColorizationRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for ColorizationRecipe {
    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        let shape = classifier(given.features, self.head_hidden, (given.cell() / COLOUR_CELL * COLOUR_BINS).pow(2), self.head_depth);
        vec![NamedHead::own("colours", shape)]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Colorization)
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        given.uneven()
    }
}
