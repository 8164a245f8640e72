//! Lightness and colours tell of each other (Zhang et al. 2017, arXiv 1611.09842).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::KeySpec, demand::{COLOUR_BINS, COLOUR_CELL, Demand, LIGHTNESS_BINS, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "split-brain",
    doc: "tells colours by lightness and lightness by colours, by an encoder of half the width each; judged joined",
    source: "Zhang et al. 2017, arXiv 1611.09842",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    depth("head_depth", 2, "of the heads of each place", ""),
    head_hidden(256),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitBrainRecipe {
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for SplitBrainRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SplitBrainRecipe {
    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        let cells = (given.cell() / COLOUR_CELL).pow(2);
        let head = |classes: usize| classifier(given.features / 2, self.head_hidden, cells * classes, self.head_depth);
        vec![NamedHead::own("colours", head(COLOUR_BINS.pow(2))), NamedHead::own("lightness", head(LIGHTNESS_BINS))]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::SplitBrain)
    }

    fn halves(&self) -> bool {
        true
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        if given.normalised {
            let text = "channels divided by deviations of their own have no lightness apart from colours".into();
            return Some(Broken(&["data.normalize", "method.name"], text, Some("write data.normalize = \"none\"".into())));
        }
        given.uneven()
    }
}
