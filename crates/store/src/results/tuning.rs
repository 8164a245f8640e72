//! What each method makes of the settings that it was tried at, along axes of the optimizer: its best one, and how good the best of
//! fewer tries would have been. Methods of which one likes the rate at which both are compared, and the other does not, are not
//! compared fairly.

use serde::{Deserialize, Serialize};

use byolab_values::plan::{Axis, Cell, Experiment, Value};

use super::{Row, SCORES, stats, table};

/// One method at one setting of the other axes, at every value of an axis of the optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// The axis.
    pub along: String,
    /// The method, and the other axes.
    pub at: Cell,
    /// The score by which tries are judged, on held-out images.
    pub metric: String,
    /// Each value of the axis, with the mean over its seeds.
    pub tries: Vec<(Value, f64)>,
    /// The value that is best.
    pub best: Value,
    /// The score to be expected of the best of one try, of two and so on.
    pub expected: Vec<f64>,
}

/// Every tuning of which all tries are there, in the order of axes, metrics and cells.
pub fn tunings(experiment: &Experiment, rows: &[Row]) -> Vec<Tuning> {
    let axes = experiment.axes.iter().filter(|axis| is_tuning(axis));
    let asked = axes.flat_map(|axis| SCORES.map(|metric| (axis, metric)));
    asked.flat_map(|(axis, metric)| of_axis(axis, metric, rows)).collect()
}

/// Whether an axis varies a number of the optimizer.
fn is_tuning(axis: &Axis) -> bool {
    let is_number = axis.values.iter().all(|value| value.label.number().is_some());
    axis.key.starts_with("optimizer.") && is_number && axis.values.len() > 1
}

fn of_axis(axis: &Axis, metric: &str, rows: &[Row]) -> Vec<Tuning> {
    let without = |cell: &Cell| -> Cell { cell.clone().into_iter().filter(|(key, _)| *key != axis.key).collect() };
    let settings = table::distinct(table::cells(rows).into_iter().map(without));
    settings.into_iter().filter_map(|at| tuning(axis, metric, at, rows)).collect()
}

fn tuning(axis: &Axis, metric: &str, at: Cell, rows: &[Row]) -> Option<Tuning> {
    let of = |value: &Value| {
        let mut cell = at.clone();
        cell.insert(axis.key.clone(), value.clone());
        let seen = stats::estimate(table::values(rows, &cell, metric).into_values())?;
        Some((value.clone(), seen.mean))
    };
    let tries: Vec<(Value, f64)> = axis.values.iter().map(|value| of(&value.label)).collect::<Option<_>>()?;
    let best = tries.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.0.clone();
    let expected = expected_best(tries.iter().map(|(_, score)| *score).collect());
    Some(Tuning { along: axis.key.clone(), at, metric: metric.into(), tries, best, expected })
}

/// The mean of the greatest of n scores, each drawn from those that were seen, for n from 1 to their number: the sum over scores v
/// of v (P(V <= v)^n - P(V < v)^n) (Dodge et al. 2019, *Show Your Work*, section 3.1). It is a little low, as what was seen
/// holds no better score than its best (Tang et al. 2020, *Showing Your Work Doesn't Always Work*).
fn expected_best(mut scores: Vec<f64>) -> Vec<f64> {
    scores.sort_by(f64::total_cmp);
    let share = |place: usize, n: usize| (place as f64 / scores.len() as f64).powi(n as i32);
    let of = |n: usize| (0..scores.len()).map(|place| scores[place] * (share(place + 1, n) - share(place, n))).sum();
    (1..=scores.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};

    /// `tests/reference/make_stats.py` takes the mean over all n-fold draws.
    #[test]
    fn the_expected_best_is_the_mean_over_all_draws() {
        for case in reference::cases("expected_best") {
            let found = expected_best(case.list("scores"));
            for (found, expected) in found.into_iter().zip(case.list("expected")) {
                assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
            }
        }
    }
}
