//! The newest numbers of a heat as a table.

use super::Lane;
use crate::{
    chart::{Metric, metric},
    store::{Run, State},
    tui::{
        theme::Tone,
        widgets::{
            table::{Column, Table},
            text::Text,
        },
    },
};

/// Columns of the table: what is given up first where it is narrow has the highest rank.
const NUMBERS: [(Metric, &str, u8); 9] = [
    (metric::LOSS, "loss", 0),
    (metric::KNN, "k-NN %", 0),
    (metric::LINEAR, "linear %", 1),
    (metric::FEATURE_STD, "std", 2),
    (metric::EFFECTIVE_RANK, "rank", 4),
    (metric::ALIGNMENT, "align", 5),
    (metric::UNIFORMITY, "unif", 6),
    (metric::TARGET_DECAY, "tau", 7),
    (metric::RATE, "img/s", 3),
];

/// The newest numbers of each trial, and what the first has ahead of the others.
pub fn table(lanes: &[Lane]) -> Table {
    let numbers = NUMBERS.iter().map(|(_, title, rank)| Column::numbers(*title, *rank));
    let differences = lanes.iter().skip(1).filter(|_| lanes.len() <= 3).map(|other| difference(&lanes[0], other));
    Table {
        columns: [Column::words("")].into_iter().chain(numbers).collect(),
        rows: lanes.iter().map(row).chain(differences).collect(),
    }
}

fn row(lane: &Lane) -> Vec<Text> {
    let stroke = if lane.pen.dashed { "┅ " } else { "━ " };
    let mut name = Text::new(stroke, Tone::Series(lane.pen)).and(&lane.name, Tone::Series(lane.pen));
    if lane.run.is_some_and(|run| run.state == State::Failed) {
        name = name.and(" failed", Tone::Bad);
    }
    let number = |(metric, ..): &(Metric, &str, u8)| match lane.run.and_then(|run| newest(run, *metric)) {
        Some(value) => Text::plain(metric.show(value)),
        None => Text::dim("-"),
    };
    [name].into_iter().chain(NUMBERS.iter().map(number)).collect()
}

fn newest(run: &Run, metric: Metric) -> Option<f64> {
    run.latest(metric.name).or_else(|| run.results.get(metric.name).copied())
}

/// Accuracies of the first minus those of another trial, at the last step that both have evaluated. Losses of
/// different methods are not to be compared, nor are the other numbers.
fn difference(first: &Lane, other: &Lane) -> Vec<Text> {
    let number = |(metric, ..): &(Metric, &str, u8)| {
        let runs = first.run.zip(other.run).filter(|_| metric.percent);
        let difference = runs.and_then(|(a, b)| at_the_same_step(a, b, *metric));
        difference.map(|value| Text::plain(metric.show_change(value))).unwrap_or_default()
    };
    let name = Text::dim(format!("  {} - {}", first.name, other.name));
    [name].into_iter().chain(NUMBERS.iter().map(number)).collect()
}

fn at_the_same_step(a: &Run, b: &Run, metric: Metric) -> Option<f64> {
    let (a, b) = (a.series.get(metric.name)?, b.series.get(metric.name)?);
    let at = |step: u64| b.iter().rev().find(|point| point.0 == step);
    a.iter().rev().find_map(|(step, value)| Some(value - at(*step)?.1))
}
