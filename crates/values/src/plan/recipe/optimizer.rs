//! The optimizer's own keys, optimizer by optimizer. What each means, its default and its source stand in
//! [`crate::plan::catalog::optimizers`].

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::plan::catalog;
use crate::plan::left_out::{is_default, is_yes, yes};

/// How gradients move weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum OptimizerRecipe {
    Lars(LarsRecipe),
    Sgd(SgdRecipe),
    Adamw(AdamwRecipe),
}

impl OptimizerRecipe {
    /// The base learning rate: that of `train.reference_batch`.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Lars(recipe) => recipe.lr,
            Self::Sgd(recipe) => recipe.lr,
            Self::Adamw(recipe) => recipe.lr,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LarsRecipe {
    pub lr: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    /// Whether biases and normalisation parameters are decayed and adapted too.
    pub decay_norms: bool,
    /// The trust coefficient eta.
    pub trust: f64,
    /// SimCLR's form: the momentum buffer holds updates already multiplied by the learning rate.
    pub lr_in_momentum: bool,
    /// LARC: no parameter's own rate exceeds the learning rate.
    pub clip: bool,
    /// `|g| + wd |p|` in place of `|g + wd p|` in the denominator.
    pub separate_norms: bool,
    /// Added to the denominator.
    #[serde(default, skip_serializing_if = "is_default")]
    pub epsilon: f64,
    /// Whether gradients stay as they are, neither decayed nor adapted, where either norm is 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip_zero_norms: bool,
    /// Whether gradients are adapted without a weight decay too.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub always_adapt: bool,
}

impl LarsRecipe {
    /// Whether a parameter that is decayed is adapted.
    pub fn adapts(&self) -> bool {
        self.always_adapt || self.weight_decay != 0.0
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SgdRecipe {
    pub lr: f64,
    pub momentum: f64,
    pub nesterov: bool,
    pub weight_decay: f64,
    pub decay_norms: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamwRecipe {
    pub lr: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub weight_decay: f64,
    pub decay_norms: bool,
}

impl Default for LarsRecipe {
    fn default() -> Self {
        usual("lars")
    }
}

impl Default for SgdRecipe {
    fn default() -> Self {
        usual("sgd")
    }
}

impl Default for AdamwRecipe {
    fn default() -> Self {
        usual("adamw")
    }
}

/// What the optimizer `name` holds where nobody wrote anything.
fn usual<T: DeserializeOwned>(name: &str) -> T {
    catalog::find(catalog::OPTIMIZERS, name).expect("the catalog has every optimizer").defaults()
}
