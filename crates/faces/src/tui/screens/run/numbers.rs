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

/// A column: the metric, its title, and its rank, highest for what is given up first where the table is narrow.
type Number = (Metric, &'static str, u8);

/// Columns that every table has.
const NUMBERS: [Number; 11] = [
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

/// Columns that a table has where some trial has something for them.
const OWN: [Number; 7] = [
    (metric::CLASSIFIER, "class. %", 2),
    (metric::PRETEXT, "task %", 2),
    (metric::PSEUDO_KEPT, "kept %", 3),
    (metric::LIDAR, "LiDAR", 4),
    (metric::ALPHA, "alpha", 5),
    (metric::NEURAL_COLLAPSE, "NC1", 5),
    (metric::HISTOGRAM, "colours", 5),
];

/// The numbers of each trial, newest or as they stood at a step, what the first has ahead of the others, and pinned runs.
pub fn table(members: &[ShownTrial], pinned: &[Pinned], at: Option<u64>) -> Table {
    let numbers = Numbers::of(members, at);
    let others = members.iter().skip(1).filter(|_| members.len() <= 3);
    Table {
        columns: [Column::words("")].into_iter().chain(numbers.titles()).collect(),
        rows: members
            .iter()
            .map(|member| numbers.row(member))
            .chain(others.map(|other| numbers.difference(&members[0], other)))
            .chain(numbers.untrained(members, 0))
            .chain(pinned.iter().map(|pinned| numbers.under(pinned)))
            .collect(),
    }
}

/// The same of each method's mean over its seeds, with its band, at the step up to which all of them have got or an
/// earlier one, and over how many seeds.
pub fn means(members: &[ShownTrial], pinned: &[Pinned], at: Option<u64>) -> Table {
    let step = common_step(members);
    let numbers = Numbers::of(members, at.map_or(step, |at| Some(at.min(step.unwrap_or(at)))));
    let others = members.iter().skip(1).filter(|_| members.len() <= 3);
    Table {
        columns: [Column::words(""), Column::numbers("n", 0)].into_iter().chain(numbers.titles()).collect(),
        rows: members
            .iter()
            .map(|member| numbers.mean_row(member))
            .chain(others.map(|other| numbers.mean_difference(&members[0], other)))
            .chain(numbers.untrained(members, 1))
            .chain(pinned.iter().map(|pinned| {
                let mut row = numbers.under(pinned);
                row.insert(1, Text::default());
                row
            }))
            .collect(),
    }
}

/// What a table has.
struct Numbers {
    columns: Vec<Number>,
    /// The step that is looked at; none: the newest.
    at: Option<u64>,
}

impl Numbers {
    fn of(members: &[ShownTrial], at: Option<u64>) -> Self {
        let runs = || members.iter().flat_map(|member| member.seeds.values().copied().chain(member.run));
        let is_known = |(metric, ..): &Number| runs().any(|run| run.latest(metric.name).is_some());
        Self { columns: NUMBERS.into_iter().chain(OWN.into_iter().filter(is_known)).collect(), at }
    }

    fn titles(&self) -> impl Iterator<Item = Column> {
        self.columns.iter().map(|(_, title, rank)| Column::numbers(*title, *rank))
    }

    fn mean_row(&self, member: &ShownTrial) -> Vec<Text> {
        let seeds =
            |metric: Metric| member.seeds.values().filter_map(|run| value(run, metric, self.at)).collect::<Vec<_>>();
        let cell = |(metric, ..): &Number| {
            let values = seeds(*metric);
            let any = values.iter().any(|value| is_unhealthy(*metric, *value, width(member)));
            let sign = if any { Text::new("! ", Tone::Bad) } else { Text::default() };
            mean(&values).map_or(Text::dim("-"), |mean| sign.join(spread(mean, *metric, Metric::show)))
        };
        let reached = member.seeds.values().filter(|run| self.at.is_none_or(|step| run.step >= step)).count();
        let cells = self.columns.iter().map(cell);
        [name(member), Text::dim(reached.to_string())].into_iter().chain(cells).collect()
    }

    /// Accuracies of the first minus those of another, seed by seed.
    fn mean_difference(&self, first: &ShownTrial, other: &ShownTrial) -> Vec<Text> {
        let pairs = || first.seeds.iter().filter_map(|(seed, run)| Some((*run, *other.seeds.get(seed)?)));
        let cell = |(metric, ..): &Number| {
            let pairs = pairs().filter(|_| metric.is_share());
            let differences: Vec<f64> = pairs.filter_map(|(a, b)| at_the_same_step(a, b, *metric, self.at)).collect();
            mean(&differences).map_or(Text::default(), |mean| spread(mean, *metric, Metric::show_change))
        };
        let name = Text::dim(format!("  {} - {}", first.name, other.name));
        [name, Text::dim(pairs().count().to_string())].into_iter().chain(self.columns.iter().map(cell)).collect()
    }

    fn row(&self, member: &ShownTrial) -> Vec<Text> {
        let mut name = name(member);
        if member.run.is_some_and(|run| run.state == State::Failed) {
            name = name.and(" failed", Tone::Bad);
        }
        let cells =
            self.columns.iter().map(|(metric, ..)| match member.run.and_then(|run| value(run, *metric, self.at)) {
                Some(value) => told(metric.show(value), is_unhealthy(*metric, value, width(member))),
                None => Text::dim("-"),
            });
        [name].into_iter().chain(cells).collect()
    }

    /// What the encoder has that all begin with, where that was measured; after some `empty` cells behind the name.
    fn untrained(&self, members: &[ShownTrial], empty: usize) -> Option<Vec<Text>> {
        let latest = |metric: &Metric| {
            let name = format!("untrained.{}", metric.name);
            members.iter().find_map(|member| member.run?.latest(&name))
        };
        self.columns.iter().find_map(|(metric, ..)| latest(metric))?;
        let cell =
            |(metric, ..): &Number| latest(metric).map_or(Text::default(), |value| Text::dim(metric.show(value)));
        let before = [Text::dim("  untrained")].into_iter().chain(vec![Text::default(); empty]);
        Some(before.chain(self.columns.iter().map(cell)).collect())
    }

    /// A pinned run, after the letter that stands for it in the charts.
    fn under(&self, pinned: &Pinned) -> Vec<Text> {
        let name = Text::dim(format!("{} {}", pinned.letter, pinned.member.name));
        let cells = self.values(&pinned.member).map(|value| Text::dim(value.unwrap_or("-".into())));
        [name].into_iter().chain(cells).collect()
    }

    /// Each number in words, where there is one.
    fn values(&self, member: &ShownTrial) -> impl Iterator<Item = Option<String>> {
        self.columns.iter().map(move |(metric, ..)| Some(metric.show(value(member.run?, *metric, self.at)?)))
    }

    /// Accuracies of the first minus those of another trial, at the last step up to `at` that both have evaluated. Losses of
    /// different methods are not to be compared, nor are the other numbers.
    fn difference(&self, first: &ShownTrial, other: &ShownTrial) -> Vec<Text> {
        let number = |(metric, ..): &Number| {
            let runs = first.run.zip(other.run).filter(|_| metric.is_share());
            let difference = runs.and_then(|(a, b)| at_the_same_step(a, b, *metric, self.at));
            difference.map(|value| Text::plain(metric.show_change(value))).unwrap_or_default()
        };
        let name = Text::dim(format!("  {} - {}", first.name, other.name));
        [name].into_iter().chain(self.columns.iter().map(number)).collect()
    }
}

/// The newest step that every seed of every member has got to, but for those that failed on their way.
pub fn common_step(members: &[ShownTrial]) -> Option<u64> {
    let runs = || members.iter().flat_map(|member| member.seeds.values());
    let going = runs().filter(|run| run.state != State::Failed).map(|run| run.step).min();
    going.or_else(|| runs().map(|run| run.step).min())
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

/// A number, with a sign where it is that of features that have collapsed.
fn told(number: String, is_unhealthy: bool) -> Text {
    if is_unhealthy { Text::new(format!("! {number}"), Tone::Bad) } else { Text::plain(number) }
}

/// Channels of the features.
fn width(member: &ShownTrial) -> usize {
    cost::features(&member.trial.recipe)
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

fn at_the_same_step(a: &Run, b: &Run, metric: Metric, at: Option<u64>) -> Option<f64> {
    let (a, b) = (a.series.get(metric.name)?, b.series.get(metric.name)?);
    let same = |step: u64| b.iter().rev().find(|point| point.0 == step);
    upto(a, at).iter().rev().find_map(|(step, value)| Some(value - same(*step)?.1))
}
