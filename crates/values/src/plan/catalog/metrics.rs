//! Numbers that a trial has: each is declared here, and everything that shows, compares or claims one reads it from here.

use serde::Serialize;

use crate::number::{Minus, fixed, grouped, signed};

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Not good or bad in itself.
    Neither,
}

/// A named number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// As files and users name it: `knn.top1`.
    pub name: &'static str,
    /// The name in tables and charts.
    pub title: &'static str,
    /// What it says of a trial.
    pub doc: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Unit of the number as recorded; empty where it has none. A `share` lies between 0 and 1 and is shown in per cent.
    pub unit: &'static str,
    /// Of the number as charts show it.
    pub decimals: usize,
    /// Which way is good.
    pub better: Better,
    /// Whether it is also measured on the untrained encoder, under `untrained.NAME`.
    pub probe: bool,
}

/// Top-1 accuracy of k nearest neighbours.
pub const KNN: Metric =
    accuracy("knn.top1", "k-NN", "held-out images whose nearest training images say their class", "Wu et al. 2018");
/// Top-1 accuracy of the linear probe.
pub const LINEAR: Metric = accuracy(
    "linear.top1",
    "linear",
    "held-out images that a linear classifier on frozen features tells",
    "Zhang et al. 2016; BYOL C.1",
);
/// The loss.
pub const LOSS: Metric = Metric {
    better: Better::Lower,
    ..curve("loss", "loss", "the method's loss: compares within its method alone", "", 3)
};
/// Spread per channel of normalised features.
pub const FEATURE_STD: Metric = probe(
    "feature_std",
    "feature std",
    "spread of a channel of normalised features: 0 is collapse, 1 / sqrt(d) the sphere",
    "Chen and He 2021",
    4,
);
/// Exponential of the entropy of the singular values.
pub const EFFECTIVE_RANK: Metric =
    probe("effective_rank", "effective rank", "dimensions that the features use", "Garrido et al. 2023 (RankMe)", 1);
/// Mean squared distance between the views of an image.
pub const ALIGNMENT: Metric = Metric {
    better: Better::Lower,
    ..probe("alignment", "alignment", "squared distance of an image's two views", "Wang and Isola 2020", 3)
};
/// How evenly features cover the sphere.
pub const UNIFORMITY: Metric = Metric {
    better: Better::Lower,
    ..probe("uniformity", "uniformity", "how evenly features cover the sphere", "Wang and Isola 2020", 2)
};
/// Dimensions that tell images apart.
pub const LIDAR: Metric =
    probe("lidar", "LiDAR", "dimensions in which images differ more than their views do", "Thilak et al. 2024", 1);
/// How steeply variances fall.
pub const ALPHA: Metric = probe(
    "alpha_req",
    "alpha-ReQ",
    "power of the rank by which variances fall: near 1 is best",
    "Agrawal et al. 2022",
    2,
);
/// How tightly classes lie.
pub const NEURAL_COLLAPSE: Metric = probe(
    "neural_collapse",
    "NC1",
    "spread within classes by that between them: 0 where a class is one point",
    "Papyan et al. 2020",
    2,
);
/// How much of the colours is left.
pub const HISTOGRAM: Metric = probe(
    "histogram",
    "colour histogram, R²",
    "of an image's colour histogram, read out by a ridge regression: the shortcut of views that keep their colours",
    "SimCLR 3.1",
    2,
);
/// Share of the target that stays.
pub const TARGET_DECAY: Metric = curve("target_decay", "tau", "share of the target that a step keeps", "BYOL 3.1", 4);
/// The learning rate.
pub const LEARNING_RATE: Metric = curve("learning_rate", "lr", "the optimizer's rate", "", 4);
/// Between projection and target.
pub const TARGET_COSINE: Metric =
    curve("target_cosine", "cosine to target", "of projections of one view with targets of the other", "BYOL 3.1", 3);
/// Of what the target takes its views for.
pub const TARGET_ENTROPY: Metric = Metric {
    unit: "nats",
    ..curve(
        "target_entropy",
        "target entropy",
        "of the target's output: 0 is one dimension, ln K all alike",
        "DINO 5.3",
        2,
    )
};
/// Of the whole student.
pub const GRADIENT_NORM: Metric = curve("gradient_norm", "gradient norm", "of the whole student", "", 3);
/// Spread per channel of normalised projections.
pub const PROJECTION_STD: Metric =
    curve("projection_std", "projection std", "as feature_std, of projections", "Chen and He 2021", 4);
/// The method's own classifier.
pub const CLASSIFIER: Metric = Metric {
    better: Better::Higher,
    ..share("classifier.top1", "classifier", "held-out images that the method's own classifier tells", "FixMatch", 1)
};
/// The same over the last evaluations.
pub const CLASSIFIER_MEDIAN: Metric = Metric {
    name: "classifier.median20",
    title: "classifier, median of 20",
    doc: "its median over the last 20 evaluations",
    source: "FixMatch, table 2",
    ..CLASSIFIER
};
/// Pseudo-labels that count.
pub const PSEUDO_KEPT: Metric =
    share("pseudo.kept", "pseudo-labels kept", "unlabelled images that the classifier is sure of", "FixMatch 2.2", 1);
