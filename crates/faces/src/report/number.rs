//! Numbers as people read them: accuracies in per cent with one decimal, changes of them in points, all else with
//! three significant digits.

use byolab_store::results::Estimate;
use byolab_values::{
    number::{Minus, fixed, signed},
    plan::catalog,
};

/// A metric that is a share, written in per cent.
pub const SHARE: &str = "linear.top1";

/// The short name of a metric.
pub fn title(metric: &str) -> &str {
    catalog::metric(metric).map_or(metric, |known| known.title)
}

/// The unit of a metric's changes, with the space before it: ` points` of per cent, or nothing.
pub fn points(metric: &str) -> &'static str {
    if is_share(metric) { " points" } else { "" }
}

/// `43.1`: a value without its unit.
pub fn value(metric: &str, value: f64) -> String {
    fixed(scaled(metric, value), decimals(metric, value), Minus::Print)
}

/// `43.1 ± 0.4`, or `43.1` where one value has no spread.
pub fn mean(metric: &str, mean: f64, std: Option<f64>) -> String {
    let spread = std.map(|std| format!(" ± {}", fixed(scaled(metric, std), decimals(metric, mean), Minus::Print)));
    value(metric, mean) + &spread.unwrap_or_default()
}

/// `+2.1`, `−0.4`, `0.0`: a change without its unit.
pub fn change(metric: &str, change: f64) -> String {
    signed(scaled(metric, change), decimals(metric, change), Minus::Print)
}

/// `+2.1 [+0.9, +3.3]`: a change with its interval, where it has one.
pub fn change_with_interval(metric: &str, mean: f64, low: Option<f64>, high: Option<f64>) -> String {
    match low.zip(high) {
        Some((low, high)) => {
            format!("{} [{}, {}]", change(metric, mean), change(metric, low), change(metric, high))
        }
        None => change(metric, mean),
    }
}

/// The same of an estimate.
pub fn estimate(metric: &str, estimate: &Estimate) -> String {
    change_with_interval(metric, estimate.mean, estimate.low, estimate.high)
}

/// A p value: `0.034`, `<0.001`.
pub fn p(value: f64) -> String {
    if value < 0.001 { "<0.001".into() } else { format!("{value:.3}") }
}

fn is_share(metric: &str) -> bool {
    catalog::metric(metric).is_some_and(catalog::Metric::is_share)
}

fn scaled(metric: &str, value: f64) -> f64 {
    if is_share(metric) { 100.0 * value } else { value }
}

fn decimals(metric: &str, value: f64) -> usize {
    if is_share(metric) {
        return 1;
    }
    let magnitude = if value == 0.0 { 0 } else { value.abs().max(1e-4).log10().floor() as i32 };
    (2 - magnitude).max(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracies_are_per_cent_with_one_decimal() {
        assert_eq!(value("knn.top1", 0.43149), "43.1");
        assert_eq!(mean("linear.top1", 0.5, Some(0.004)), "50.0 ± 0.4");
        assert_eq!(mean("linear.top1", 0.5, None), "50.0");
    }

    #[test]
    fn other_metrics_have_three_significant_digits() {
        let check = |number: f64, expected: &str| assert_eq!(value("loss", number), expected);
        check(812.4, "812");
        check(5.4321, "5.43");
        check(-1.5, "−1.50");
        check(0.03125, "0.0312");
        check(0.0, "0.00");
    }

    #[test]
    fn changes_have_a_sign_unless_they_round_to_nothing() {
        let check = |number: f64, expected: &str| assert_eq!(change("knn.top1", number), expected);
        check(0.021, "+2.1");
        check(-0.004, "−0.4");
        check(0.0004, "0.0");
        check(-0.0004, "0.0");
    }

    #[test]
    fn an_interval_stands_behind_its_mean() {
        assert_eq!(change_with_interval("knn.top1", 0.02, Some(-0.01), Some(0.05)), "+2.0 [−1.0, +5.0]");
        assert_eq!(change_with_interval("knn.top1", 0.02, None, None), "+2.0");
    }
}
