//! Numbers that a trial has.

use serde::Serialize;

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
    /// What people call it on a chart.
    pub label: &'static str,
    /// Unit of the number as recorded; empty where it has none. A `share` is shown in per cent.
    pub unit: &'static str,
    /// Which way is good.
    pub better: Better,
    /// Whether it is also measured on the untrained encoder, under `untrained.NAME`.
    pub probe: bool,
}

/// Every metric; probes' metrics exist under `untrained.` too.
pub const METRICS: &[Metric] = &[
    probe("knn.top1", "k-NN top-1", "share", Better::Higher),
    probe("linear.top1", "linear top-1", "share", Better::Higher),
    training("finetune.top1", "fine-tuned top-1", "share", Better::Higher),
    training("test.knn.top1", "k-NN top-1, test split", "share", Better::Higher),
    training("test.linear.top1", "linear top-1, test split", "share", Better::Higher),
    probe("feature_std", "feature std", "", Better::Neither),
    probe("effective_rank", "effective rank", "", Better::Neither),
    probe("alignment", "alignment", "", Better::Lower),
    probe("uniformity", "uniformity", "", Better::Lower),
    training("loss", "loss", "", Better::Lower),
    training("learning_rate", "learning rate", "", Better::Neither),
    training("target_decay", "target decay", "", Better::Neither),
    training("target_cosine", "cosine to target", "", Better::Neither),
    training("classifier.top1", "classifier's top-1", "share", Better::Higher),
    training("classifier.median20", "classifier's top-1, median of the last 20", "share", Better::Higher),
    training("pseudo.kept", "pseudo-labels that are kept", "share", Better::Neither),
    training("pretext.top1", "pretext task answered rightly", "share", Better::Neither),
    training("gradient_norm", "gradient norm", "", Better::Neither),
    training("images_per_second", "images per second", "images/s", Better::Higher),
    training("data_wait", "time waiting for images", "share", Better::Lower),
    training("process.cpu", "cores kept busy", "share", Better::Neither),
    training("process.memory", "resident memory", "bytes", Better::Neither),
    training("card.busy", "card kept busy", "share", Better::Neither),
    training("card.memory", "card memory in use", "bytes", Better::Neither),
    training("card.memory_total", "card memory", "bytes", Better::Neither),
    training("card.power", "card power", "W", Better::Neither),
    training("card.temperature", "card temperature", "°C", Better::Neither),
    probe("factor.class", "read-out of the class", "share", Better::Higher),
    probe("factor.shape", "read-out of the patch's shape", "share", Better::Higher),
    probe("factor.colour", "read-out of the colours, R²", "", Better::Neither),
    probe("factor.position", "read-out of the position, R²", "", Better::Neither),
    probe("factor.scale", "read-out of the size, R²", "", Better::Neither),
    probe("factor.background", "read-out of the background, R²", "", Better::Neither),
    probe("factor.lighting", "read-out of the lighting, R²", "", Better::Neither),
    probe("factor.noise", "read-out of the noise, R²", "", Better::Neither),
];

/// The metric called `name`, an `untrained.` one included.
pub fn metric(name: &str) -> Option<&'static Metric> {
    let find = |name: &str| METRICS.iter().find(|metric| metric.name == name);
    match name.strip_prefix("untrained.") {
        Some(name) => find(name).filter(|metric| metric.probe),
        None => find(name),
    }
}

const fn probe(name: &'static str, label: &'static str, unit: &'static str, better: Better) -> Metric {
    Metric { name, label, unit, better, probe: true }
}

const fn training(name: &'static str, label: &'static str, unit: &'static str, better: Better) -> Metric {
    Metric { probe: false, ..probe(name, label, unit, better) }
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
}
