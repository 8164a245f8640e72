//! Every key of a recipe: what it may hold, its default, what it means and who says so.

use super::{
    CatalogEntry,
    Constant::{Bool, Float, Int, List, Text},
    DATASETS, ENCODERS, KeySpec, Kind, METHODS, OPTIMIZERS,
    kind::{FRACTION, NOT_NEGATIVE, POSITIVE, SHARE},
    spec::{key, option},
};
use Kind::{Number, OneOf, Whole};

/// A table of the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// As a file has it.
    pub name: &'static str,
    /// Keys that it has whatever is chosen.
    pub own: &'static [KeySpec],
    /// Entries that the key `name` chooses from and that bring keys of their own.
    pub chosen: &'static [CatalogEntry],
}

impl Section {
    /// The section's own keys, then those of everything that can be chosen in it.
    pub fn keys(&self) -> impl Iterator<Item = &'static KeySpec> {
        self.own.iter().chain(self.chosen.iter().flat_map(|entry| entry.keys))
    }

    /// `train.batch`.
    pub fn dotted(&self, spec: &KeySpec) -> String {
        format!("{}.{}", self.name, spec.key)
    }
}

/// The tables of a recipe, in the order of [`crate::plan::Recipe`].
pub const SECTIONS: &[Section] = &[
    Section { name: "data", own: DATA, chosen: &[] },
    Section { name: "encoder", own: ENCODER, chosen: &[] },
    METHOD,
    Section { name: "optimizer", own: OPTIMIZER, chosen: OPTIMIZERS },
    Section { name: "train", own: TRAIN, chosen: &[] },
    Section { name: "probes", own: PROBES, chosen: &[] },
];

/// The one key outside the tables.
pub const AUGMENT: KeySpec =
    key("augment", Kind::Augmentation, Text("byol"), "how the two views are made", "BYOL Table 6");

const DATA: &[KeySpec] = &[
    key("name", OneOf(DATASETS), Text("cifar10"), "the images", ""),
    key("path", Kind::Text, Text(""), "folder only: where its class folders are, seen from the data folder", ""),
    key("side", Whole(0), Int(0), "height and width at which images are used; 0: the set's own, folder: 64", ""),
    key("normalize", OneOf(NORMALIZE), Text("own"), "mean and deviation that pixels are normalised by", ""),
    key("limit", Whole(0), Int(0), "images to train on; 0: all but the held-out ones", ""),
    key("held_out", Whole(1), Int(5000), "training images kept for the probes, the same share of each class", ""),
    key("unlabelled", Kind::Bool, Bool(false), "stl10 only: also learn from the 100,000 unlabelled images", "STL-10"),
    key("label_share", Number(SHARE), Float(1.0), "of each class's training images: those whose labels probes see", ""),
    key("labels_per_class", Whole(0), Int(0), "the same as a number; 0: by label_share", ""),
    key("corrupt_share", Number(FRACTION), Float(0.01), "folder only: of its files, how many may be corrupt", ""),
    key("seed", Whole(0), Int(0), "which labels are seen; synthetic: which images are made", ""),
    key("label_draw", OneOf(LABEL_DRAWS), Text("data"), "what draws the labels that are seen", ""),
];

const LABEL_DRAWS: &[CatalogEntry] = &[
    option("data", "data.seed: the same labels in all trials", ""),
    option("trial", "the trial's seed: others with each seed, the same for all methods", "FixMatch section 4"),
];

const NORMALIZE: &[CatalogEntry] = &[
    option("own", "the set's", ""),
    option("imagenet", "ImageNet's, whatever the set", "torchvision's models; lightly's transforms"),
    option("half", "0.5 and 0.5: pixels from -1 to 1", "timm's vision transformers"),
    option("none", "0 and 1: pixels stay from 0 to 1", ""),
];

const ENCODER: &[KeySpec] = &[
    key("name", OneOf(ENCODERS), Text("resnet18"), "what turns an image into features", "SimCLR's README, CIFAR-10"),
    key("width", Whole(1), Int(64), "channels of the first stage", "He et al. 2016"),
];

/// The table that the trials of a heat differ in.
pub const METHOD: Section = Section {
    name: "method",
    own: &[key("name", OneOf(METHODS), Text("byol"), "how to learn without labels", "")],
    chosen: METHODS,
};

const OPTIMIZER: &[KeySpec] =
    &[key("name", OneOf(OPTIMIZERS), Text("lars"), "how gradients move weights", "BYOL section 3.3")];

