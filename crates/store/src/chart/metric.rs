//! How metrics are called and written: titles, percentages, decimals.

use super::number::{Minus, fixed, signed};
use byolab_values::{
    collapse::{Representation, Spread},
    plan::cost::gibibytes,
};

/// A metric as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The name in events and reports.
    pub name: &'static str,
    /// The name in tables and charts.
    pub title: &'static str,
    /// Stored between 0 and 1, shown as a percentage.
    pub percent: bool,
    /// Of the number as it is shown.
    pub decimals: usize,
}

const fn metric(name: &'static str, title: &'static str, percent: bool, decimals: usize) -> Metric {
    Metric { name, title, percent, decimals }
}

/// The loss.
pub const LOSS: Metric = metric("loss", "loss", false, 3);
/// A change of accuracy on the scale of log-odds.
pub const LOG_ODDS: Metric = metric("log-odds", "log-odds", false, 2);
/// Top-1 accuracy of k nearest neighbours.
pub const KNN: Metric = metric("knn.top1", "k-NN", true, 1);
/// Top-1 accuracy of the linear probe.
pub const LINEAR: Metric = metric("linear.top1", "linear", true, 1);
/// Spread per channel of normalised features.
pub const FEATURE_STD: Metric = metric("feature_std", "feature std", false, 4);
/// Exponential of the entropy of the singular values.
pub const EFFECTIVE_RANK: Metric = metric("effective_rank", "rank", false, 1);
/// Mean squared distance between the views of an image.
pub const ALIGNMENT: Metric = metric("alignment", "alignment", false, 3);
/// How evenly features cover the sphere.
pub const UNIFORMITY: Metric = metric("uniformity", "uniformity", false, 2);
/// Share of the target that stays.
pub const TARGET_DECAY: Metric = metric("target_decay", "tau", false, 4);
/// The learning rate.
pub const LEARNING_RATE: Metric = metric("learning_rate", "lr", false, 4);
/// Between projection and target.
pub const TARGET_COSINE: Metric = metric("target_cosine", "cosine to target", false, 3);
/// Of the whole student.
pub const GRADIENT_NORM: Metric = metric("gradient_norm", "gradient norm", false, 3);
/// Spread per channel of normalised projections.
pub const PROJECTION_STD: Metric = metric("projection_std", "projection std", false, 4);
/// Images that training takes in a second.
pub const RATE: Metric = metric("images_per_second", "img/s", false, 0);
/// Share of the time in which the card computed.
pub const CARD_BUSY: Metric = metric("card.busy", "gpu", true, 0);
/// Bytes of the card's memory in use.
pub const CARD_MEMORY: Metric = metric("card.memory", "vram", false, 0);
/// Bytes of the card's memory.
pub const CARD_MEMORY_TOTAL: Metric = metric("card.memory_total", "vram in all", false, 0);
/// Watts that the card takes.
pub const CARD_POWER: Metric = metric("card.power", "W", false, 0);
/// Of the card, in degrees Celsius.
pub const CARD_TEMPERATURE: Metric = metric("card.temperature", "°C", false, 0);
/// Cores that the process kept busy.
pub const PROCESS_CPU: Metric = metric("process.cpu", "cpu", true, 0);
/// Resident bytes of the process.
pub const PROCESS_MEMORY: Metric = metric("process.memory", "ram", false, 0);

const ALL: [Metric; 13] = [
    LOSS,
    KNN,
    LINEAR,
    FEATURE_STD,
    EFFECTIVE_RANK,
    ALIGNMENT,
    UNIFORMITY,
    TARGET_DECAY,
    LEARNING_RATE,
    TARGET_COSINE,
    GRADIENT_NORM,
    PROJECTION_STD,
    RATE,
];

/// The metric of that name, if it is one that faces show.
pub fn find(name: &str) -> Option<Metric> {
    ALL.into_iter().find(|metric| metric.name == name)
}

impl Metric {
    /// A stored value in the units shown.
    pub fn scaled(&self, value: f64) -> f64 {
        if self.percent { 100.0 * value } else { value }
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

/// Whether a value is that of features that have collapsed, of `width` channels: by the rule of the alarms.
pub fn is_unhealthy(metric: Metric, value: f64, width: usize) -> bool {
    let spread = match metric {
        FEATURE_STD => Spread { std: value, rank: None, width },
        EFFECTIVE_RANK => Spread { std: f64::INFINITY, rank: Some(value), width },
        _ => return false,
    };
    !Representation::Features.collapse(&spread).is_empty()
}

/// A whole number with a space between groups of three digits: `16 040`.
pub fn count(value: u64) -> String {
    grouped(value.to_string())
}

/// Bytes in the unit that leaves few digits: `412 MiB`, `14.2 GiB`.
pub fn bytes(value: f64) -> String {
    if value < GIBIBYTE { format!("{:.0} MiB", value / GIBIBYTE * 1024.0) } else { gibibytes(value as u64) }
}

/// Bytes of a GiB.
pub const GIBIBYTE: f64 = (1 << 30) as f64;

/// Puts a space between groups of three digits; numbers with decimals stay as they are.
fn grouped(number: String) -> String {
    if number.contains('.') {
        return number;
    }
    let digits = number.trim_start_matches('-');
    let head = digits.len() % 3;
    let groups = digits.as_bytes()[head..].chunks(3).map(String::from_utf8_lossy);
    let parts: Vec<_> = (head > 0).then(|| digits[..head].into()).into_iter().chain(groups).collect();
    format!("{}{}", &number[..number.len() - digits.len()], parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracies_are_percentages_with_one_decimal() {
        assert_eq!(KNN.show(0.84749), "84.7");
        assert_eq!(KNN.show_change(0.0081), "+0.8");
        assert_eq!(KNN.show_change(-0.02), "-2.0");
    }

    #[test]
    fn a_number_of_collapsed_features_is_unhealthy() {
        let cases = [
            (FEATURE_STD, 1e-7, true),
            (FEATURE_STD, 0.04, false),
            (EFFECTIVE_RANK, 1.04, true),
            (EFFECTIVE_RANK, 104.0, false),
            (KNN, 0.0, false),
        ];
        for (metric, value, expected) in cases {
            assert_eq!(is_unhealthy(metric, value, 512), expected, "{} {value}", metric.name);
        }
    }

    #[test]
    fn bytes_come_in_a_unit_that_leaves_few_digits() {
        assert_eq!([2.4e6, 412.3e6, 14.23e9].map(bytes), ["2 MiB", "393 MiB", "13.3 GiB"]);
    }

    #[test]
    fn whole_numbers_are_grouped_by_three_digits() {
        for (value, text) in [(0, "0"), (912, "912"), (7912, "7 912"), (16040, "16 040"), (1234567, "1 234 567")] {
            assert_eq!(count(value), text);
        }
        assert_eq!(RATE.show(-7912.4), "-7 912");
    }
}
