//! Every key of a recipe: what it may hold, its default, what it means and who says so.

use serde::Serialize;

use super::{
    Constant,
    Constant::{Bool, Float, Int, Text},
    DATASETS, ENCODERS, Entry, Kind, METHODS, OPTIMIZERS,
    kind::{FRACTION, NOT_NEGATIVE, POSITIVE},
};
use Kind::{Number, OneOf, Whole};
use std::ops::Bound::{Excluded, Included};

/// One key.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct KeySpec {
    /// The name within its section, method or operation.
    pub key: &'static str,
    #[serde(rename = "allowed")]
    pub kind: Kind,
    /// What holds where nothing is written; none where something must be.
    pub default: Option<Constant>,
    pub doc: &'static str,
    /// Where the default comes from; empty where it is a choice of this program.
    pub source: &'static str,
}

/// A table of the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub name: &'static str,
    pub own: &'static [KeySpec],
    /// Entries that the key `name` chooses from and that bring keys of their own.
    pub chosen: &'static [Entry],
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
    Section { name: "method", own: METHOD, chosen: METHODS },
    Section { name: "optimizer", own: OPTIMIZER, chosen: &[] },
    Section { name: "train", own: TRAIN, chosen: &[] },
    Section { name: "probes", own: PROBES, chosen: &[] },
];

/// The one key outside the tables.
pub const AUGMENT: KeySpec =
    key("augment", Kind::Augmentation, Text("byol"), "how the two views are made", "BYOL Table 6");

const DATA: &[KeySpec] = &[
    key("name", OneOf(DATASETS), Text("cifar10"), "the images", ""),
    key("limit", Whole(0), Int(0), "images to train on; 0: all but the held-out ones", ""),
    key("held_out", Whole(1), Int(5000), "training images kept for the probes, the same share of each class", ""),
    key("seed", Whole(0), Int(0), "synthetic only: which images are made", ""),
];

const ENCODER: &[KeySpec] = &[
    key("name", OneOf(ENCODERS), Text("resnet18"), "what turns an image into features", "SimCLR's README, CIFAR-10"),
    key("width", Whole(1), Int(64), "channels of the first stage", "He et al. 2016"),
];

const METHOD: &[KeySpec] = &[key("name", OneOf(METHODS), Text("byol"), "how to learn without labels", "")];

const OPTIMIZER: &[KeySpec] = &[
    key("name", OneOf(OPTIMIZERS), Text("lars"), "how gradients move weights", "BYOL section 3.3"),
    key("lr", Number(POSITIVE), Float(0.3), "base rate; the peak is lr x optimizer_batch / 256", "BYOL, 300 epochs"),
    key("momentum", Number((Included(0.0), Excluded(1.0))), Float(0.9), "share of the last update kept", "BYOL's code"),
    key(
        "weight_decay",
        Number(NOT_NEGATIVE),
        Float(1e-6),
        "not on biases and normalisation under LARS",
        "BYOL, 300 epochs",
    ),
    key("trust", Number(POSITIVE), Float(1e-3), "LARS only: the trust coefficient eta", "BYOL's code"),
];

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
    key("epochs", Whole(1), Int(100), "passes over the training images", "a preset of BYOL's code"),
    key(
        "warmup_epochs",
        Number(NOT_NEGATIVE),
        Float(10.0),
        "epochs of rising learning rate; unless written, no more than a tenth of all",
        "BYOL section 3.3",
    ),
    key("seed", Whole(0), Int(0), "weights, order and views; an experiment's seeds set it", ""),
    key("evaluate_every", Whole(1), Int(1), "epochs between evaluations; the last epoch always has one", ""),
    key("log_every", Whole(1), Int(10), "optimizer steps between recorded losses", ""),
    key("checkpoint_every", Whole(1), Int(5), "epochs between checkpoints", ""),
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
    key("linear_epochs", Whole(1), Int(50), "epochs of the linear classifier on cached features", ""),
    key("linear_batch", Whole(1), Int(256), "its batch", ""),
    key("linear_lr", Number(POSITIVE), Float(0.1), "its base rate, scaled by batch / 256", "SimCLR B.6"),
];

/// The keys that `method.name = "byol"` brings.
pub(super) const BYOL: &[KeySpec] = &[
    key(
        "target_decay",
        Number(FRACTION),
        Float(0.996),
        "tau_base: how much of the target stays at a step; 0 copies the online network, 1 never moves, both throughout",
        "BYOL section 3.3",
    ),
    key("target_schedule", OneOf(SCHEDULES), Text("cosine"), "how the decay goes on from tau_base", "BYOL section 3.3"),
    key(
        "target",
        Kind::Bool,
        Bool(true),
        "false: the online network is its own target, with gradients",
        "BYOL Table 5b",
    ),
    key("predictor", Kind::Bool, Bool(true), "false: projections are compared directly", "BYOL Table 5b"),
    key("negative_weight", Number(NOT_NEGATIVE), Float(0.0), "beta: weight of the negative term", "BYOL Table 5b"),
    key("temperature", Number(POSITIVE), Float(0.1), "alpha: temperature of the negative term", "BYOL Table 5b"),
    key("projector_hidden", Whole(1), Int(4096), "hidden units of the projector", "BYOL section 3.3"),
    key("projector_out", Whole(1), Int(256), "dimensions of a projection", "BYOL section 3.3"),
    key("predictor_hidden", Whole(1), Int(4096), "hidden units of the predictor", "BYOL section 3.3"),
];

/// The keys that `method.name = "simclr"` brings.
pub(super) const SIMCLR: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other views", "SimCLR Table 5"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
];

const SCHEDULES: &[Entry] = &[
    Entry { name: "cosine", doc: "rises to 1 over training", source: "BYOL section 3.3", keys: &[] },
    Entry { name: "constant", doc: "stays", source: "MoCo", keys: &[] },
];

/// A key with a default.
pub(super) const fn key(
    key: &'static str,
    kind: Kind,
    default: Constant,
    doc: &'static str,
    source: &'static str,
) -> KeySpec {
    KeySpec { key, kind, default: Some(default), doc, source }
}
