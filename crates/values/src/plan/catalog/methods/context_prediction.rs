//! How two patches lie to each other (Doersch et al. 2015, arXiv 1505.05192).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::Text, KeySpec, Kind::OneOf, spec::{key, option}}, demand::{ColourGuard, Demand, PATCHES, PatchGrid, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "context-prediction",
    doc: "tells which of eight neighbours a patch is of another; patches have gaps and are jittered",
    source: "Doersch et al. 2015, arXiv 1505.05192",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("colour", OneOf(COLOURS), Text("drop"), "what becomes of colours, which lenses shift", "Doersch et al. section 3.1"),
    depth("head_depth", 2, "of the head, which reads both patches", "Doersch et al. figure 3"),
    head_hidden(512),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextPredictionRecipe {
    pub colour: ColourGuard,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for ContextPredictionRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for ContextPredictionRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let shape = classifier(2 * features, self.head_hidden, PATCHES - 1, self.head_depth);
        vec![NamedHead::own("context", shape)]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Context { colour: self.colour })
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        given.too_small(PatchGrid::context(given.side))
    }
}

const COLOURS: &[CatalogEntry] = &[
    option("drop", "two of three channels become noise", "Doersch et al. section 3.1"),
    option("project", "green against magenta is taken out", "Doersch et al. section 3.1"),
    option("keep", "they stay", "no precaution"),
];
