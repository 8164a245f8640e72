//! Metrics on faces, and other numbers as they are written there.

use crate::results::Results;
pub use byolab_values::plan::catalog::metrics::*;
use byolab_values::{
    collapse::{Representation, Spread},
    number::grouped,
    plan::cost::gibibytes,
};

/// A change of accuracy on the scale of log-odds: no number of a trial, but one of a pair.
pub const LOG_ODDS: Metric =
    Metric { name: "log-odds", title: "log-odds", unit: "", decimals: 2, probe: false, ..LINEAR };

/// The one to look at after `current`: k-NN's and the linear accuracy in any case, then what else probes found of some trial.
pub fn after(current: Metric, results: &Results) -> Metric {
    let is_known = |metric: &&Metric| {
        let is_usual = [KNN, LINEAR].contains(metric);
        is_usual || metric.probe && results.groups.iter().any(|group| group.metric == metric.name)
    };
    let known: Vec<&Metric> = METRICS.iter().filter(is_known).collect();
    let place = known.iter().position(|metric| **metric == current).map_or(0, |place| place + 1);
    *known[place % known.len()]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chart::robustness::tests::results, results::Group};

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
    fn what_probes_found_is_looked_at_in_turn() {
        let group = |metric: &str| Group {
            axes: Default::default(),
            metric: metric.into(),
            n: 1,
            mean: 1.0,
            std: None,
            low: None,
            high: None,
            bootstrap: None,
        };
        let mut results = results(Vec::new());
        assert_eq!((after(LINEAR, &results), after(KNN, &results)), (KNN, LINEAR));
        results.groups = ["loss", "lidar", "images_per_second"].map(group).into();
        assert_eq!((after(LINEAR, &results), after(LIDAR, &results)), (LIDAR, KNN));
        assert_eq!(after(ALPHA, &results), KNN, "of what is no longer known it goes on with the first");
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
    }
}
