//! A [`Recipe`]: every knob of one training run with all defaults written out. Its canonical text is hashed, and the
//! short hash is the trial's id: two trials with the same id train the same. What judges them afterwards, the probes, is
//! no part of it.

mod augment;
mod optimizer;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use super::catalog::methods::*;
use super::{
    catalog::{self, TrainingImages, encoders::Architecture},
    demand::Demand,
    left_out::is_default,
};
pub use augment::*;
pub use optimizer::*;

/// Every knob of one training run. Field names are the dotted keys of experiment files (`train.batch`); what each
/// means, its default and its source stand in [`super::catalog`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Which images, and which of them.
    pub data: DataRecipe,
    /// How the two views are made.
    pub augment: Augmentation,
    /// What turns an image into features.
    pub encoder: EncoderRecipe,
    /// How it learns; all that the trials of a heat differ in.
    pub method: MethodRecipe,
    /// How gradients move weights.
    pub optimizer: OptimizerRecipe,
    /// How long, in which batches, at which rate.
    pub train: TrainRecipe,
    /// What judges the features.
    pub probes: ProbesRecipe,
}

impl Recipe {
    /// The recipe as TOML with every key written out; equal recipes have equal texts, and the text parses back.
    pub fn canonical(&self) -> String {
        toml::to_string(self).expect("a recipe is plain values")
    }

    /// Ten hex digits of the SHA-256 of the canonical text with every probe key at its default, since probes train
    /// nothing: the first ten, or where a reader would take them for a number, the next.
    ///
    /// Before, the probes were hashed as they were, and digits taken as they came: a stored trial may lie in a folder
    /// of such a name.
    pub fn id(&self) -> String {
        static USUAL: LazyLock<ProbesRecipe> = LazyLock::new(ProbesRecipe::default);
        let trained = Self { probes: USUAL.clone(), ..self.clone() };
        name_of(&Sha256::digest(trained.canonical()))
    }

    /// The dotted keys of a stored recipe's `text` that this version does not know. A newer one has written them, and not at
    /// their defaults, which are left out: what was trained is not what the other keys say.
    pub fn unknown_keys(text: &str) -> Vec<String> {
        let (Ok(recipe), Ok(stored)) = (toml::from_str::<Self>(text), toml::from_str::<toml::Table>(text)) else {
            return Vec::new();
        };
        let known = toml::Table::try_from(recipe).expect("a recipe is a table");
        let mut unknown = Vec::new();
        for (section, value) in &stored {
            match (known.get(section), value.as_table()) {
                // Operations refuse what they do not know.
                (Some(_), Some(_)) if section == "augment" => {}
                (Some(known), Some(keys)) => unknown
                    .extend(keys.keys().filter(|key| known.get(key).is_none()).map(|key| format!("{section}.{key}"))),
                _ => unknown.push(section.clone()),
            }
        }
        unknown.retain(|dotted| catalog::key(dotted).is_none());
        unknown
    }

    /// Which images its trial loads: those of others too, unless it draws labels of its own.
    pub fn own_data(&self) -> DataRecipe {
        let trial = if self.data.label_draw == LabelDraw::Trial { self.train.seed } else { 0 };
        DataRecipe { trial, ..self.data.clone() }
    }

    /// What its method needs of a batch.
    pub fn demand(&self) -> Demand {
        self.method.declaration().demand()
    }

    /// Images that one epoch passes over, before the last incomplete optimizer batch is dropped.
    pub fn images(&self) -> usize {
        self.data.training_images()
    }
}

/// Digits of an id.
const DIGITS: usize = 10;

/// The first ten digits of a hash that are no number.
fn name_of(hash: &[u8]) -> String {
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut names = (0..digits.len() / DIGITS).map(|place| &digits[place * DIGITS..][..DIGITS]);
    names.find(|name| !is_number(name)).unwrap_or(&digits[..DIGITS]).to_owned()
}

/// Whether a table's reader may take a name for a number: `4734195012`, `4734e19501` (infinity in pandas and DuckDB),
/// and what others read, `4734d19501` (R) and `473419501f` (whoever reads as Java does).
fn is_number(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = name.strip_suffix(['d', 'f']).unwrap_or(name);
    plain.split_once(['d', 'e']).map_or(digits(plain), |(one, other)| digits(one) && digits(other))
}

