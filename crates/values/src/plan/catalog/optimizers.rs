//! How gradients move weights: each with its keys, their defaults and sources.

use std::ops::Bound::{Excluded, Included};

use super::{
    CatalogEntry,
    Constant::{Bool, Float},
    KeySpec,
    Kind::{self, Number},
    kind::{Bounds, NOT_NEGATIVE, POSITIVE},
    spec::key,
};

/// How gradients move weights.
pub const OPTIMIZERS: &[CatalogEntry] = &[
    CatalogEntry {
        name: "lars",
        doc: "momentum with a rate per layer; biases and normalisation are left out",
        source: "You et al. 2017, arXiv 1708.03888; BYOL's code",
        keys: LARS,
    },
    CatalogEntry { name: "sgd", doc: "momentum", source: "Sutskever et al. 2013", keys: SGD },
    CatalogEntry {
        name: "adamw",
        doc: "a rate per weight from its gradients' size; decay apart from it",
        source: "Loshchilov and Hutter 2019, arXiv 1711.05101",
        keys: ADAMW,
    },
];

/// At least 0, below 1.
const SHARE_KEPT: Bounds = (Included(0.0), Excluded(1.0));

const LARS: &[KeySpec] = &[
    lr(0.3, "BYOL, 300 epochs"),
    momentum("BYOL's code"),
    weight_decay(1e-6, "BYOL, 300 epochs"),
    decay_norms(false, "decay and adapt biases and normalisation too", "BYOL section 3.3"),
    key("trust", Number(POSITIVE), Float(1e-3), "the trust coefficient eta", "BYOL's code"),
    key("lr_in_momentum", Kind::Bool, Bool(false), "momentum of updates that hold the rate already", "SimCLR's code"),
    key("clip", Kind::Bool, Bool(false), "no layer's own rate above the learning rate (LARC)", "solo-learn's recipes"),
    key(
        "separate_norms",
        Kind::Bool,
        Bool(false),
        "|g| + wd |p| for |g + wd p| in the denominator",
        "true in lightly, timm, Bolts, solo-learn, stable-pretraining",
    ),
    key(
        "epsilon",
        Number(NOT_NEGATIVE),
        Float(0.0),
        "added to the denominator",
        "1e-8 in lightly, timm, Bolts, solo-learn, stable-pretraining",
    ),
    key(
        "skip_zero_norms",
        Kind::Bool,
        Bool(false),
        "neither decay nor ratio where a layer's or its gradient's norm is 0",
        "true in lightly, Bolts, solo-learn, stable-pretraining",
    ),
    key(
        "always_adapt",
        Kind::Bool,
        Bool(true),
        "false: no ratio where weight_decay is 0",
        "BYOL's code; false in lightly, timm, Bolts",
    ),
];

const SGD: &[KeySpec] = &[
    lr(0.03, "MoCo v1 section 3.3"),
    momentum("PyTorch's examples"),
    key("nesterov", Kind::Bool, Bool(false), "look ahead along the momentum", "Nesterov 1983; PyTorch's form"),
    weight_decay(1e-4, "MoCo v1 section 3.3"),
    decay_norms(true, "decay biases and normalisation too", "PyTorch"),
];

const ADAMW: &[KeySpec] = &[
    lr(1e-3, "PyTorch"),
    key("beta1", Number(SHARE_KEPT), Float(0.9), "share of the mean gradient kept", "PyTorch"),
    key("beta2", Number(SHARE_KEPT), Float(0.999), "share of the mean squared gradient kept", "PyTorch"),
    key("epsilon", Number(POSITIVE), Float(1e-8), "added to the root of the squares", "PyTorch"),
    weight_decay(1e-2, "PyTorch"),
    decay_norms(false, "decay biases and normalisation too", "timm"),
];

const fn lr(default: f64, source: &'static str) -> KeySpec {
    key("lr", Number(POSITIVE), Float(default), "base rate, at train.reference_batch; see train.protocol", source)
}

const fn momentum(source: &'static str) -> KeySpec {
    key("momentum", Number(SHARE_KEPT), Float(0.9), "share of the last update kept", source)
}

const fn weight_decay(default: f64, source: &'static str) -> KeySpec {
    key("weight_decay", Number(NOT_NEGATIVE), Float(default), "pull of weights towards 0", source)
}

const fn decay_norms(default: bool, doc: &'static str, source: &'static str) -> KeySpec {
    key("decay_norms", Kind::Bool, Bool(default), doc, source)
}