const TRAIN: &[KeySpec] = &[
    key(
        "batch",
        Whole(2),
        Int(256),
        "images that pass the networks together: normalisation and negatives see these",
        "",
    ),
    key(
        "optimizer_batch",
        Whole(0),
        Int(0),
        "images per optimizer step, gradients averaged over batches; 0: the batch",
        "BYOL section 5",
    ),
    key(
        "protocol",
        OneOf(PROTOCOLS),
        Text("linear"),
        "what follows the optimizer batch; unless written, average where optimizer_batch is written",
        "",
    ),
    key(
        "reference_batch",
        Whole(1),
        Int(256),
        "the optimizer batch at which lr and target_decay are given",
        "BYOL section 3.3",
    ),
    key(
        "norm_groups",
        Whole(1),
        Int(1),
        "groups of a batch with statistics of their own, as on so many devices",
        "MoCo's SplitBN",
    ),
    key("epochs", Whole(1), Int(100), "passes over the training images", "a preset of BYOL's code"),
    key(
        "warmup_epochs",
        Number(NOT_NEGATIVE),
        Float(10.0),
        "epochs of rising learning rate; unless written, no more than a tenth of all",
        "BYOL section 3.3",
    ),
    key("schedule", OneOf(LR_SCHEDULES), Text("cosine"), "of the learning rate after the warm-up", "BYOL section 3.3"),
    key(
        "milestones",
        Kind::Rising,
        List(&[]),
        "steps schedule only: epochs at which the rate falls",
        "MoCo v1: 120, 160 of 200",
    ),
    key(
        "milestone_factor",
        Number(SHARE),
        Float(0.1),
        "steps schedule only: what the rate is multiplied by there",
        "MoCo v1",
    ),
    key("seed", Whole(0), Int(0), "weights, order and views; an experiment's seeds set it", ""),
    key("evaluate_every", Whole(1), Int(1), "epochs between evaluations; the last epoch always has one", ""),
    key("log_every", Whole(1), Int(10), "optimizer steps between recorded losses", ""),
    key("checkpoint_every", Whole(1), Int(5), "epochs between checkpoints", ""),
    key(
        "precision",
        OneOf(PRECISIONS),
        Text("f32"),
        "numbers that the encoder computes with; weights, statistics, heads and loss stay in f32",
        "Micikevicius et al. 2018",
    ),
    key(
        "warmup_start",
        Number(FRACTION),
        Float(0.0),
        "the rate that the warm-up starts from, a share of the peak",
        "Goyal et al. 2017; solo-learn: 3e-5 / lr; stable-pretraining: 0.01",
    ),
    key(
        "warmup_count",
        OneOf(WARMUP_COUNTS),
        Text("done"),
        "how steps k = 0, 1, ... of a warm-up W count",
        "BYOL's code",
    ),
    key("lr_end", Number(FRACTION), Float(0.0), "the rate that cosines end at, a share of the peak", "lightly: 0.001"),
    key(
        "schedule_end",
        OneOf(SCHEDULE_ENDS),
        Text("after"),
        "the step at which cosines of rate and target end",
        "BYOL's code",
    ),
    key(
        "schedule_start",
        OneOf(SCHEDULE_STARTS),
        Text("after-warmup"),
        "the step at which the rate's cosine starts",
        "BYOL's code; timm: with-warmup",
    ),
];

const WARMUP_COUNTS: &[CatalogEntry] = &[
    option("done", "k / W, the peak after the warm-up", "Goyal et al. 2017, BYOL's code"),
    option("begun", "(k + 1) / W, the peak at its last step", "lightly"),
    option("between", "k / (W - 1), from the start to the peak", "Bolts, solo-learn"),
];

const SCHEDULE_ENDS: &[CatalogEntry] = &[
    option("after", "the one after the last", "BYOL's code, PyTorch"),
    option("last", "the last", "lightly"),
    option("ahead", "the last, each step or epoch having the value of the next", "MoCo's CIFAR notebook"),
];

const SCHEDULE_STARTS: &[CatalogEntry] = &[
    option("after-warmup", "the warm-up's end, with the peak", "BYOL's and SimCLR's code"),
    option("with-warmup", "the first, under the warm-up, at whose end the rate falls", "timm without warmup_prefix"),
];

const PRECISIONS: &[CatalogEntry] = &[
    option("f32", "single precision", ""),
    option("bf16", "half the memory; faster on GPUs with tensor cores, slower on the CPU", ""),
];

const PROTOCOLS: &[CatalogEntry] = &[
    option(
        "average",
        "the optimizer batch stays, gradients are averaged over smaller batches, nothing is tuned again",
        "BYOL section 5",
    ),
    option("linear", "lr x optimizer_batch / reference_batch", "Goyal et al. 2017"),
    option("sqrt", "lr x root of optimizer_batch / reference_batch", "SimCLR appendix B.1"),
    option(
        "horizon",
        "linear, and target_decay to the power optimizer_batch / reference_batch: as many images as before",
        "Busbridge et al. 2023, arXiv 2307.13813",
    ),
    option("constant", "nothing follows", "lightly's SimSiam"),
];

