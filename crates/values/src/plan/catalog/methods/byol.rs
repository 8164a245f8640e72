//! BYOL (Grill et al. 2020, arXiv 2006.07733), with the knobs of its ablations.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, Declaration, Given, InitialTarget, TARGET_UPDATES, TargetNetwork, TargetNorm, TargetSchedule, TargetUpdate, depth, loss_scale, target_decay, target_schedule};
use crate::plan::{catalog::{Constant::{Bool, Float, Int, Text}, KeySpec, Kind::{self, Number, OneOf, Whole}, kind::{NOT_NEGATIVE, POSITIVE}, spec::{key, option}}, problem::Broken, shape::{HeadShape, NamedHead}};

/// What users read of it.
pub(super) const ENTRY: CatalogEntry = CatalogEntry {
    name: "byol",
    doc: "predicts what a slowly moving copy of itself sees in the other view; no negatives",
    source: "Grill et al. 2020, arXiv 2006.07733",
    keys: KEYS,
};

const KEYS: &[KeySpec] = &[
    target_decay(
        0.996,
        "tau_base: how much of the target stays at a step; 0 copies the online network, 1 never moves, both throughout",
        "BYOL section 3.3",
    ),
    target_schedule("cosine", "BYOL section 3.3"),
    key("target_update", OneOf(TARGET_UPDATES), Text("after"), "when the target moves", "BYOL algorithm 1"),
    key("initial_target", OneOf(INITIAL_TARGETS), Text("separate"), "the target before the first step", "BYOL's code"),
    key("target_norm", OneOf(TARGET_NORMS), Text("batch"), "which statistics the target normalises by", "BYOL's code"),
    key("target", Kind::Bool, Bool(true), "false: the online network is its own target", "BYOL Table 5b"),
    key(
        "stop_gradient",
        Kind::Bool,
        Bool(false),
        "without a target network: no gradient flows through the network's own projections",
        "BYOL Table 19",
    ),
    key("predictor", Kind::Bool, Bool(true), "false: projections are compared directly", "BYOL Table 5b"),
    key("negative_weight", Number(NOT_NEGATIVE), Float(0.0), "beta: weight of the negative term", "BYOL Table 5b"),
    key("temperature", Number(POSITIVE), Float(0.1), "alpha: temperature of the negative term", "BYOL Table 5b"),
    key(
        "normalization",
        OneOf(NORMALIZATIONS),
        Text("l2"),
        "of predictions and targets before their squared distance",
        "BYOL Table 20",
    ),
    loss_scale("1 sums both directions (BYOL, solo-learn), 0.25 is lightly's mean of negative cosines"),
    depth("projector_depth", 2, "of the projector", "BYOL Table 14a"),
    key("projector_hidden", Whole(1), Int(4096), "hidden units of the projector", "BYOL section 3.3"),
    key("projector_out", Whole(1), Int(256), "dimensions of a projection", "BYOL section 3.3"),
    depth("predictor_depth", 2, "of the predictor", "BYOL Table 14a"),
    key("predictor_hidden", Whole(1), Int(4096), "hidden units of the predictor", "BYOL section 3.3"),
    key("projector_lr", Number(NOT_NEGATIVE), Float(1.0), "multiple of the rate in the projector", "BYOL Table 22"),
    key("predictor_lr", Number(NOT_NEGATIVE), Float(1.0), "multiple of the rate in the predictor", "BYOL Table 21"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByolRecipe {
    /// tau_base: how much of the target stays at each step. 0 copies the online network, 1 never moves.
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub target_update: TargetUpdate,
    pub initial_target: InitialTarget,
    pub target_norm: TargetNorm,
    /// `false`: the online network also plays the target (Table 5b).
    pub target: bool,
    /// Where there is no target network: whether gradients stop at the online network's own projections (Table 19).
    pub stop_gradient: bool,
    /// `false`: the projection itself is compared with the target (Table 5b).
    pub predictor: bool,
    /// beta of Table 5b: weight of the negative term; 0 is BYOL, 1 without predictor and target is SimCLR.
    pub negative_weight: f64,
    /// alpha of Table 5b; used where `negative_weight` is not 0.
    pub temperature: f64,
    pub normalization: Normalization,
    pub loss_scale: f64,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// Linear layers of the predictor.
    pub predictor_depth: usize,
    pub predictor_hidden: usize,
    /// Multiples of the learning rate (Table 22).
    pub projector_lr: f64,
    pub predictor_lr: f64,
}

impl Default for ByolRecipe {
    fn default() -> Self {
        ENTRY.defaults()
    }
}

impl Declaration for ByolRecipe {
    fn target(&self) -> Option<TargetNetwork> {
        self.target.then_some(TargetNetwork {
            decay: self.target_decay,
            schedule: self.target_schedule,
            update: self.target_update,
            initial: self.initial_target,
            norm: self.target_norm,
        })
    }

    fn heads(&self, &Given { features, .. }: &Given) -> Vec<NamedHead> {
        let out = self.projector_out;
        let projector = HeadShape::byol(features, self.projector_hidden, out, self.projector_depth);
        let predictor = HeadShape::byol(out, self.predictor_hidden, out, self.predictor_depth);
        let predictor = self.predictor.then(|| NamedHead::own("predictor", predictor));
        [NamedHead::followed("projector", projector)].into_iter().chain(predictor).collect()
    }

    fn lr_multiple(&self, part: &str) -> f64 {
        match part {
            "projector" => self.projector_lr,
            "predictor" => self.predictor_lr,
            _ => 1.0,
        }
    }

    /// Of the ablations: a key that was changed has something to act on.
    fn broken(&self, _: &Given) -> Option<Broken> {
        let usual = Self::default();
        let broken = |keys, text: &str, remedy: &str| Some(Broken(keys, text.into(), Some(remedy.into())));
        if self.temperature != usual.temperature && self.negative_weight == 0.0 {
            let keys = &["method.temperature", "method.negative_weight"];
            return broken(keys, "a temperature without negatives does nothing", "set method.negative_weight above 0");
        }
        if !self.predictor && (self.predictor_lr, self.predictor_depth) != (usual.predictor_lr, usual.predictor_depth) {
            let keys = &["method.predictor_lr", "method.predictor_depth", "method.predictor"];
            return broken(keys, "a predictor's rate or depth without a predictor does nothing", "leave it out");
        }
        if self.stop_gradient && self.target {
            let keys = &["method.stop_gradient", "method.target"];
            return broken(keys, "no gradient reaches a target network in any case", "set method.target = false with it");
        }
        if self.negative_weight > 0.0 && self.normalization != Normalization::L2 {
            let keys = &["method.normalization", "method.negative_weight"];
            return broken(keys, "negatives compare rows of length 1", "use method.normalization = \"l2\" with them");
        }
        None
    }
}

const INITIAL_TARGETS: &[CatalogEntry] = &[
    option("separate", "a draw of its own", "BYOL's code"),
    option("copied", "the online network", "most PyTorch versions"),
];

const TARGET_NORMS: &[CatalogEntry] = &[
    option("batch", "those of the batch", "BYOL's code"),
    option("own", "running ones, moved by its own batches", "lucidrains' eval mode"),
    option("averaged", "running ones that follow the online network's", "EMAN, arXiv 2101.07525"),
];

const NORMALIZATIONS: &[CatalogEntry] = &[
    option("l2", "rows of length 1", "BYOL equation 2"),
    option("layer-norm", "rows of mean 0 and deviation 1, over the root of their length", "BYOL Table 20"),
    option("batch-norm", "columns of mean 0 and deviation 1, over the root of their number", "BYOL Table 20"),
    option("none", "as they are", "BYOL Table 20"),
];

/// What is done to predictions and targets before their squared distance (BYOL Table 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Rows of length 1.
    L2,
    /// Rows of mean 0 and standard deviation 1.
    LayerNorm,
    /// Columns of mean 0 and standard deviation 1.
    BatchNorm,
    None,
}
