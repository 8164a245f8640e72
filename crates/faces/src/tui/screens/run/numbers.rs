//! The numbers of a heat as a table: the newest, or those at the crosshair.

use super::{lane::Lane, pins::Pinned};
use crate::tui::{
    theme::Tone,
    widgets::{
        table::{Column, Table},
        text::Text,
    },
};
use byolab_store::{
    chart::{Metric, metric},
    store::{Run, State},
};

/// Columns of the table: what is given up first where it is narrow has the highest rank.
const NUMBERS: [(Metric, &str, u8); 11] = [
    (metric::LOSS, "loss", 0),
    (metric::KNN, "k-NN %", 0),
    (metric::LINEAR, "linear %", 1),
    (metric::FEATURE_STD, "std", 2),
    (metric::EFFECTIVE_RANK, "rank", 4),
    (metric::ALIGNMENT, "align", 5),
    (metric::UNIFORMITY, "unif", 6),
    (metric::TARGET_DECAY, "tau", 7),
    (metric::TARGET_COSINE, "cos", 8),
    (metric::GRADIENT_NORM, "|g|", 9),
    (metric::RATE, "img/s", 3),
];

/// The numbers of each trial, newest or as they stood at a step, what the first has ahead of the others, and pinned runs.
pub fn table(lanes: &[Lane], pinned: &[Pinned], at: Option<u64>) -> Table {
    let numbers = NUMBERS.iter().map(|(_, title, rank)| Column::numbers(*title, *rank));
    let others = lanes.iter().skip(1).filter(|_| lanes.len() <= 3);
    Table {
        columns: [Column::words("")].into_iter().chain(numbers).collect(),
        rows: lanes
            .iter()
            .map(|lane| row(lane, at))
            .chain(others.map(|other| difference(&lanes[0], other, at)))
            .chain(pinned.iter().map(|pinned| under(pinned, at)))
            .collect(),
    }
}

fn row(lane: &Lane, at: Option<u64>) -> Vec<Text> {
    let stroke = if lane.pen.dashed { "┅ " } else { "━ " };
    let mut name = Text::new(stroke, Tone::Series(lane.pen)).and(&lane.name, Tone::Series(lane.pen));
    if lane.run.is_some_and(|run| run.state == State::Failed) {
        name = name.and(" failed", Tone::Bad);
    }
    let cells = values(lane, at).map(|value| value.map_or(Text::dim("-"), Text::plain));
    [name].into_iter().chain(cells).collect()
}

/// A pinned run, after the letter that stands for it in the charts.
fn under(pinned: &Pinned, at: Option<u64>) -> Vec<Text> {
    let name = Text::dim(format!("{} {}", pinned.letter, pinned.lane.name));
    let cells = values(&pinned.lane, at).map(|value| Text::dim(value.unwrap_or("-".into())));
    [name].into_iter().chain(cells).collect()
}

/// Each number in words, where there is one.
fn values(lane: &Lane, at: Option<u64>) -> impl Iterator<Item = Option<String>> {
    NUMBERS.iter().map(move |(metric, ..)| Some(metric.show(value(lane.run?, *metric, at)?)))
}

/// The newest value that is not beyond the step; the final numbers count where training has come to its end.
fn value(run: &Run, metric: Metric, at: Option<u64>) -> Option<f64> {
    let measured = run.series.get(metric.name).and_then(|points| upto(points, at).last()).map(|point| point.1);
    let is_end = at.is_none_or(|step| step >= run.step);
    measured.or_else(|| run.results.get(metric.name).copied().filter(|_| is_end))
}

fn upto(points: &[(u64, f64)], at: Option<u64>) -> &[(u64, f64)] {
    &points[..at.map_or(points.len(), |step| points.partition_point(|point| point.0 <= step))]
}

/// Accuracies of the first minus those of another trial, at the last step up to `at` that both have evaluated. Losses of
/// different methods are not to be compared, nor are the other numbers.
fn difference(first: &Lane, other: &Lane, at: Option<u64>) -> Vec<Text> {
    let number = |(metric, ..): &(Metric, &str, u8)| {
        let runs = first.run.zip(other.run).filter(|_| metric.percent);
        let difference = runs.and_then(|(a, b)| at_the_same_step(a, b, *metric, at));
        difference.map(|value| Text::plain(metric.show_change(value))).unwrap_or_default()
    };
    let name = Text::dim(format!("  {} - {}", first.name, other.name));
    [name].into_iter().chain(NUMBERS.iter().map(number)).collect()
}

fn at_the_same_step(a: &Run, b: &Run, metric: Metric, at: Option<u64>) -> Option<f64> {
    let (a, b) = (a.series.get(metric.name)?, b.series.get(metric.name)?);
    let same = |step: u64| b.iter().rev().find(|point| point.0 == step);
    upto(a, at).iter().rev().find_map(|(step, value)| Some(value - same(*step)?.1))
}
