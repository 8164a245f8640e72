//! The methods against each other at every setting of the other axes.

use byolab_store::results::{Difference, Results, SCORES};

use byolab_values::plan::Experiment;

use super::{
    columns::{Align, Columns},
    number, words,
};

/// A line per setting and pair of methods: the paired difference of each score, in points.
pub fn columns(experiment: &Experiment, results: &Results) -> Columns {
    let differences = &results.differences;
    let scores: Vec<&str> = SCORES.into_iter().filter(|score| differences.iter().any(|d| d.metric == *score)).collect();
    let axes = differences
        .first()
        .into_iter()
        .flat_map(|difference| difference.axes.keys().map(|key| experiment.named(key).to_string()));
    let left = axes.chain(["difference".to_string()]).map(|title| (title, Align::Left));
    let right = scores.iter().map(|score| number::title(score).to_string());
    let right = right.chain(["n".to_string()]).map(|title| (title, Align::Right));
    let mut columns = Columns::new(left.chain(right));
    for first in heads(differences) {
        columns.push(line(experiment, differences, first, &scores));
    }
    columns
}

/// The first difference of each setting and pair.
fn heads(differences: &[Difference]) -> impl Iterator<Item = &Difference> {
    let is_first = |i: &usize| !differences[..*i].iter().any(|earlier| same(earlier, &differences[*i]));
    (0..differences.len()).filter(is_first).map(|i| &differences[i])
}

fn same(a: &Difference, b: &Difference) -> bool {
    a.axes == b.axes && a.between == b.between
}

fn line(experiment: &Experiment, differences: &[Difference], first: &Difference, scores: &[&str]) -> Vec<String> {
    let axes = first.axes.values().map(|value| experiment.named(&value.to_string()).to_string());
    let between = first.between.each_ref().map(|method| experiment.named(method)).join(" − ");
    let of = |score: &&str| differences.iter().find(|d| same(d, first) && d.metric == *score);
    let spoken = |score| of(score).map(|d| number::change_with_interval(&d.metric, d.mean, d.low, d.high));
    let points = scores.iter().map(|score| spoken(score).unwrap_or("–".into()));
    let seeds: Vec<usize> = scores.iter().map(|score| of(score).map_or(0, |d| d.n)).collect();
    axes.chain([between]).chain(points).chain([words::counts(&seeds)]).collect()
}
