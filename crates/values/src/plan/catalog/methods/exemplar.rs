//! Each image is a class of its own (Dosovitskiy et al. 2014, arXiv 1406.6909), or nearer to itself than to others (Wang and Gupta
//! 2015; Doersch and Zisserman 2017, arXiv 1708.07860).

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, classifier, depth, head_hidden};
use crate::plan::{catalog::{Constant::{Float, Int, Text}, KeySpec, Kind::{Number, OneOf, Whole}, kind::NOT_NEGATIVE, spec::{key, option}}, demand::{Demand, Part, Task, View, ViewDemand}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "exemplar",
    doc: "tells each image from all others, as a class of its own, or by triplets where there are many",
    source: "Dosovitskiy et al. 2014, arXiv 1406.6909; Doersch and Zisserman 2017, arXiv 1708.07860",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("by", OneOf(COMPARISONS), Text("classes"), "how images are told apart", "Dosovitskiy et al. section 2"),
    key("margin", Number(NOT_NEGATIVE), Float(0.5), "by which cosines differ; of triplets", "Wang and Gupta 2015"),
    key("head_out", Whole(1), Int(128), "dimensions of what triplets compare", ""),
    depth("head_depth", 1, "of the head", ""),
    head_hidden(512),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExemplarRecipe {
    pub by: Comparison,
    pub margin: f64,
    pub head_out: usize,
    pub head_depth: usize,
    pub head_hidden: usize,
}

impl Default for ExemplarRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for ExemplarRecipe {
    fn heads(&self, &Given { features, images, .. }: &Given) -> Vec<NamedHead> {
        let out = if self.by == Comparison::Classes { images } else { self.head_out };
        vec![NamedHead::own("exemplar", classifier(features, self.head_hidden, out, self.head_depth))]
    }

    fn demand(&self) -> Demand {
        match self.by {
            Comparison::Classes => Demand::task(Task::Instance),
            Comparison::Triplets => Demand { parts: vec![Part { views: [View::First, View::Second].map(ViewDemand::from).into(), ..Part::pair() }] },
        }
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        let usual = Self::default();
        if self.by == Comparison::Classes && (self.margin, self.head_out) != (usual.margin, usual.head_out) {
            let keys = &["method.margin", "method.head_out", "method.by"];
            let text = "classes have neither a margin nor dimensions to compare".into();
            return Some(Broken(keys, text, Some("leave it out, or write by = \"triplets\"".into())));
        }
        (self.by == Comparison::Classes && given.images > MOST_CLASSES).then(|| {
            let text = format!("{} images are more classes than the {MOST_CLASSES} that are told apart", given.images);
            Broken(&["method.by", "data.limit"], text, Some("write by = \"triplets\", or data.limit".into()))
        })
    }
}

/// Classes beyond which a linear layer over images costs more than the encoder.
const MOST_CLASSES: usize = 50_000;

const COMPARISONS: &[CatalogEntry] = &[
    option("classes", "each is a class", "Dosovitskiy et al. section 2"),
    option("triplets", "its two views are nearer to each other than to another image", "Doersch and Zisserman section 3"),
];

/// How images are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Each is a class.
    Classes,
    /// Each is nearer to itself than to others.
    Triplets,
}
