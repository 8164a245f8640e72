//! SwAV (Caron et al. 2020, arXiv 2006.09882), of two views, or with small ones.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{
    CatalogEntry, Declaration, Given, UnitRows,
    crops::{self, SmallCrops},
    depth, loss_scale,
};
use crate::plan::{
    catalog::{
        Constant::{Float, Int},
        KeySpec,
        Kind::{Number, Whole},
        kind::POSITIVE,
        spec::key,
    },
    demand::{Demand, SmallCrop},
    left_out::is_default,
    problem::Broken,
    shape::{HeadShape, NamedHead},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "swav",
    doc: "predicts from each view to which of learnt prototypes another is assigned, all used alike; no negatives, no target",
    source: "Caron et al. 2020, arXiv 2006.09882; no queue",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over prototypes", "SwAV section 4.1"),
    loss_scale("1 is the mean of all predictions"),
    key("prototypes", Whole(2), Int(3000), "directions to which images are assigned", "SwAV section 4.1"),
    key(
        "sinkhorn_epsilon",
        Number(POSITIVE),
        Float(0.05),
        "of the entropy in the assignment: smaller, and it is harder, as where the loss stays at ln prototypes",
        "SwAV appendix A",
    ),
    key("sinkhorn_iterations", Whole(1), Int(3), "of the assignment", "SwAV section 3.1"),
    key("frozen_steps", Whole(0), Int(313), "first steps in which prototypes do not learn", "SwAV's code"),
    depth("projector_depth", 2, "of the projector", "SwAV's code"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SwAV's code"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SwAV's code"),
    crops::small_crops(0, "SwAV section 3.2; 6 there"),
    crops::small_side("SwAV section 3.2: 96 of 224"),
    crops::small_area(SMALL_AREA, "SwAV's code; its large views show [0.14, 1]"),
];

const SMALL_AREA: [f64; 2] = [0.05, 0.14];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwavRecipe {
    pub temperature: f64,
    pub loss_scale: f64,
    pub prototypes: usize,
    pub sinkhorn_epsilon: f64,
    pub sinkhorn_iterations: usize,
    pub frozen_steps: usize,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    // Left out at their defaults: there were trials before there were small views.
    #[serde(default, skip_serializing_if = "is_default")]
    pub small_crops: usize,
    #[serde(default, skip_serializing_if = "is_default")]
    pub small_side: usize,
    #[serde(default = "small_area", skip_serializing_if = "is_small_area")]
    pub small_area: [f64; 2],
}

fn small_area() -> [f64; 2] {
    SMALL_AREA
}

fn is_small_area(area: &[f64; 2]) -> bool {
    *area == SMALL_AREA
}

impl SwavRecipe {
    fn small(&self) -> SmallCrops {
        SmallCrops { count: self.small_crops, crop: SmallCrop { side: self.small_side, area: self.small_area } }
    }
}

impl Default for SwavRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for SwavRecipe {
    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let shape = HeadShape::byol(features, hidden, out, depth);
        vec![
            NamedHead::followed("projector", HeadShape { output_bias: true, ..shape }),
            NamedHead::own(PROTOTYPES, HeadShape::byol(out, out, self.prototypes, 1)),
        ]
    }

    fn demand(&self) -> Demand {
        self.small().demand()
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        self.small().broken(Self::default().small(), given.side)
    }

    fn unit_rows(&self) -> Option<UnitRows> {
        Some(UnitRows { part: PROTOTYPES, frozen_steps: self.frozen_steps as u64 })
    }
}

const PROTOTYPES: &str = "prototypes";
