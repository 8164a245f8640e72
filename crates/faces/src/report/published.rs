//! A published table with our numbers beside it.

use byolab_store::results::{Beside, Comparison};
use byolab_values::plan::Experiment;

use super::{
    columns::{Align, Columns},
    number,
};

/// A line per published number.
pub fn columns(experiment: &Experiment, comparison: &Comparison) -> Columns {
    let keys: Vec<&String> = comparison.entries.first().into_iter().flat_map(|entry| entry.at.keys()).collect();
    let left = keys
        .iter()
        .map(|key| experiment.named(key).to_string())
        .chain(["method".into()])
        .map(|title| (title, Align::Left));
    let right =
        ["published", "change there", "ours", "change here", "n"].map(|title| (title.to_string(), Align::Right));
    let mut columns = Columns::new(left.chain(right));
    for entry in &comparison.entries {
        columns.push(line(experiment, &comparison.metric, entry));
    }
    columns
}

fn line(experiment: &Experiment, metric: &str, entry: &Beside) -> Vec<String> {
    let change = |change: Option<f64>| change.map_or("–".into(), |change| number::change(metric, change));
    let numbers = [
        number::mean(metric, entry.published, entry.spread),
        change(entry.change),
        entry.ours.map_or("–".into(), |ours| number::mean(metric, ours, entry.std)),
        change(entry.our_change),
        entry.n.to_string(),
    ];
    let words = entry.at.values().map(ToString::to_string).chain([entry.method.clone()]);
    words.map(|word| experiment.named(&word).to_string()).chain(numbers).collect()
}
