//! Several pretext tasks at once (Doersch and Zisserman 2017, arXiv 1708.07860), each with its defaults.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, ColorizationRecipe, ContextPredictionRecipe, Declaration, ExemplarRecipe, Given, JigsawRecipe, MethodRecipe, RotationRecipe};
use crate::plan::{catalog::{Constant::Float, KeySpec, Kind::Number, kind::NOT_NEGATIVE, spec::key}, demand::{Demand, Part}, problem::Broken, shape::NamedHead};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "multi-task",
    doc: "several pretext tasks at once, their losses weighted; each with its default keys",
    source: "Doersch and Zisserman 2017, arXiv 1708.07860",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    weight("context", 1.0, "of context prediction"),
    weight("colorization", 1.0, "of colorization"),
    weight("exemplar", 1.0, "of exemplar"),
    weight("rotation", 0.0, "of rotation"),
    weight("jigsaw", 0.0, "of the jigsaw puzzle"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiTaskRecipe {
    pub context: f64,
    pub colorization: f64,
    pub exemplar: f64,
    pub rotation: f64,
    pub jigsaw: f64,
}

impl Default for MultiTaskRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for MultiTaskRecipe {
    fn heads(&self, given: &Given) -> Vec<NamedHead> {
        self.tasks().iter().flat_map(|(_, task)| task.declaration().heads(given)).collect()
    }

    fn demand(&self) -> Demand {
        let views = self.tasks().iter().flat_map(|(_, task)| task.declaration().demand().parts.remove(0).views).collect();
        Demand { parts: vec![Part { views, ..Part::pair() }] }
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        let tasks = self.tasks();
        if tasks.is_empty() {
            let keys = &["method.context", "method.colorization", "method.exemplar", "method.rotation", "method.jigsaw"];
            return Some(Broken(keys, "no task has a weight".into(), Some("set one above 0".into())));
        }
        tasks.iter().find_map(|(_, task)| task.declaration().broken(given))
    }
}

impl MultiTaskRecipe {
    /// The tasks that have a weight, with it.
    pub fn tasks(&self) -> Vec<(f64, MethodRecipe)> {
        let tasks = [
            (self.context, MethodRecipe::ContextPrediction(ContextPredictionRecipe::default())),
            (self.colorization, MethodRecipe::Colorization(ColorizationRecipe::default())),
            (self.exemplar, MethodRecipe::Exemplar(ExemplarRecipe::default())),
            (self.rotation, MethodRecipe::Rotation(RotationRecipe::default())),
            (self.jigsaw, MethodRecipe::Jigsaw(JigsawRecipe::default())),
        ];
        tasks.into_iter().filter(|(weight, _)| *weight > 0.0).collect()
    }
}

const fn weight(name: &'static str, default: f64, doc: &'static str) -> KeySpec {
    key(name, Number(NOT_NEGATIVE), Float(default), doc, "")
}