const LR_SCHEDULES: &[CatalogEntry] = &[
    option("cosine", "to 0 over the steps that are left", "BYOL section 3.3"),
    option("cosine-by-epoch", "the same, still within an epoch", "lightly's examples"),
    option("cosine-7-16", "cos(7 pi k / 16 K): to a fifth of the peak", "FixMatch section 2.4"),
    option("steps", "falls at the milestones", "MoCo v1"),
    option("constant", "stays", ""),
];

const PROBES: &[KeySpec] = &[
    key("knn_k", Whole(1), Int(200), "neighbours of the weighted cosine k-NN", "MoCo's CIFAR notebook, lightly"),
    key(
        "knn_temperature",
        Number(POSITIVE),
        Float(0.1),
        "temperature of its weights",
        "MoCo's CIFAR notebook, lightly",
    ),
    key("knn_distance", OneOf(DISTANCES), Text("cosine"), "what makes a neighbour near", "Wu et al. 2018"),
    key("knn_weighted", Kind::Bool, Bool(true), "false: each neighbour has one vote", "Wu et al. 2018; W-MSE: false"),
    key("linear_epochs", Whole(1), Int(50), "epochs of the linear classifier on cached features", ""),
    key("linear_batch", Whole(1), Int(256), "its batch", ""),
    key("linear_lr", Number(POSITIVE), Float(0.1), "its base rate, scaled by batch / 256", "SimCLR B.6"),
    key(
        "finetune_epochs",
        Whole(0),
        Int(0),
        "epochs of fine-tuning the whole network on labels; 0: none",
        "SimCLR B.5",
    ),
    key("finetune_lr", Number(POSITIVE), Float(0.05), "its base rate, scaled by batch / 256", "SimCLR B.5"),
    key(
        "finetune_share",
        Number(SHARE),
        Float(1.0),
        "of the labels, the same share of each class",
        "SimCLR B.5: 0.01, 0.1",
    ),
    key("test", Kind::Bool, Bool(false), "whether the test split is looked at too, once, at the end", ""),
    key("factors", Kind::Bool, Bool(false), "synthetic only: whether its factors are read out, at the end", ""),
    key("linear_solver", OneOf(SOLVERS), Text("sgd"), "what learns the linear classifier", "BYOL C.1: sgd"),
    key(
        "stage_features",
        Whole(0),
        Int(0),
        "judges every stage of the encoder, by its maps averaged to so many numbers at most; 0: none",
        "Zhang et al. 2016: 9000",
    ),
    key(
        "measures",
        Kind::Bool,
        Bool(false),
        "whether LiDAR, alpha-ReQ, neural collapse and the read-out of colours are measured, at each evaluation",
        "",
    ),
    key("finetune_labels", Whole(0), Int(0), "labels of each class that fine-tuning sees; 0: the share", ""),
    key(
        "finetune_sweep",
        Kind::Bool,
        Bool(false),
        "a quarter, once and four times the rate, half and all of the epochs: the best on images left out is told",
        "BYOL C.2, SimCLR v2 B.3",
    ),
    key(
        "semi_supervised",
        Kind::Bool,
        Bool(false),
        "fine-tunes on 1 and on 10 % of the labels in place of finetune_share, by such a sweep",
        "BYOL C.2 and table 2",
    ),
    key(
        "dense",
        Kind::Bool,
        Bool(false),
        "whether masks and boxes of scenes that the program makes are read out of the maps, at the end",
        "BYOL 4.3: segmentation, detection",
    ),
    key(
        "transfer",
        Kind::Text,
        Text(""),
        "another data set, of as many images, whose classes are read out of the features, at the end",
        "BYOL 4.3 and table 3",
    ),
];

const SOLVERS: &[CatalogEntry] = &[
    option("sgd", "so many epochs at one rate, without a penalty", "BYOL C.1, SimCLR B.6"),
    option(
        "lbfgs",
        "to the minimum, the penalty chosen on a fifth of the training images",
        "Kornblith et al. 2019; SimCLR B.8",
    ),
    option(
        "byol",
        "features as they are, of crops and flips drawn anew each epoch, the best of five rates on a fifth of the training images",
        "BYOL C.1",
    ),
];

const DISTANCES: &[CatalogEntry] = &[
    option("cosine", "weights exp(cosine / temperature)", "Wu et al. 2018"),
    option("euclidean", "weights 1 / distance, of features as they are", "solo-learn"),
];
