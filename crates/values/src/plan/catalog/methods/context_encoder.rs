//! What a hole hides (Pathak et al. 2016, arXiv 1604.07379), by its reconstruction loss alone.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::Text, KeySpec, Kind::OneOf, spec::{key, option}}, demand::{Demand, Region, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "context-encoder",
    doc: "fills a hole of an image; by squared distances, without the authors' adversary",
    source: "Pathak et al. 2016, arXiv 1604.07379",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("region", OneOf(REGIONS), Text("random"), "where the hole is", "Pathak et al. section 3.3"),
    depth("head_depth", 2, "of the decoder, which reads all places together", "Pathak et al. section 3.1"),
    head_hidden(512),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextEncoderRecipe {
    pub region: Region,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for ContextEncoderRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for ContextEncoderRecipe {
    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        let places = given.maps.pow(2);
        let shape = classifier(places * given.features, self.head_hidden, 3 * given.side.pow(2), self.head_depth);
        vec![NamedHead::own("decoder", shape)]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Inpainting { region: self.region })
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        given.uneven()
    }
}

const REGIONS: &[CatalogEntry] = &[
    option("random", "four squares of a quarter of the side anywhere", "Pathak et al. section 3.3"),
    option("middle", "a square of half the side", "Pathak et al. section 3.3"),
];