/// The keys of `[recipe.data]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecipe {
    /// `cifar10`, `folder`, `synthetic`, ...
    pub name: String,
    /// `folder` only: where it is, seen from the data folder.
    pub path: String,
    /// Height and width at which images are used; 0 means the set's own.
    pub side: usize,
    /// What pixels are shifted and divided by.
    pub normalize: Normalize,
    /// Images used for training; 0 means all that remain after the held-out images.
    pub limit: usize,
    /// Images of the training split kept for the probes' verdict, stratified by class.
    pub held_out: usize,
    /// `stl10` only: whether methods also learn from the images without labels.
    pub unlabelled: bool,
    /// Share of each class's training images whose labels probes see.
    pub label_share: f64,
    /// The same as a number; 0 leaves it to the share.
    pub labels_per_class: usize,
    /// `folder` only: share of its files that may be corrupt.
    pub corrupt_share: f64,
    /// Which labels are seen; `synthetic`: which images there are (not a seed of the training).
    pub seed: u64,
    /// What draws the labels that are seen.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label_draw: LabelDraw,
    /// The seed of the trial that the images are loaded for.
    #[serde(skip)]
    pub trial: u64,
}

/// What draws the labels that are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelDraw {
    /// `data.seed`: the same for all trials.
    #[default]
    Data,
    /// The trial's seed: others in each, the same for all methods.
    Trial,
}

impl DataRecipe {
    fn facts(&self) -> Option<&'static catalog::Facts> {
        catalog::facts(&self.name)
    }

    /// Height and width at which images are used, in pixels.
    pub fn working_side(&self) -> usize {
        if self.side == 0 { self.facts().map_or(0, |facts| facts.side) } else { self.side }
    }

    /// Images that there are to train on before `data.limit`: what the held-out images leave. None where the program
    /// makes as many as are asked for, and where only the disk knows.
    pub fn available_images(&self) -> Option<usize> {
        let TrainingImages::Published { labelled, unlabelled } = self.facts()?.images else { return None };
        let left = labelled.saturating_sub(self.held_out);
        Some(if self.unlabelled && left > 0 { left + unlabelled } else { left })
    }

    /// Images that a trial trains on; 0 where nobody can know before the disk was read, which the rules refuse.
    pub fn training_images(&self) -> usize {
        match (self.limit, self.available_images(), self.facts().map(|facts| facts.images)) {
            (0, Some(available), _) => available,
            (0, None, Some(TrainingImages::Made(usual))) => usual,
            (limit, ..) => limit,
        }
    }
}

/// The mean and the deviation that pixels are normalised by, per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// The set's own.
    Own,
    /// ImageNet's, whatever the set.
    Imagenet,
    /// 0.5 and 0.5: pixels from -1 to 1.
    Half,
    /// 0 and 1: pixels stay from 0 to 1.
    None,
}

/// The keys of `[recipe.encoder]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderRecipe {
    /// What is built.
    pub name: Architecture,
    /// Channels of the first stage (64 in the papers).
    pub width: usize,
}

/// The keys of `[recipe.train]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainRecipe {
    /// Images that pass through the networks together: what batch normalisation and negatives see.
    pub batch: usize,
    /// Images per optimizer step; a multiple of `batch`, gradients averaged. Written 0 in a file it means `batch`.
    pub optimizer_batch: usize,
    /// What follows the optimizer batch.
    pub protocol: Protocol,
    /// The optimizer batch at which the learning rate and the target decay are given.
    pub reference_batch: usize,
    /// Groups of a batch that batch normalisation takes apart.
    pub norm_groups: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Epochs over which the learning rate rises.
    pub warmup_epochs: f64,
    /// Of the learning rate after the warm-up.
    pub schedule: LrSchedule,
    /// Epochs at which the learning rate falls under [`LrSchedule::Steps`], and by what factor.
    pub milestones: Vec<usize>,
    /// What the rate is multiplied by at each milestone.
    pub milestone_factor: f64,
    /// Of weights, order and views.
    pub seed: u64,
    /// Epochs between evaluations; the last epoch is always evaluated.
    pub evaluate_every: usize,
    /// Optimizer steps between two recorded losses.
    pub log_every: usize,
    /// Epochs between checkpoints.
    pub checkpoint_every: usize,
    // What follows is left out at its default, so that trials from before there was a choice keep their names.
    /// Numbers that encoders compute with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub precision: Precision,
    /// The rate that the warm-up starts from, as a share of the peak.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warmup_start: f64,
    /// How the warm-up's steps are counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warmup_count: WarmupCount,
    /// The rate that cosine schedules end at, as a share of the peak.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lr_end: f64,
    /// The step at which the schedules of rate and target decay reach their end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub schedule_end: ScheduleEnd,
    /// The step at which the learning rate's cosine starts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub schedule_start: ScheduleStart,
}

