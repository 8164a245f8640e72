//! The method's own keys, method by method. What each means, its default and its source stand in
//! [`crate::plan::catalog::methods`].

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize};

use super::left_out::is_default;
use crate::plan::catalog;
pub use crate::plan::catalog::methods::{DclRecipe, PairWeighting, WMseRecipe};

/// The method's own keys: the only part of a recipe in which the trials of a heat differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum MethodRecipe {
    Byol(ByolRecipe),
    Simclr(SimclrRecipe),
    SimclrEma(SimclrEmaRecipe),
    SimclrV2(SimclrV2Recipe),
    Moco(MocoRecipe),
    Simsiam(SimsiamRecipe),
    BarlowTwins(BarlowTwinsRecipe),
    Vicreg(VicregRecipe),
    MocoV3(MocoV3Recipe),
    Dcl(DclRecipe),
    WMse(WMseRecipe),
    Supervised(SupervisedRecipe),
    RandomInit(RandomInitRecipe),
}

impl MethodRecipe {
    /// The name that users type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Byol(_) => "byol",
            Self::Simclr(_) => "simclr",
            Self::SimclrEma(_) => "simclr-ema",
            Self::SimclrV2(_) => "simclr-v2",
            Self::Moco(_) => "moco",
            Self::Simsiam(_) => "simsiam",
            Self::BarlowTwins(_) => "barlow-twins",
            Self::Vicreg(_) => "vicreg",
            Self::MocoV3(_) => "moco-v3",
            Self::Dcl(_) => "dcl",
            Self::WMse(_) => "w-mse",
            Self::Supervised(_) => "supervised",
            Self::RandomInit(_) => "random-init",
        }
    }

    /// How the method's target follows, where it has one.
    pub fn target(&self) -> Option<TargetNetwork> {
        match self {
            Self::Byol(recipe) if recipe.target => Some(TargetNetwork {
                decay: recipe.target_decay,
                schedule: recipe.target_schedule,
                update: recipe.target_update,
                initial: recipe.initial_target,
                norm: recipe.target_norm,
            }),
            Self::SimclrEma(recipe) => Some(TargetNetwork {
                decay: recipe.target_decay,
                schedule: recipe.target_schedule,
                ..TargetNetwork::copied()
            }),
            Self::Moco(recipe) => Some(TargetNetwork {
                decay: recipe.target_decay,
                schedule: recipe.target_schedule,
                ..TargetNetwork::copied()
            }),
            Self::MocoV3(recipe) => Some(TargetNetwork {
                decay: recipe.target_decay,
                schedule: recipe.target_schedule,
                update: recipe.target_update,
                ..TargetNetwork::copied()
            }),
            _ => None,
        }
    }
}

/// How a target network begins and follows the online one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetNetwork {
    /// tau_base: how much of the target stays at each step.
    pub decay: f64,
    pub schedule: TargetSchedule,
    pub update: TargetUpdate,
    pub initial: InitialTarget,
    pub norm: TargetNorm,
}

impl TargetNetwork {
    /// A target that begins as the online network and normalises by its own batches, as MoCo's key encoder.
    fn copied() -> Self {
        Self {
            decay: 0.0,
            schedule: TargetSchedule::Constant,
            update: TargetUpdate::After,
            initial: InitialTarget::Copied,
            norm: TargetNorm::Batch,
        }
    }
}

/// How the decay goes on from its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetSchedule {
    /// To 1 over training (BYOL section 3.3).
    Cosine,
    Constant,
}

/// When the target moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetUpdate {
    /// After the optimizer (BYOL algorithm 1).
    After,
    /// Before the views of a step pass the networks (lightly, MoCo).
    Before,
}

/// What the target is before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialTarget {
    /// A draw of its own.
    Separate,
    /// The online network.
    Copied,
}

/// Which statistics the target normalises by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetNorm {
    /// Those of the batch.
    Batch,
    /// Running ones, moved by the batches that it sees itself.
    Own,
    /// Running ones that follow the online network's as the weights do.
    Averaged,
}

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

/// Which linear layers of a head are followed by batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadNorm {
    None,
    /// All but the last.
    Hidden,
    /// All; the last without a shift.
    All,
}

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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrRecipe {
    pub temperature: f64,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub projector_norm: HeadNorm,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrEmaRecipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub temperature: f64,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrV2Recipe {
    pub temperature: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// Layers of the projector that the probes and fine-tuning keep; 0 is the encoder alone.
    pub head_layer: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MocoRecipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub temperature: f64,
    pub loss_scale: f64,
    /// Keys that are remembered.
    pub queue: usize,
    /// Linear layers of the head: 1 is MoCo v1's, 2 is v2's.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// Whether each view is query and key in turn.
    pub symmetric: bool,
    /// Whether keys pass in another order than queries, so that the groups of batch normalisation differ.
    pub shuffle: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimsiamRecipe {
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    /// The predictor's bottleneck.
    pub predictor_hidden: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarlowTwinsRecipe {
    /// Weight of the redundancy term.
    pub lambda: f64,
    pub loss_scale: f64,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VicregRecipe {
    pub invariance: f64,
    pub variance: f64,
    pub covariance: f64,
    /// How both views' hinges become one term.
    #[serde(default, skip_serializing_if = "is_default")]
    pub variance_views: VarianceViews,
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

/// How the hinges of both views become VICReg's variance term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VarianceViews {
    /// Half of each, as in the authors' code.
    #[default]
    Mean,
    /// All of both, as in equation 6.
    Sum,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MocoV3Recipe {
    pub target_decay: f64,
    pub target_schedule: TargetSchedule,
    pub target_update: TargetUpdate,
    pub temperature: f64,
    pub loss_scale: f64,
    /// Linear layers of the projector.
    pub projector_depth: usize,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub predictor_hidden: usize,
}

/// No keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupervisedRecipe {}

/// No keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RandomInitRecipe {}

/// The catalog's defaults are a recipe's.
macro_rules! defaults {
    ($($recipe:ident of $name:literal),+ $(,)?) => {$(
        impl Default for $recipe {
            fn default() -> Self {
                catalog::defaults(catalog::METHODS, $name)
            }
        }
    )+};
}

defaults!(
    ByolRecipe of "byol",
    SimclrRecipe of "simclr",
    SimclrEmaRecipe of "simclr-ema",
    SimclrV2Recipe of "simclr-v2",
    MocoRecipe of "moco",
    SimsiamRecipe of "simsiam",
    BarlowTwinsRecipe of "barlow-twins",
    VicregRecipe of "vicreg",
    MocoV3Recipe of "moco-v3",
    DclRecipe of "dcl",
    WMseRecipe of "w-mse",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_catalog_has_its_recipe() {
        for method in catalog::METHODS {
            let table = toml::Table::from_iter([("name".to_string(), method.name.into())]);
            let table: toml::Table = table.into_iter().chain(method.default_table()).collect();
            let recipe: MethodRecipe = table.try_into().expect(method.name);
            assert_eq!(recipe.name(), method.name);
        }
    }
}
