//! The numbers of a heat as a table: the newest, or those at the crosshair.

use super::{pins::Pinned, shown::ShownTrial};
use crate::tui::{
    theme::Tone,
    widgets::{
        table::{Column, Table},
        text::Text,
    },
};
use byolab_store::{
    chart::{
        Metric,
        average::{Mean, mean},
        metric::{self, is_unhealthy},
    },
    store::{Run, State},
};
use byolab_values::plan::cost;

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
pub fn table(members: &[ShownTrial], pinned: &[Pinned], at: Option<u64>) -> Table {
    let numbers = NUMBERS.iter().map(|(_, title, rank)| Column::numbers(*title, *rank));
    let others = members.iter().skip(1).filter(|_| members.len() <= 3);
    Table {
        columns: [Column::words("")].into_iter().chain(numbers).collect(),
        rows: members
            .iter()
            .map(|member| row(member, at))
            .chain(others.map(|other| difference(&members[0], other, at)))
            .chain(untrained(members, 0))
            .chain(pinned.iter().map(|pinned| under(pinned, at)))
            .collect(),
    }
}

/// The same of each method's mean over its seeds, with its band, at the step up to which all of them have got or an
/// earlier one, and over how many seeds.
pub fn means(members: &[ShownTrial], pinned: &[Pinned], at: Option<u64>) -> Table {
    let step = common_step(members);
    let at = at.map_or(step, |at| Some(at.min(step.unwrap_or(at))));
    let numbers = NUMBERS.iter().map(|(_, title, rank)| Column::numbers(*title, *rank));
    let others = members.iter().skip(1).filter(|_| members.len() <= 3);
    Table {
        columns: [Column::words(""), Column::numbers("n", 0)].into_iter().chain(numbers).collect(),
        rows: members
            .iter()
            .map(|member| mean_row(member, at))
            .chain(others.map(|other| mean_difference(&members[0], other, at)))
            .chain(untrained(members, 1))
            .chain(pinned.iter().map(|pinned| {
                let mut row = under(pinned, at);
                row.insert(1, Text::default());
                row
            }))
            .collect(),
    }
}

/// The newest step that every seed of every member has got to, but for those that failed on their way.
pub fn common_step(members: &[ShownTrial]) -> Option<u64> {
    let runs = || members.iter().flat_map(|member| member.seeds.values());
    let going = runs().filter(|run| run.state != State::Failed).map(|run| run.step).min();
    going.or_else(|| runs().map(|run| run.step).min())
}

fn mean_row(member: &ShownTrial, at: Option<u64>) -> Vec<Text> {
    let seeds = |metric: Metric| member.seeds.values().filter_map(|run| value(run, metric, at)).collect::<Vec<_>>();
    let cell = |(metric, ..): &(Metric, &str, u8)| {
        let values = seeds(*metric);
        let any = values.iter().any(|value| is_unhealthy(*metric, *value, width(member)));
        let sign = if any { Text::new("! ", Tone::Bad) } else { Text::default() };
        mean(&values).map_or(Text::dim("-"), |mean| sign.join(spread(mean, *metric, Metric::show)))
    };
    let reached = member.seeds.values().filter(|run| at.is_none_or(|step| run.step >= step)).count();
    let cells = NUMBERS.iter().map(cell);
    [name(member), Text::dim(reached.to_string())].into_iter().chain(cells).collect()
}

/// Accuracies of the first minus those of another, seed by seed.
fn mean_difference(first: &ShownTrial, other: &ShownTrial, at: Option<u64>) -> Vec<Text> {
    let pairs = || first.seeds.iter().filter_map(|(seed, run)| Some((*run, *other.seeds.get(seed)?)));
    let cell = |(metric, ..): &(Metric, &str, u8)| {
        let pairs = pairs().filter(|_| metric.percent);
        let differences: Vec<f64> = pairs.filter_map(|(a, b)| at_the_same_step(a, b, *metric, at)).collect();
        mean(&differences).map_or(Text::default(), |mean| spread(mean, *metric, Metric::show_change))
    };
    let name = Text::dim(format!("  {} - {}", first.name, other.name));
    [name, Text::dim(pairs().count().to_string())].into_iter().chain(NUMBERS.iter().map(cell)).collect()
}

/// A mean with half the width of its band.
fn spread(mean: Mean, metric: Metric, show: impl Fn(&Metric, f64) -> String) -> Text {
    let half = mean.band.map(|[low, high]| format!(" ±{}", metric.show((high - low) / 2.0)));
    Text::plain(show(&metric, mean.value)).and(half.unwrap_or_default(), Tone::Dim)
}

fn name(member: &ShownTrial) -> Text {
    let stroke = if member.pen.dashed { "┅ " } else { "━ " };
    Text::new(stroke, Tone::Series(member.pen)).and(&member.name, Tone::Series(member.pen))
}

fn row(member: &ShownTrial, at: Option<u64>) -> Vec<Text> {
    let mut name = name(member);
    if member.run.is_some_and(|run| run.state == State::Failed) {
        name = name.and(" failed", Tone::Bad);
    }
    let cells = NUMBERS.iter().map(|(metric, ..)| match member.run.and_then(|run| value(run, *metric, at)) {
        Some(value) => told(metric.show(value), is_unhealthy(*metric, value, width(member))),
        None => Text::dim("-"),
    });
    [name].into_iter().chain(cells).collect()
}

/// A number, with a sign where it is that of features that have collapsed.
fn told(number: String, is_unhealthy: bool) -> Text {
    if is_unhealthy { Text::new(format!("! {number}"), Tone::Bad) } else { Text::plain(number) }
}

/// Channels of the features.
fn width(member: &ShownTrial) -> usize {
    cost::features(&member.trial.recipe)
}

/// What the encoder has that all begin with, where that was measured; after some `empty` cells behind the name.
fn untrained(members: &[ShownTrial], empty: usize) -> Option<Vec<Text>> {
    let latest = |metric: &Metric| {
        let name = format!("untrained.{}", metric.name);
        members.iter().find_map(|member| member.run?.latest(&name))
    };
    NUMBERS.iter().find_map(|(metric, ..)| latest(metric))?;
    let cell = |(metric, ..): &(Metric, &str, u8)| {
        latest(metric).map_or(Text::default(), |value| Text::dim(metric.show(value)))
    };
    let before = [Text::dim("  untrained")].into_iter().chain(vec![Text::default(); empty]);
    Some(before.chain(NUMBERS.iter().map(cell)).collect())
}

/// A pinned run, after the letter that stands for it in the charts.
fn under(pinned: &Pinned, at: Option<u64>) -> Vec<Text> {
    let name = Text::dim(format!("{} {}", pinned.letter, pinned.member.name));
    let cells = values(&pinned.member, at).map(|value| Text::dim(value.unwrap_or("-".into())));
    [name].into_iter().chain(cells).collect()
}

/// Each number in words, where there is one.
fn values(member: &ShownTrial, at: Option<u64>) -> impl Iterator<Item = Option<String>> {
    NUMBERS.iter().map(move |(metric, ..)| Some(metric.show(value(member.run?, *metric, at)?)))
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
fn difference(first: &ShownTrial, other: &ShownTrial, at: Option<u64>) -> Vec<Text> {
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
