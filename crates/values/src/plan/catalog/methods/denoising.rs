//! A denoising autoencoder (Vincent et al. 2008).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::{Float, Text}, KeySpec, Kind::{Number, OneOf}, kind::NOT_NEGATIVE, spec::{key, option}}, demand::{Demand, Noise, Task}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "denoising",
    doc: "makes an image again from a spoilt one; each place of the last maps makes its own pixels",
    source: "Vincent et al. 2008",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("noise", OneOf(NOISES), Text("masking"), "how the image is spoilt", "Vincent et al. section 2.3"),
    key("level", Number(NOT_NEGATIVE), Float(0.25), "the noise's deviation in those of the pixels, or the share that is masked", "Vincent et al. section 4"),
    depth("head_depth", 2, "of the decoder", ""),
    head_hidden(256),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DenoisingRecipe {
    pub noise: Noise,
    pub level: f64,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for DenoisingRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for DenoisingRecipe {
    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        let shape = classifier(given.features, self.head_hidden, 3 * given.cell().pow(2), self.head_depth);
        vec![NamedHead::own("decoder", shape)]
    }

    fn demand(&self) -> Demand {
        Demand::task(Task::Denoising { noise: self.noise, level: self.level })
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        if self.noise == Noise::Masking && self.level > 1.0 {
            let text = format!("a share of {} of the pixels is more than all", self.level);
            return Some(Broken(&["method.level", "method.noise"], text, Some("use 0 to 1, or noise = \"gaussian\"".into())));
        }
        given.uneven()
    }
}

const NOISES: &[CatalogEntry] = &[
    option("masking", "pixels take the mean's colour", "Vincent et al. section 2.3"),
    option("gaussian", "normal numbers are added", "Vincent et al. 2010"),
];