impl TrainRecipe {
    /// The optimizer batch in units of the reference batch.
    fn scale(&self) -> f64 {
        self.optimizer_batch as f64 / self.reference_batch as f64
    }

    /// The peak learning rate of a base one.
    pub fn peak_lr(&self, base: f64) -> f64 {
        match self.protocol {
            Protocol::Average | Protocol::Linear | Protocol::Horizon => base * self.scale(),
            Protocol::Sqrt => base * self.scale().sqrt(),
            Protocol::Constant => base,
        }
    }

    /// The share of a target that stays at a step, where `decay` would at the reference batch.
    pub fn decay(&self, decay: f64) -> f64 {
        if self.protocol == Protocol::Horizon { decay.powf(self.scale()) } else { decay }
    }
}

/// The numbers that an encoder computes with. Weights, statistics, heads, losses and optimizers are in single precision
/// either way (Micikevicius et al. 2018, arXiv 1710.03740).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// bfloat16: the range of single precision in half the bytes.
    Bf16,
}

impl Precision {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 => 2,
        }
    }
}

/// What follows the optimizer batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// It stays, gradients are averaged over smaller batches, nothing is tuned again (BYOL section 5).
    Average,
    /// The learning rate, linearly (Goyal et al. 2017).
    Linear,
    /// The learning rate, by the root (SimCLR appendix B.1).
    Sqrt,
    /// The learning rate linearly, and the target decay so that it averages over as many images (Busbridge et al. 2023).
    Horizon,
    /// Nothing.
    Constant,
}

/// The learning rate after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrSchedule {
    /// To 0 over the steps that are left.
    Cosine,
    /// The cosine of the epoch's first step, throughout the epoch.
    CosineByEpoch,
    /// cos(7 pi k / 16 K): a part of the way (FixMatch section 2.4).
    #[serde(rename = "cosine-7-16")]
    SevenSixteenths,
    /// Falls at the milestones.
    Steps,
    /// Stays.
    Constant,
}

/// How the steps of a warm-up over W are counted, the first being k = 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarmupCount {
    /// k / W: steps that are done. The peak comes after the warm-up (Goyal et al. 2017, BYOL's code).
    #[default]
    Done,
    /// (k + 1) / W: steps that have begun. The last has the peak, none the start (lightly).
    Begun,
    /// k / (W - 1): the first has the start, the last the peak (Bolts, solo-learn).
    Between,
}

/// The step at which schedules reach their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleEnd {
    /// The one after the last: no step has the end's value (BYOL's code, PyTorch).
    #[default]
    After,
    /// The last (lightly).
    Last,
    /// The last, each step, or epoch, having the value of the next one: nothing has the beginning's (MoCo's CIFAR notebook,
    /// which counts epochs from 1, so that its last one learns at the rate 0).
    Ahead,
}

/// The step at which the learning rate's cosine starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleStart {
    /// The warm-up's end, with the peak (BYOL's and SimCLR's code).
    #[default]
    AfterWarmup,
    /// The first step, so that the rate falls at the warm-up's end to where the cosine is by then (timm without
    /// `warmup_prefix`).
    WithWarmup,
}

/// What makes a neighbour near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Weights exp(cosine / temperature).
    Cosine,
    /// Weights 1 / distance, of features as they are.
    Euclidean,
}

/// What learns the linear classifier on frozen features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinearSolver {
    /// Nesterov's descent over epochs, no penalty (BYOL C.1, SimCLR B.6).
    #[default]
    Sgd,
    /// To the minimum, the penalty chosen on images left out of the training images.
    Lbfgs,
    /// On crops drawn anew each epoch, the rate chosen on images left out of the training images.
    Byol,
}

