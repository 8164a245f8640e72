//! A [`Recipe`]: every knob of one training run with all defaults written out. Its canonical text is hashed, and the
//! short hash is the trial's id: two trials with the same id are the same computation.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{catalog::names::training_images, schedule::target_decay};

/// Every knob of one training run. Field names are the dotted keys of experiment files (`train.batch`); what each
/// means, its default and its source stand in [`super::catalog`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub data: DataRecipe,
    pub augment: Augmentation,
    pub encoder: EncoderRecipe,
    pub method: MethodRecipe,
    pub optimizer: OptimizerRecipe,
    pub train: TrainRecipe,
    pub probes: ProbesRecipe,
}

impl Recipe {
    /// The recipe as TOML with every key written out; equal recipes have equal texts, and the text parses back.
    pub fn canonical(&self) -> String {
        toml::to_string(self).expect("a recipe is plain values")
    }

    /// The first 10 hex digits of the SHA-256 of the canonical text.
    pub fn id(&self) -> String {
        Sha256::digest(self.canonical()).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Images that one epoch passes over, before the last incomplete optimizer batch is dropped.
    pub fn images(&self) -> usize {
        training_images(&self.data)
    }

    /// Optimizer steps in an epoch; what does not fill an optimizer batch is left for another epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        (self.images() / self.train.optimizer_batch) as u64
    }

    /// Optimizer steps of the whole training.
    pub fn steps(&self) -> u64 {
        self.steps_per_epoch().saturating_mul(self.train.epochs as u64)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecipe {
    /// `cifar10` or `synthetic`.
    pub name: String,
    /// Images used for training; 0 means all that remain after the held-out images.
    pub limit: usize,
    /// Images of the training split kept for the probes' verdict, stratified by class.
    pub held_out: usize,
    /// `synthetic` only: seed of the images (not of the training).
    pub seed: u64,
}

/// A named pair of view pipelines, resolved: the operations are part of the recipe, the name is what people say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    pub name: String,
    /// Operations of view 1, in order.
    pub first: Vec<Op>,
    /// Operations of view 2; the same as `first` where the file names none.
    pub second: Vec<Op>,
}

/// One random operation. Each is applied with probability `p`; colour strengths are torchvision's half-ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Random resized crop back to the working size, bicubic: `area` and `aspect` are ranges (aspect log-uniform).
    Crop { area: [f64; 2], aspect: [f64; 2] },
    /// Mirror left to right.
    Flip { p: f64 },
    /// Brightness, contrast, saturation and hue in an order drawn per image.
    Jitter { p: f64, brightness: f64, contrast: f64, saturation: f64, hue: f64 },
    /// Luma 0.2989, 0.587, 0.114 in all three channels.
    Grayscale { p: f64 },
    /// Gaussian of `kernel` by `kernel` pixels, sigma uniform in `sigma`.
    Blur { p: f64, sigma: [f64; 2], kernel: usize },
    /// Values at or above `threshold` become 1 - value.
    Solarize { p: f64, threshold: f64 },
}

/// `flip 0.5`: the name and the probability; a crop's name and area.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crop { area: [low, high], .. } => write!(f, "crop {low}-{high}"),
            Self::Flip { p } => write!(f, "flip {p}"),
            Self::Jitter { p, .. } => write!(f, "jitter {p}"),
            Self::Grayscale { p } => write!(f, "grayscale {p}"),
            Self::Blur { p, .. } => write!(f, "blur {p}"),
            Self::Solarize { p, .. } => write!(f, "solarize {p}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderRecipe {
    /// `resnet18`, `resnet50` or `convnet`.
    pub name: String,
    /// Channels of the first stage (64 in the papers).
    pub width: usize,
}

/// The method's own keys: the only part of a recipe in which the trials of a heat differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum MethodRecipe {
    Byol(ByolRecipe),
    Simclr(SimclrRecipe),
}