/// What a pretext task asks for.
pub const PRETEXT: Metric =
    share("pretext.top1", "pretext task", "what the pretext task asks for, answered rightly", "the task's paper", 1);
/// Images that training takes in a second.
pub const RATE: Metric = Metric {
    unit: "images/s",
    better: Better::Higher,
    ..curve("images_per_second", "images/s", "images that training takes in, each once however many views", "", 0)
};
/// Share of the time in which the card computed.
pub const CARD_BUSY: Metric = share("card.busy", "gpu", "of the time in which the card computed", "NVML", 0);
/// Bytes of the card's memory in use.
pub const CARD_MEMORY: Metric = bytes("card.memory", "vram", "of the card, in use", "NVML");
/// Bytes of the card's memory.
pub const CARD_MEMORY_TOTAL: Metric = bytes("card.memory_total", "vram in all", "of the card", "NVML");
/// Watts that the card takes.
pub const CARD_POWER: Metric = Metric { unit: "W", ..curve("card.power", "W", "what the card takes", "NVML", 0) };
/// Of the card, in degrees Celsius.
pub const CARD_TEMPERATURE: Metric =
    Metric { unit: "°C", ..curve("card.temperature", "°C", "the card's temperature", "NVML", 0) };
/// Cores that the process kept busy.
pub const PROCESS_CPU: Metric = share("process.cpu", "cpu", "cores kept busy", "the kernel", 0);
/// Resident bytes of the process.
pub const PROCESS_MEMORY: Metric = bytes("process.memory", "ram", "resident memory", "the kernel");

/// Every metric; probes' metrics exist under `untrained.` too.
pub const METRICS: &[Metric] = &[
    KNN,
    LINEAR,
    stage("stage1.top1", "stage 1"),
    stage("stage2.top1", "stage 2"),
    stage("stage3.top1", "stage 3"),
    stage("stage4.top1", "stage 4"),
    accuracy("finetune.top1", "fine-tuned", "held-out images told after the whole network learnt labels", "SimCLR B.5"),
    accuracy("semi1.top1", "1 % of labels", "as finetune.top1, from 1 % of the labels", "BYOL, table 2"),
    probe("semi1.lr", "rate at 1 %", "the base rate that was chosen", "BYOL C.2", 4),
    probe("semi1.epochs", "epochs at 1 %", "the epochs that were chosen", "BYOL C.2", 0),
    accuracy("semi10.top1", "10 % of labels", "as finetune.top1, from 10 % of the labels", "BYOL, table 2"),
    probe("semi10.lr", "rate at 10 %", "the base rate that was chosen", "BYOL C.2", 4),
    probe("semi10.epochs", "epochs at 10 %", "the epochs that were chosen", "BYOL C.2", 0),
    probe("finetune.lr", "fine-tuning's rate", "the base rate that was chosen", "BYOL C.2", 4),
    probe("finetune.epochs", "fine-tuning's epochs", "the epochs that were chosen", "BYOL C.2", 0),
    accuracy("transfer.knn.top1", "k-NN, transfer", "as knn.top1, of another data set", "BYOL, table 3"),
    accuracy("transfer.linear.top1", "linear, transfer", "as linear.top1, of another data set", "BYOL, table 3"),
    accuracy(
        "segmentation.miou",
        "segmentation",
        "mean IoU of what frozen maps tell of scenes' pixels",
        "BYOL 4.3, D.5",
    ),
    accuracy(
        "detection.ap50",
        "detection",
        "AP50 of the boxes that frozen maps tell of scenes' objects",
        "BYOL 4.3, D.5",
    ),
    trained("test.knn.top1", "k-NN, test", "as knn.top1, of the test split", "Wu et al. 2018"),
    trained("test.linear.top1", "linear, test", "as linear.top1, of the test split", "BYOL C.1"),
    FEATURE_STD,
    EFFECTIVE_RANK,
    ALIGNMENT,
    UNIFORMITY,
    LIDAR,
    ALPHA,
    NEURAL_COLLAPSE,
    HISTOGRAM,
    LOSS,
    LEARNING_RATE,
    TARGET_DECAY,
    TARGET_COSINE,
    TARGET_ENTROPY,
    CLASSIFIER,
    CLASSIFIER_MEDIAN,
    PSEUDO_KEPT,
    PRETEXT,
    GRADIENT_NORM,
    PROJECTION_STD,
    RATE,
    Metric {
        better: Better::Lower,
        ..share("data_wait", "waiting for images", "of the time in which the device waited for images", "", 1)
    },
    PROCESS_CPU,
    PROCESS_MEMORY,
    CARD_BUSY,
    CARD_MEMORY,
    CARD_MEMORY_TOTAL,
    CARD_POWER,
    CARD_TEMPERATURE,
    factor_class("factor.class", "class", "the class, read out by a ridge regression"),
    factor_class("factor.shape", "shape", "the patch's shape, read out likewise"),
    factor_number("factor.colour", "colours", "R² of the colours"),
    factor_number("factor.position", "position", "R² of the position"),
    factor_number("factor.scale", "size", "R² of the size"),
    factor_number("factor.background", "background", "R² of the background"),
    factor_number("factor.lighting", "lighting", "R² of the lighting"),
    factor_number("factor.noise", "noise", "R² of the noise"),
];

