//! Ways of learning: each with its keys, their defaults and sources.

mod dcl;
mod moco_v3;
mod w_mse;

pub use dcl::{DclRecipe, PairWeighting};
pub use w_mse::WMseRecipe;

use super::{
    CatalogEntry, Constant,
    Constant::{Bool, Float, Int, Text},
    KeySpec,
    Kind::{self, Number, OneOf, Whole},
    kind::{FRACTION, NOT_NEGATIVE, POSITIVE},
    spec::{key, option},
};

/// Ways of learning, and two references to judge them by.
pub const METHODS: &[CatalogEntry] = &[
    CatalogEntry {
        name: "byol",
        doc: "predicts what a slowly moving copy of itself sees in the other view; no negatives",
        source: "Grill et al. 2020, arXiv 2006.07733",
        keys: BYOL,
    },
    CatalogEntry {
        name: "simclr",
        doc: "tells the other view of an image from all other views of the batch",
        source: "Chen et al. 2020, arXiv 2002.05709",
        keys: SIMCLR,
    },
    CatalogEntry {
        name: "simclr-ema",
        doc: "SimCLR whose views are compared with a slowly moving copy's: negatives and a target, no predictor",
        source: "BYOL Table 5b, row (no predictor, target, beta 1); MoCo v3",
        keys: SIMCLR_EMA,
    },
    CatalogEntry {
        name: "simclr-v2",
        doc: "SimCLR with a deeper head, judged from one of its layers",
        source: "Chen et al. 2020, arXiv 2006.10029",
        keys: SIMCLR_V2,
    },
    CatalogEntry {
        name: "moco",
        doc: "tells a slowly moving copy's view from a queue of earlier keys; as given v2, with one layer and 0.07 v1",
        source: "He et al. 2020, arXiv 1911.05722; Chen et al. 2020, arXiv 2003.04297",
        keys: MOCO,
    },
    CatalogEntry {
        name: "simsiam",
        doc: "predicts its own projection of the other view, through which no gradient flows; no target, no negatives",
        source: "Chen and He 2021, arXiv 2011.10566",
        keys: SIMSIAM,
    },
    CatalogEntry {
        name: "barlow-twins",
        doc: "makes the views' cross-correlation the identity",
        source: "Zbontar et al. 2021, arXiv 2103.03230",
        keys: BARLOW_TWINS,
    },
    CatalogEntry {
        name: "vicreg",
        doc: "keeps views together, variance above 1 and covariances at 0",
        source: "Bardes et al. 2022, arXiv 2105.04906",
        keys: VICREG,
    },
    moco_v3::ENTRY,
    dcl::ENTRY,
    w_mse::ENTRY,
    CatalogEntry {
        name: "supervised",
        doc: "learns the labels, on both views: what is possible here, not a way without labels",
        source: "cross-entropy; Krizhevsky et al. 2012",
        keys: &[],
    },
    CatalogEntry {
        name: "random-init",
        doc: "learns nothing: what the untrained encoder is worth",
        source: "BYOL section 3.2",
        keys: &[],
    },
];

