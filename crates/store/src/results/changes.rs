//! How much a method gains or loses along an axis, against its own value at the baseline, paired by seed.
//!
//! The sign is the papers' (BYOL, Tables 16 and 17): value minus baseline, so what is lost is negative. A *drop* is a
//! change with its sign turned.

use std::fmt;

use byolab_values::plan::{Cell, Experiment, Selector, Value};

use super::{
    Row,
    stats::{self, BySeed, Estimate},
    table,
};

/// A method's change from the baseline to one value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisChange {
    /// Whose numbers change.
    pub method: Value,
    /// The axis.
    pub along: String,
    /// Of the axis: what the baseline is left for.
    pub value: Value,
    /// The number.
    pub metric: String,
    /// Value here minus value at the baseline, in units of the metric: negative is lost.
    pub estimate: Estimate,
    /// The change of each seed.
    pub single: BySeed,
}

/// Axes of which neither the selector nor the baseline says the value: several cells would be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfixed(pub Vec<String>);

impl fmt::Display for Unfixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the baseline does not fix {}", self.0.join(", "))
    }
}

impl std::error::Error for Unfixed {}

/// The changes of `metric` along an axis, method by method, the baseline's own value left out; what `at` does not fix
/// of the other axes is at the baseline.
///
/// # Errors
/// Where the baseline leaves open which cells are meant.
pub fn changes(
    experiment: &Experiment,
    rows: &[Row],
    metric: &str,
    along: &str,
    at: &Selector,
) -> Result<Vec<AxisChange>, Unfixed> {
    let mut changes = Vec::new();
    for method in table::methods(rows) {
        let mut at = at.clone();
        at.insert("method".into(), method.clone());
        let start = baseline(experiment, rows, along, &at)?;
        let steps = table::cells(rows).into_iter().filter(|cell| differ_only_in(along, cell, &start));
        changes.extend(steps.filter_map(|cell| change(rows, metric, along, &start, cell)));
    }
    Ok(changes)
}

/// The cell that `at` means at the baseline of `along`, whatever `at` says of `along` itself.
///
/// # Errors
/// As [`complete`].
pub fn baseline(experiment: &Experiment, rows: &[Row], along: &str, at: &Selector) -> Result<Cell, Unfixed> {
    let at = at.iter().filter(|(key, _)| *key != along).map(|(key, value)| (key.clone(), value.clone())).collect();
    complete(experiment, rows, &at)
}

/// The one cell that `selector` means: an axis that it does not fix is at the baseline, or has but one value.
///
/// # Errors
/// The axes that leave it open.
pub fn complete(experiment: &Experiment, rows: &[Row], selector: &Selector) -> Result<Cell, Unfixed> {
    let (mut cell, mut unfixed) = (Cell::new(), Vec::new());
    for key in rows.first().into_iter().flat_map(|row| row.axes.keys()) {
        let said = selector.get(key).or_else(|| experiment.baseline.get(key));
        match said.or_else(|| only_value(rows, key)) {
            Some(value) => _ = cell.insert(key.clone(), value.clone()),
            None => unfixed.push(key.clone()),
        }
    }
    if unfixed.is_empty() { Ok(cell) } else { Err(Unfixed(unfixed)) }
}

fn only_value<'a>(rows: &'a [Row], key: &str) -> Option<&'a Value> {
    let mut values = rows.iter().filter_map(|row| row.axes.get(key));
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn differ_only_in(along: &str, a: &Cell, b: &Cell) -> bool {
    a.iter().all(|(key, value)| (b.get(key) == Some(value)) != (key == along))
}

fn change(rows: &[Row], metric: &str, along: &str, start: &Cell, cell: &Cell) -> Option<AxisChange> {
    let single = stats::paired(&table::values(rows, cell, metric), &table::values(rows, start, metric));
    Some(AxisChange {
        method: cell["method"].clone(),
        along: along.to_string(),
        value: cell[along].clone(),
        metric: metric.to_string(),
        estimate: stats::estimate(single.values().copied())?,
        single,
    })
}