/// The keys of `[recipe.probes]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbesRecipe {
    /// Neighbours of the weighted cosine k-NN.
    pub knn_k: usize,
    /// Of the neighbours' weights.
    pub knn_temperature: f64,
    /// What makes a neighbour near.
    pub knn_distance: Distance,
    /// `false`: each neighbour has one vote.
    pub knn_weighted: bool,
    /// Of the linear classifier on cached features.
    pub linear_epochs: usize,
    /// Images of its step.
    pub linear_batch: usize,
    /// Base rate of the linear classifier's SGD, scaled by batch / 256.
    pub linear_lr: f64,
    /// Epochs of fine-tuning at the end; 0 is none.
    pub finetune_epochs: usize,
    /// Base rate of fine-tuning, scaled by batch / 256.
    pub finetune_lr: f64,
    /// Share of each class's labels that fine-tuning sees.
    pub finetune_share: f64,
    /// Whether the test split is looked at, at the end.
    pub test: bool,
    /// Whether the factors that images were made with are read out, at the end.
    pub factors: bool,
    // What follows is left out at its default, so that trials from before there was a choice keep their names.
    /// What learns the linear classifier.
    #[serde(default, skip_serializing_if = "is_default")]
    pub linear_solver: LinearSolver,
    /// Numbers of an image that the linear classifier of a stage sees at most; 0: stages are not judged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stage_features: usize,
    /// Whether it is measured, at each evaluation, what else features are like.
    #[serde(default, skip_serializing_if = "is_default")]
    pub measures: bool,
    /// Labels of each class that fine-tuning sees, in place of a share; 0: the share.
    #[serde(default, skip_serializing_if = "is_default")]
    pub finetune_labels: usize,
    /// Whether fine-tuning's rate and epochs are chosen.
    #[serde(default, skip_serializing_if = "is_default")]
    pub finetune_sweep: bool,
    /// Whether fine-tuning sees 1 and 10 % of the labels in place of its own share, by such a sweep.
    #[serde(default, skip_serializing_if = "is_default")]
    pub semi_supervised: bool,
    /// Whether masks and boxes of scenes are read out of the encoder's maps.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dense: bool,
    /// Another data set whose classes are read out of the features; empty: none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub transfer: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_text_parses_back() {
        let recipe = Recipe::default();
        assert_eq!(toml::from_str::<Recipe>(&recipe.canonical()).unwrap(), recipe);
    }

    #[test]
    fn another_seed_is_another_trial() {
        let (first, mut second) = (Recipe::default(), Recipe::default());
        assert_eq!(first.id(), second.id());
        second.train.seed = 1;
        assert_ne!(first.id(), second.id());
        assert_eq!(first.id().len(), 10);
    }

    #[test]
    fn what_judges_is_no_part_of_the_name() {
        let mut judged = Recipe::default();
        let name = judged.id();
        judged.probes = ProbesRecipe { knn_k: 5, finetune_epochs: 3, test: true, factors: true, ..judged.probes };
        assert_eq!(judged.id(), name);
    }

    #[test]
    fn a_name_that_reads_as_a_number_gives_way_to_the_next_digits() {
        for (name, expected) in [
            ("4734e19501", true),
            ("4734195012", true),
            ("0000000000", true),
            ("4734d19501", true),
            ("473419501f", true),
            ("47e419501d", true),
            ("4734e1950e", false),
            ("e734195012", false),
            ("47e3e19501", false),
            ("a734195012", false),
            ("473419501e", false),
        ] {
            assert_eq!(is_number(name), expected, "{name}");
        }
        let hash = [[0x47, 0x34, 0xe1, 0x95, 0x01], [0x12; 5], [0xab; 5]].concat();
        assert_eq!(name_of(&hash), "ababababab");
        assert_eq!(name_of(&[0x12; 32]), "1212121212", "there is always a name");
    }

    #[test]
    fn a_precision_is_part_of_the_name_unless_it_is_the_default() {
        let (single, mut half) = (Recipe::default(), Recipe::default());
        half.train.precision = Precision::Bf16;
        assert!(!single.canonical().contains("precision") && half.canonical().contains("precision = \"bf16\""));
        assert_eq!(toml::from_str::<Recipe>(&half.canonical()).unwrap(), half);
    }

    #[test]
    fn steps_count_whole_optimizer_batches() {
        let mut recipe = Recipe::default();
        recipe.train.optimizer_batch = 512;
        assert_eq!((recipe.images(), recipe.steps_per_epoch(), recipe.steps()), (45_000, 87, 8700));
    }

    #[test]
    fn the_protocol_says_what_follows_the_optimizer_batch() {
        let of = |protocol| {
            let train = TrainRecipe { protocol, optimizer_batch: 1024, ..TrainRecipe::default() };
            (train.peak_lr(0.1), train.decay(0.99))
        };
        assert_eq!(of(Protocol::Average), (0.4, 0.99));
        assert_eq!(of(Protocol::Linear), (0.4, 0.99));
        assert_eq!(of(Protocol::Sqrt), (0.2, 0.99));
        assert_eq!(of(Protocol::Constant), (0.1, 0.99));
        assert_eq!(of(Protocol::Horizon), (0.4, 0.99f64.powi(4)));
    }
}