const BYOL: &[KeySpec] = &[
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

const SIMCLR: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other views", "SimCLR Table 5"),
    loss_scale("1 is the mean over both views' rows (equation 1), 2 is SimCLR's code"),
    depth("projector_depth", 2, "of the projector", "SimCLR section 4.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
    key(
        "projector_norm",
        OneOf(HEAD_NORMS),
        Text("hidden"),
        "which layers of the projector are normalised; SimCLR's code: all",
        "BYOL section 3.3",
    ),
];

const SIMCLR_EMA: &[KeySpec] = &[
    target_decay(0.99, "how much of the target stays at a step", "MoCo v3"),
    target_schedule("cosine", "MoCo v3"),
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the target's views", "SimCLR Table 5"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR section 4.2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR section 4.2"),
];

const SIMCLR_V2: &[KeySpec] = &[
    key("temperature", Number(POSITIVE), Float(0.1), "of the softmax over the other views", "SimCLR v2 section 3"),
    depth("projector_depth", 3, "of the projector", "SimCLR v2 section 3"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimCLR v2 section 3"),
    key("projector_out", Whole(1), Int(128), "dimensions of a projection", "SimCLR v2's code"),
    key(
        "head_layer",
        Whole(0),
        Int(0),
        "layers of the projector that probes and fine-tuning keep; 0: the encoder alone, 1: the paper's fine-tuning",
        "SimCLR v2 section 3",
    ),
];

const MOCO: &[KeySpec] = &[
    target_decay(0.999, "how much of the key encoder stays at a step", "MoCo v1 section 3.3"),
    target_schedule("constant", "MoCo v1 section 3.2"),
    key("temperature", Number(POSITIVE), Float(0.2), "of the softmax over the queue; v1: 0.07", "MoCo v2"),
    loss_scale(
        "1 sums both directions where it is symmetric (MoCo's notebook), 0.5 is lightly's and solo-learn's mean",
    ),
    key("queue", Whole(1), Int(4096), "keys remembered; a multiple of those of a batch", "MoCo's CIFAR notebook"),
    depth("projector_depth", 2, "of the head: 1 is v1's, 2 is v2's", "MoCo v2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the head", "MoCo v2"),
    key("projector_out", Whole(1), Int(128), "dimensions of a key", "MoCo v1 section 3.3"),
    key("symmetric", Kind::Bool, Bool(false), "each view is query and key in turn", "MoCo's CIFAR notebook"),
    key(
        "shuffle",
        Kind::Bool,
        Bool(true),
        "keys pass in other groups than queries, where train.norm_groups is above 1",
        "MoCo v1 section 3.3",
    ),
];

const SIMSIAM: &[KeySpec] = &[
    depth("projector_depth", 3, "of the projector; 2 on CIFAR-10", "SimSiam section 3, appendix D"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the projector", "SimSiam section 3"),
    key("projector_out", Whole(1), Int(2048), "dimensions of a projection", "SimSiam section 3"),
    key("predictor_hidden", Whole(1), Int(512), "hidden units of the predictor, a bottleneck", "SimSiam section 3"),
];

const BARLOW_TWINS: &[KeySpec] = &[
    key("lambda", Number(NOT_NEGATIVE), Float(0.0051), "weight of the redundancy term", "Barlow Twins section 2.2"),
    loss_scale("Barlow Twins' code under LARS: 0.024; solo-learn: 0.1 on CIFAR; lightly, stable-pretraining: 1"),
    depth("projector_depth", 3, "of the projector", "Barlow Twins section 2.2"),
    key(
        "projector_hidden",
        Whole(1),
        Int(2048),
        "hidden units of the projector; 8192 on ImageNet",
        "lightly, solo-learn",
    ),
    key("projector_out", Whole(2), Int(2048), "dimensions of a projection; 8192 on ImageNet", "lightly, solo-learn"),
];

const VICREG: &[KeySpec] = &[
    key("invariance", Number(NOT_NEGATIVE), Float(25.0), "weight of the views' distance", "VICReg section 4.2"),
    key("variance", Number(NOT_NEGATIVE), Float(25.0), "weight of the hinge on the deviation", "VICReg section 4.2"),
    key("covariance", Number(NOT_NEGATIVE), Float(1.0), "weight of the covariances", "VICReg section 4.2"),
    key(
        "variance_views",
        OneOf(VARIANCE_VIEWS),
        Text("mean"),
        "how both views' hinges become one term: the same weight is twice as much under sum",
        "VICReg's code",
    ),
    depth("projector_depth", 3, "of the expander", "VICReg section 4.2"),
    key("projector_hidden", Whole(1), Int(2048), "hidden units of the expander; 8192 on ImageNet", "solo-learn"),
    key("projector_out", Whole(2), Int(2048), "dimensions of an embedding; 8192 on ImageNet", "solo-learn"),
];

const VARIANCE_VIEWS: &[CatalogEntry] = &[
    option("mean", "half of each", "VICReg's code, lightly, stable-pretraining"),
    option("sum", "all of both", "VICReg equation 6, solo-learn"),
];

const TARGET_SCHEDULES: &[CatalogEntry] =
    &[option("cosine", "rises to 1 over training", "BYOL section 3.3"), option("constant", "stays", "MoCo")];

const TARGET_UPDATES: &[CatalogEntry] = &[
    option("after", "after the optimizer", "BYOL algorithm 1"),
    option("before", "before the views pass", "lightly, MoCo's code"),
];

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

const HEAD_NORMS: &[CatalogEntry] = &[
    option("none", "no layer", "SimCLR section 2.1"),
    option("hidden", "all but the last", "BYOL section 3.3"),
    option("all", "all, the last without a shift", "SimCLR's code"),
];

const fn target_decay(default: f64, doc: &'static str, source: &'static str) -> KeySpec {
    key("target_decay", Number(FRACTION), Float(default), doc, source)
}

const fn target_schedule(default: &'static str, source: &'static str) -> KeySpec {
    key("target_schedule", OneOf(TARGET_SCHEDULES), Text(default), "how the decay goes on from its base", source)
}

const fn loss_scale(doc: &'static str) -> KeySpec {
    key("loss_scale", Number(POSITIVE), Constant::Float(1.0), doc, "")
}

const fn depth(name: &'static str, default: i64, of: &'static str, source: &'static str) -> KeySpec {
    KeySpec { key: name, kind: Whole(1), default: Some(Int(default)), doc: of, source }
}
