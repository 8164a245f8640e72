//! DINO (Caron et al. 2021, arXiv 2104.14294), with small views.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{
    CatalogEntry, Declaration, FrozenLayer, Given, HEAD_NORMS, HeadNorm, TargetNetwork, TargetSchedule,
    crops::{self, SmallCrops},
    depth, loss_scale, target_decay, target_schedule,
};
use crate::plan::{
    catalog::{
        Constant::{Float, Int, Text},
        KeySpec,
        Kind::{Number, OneOf, Whole},
        kind::{FRACTION, POSITIVE},
        spec::{key, option},
    },
    demand::{Demand, SmallCrop},
    problem::Broken,
    shape::{Activation, Affine, FirstWeights, HeadShape, NamedHead},
};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "dino",
    doc: "predicts the output of a slowly moving copy, which is centred and sharpened, as of a classifier; no labels, no negatives",
    source: "Caron et al. 2021, arXiv 2104.14294",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    target_decay(0.996, "how much of the target stays at a step", "DINO section 3.1"),
    target_schedule("cosine", "DINO section 3.1"),
    key("temperature", Number(POSITIVE), Float(0.1), "of the student's softmax", "DINO section 3.2"),
    key(
        "target_temperature",
        Number(POSITIVE),
        Float(0.04),
        "of the target's softmax after its warm-up; 0.07 for ViT",
        "DINO's code; section 3.2",
    ),
    key("target_temperature_start", Number(POSITIVE), Float(0.04), "before its warm-up", "DINO section 3.2"),
    key(
        "target_temperature_epochs",
        Whole(0),
        Int(0),
        "over which it goes from one to the other; 30 for ViT",
        "DINO's code; section 3.2",
    ),
    key(
        "centre_momentum",
        Number(FRACTION),
        Float(0.9),
        "how much stays, at a step, of the mean output that the target's are centred by",
        "DINO equation 4",
    ),
    loss_scale("1 is the mean of all predictions"),
    key("prototypes", Whole(2), Int(65536), "dimensions of the output", "DINO section 3.2"),
    key("frozen_epochs", Whole(0), Int(1), "first epochs in which the last layer does not learn", "DINO's code"),
    depth("projector_depth", 3, "of the projector", "DINO section 3.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "DINO section 3.2"),
    key("projector_out", Whole(1), Int(256), "dimensions of a projection, which then has length 1", "DINO appendix C"),
    key("projector_norm", OneOf(HEAD_NORMS), Text("none"), "its batch normalisation", "DINO's code"),
    key("judged", OneOf(JUDGED), Text("target"), "which network is judged and kept", "DINO section 5.2"),
    crops::small_crops(8, "DINO's code"),
    crops::small_side("DINO section 3.1: 96 of 224"),
    crops::small_area([0.05, 0.4], "DINO's code; its large views show [0.4, 1]"),
];

const JUDGED: &[CatalogEntry] = &[
    option("target", "the one that moves slowly", "DINO figure 6"),
    option("student", "the one that learns by gradient", ""),
];

/// Which network is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedNetwork {
    /// The average.
    Target,
    /// What it is an average of.
    Student,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DinoRecipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub temperature: f64,
    pub target_temperature: f64,
    pub target_temperature_start: f64,
    /// Epochs of the warm-up.
    pub target_temperature_epochs: u64,
    pub centre_momentum: f64,
    pub loss_scale: f64,
    pub prototypes: usize,
    pub frozen_epochs: u64,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub projector_norm: HeadNorm,
    pub judged: JudgedNetwork,
    pub small_crops: usize,
    pub small_side: usize,
    pub small_area: [f64; 2],
}

impl Default for DinoRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl DinoRecipe {
    fn small(&self) -> SmallCrops {
        SmallCrops { count: self.small_crops, crop: SmallCrop { side: self.small_side, area: self.small_area } }
    }
}

impl Declaration for DinoRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        Some(TargetNetwork { decay: self.target_decay, schedule: self.target_schedule, ..TargetNetwork::copied() })
    }

    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let (hidden, out, depth) = (self.projector_hidden, self.projector_out, self.projector_depth);
        let projector = HeadShape {
            hidden_norm: self.projector_norm != HeadNorm::None,
            output_norm: (self.projector_norm == HeadNorm::All).then_some(Affine::Scale),
            output_bias: true,
            activation: Activation::Gelu,
            first: FirstWeights::Narrow,
            ..HeadShape::byol(features, hidden, out, depth)
        };
        let last = HeadShape { cosines: true, ..HeadShape::byol(out, out, self.prototypes, 1) };
        vec![NamedHead::followed("projector", projector), NamedHead::followed(LAST, last)]
    }

    fn demand(&self) -> Demand {
        self.small().demand()
    }

    fn centre(&self) -> Option<usize> {
        Some(self.prototypes)
    }

    /// As `numpy.linspace` in the authors' code: the warm-up's last epoch has its end.
    fn target_temperature(&self, epoch: u64) -> Option<f64> {
        let (start, end, epochs) =
            (self.target_temperature_start, self.target_temperature, self.target_temperature_epochs);
        let share = if epoch < epochs { epoch as f64 / (epochs - 1).max(1) as f64 } else { 1.0 };
        Some(start + (end - start) * share)
    }

    fn frozen(&self) -> Option<FrozenLayer> {
        Some(FrozenLayer { part: LAST, epochs: self.frozen_epochs })
    }

    fn judged_by_target(&self) -> bool {
        self.judged == JudgedNetwork::Target
    }

    fn broken(&self, given: &Given) -> Option<Broken> {
        let usual = Self::default();
        if self.target_temperature_epochs == 0 && self.target_temperature_start != usual.target_temperature_start {
            let keys = &["method.target_temperature_start", "method.target_temperature_epochs"];
            let text = "a temperature to start from without a warm-up does nothing".into();
            return Some(Broken(keys, text, Some("leave it out, or set method.target_temperature_epochs".into())));
        }
        self.small().broken(usual.small(), given.side)
    }
}

/// The layer that compares projections with prototypes.
const LAST: &str = "prototypes";