impl MethodRecipe {
    /// The name that users type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Byol(_) => "byol",
            Self::Simclr(_) => "simclr",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByolRecipe {
    /// tau_base: how much of the target stays at each step. 0 copies the online network, 1 never moves.
    pub target_decay: f64,
    /// `cosine` (to 1 over training, BYOL section 3.3) or `constant`.
    pub target_schedule: String,
    /// `false`: the online network also plays the target, and gradients flow through both (Table 5b).
    pub target: bool,
    /// `false`: the projection itself is compared with the target (Table 5b).
    pub predictor: bool,
    /// beta of Table 5b: weight of the negative term; 0 is BYOL, 1 without predictor and target is SimCLR.
    pub negative_weight: f64,
    /// alpha of Table 5b; used where `negative_weight` is not 0.
    pub temperature: f64,
    pub projector_hidden: usize,
    pub projector_out: usize,
    pub predictor_hidden: usize,
}

impl ByolRecipe {
    /// How much of the target stays at `step` of `total`. 0 and 1 hold throughout: they are the fixed points of the
    /// ablation (Table 5a), where the target is the online network itself or never moves.
    pub fn decay(&self, step: u64, total: u64) -> f64 {
        let fixed = self.target_schedule == "constant" || self.target_decay == 0.0 || self.target_decay == 1.0;
        if fixed { self.target_decay } else { target_decay(step, total, self.target_decay) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimclrRecipe {
    pub temperature: f64,
    pub projector_hidden: usize,
    pub projector_out: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimizerRecipe {
    /// `lars` (DeepMind's form) or `sgd`.
    pub name: String,
    /// Base learning rate; the peak is `lr * optimizer_batch / 256`.
    pub lr: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    /// LARS only: the trust coefficient eta.
    pub trust: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainRecipe {
    /// Images that pass through the networks together: what batch normalisation and negatives see.
    pub batch: usize,
    /// Images per optimizer step; a multiple of `batch`, gradients averaged. Written 0 in a file it means `batch`.
    pub optimizer_batch: usize,
    pub epochs: usize,
    pub warmup_epochs: f64,
    pub seed: u64,
    /// Epochs between evaluations; the last epoch is always evaluated.
    pub evaluate_every: usize,
    /// Optimizer steps between two recorded losses.
    pub log_every: usize,
    /// Epochs between checkpoints.
    pub checkpoint_every: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbesRecipe {
    /// Neighbours of the weighted cosine k-NN.
    pub knn_k: usize,
    pub knn_temperature: f64,
    pub linear_epochs: usize,
    pub linear_batch: usize,
    /// Base rate of the linear classifier's SGD, scaled by batch / 256.
    pub linear_lr: f64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::settings::{Settings, resolve};

    fn recipe() -> Recipe {
        resolve(&Settings::new(), &BTreeMap::new())
    }

    #[test]
    fn the_canonical_text_parses_back() {
        let recipe = recipe();
        assert_eq!(toml::from_str::<Recipe>(&recipe.canonical()).unwrap(), recipe);
    }

    #[test]
    fn another_seed_is_another_trial() {
        let (first, mut second) = (recipe(), recipe());
        assert_eq!(first.id(), second.id());
        second.train.seed = 1;
        assert_ne!(first.id(), second.id());
        assert_eq!(first.id().len(), 10);
    }

    #[test]
    fn steps_count_whole_optimizer_batches() {
        let mut recipe = recipe();
        recipe.train.optimizer_batch = 512;
        assert_eq!((recipe.images(), recipe.steps_per_epoch(), recipe.steps()), (45_000, 87, 8700));
    }

    #[test]
    fn the_decay_is_fixed_at_0_and_1_and_follows_its_schedule_between() {
        let MethodRecipe::Byol(byol) = recipe().method else { panic!("byol is the default") };
        let at = |target_decay: f64, schedule: &str| {
            ByolRecipe { target_decay, target_schedule: schedule.into(), ..byol.clone() }.decay(50, 100)
        };
        assert_eq!((at(0.0, "cosine"), at(1.0, "cosine")), (0.0, 1.0));
        assert_eq!((at(0.5, "cosine"), at(0.5, "constant")), (0.75, 0.5));
    }
}
