//! The table that every report has: the scores of each cell, the untrained encoder's beside them.

use byolab_store::results::{Group, Results, SCORES, methods, settings, with_method};
use byolab_values::plan::{Cell, Experiment, catalog::METRICS};

use super::{
    columns::{Align, Columns},
    number,
};

/// What only some trials have: after fine-tuning, of another data set, of scenes.
const ASKED: [&str; 7] = [
    "finetune.top1",
    "semi1.top1",
    "semi10.top1",
    "transfer.knn.top1",
    "transfer.linear.top1",
    "segmentation.miou",
    "detection.ap50",
];

/// Accuracies that only some trials have, without an untrained encoder's beside them.
const OTHERS: [&str; 4] = ["test.knn.top1", "test.linear.top1", "classifier.top1", "classifier.median20"];

/// What else some trial was asked for, the untrained encoder's beside it, as [`scores`] has accuracies; none where nothing was.
pub fn asked(experiment: &Experiment, results: &Results) -> Columns {
    let metrics: Vec<String> = beside_untrained(&ASKED).filter(|metric| has(results, metric)).collect();
    if metrics.is_empty() {
        return Columns::new::<String>([]);
    }
    table(experiment, results, &metrics, heading)
}

/// Accuracies of the stages of the encoder, as [`scores`] has them.
pub fn stages(experiment: &Experiment, results: &Results) -> Columns {
    let stages = METRICS.iter().map(|metric| metric.name).filter(|name| name.starts_with("stage"));
    let metrics: Vec<String> = stages.filter(|name| has(results, name)).map(String::from).collect();
    if metrics.is_empty() {
        return Columns::new::<String>([]);
    }
    let last = ["linear.top1", "untrained.linear.top1"].map(String::from);
    table(experiment, results, &[metrics, last.to_vec()].concat(), heading)
}

/// Accuracy in per cent, mean ± standard deviation; methods of one setting below each other.
pub fn scores(experiment: &Experiment, results: &Results) -> Columns {
    let metrics = measured(results);
    table(experiment, results, &metrics, heading)
}

fn heading(metric: &str) -> String {
    match metric.strip_prefix("untrained.") {
        Some(_) => "untrained".into(),
        None => format!("{} %", number::title(metric)),
    }
}

/// What the features look like and how fast they came; mean ± standard deviation.
pub fn features(experiment: &Experiment, results: &Results) -> Columns {
    const FEATURES: [&str; 6] =
        ["loss", "feature_std", "effective_rank", "alignment", "uniformity", "images_per_second"];
    table(experiment, results, &FEATURES.map(String::from), |metric| number::title(metric).into())
}

/// The groups of a cell, by metric.
pub fn group<'a>(results: &'a Results, cell: &Cell, metric: &str) -> Option<&'a Group> {
    results.groups.iter().find(|group| group.metric == metric && group.axes == *cell)
}

/// The cells, methods of one setting next to each other.
fn side_by_side(results: &Results) -> Vec<Cell> {
    let methods = methods(&results.rows);
    let settings = settings(&results.rows);
    let cells = settings.iter().flat_map(|setting| methods.iter().map(|method| with_method(setting, method)));
    cells.filter(|cell| results.rows.iter().any(|row| row.axes == *cell)).collect()
}

/// The scores that some trial has, each followed by the untrained encoder's, and other accuracies.
fn measured(results: &Results) -> Vec<String> {
    beside_untrained(&SCORES).chain(OTHERS.map(String::from)).filter(|metric| has(results, metric)).collect()
}

/// Each of them, followed by the untrained encoder's.
fn beside_untrained(metrics: &[&str]) -> impl Iterator<Item = String> {
    metrics.iter().flat_map(|metric| [metric.to_string(), format!("untrained.{metric}")])
}

fn has(results: &Results, metric: &str) -> bool {
    results.groups.iter().any(|group| group.metric == metric)
}

fn table(experiment: &Experiment, results: &Results, metrics: &[String], title: impl Fn(&str) -> String) -> Columns {
    let axes: Vec<&String> = results.rows.first().into_iter().flat_map(|row| row.axes.keys()).collect();
    let axes: Vec<&str> =
        axes.into_iter().map(String::as_str).filter(|key| *key != "method").chain(["method"]).collect();
    let left = axes.iter().map(|key| (experiment.named(key).to_string(), Align::Left));
    let right = metrics.iter().map(|metric| (title(metric), Align::Right));
    let mut columns = Columns::new(left.chain(right).chain([("n".to_string(), Align::Right)]));
    let spoken = |group: &Group| number::mean(&group.metric, group.mean, group.std);
    for cell in side_by_side(results) {
        let axes = axes.iter().map(|key| {
            cell.get(*key).map(|value| experiment.named(&value.to_string()).to_string()).unwrap_or_default()
        });
        let means = metrics.iter().map(|metric| match group(results, &cell, metric) {
            Some(group) if group.n < finished(results, &cell) => format!("{} (n {})", spoken(group), group.n),
            Some(group) => spoken(group),
            None => "–".into(),
        });
        columns.push(axes.chain(means).chain([seeds(results, &cell)]).collect());
    }
    columns
}

/// `3`, or `1 of 3` where seeds are wanting.
fn seeds(results: &Results, cell: &Cell) -> String {
    let (finished, all) = (finished(results, cell), results.rows.iter().filter(|row| row.axes == *cell).count());
    if finished == all { finished.to_string() } else { format!("{finished} of {all}") }
}

fn finished(results: &Results, cell: &Cell) -> usize {
    results.rows.iter().filter(|row| row.is_finished() && row.axes == *cell).count()
}