/// The metric called `name`, an `untrained.` one included.
pub fn metric(name: &str) -> Option<&'static Metric> {
    let find = |name: &str| METRICS.iter().find(|metric| metric.name == name);
    match name.strip_prefix("untrained.") {
        Some(name) => find(name).filter(|metric| metric.probe),
        None => find(name),
    }
}

impl Metric {
    /// Whether it is stored between 0 and 1 and shown in per cent.
    pub fn is_share(&self) -> bool {
        self.unit == "share"
    }

    /// The title with the unit that is shown: `k-NN %`.
    pub fn with_unit(&self) -> String {
        if self.is_share() { format!("{} %", self.title) } else { self.title.into() }
    }

    /// The same in full: `k-NN top-1 %`.
    pub fn in_full(&self) -> String {
        if self.name.ends_with(".top1") { format!("{} top-1 %", self.title) } else { self.with_unit() }
    }

    /// A stored value in the units shown.
    pub fn scaled(&self, value: f64) -> f64 {
        if self.is_share() { 100.0 * value } else { value }
    }

    /// A stored value as text without unit: `88.1`.
    pub fn show(&self, value: f64) -> String {
        grouped(fixed(self.scaled(value), self.decimals, Minus::Typed))
    }

    /// A difference of stored values as text, with its sign: `+0.8`.
    pub fn show_change(&self, value: f64) -> String {
        signed(self.scaled(value), self.decimals, Minus::Typed)
    }

    /// An interval of differences as text: `[-0.5, +2.7]`.
    pub fn show_interval(&self, [low, high]: [f64; 2]) -> String {
        format!("[{}, {}]", self.show_change(low), self.show_change(high))
    }
}

/// A number along the training.
const fn curve(
    name: &'static str,
    title: &'static str,
    doc: &'static str,
    source: &'static str,
    decimals: usize,
) -> Metric {
    Metric { name, title, doc, source, unit: "", decimals, better: Better::Neither, probe: false }
}

const fn share(
    name: &'static str,
    title: &'static str,
    doc: &'static str,
    source: &'static str,
    decimals: usize,
) -> Metric {
    Metric { unit: "share", ..curve(name, title, doc, source, decimals) }
}

const fn bytes(name: &'static str, title: &'static str, doc: &'static str, source: &'static str) -> Metric {
    Metric { unit: "bytes", ..curve(name, title, doc, source, 0) }
}

const fn probe(
    name: &'static str,
    title: &'static str,
    doc: &'static str,
    source: &'static str,
    decimals: usize,
) -> Metric {
    Metric { probe: true, ..curve(name, title, doc, source, decimals) }
}

const fn trained(name: &'static str, title: &'static str, doc: &'static str, source: &'static str) -> Metric {
    Metric { better: Better::Higher, ..share(name, title, doc, source, 1) }
}

const fn accuracy(name: &'static str, title: &'static str, doc: &'static str, source: &'static str) -> Metric {
    Metric { probe: true, ..trained(name, title, doc, source) }
}

const fn stage(name: &'static str, title: &'static str) -> Metric {
    accuracy(name, title, "as linear.top1, of the maps of a stage of the encoder", "Zhang et al. 2016; RotNet, table 1")
}

const fn factor_class(name: &'static str, title: &'static str, doc: &'static str) -> Metric {
    accuracy(name, title, doc, "byolab, synthetic images")
}

const fn factor_number(name: &'static str, title: &'static str, doc: &'static str) -> Metric {
    probe(name, title, doc, "byolab, synthetic images", 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_exist_on_the_untrained_encoder_and_training_does_not() {
        assert_eq!(metric("untrained.knn.top1"), metric("knn.top1"));
        assert!(metric("untrained.loss").is_none());
        assert!(metric("knn.top5").is_none());
    }

    #[test]
    fn every_name_is_declared_once() {
        for (place, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..place].iter().all(|other| other.name != metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn accuracies_are_percentages_with_one_decimal() {
        assert_eq!(KNN.show(0.84749), "84.7");
        assert_eq!(KNN.show_change(0.0081), "+0.8");
        assert_eq!(KNN.show_change(-0.02), "-2.0");
        assert_eq!(RATE.show(-7912.4), "-7 912");
    }
}
