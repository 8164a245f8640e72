//! How far a metric falls from the baseline along an axis, for each method: the numbers and their figure.
//!
//! A change is paired: the value of a seed minus the baseline's value of the same method and seed. A difference
//! between methods is paired likewise, because their trials of one seed saw the same views.

use std::collections::BTreeSet;

use super::{Axis, Figure, Marks, Metric, Pen, Point, Scale, Series, axis::spoken, pen};
use crate::results::{self, Beside, BySeed, Estimate, Results, Row, estimate, paired};
use byolab_values::plan::{self, Cell, Experiment, Selector, Value, experiment::selects};

/// What is asked of the results.
#[derive(Clone, Copy)]
pub struct RobustnessQuery<'a> {
    /// Whose results.
    pub experiment: &'a Experiment,
    /// What varies along the x axis.
    pub axis: &'a plan::Axis,
    /// The number on the y axis.
    pub metric: Metric,
    /// The metric itself instead of its change from the baseline.
    pub absolute: bool,
}

/// The answer: an estimate per method and value of the axis, other axes at the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Robustness {
    /// The key of the axis.
    pub axis: String,
    /// From the baseline outwards, or as the file has them.
    pub values: Vec<Value>,
    /// Place of the baseline among `values`.
    pub baseline: usize,
    /// One a method.
    pub methods: Vec<Response>,
    /// The first method minus the second, per value; empty where there are not two methods.
    pub differences: Vec<Option<Estimate>>,
}

/// How one method responds to the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// As the results name it.
    pub method: String,
    /// How it is drawn.
    pub pen: Pen,
    /// The metric at the baseline.
    pub level: Option<Estimate>,
    /// What was asked for, per value of the axis.
    pub estimates: Vec<Option<Estimate>>,
    /// The same of each seed, per value of the axis.
    pub single: Vec<BySeed>,
    /// The same of the published table that the experiment names, in units of the metric.
    pub published: Vec<Option<f64>>,
}

/// Answers `question` from the finished trials.
pub fn robustness(question: RobustnessQuery, results: &Results) -> Robustness {
    let values: Vec<Value> = question.axis.values.iter().map(|value| value.label.clone()).collect();
    let baseline = baseline(question.experiment, question.axis);
    // Where the method itself is the axis, there is one nameless response.
    let names = if question.axis.key == "method" { vec![String::new()] } else { methods(results) };
    let table: Vec<Vec<BySeed>> = names
        .iter()
        .map(|method| values.iter().map(|value| question.by_seed(results, method, value)).collect())
        .collect();
    let asked: Vec<Vec<BySeed>> = table.iter().map(|row| asked(question, row, baseline)).collect();
    let pens = pen::pens(names.iter().map(String::as_str));
    let response = |i: usize| Response {
        method: names[i].clone(),
        pen: pens[i],
        level: over_seeds(&table[i][baseline]),
        estimates: asked[i].iter().map(over_seeds).collect(),
        single: asked[i].clone(),
        published: published(question, results, &names[i], &values, baseline),
    };
    let methods = (0..names.len()).map(response).collect();
    Robustness { axis: spoken(&question.axis.key), values, baseline, methods, differences: differences(&asked) }
}

/// What the axis of values spans at least, in the units shown: a point of an accuracy.
const LEAST: f64 = 1.0;

/// The answer as a picture: lines where the axis has an order, marks alone where its values are only names.
pub fn figure(robustness: &Robustness, question: RobustnessQuery) -> Figure {
    let x = value_axis(robustness);
    let series: Vec<Series> =
        robustness.methods.iter().map(|response| series(response, robustness, question, &x)).collect();
    let ghosts: Vec<Series> =
        robustness.methods.iter().map(|response| ghost(response, robustness, question, &x)).collect();
    let ghosts: Vec<Series> = ghosts.into_iter().filter(|ghost| !ghost.points.is_empty()).collect();
    let reach = series.iter().chain(&ghosts).flat_map(|series| &series.points).flat_map(|point| {
        let [low, high] = point.interval.unwrap_or([point.y; 2]);
        [point.y, low, high]
    });
    let zero = (!question.absolute).then_some(0.0);
    let baseline = &robustness.values[robustness.baseline];
    Figure {
        title: match question.absolute {
            true => question.metric.with_unit(),
            false if question.metric.is_share() => format!("points from {baseline}"),
            false => format!("{} from {baseline}", question.metric.title),
        },
        y: Axis::linear(question.metric.title, reach.chain(zero)).spanning(LEAST).rounded(),
        under: Vec::new(),
        rules: zero.into_iter().collect(),
        alarms: Vec::new(),
        x,
        series,
        ghosts,
    }
}

/// The answer as a picture with a series for each seed in place of those of the mean.
pub fn each_seed(robustness: &Robustness, question: RobustnessQuery) -> Figure {
    let figure = figure(robustness, question);
    let x = &figure.x;
    let of = |response| seed_series(response, robustness, question, x);
    let series: Vec<Series> = robustness.methods.iter().flat_map(of).collect();
    let drawn = series.iter().chain(&figure.ghosts).flat_map(|series| &series.points);
    let reach = drawn.map(|point| point.y).chain(figure.rules.clone());
    let y = Axis::linear(question.metric.title, reach).spanning(LEAST).rounded();
    Figure { title: format!("{}, single seeds", figure.title), y, series, ..figure.clone() }
}

fn seed_series(response: &Response, robustness: &Robustness, question: RobustnessQuery, x: &Axis) -> Vec<Series> {
    let mean = series(response, robustness, question, x);
    let seeds: BTreeSet<u64> = response.single.iter().flat_map(|values| values.keys().copied()).collect();
    let point = |seed: u64, (i, values): (usize, &BySeed)| {
        let y = question.metric.scaled(*values.get(&seed)?);
        Some(Point { x: place(robustness, x, i), y, interval: None })
    };
    let of = |seed: u64| Series {
        name: format!("{} seed {seed}", response.method),
        points: response.single.iter().enumerate().filter_map(|value| point(seed, value)).collect(),
        ..mean.clone()
    };
    seeds.into_iter().map(of).collect()
}

/// The place of the axis's baseline among its values; the first where the experiment names none.
pub fn baseline(experiment: &Experiment, axis: &plan::Axis) -> usize {
    let named = experiment.baseline.get(&axis.key);
    named.and_then(|value| axis.values.iter().position(|candidate| candidate.label == *value)).unwrap_or(0)
}

/// The names of the methods in the order of the plan.
pub(super) fn methods(results: &Results) -> Vec<String> {
    results::methods(&results.rows).into_iter().map(Value::to_string).collect()
}

impl RobustnessQuery<'_> {
    fn by_seed(self, results: &Results, method: &str, value: &Value) -> BySeed {
        by_seed(self.experiment, self.metric, results, method, &[(&self.axis.key, value)])
    }
}

/// An axis, by its key, at one of its values.
pub(super) type At<'a> = (&'a str, &'a Value);

/// A metric of the finished trials of a method, or of all where it has no name, at some values; every other axis but the
/// method is at its baseline.
pub(super) fn by_seed(experiment: &Experiment, metric: Metric, results: &Results, method: &str, at: &[At]) -> BySeed {
    let finished = |row: &&Row| row.is_finished() && is_at(experiment, method, at, &row.axes);
    let number = |row: &Row| Some((row.seed, *row.metrics.get(metric.name)?));
    results.rows.iter().filter(finished).filter_map(number).collect()
}

fn is_at(experiment: &Experiment, method: &str, at: &[At], cell: &Cell) -> bool {
    let method_agrees = method.is_empty() || cell.get("method").is_some_and(|name| name.to_string() == method);
    method_agrees && selects(&selector(experiment, at), cell)
}

fn selector(experiment: &Experiment, at: &[At]) -> Selector {
    let is_free = |axis: &&plan::Axis| axis.key != "method" && at.iter().all(|(key, _)| *key != axis.key);
    let others = experiment.axes.iter().filter(is_free);
    let fixed = others.map(|axis| (axis.key.clone(), axis.values[baseline(experiment, axis)].label.clone()));
    fixed.chain(at.iter().map(|(key, value)| (key.to_string(), (*value).clone()))).collect()
}

/// What was published of `method` at each value, or its change from the published baseline.
fn published(
    question: RobustnessQuery,
    results: &Results,
    method: &str,
    values: &[Value],
    baseline: usize,
) -> Vec<Option<f64>> {
    let entries = results.published.iter().filter(|table| table.metric == question.metric.name);
    let entries = entries.flat_map(|table| &table.entries);
    let entries: Vec<&Beside> = entries.filter(|entry| entry.at.contains_key(&question.axis.key)).collect();
    let at = |value: &Value| {
        let here = |entry: &&&Beside| {
            entry
                .cell
                .as_ref()
                .is_some_and(|cell| is_at(question.experiment, method, &[(&question.axis.key, value)], cell))
        };
        entries.iter().find(here).map(|entry| entry.published)
    };
    let from = if question.absolute { Some(0.0) } else { at(&values[baseline]) };
    values.iter().map(|value| Some(at(value)? - from?)).collect()
}

fn asked(question: RobustnessQuery, row: &[BySeed], baseline: usize) -> Vec<BySeed> {
    if question.absolute {
        return row.to_vec();
    }
    row.iter().map(|values| paired(values, &row[baseline])).collect()
}

fn differences(asked: &[Vec<BySeed>]) -> Vec<Option<Estimate>> {
    match asked {
        [first, second] => first.iter().zip(second).map(|(a, b)| over_seeds(&paired(a, b))).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn over_seeds(values: &BySeed) -> Option<Estimate> {
    estimate(values.values().copied())
}

/// Log where the values span ratios, in the direction of the file; else one place per value.
fn value_axis(robustness: &Robustness) -> Axis {
    let numbers: Option<Vec<f64>> = robustness.values.iter().map(Value::number).collect();
    let label = robustness.axis.clone();
    match numbers {
        Some(numbers) if spans_ratios(&numbers) => {
            let mut axis = Axis::log(label, numbers.iter().copied());
            if numbers.first() > numbers.last() {
                (axis.from, axis.to) = (axis.to, axis.from);
            }
            Axis { values: numbers, ..axis }
        }
        _ => Axis::categories(label, robustness.values.iter().map(Value::to_string).collect()),
    }
}

/// Whether all are positive and each is at least 1.5 times its neighbour, so that a log axis keeps them apart.
fn spans_ratios(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.len() > 1 && sorted[0] > 0.0 && sorted.windows(2).all(|pair| pair[1] / pair[0] >= 1.5)
}

fn series(response: &Response, robustness: &Robustness, question: RobustnessQuery, x: &Axis) -> Series {
    let point = |(i, estimate): (usize, &Option<Estimate>)| {
        let estimate = estimate.as_ref()?;
        let interval = estimate.interval().map(|ends| ends.map(|end| question.metric.scaled(end)));
        Some(Point { x: place(robustness, x, i), y: question.metric.scaled(estimate.mean), interval })
    };
    Series {
        name: response.method.clone(),
        pen: response.pen,
        points: response.estimates.iter().enumerate().filter_map(point).collect(),
        joined: robustness.values.iter().all(|value| value.number().is_some()),
        marks: Marks::All,
    }
}

/// What was published, as marks beside those of [`series`].
fn ghost(response: &Response, robustness: &Robustness, question: RobustnessQuery, x: &Axis) -> Series {
    let point = |(i, published): (usize, &Option<f64>)| {
        Some(Point { x: place(robustness, x, i), y: question.metric.scaled((*published)?), interval: None })
    };
    Series {
        name: format!("{} published", response.method).trim_start().into(),
        pen: response.pen,
        points: response.published.iter().enumerate().filter_map(point).collect(),
        joined: false,
        marks: Marks::All,
    }
}

/// Where value `i` stands on the axis.
fn place(robustness: &Robustness, x: &Axis, i: usize) -> f64 {
    match x.scale {
        Scale::Categories(_) => i as f64,
        _ => robustness.values[i].number().expect("a numeric axis has numbers"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{chart::metric::KNN, results::Comparison, store::State};
    use byolab_values::plan::AxisValue;

    fn axis(key: &str, values: &[Value]) -> plan::Axis {
        let value = |label: &Value| AxisValue { label: label.clone(), value: toml::Value::Boolean(true) };
        plan::Axis { key: key.into(), values: values.iter().map(value).collect() }
    }

    fn experiment() -> Experiment {
        let batches = [Value::Int(512), Value::Int(64)];
        Experiment {
            name: "e".into(),
            origin: "e.toml".into(),
            text: String::new(),
            question: String::new(),
            source: None,
            expect: None,
            names: Default::default(),
            published: None,
            seeds: vec![0, 1, 2],
            look: Default::default(),
            baseline: [("train.batch".to_string(), Value::Int(512))].into(),
            axes: vec![axis("train.batch", &batches)],
            claims: Vec::new(),
            base: Default::default(),
        }
    }

    fn row(method: &str, batch: i64, seed: u64, knn: f64) -> Row {
        let axes = [("method", Value::Text(method.into())), ("train.batch", Value::Int(batch))];
        Row {
            trial: String::new(),
            state: State::Finished,
            seed,
            axes: axes.map(|(key, value)| (key.to_string(), value)).into_iter().collect(),
            metrics: [("knn.top1".to_string(), knn)].into(),
            curve: Vec::new(),
            collapsed: false,
            device: None,
            commit: None,
        }
    }

    pub fn results(rows: Vec<Row>) -> Results {
        Results {
            schema_version: 1,
            experiment: "e".into(),
            question: String::new(),
            look: Default::default(),
            until: None,
            rows,
            groups: Vec::new(),
            differences: Vec::new(),
            claims: Vec::new(),
            doubts: Vec::new(),
            published: None,
            reproductions: Vec::new(),
            tunings: Vec::new(),
        }
    }

    fn answer(rows: Vec<Row>, absolute: bool) -> (Robustness, Figure) {
        let experiment = experiment();
        let question = RobustnessQuery { experiment: &experiment, axis: &experiment.axes[0], metric: KNN, absolute };
        let answer = robustness(question, &results(rows));
        let figure = figure(&answer, question);
        (answer, figure)
    }

    #[test]
    fn a_change_is_paired_by_seed_and_ignores_what_all_seeds_share() {
        let rows = vec![
            row("byol", 512, 0, 0.80),
            row("byol", 64, 0, 0.75),
            row("byol", 512, 1, 0.60),
            row("byol", 64, 1, 0.55),
            row("byol", 64, 2, 0.99),
        ];
        let change = answer(rows, false).0.methods[0].estimates[1].unwrap();
        assert_eq!(change.n, 2);
        assert!((change.mean + 0.05).abs() < 1e-12);
        let [low, high] = change.interval().unwrap();
        assert!((high - low).abs() < 1e-9, "both seeds lost the same");
    }

    #[test]
    fn one_seed_has_a_value_and_no_interval() {
        let answer = answer(vec![row("byol", 512, 0, 0.8)], true).0;
        let [Some(alone), None] = answer.methods[0].estimates[..] else { panic!("one value was measured") };
        assert_eq!((alone.mean, alone.n, alone.interval()), (0.8, 1, None));
    }

    #[test]
    fn methods_are_compared_by_how_much_each_lost() {
        let rows = vec![
            row("byol", 512, 0, 0.8),
            row("byol", 64, 0, 0.7),
            row("simclr", 512, 0, 0.9),
            row("simclr", 64, 0, 0.6),
        ];
        let answer = answer(rows, false).0;
        assert!((answer.differences[1].unwrap().mean - 0.2).abs() < 1e-12);
    }

    #[test]
    fn batch_sizes_stand_on_a_log_axis_that_runs_as_the_file_does() {
        let figure = answer(vec![row("byol", 512, 0, 0.8), row("byol", 64, 0, 0.7)], false).1;
        assert_eq!((figure.x.scale, figure.x.from, figure.x.to), (Scale::Log, 512.0, 64.0));
        assert_eq!(figure.rules, [0.0]);
    }

    #[test]
    fn each_seed_has_a_line_of_its_own() {
        let rows = vec![
            row("byol", 512, 0, 0.8),
            row("byol", 64, 0, 0.7),
            row("byol", 512, 3, 0.9),
            row("byol", 64, 3, 0.6),
            row("simclr", 64, 3, 0.5),
        ];
        let experiment = experiment();
        let question =
            RobustnessQuery { experiment: &experiment, axis: &experiment.axes[0], metric: KNN, absolute: true };
        let figure = each_seed(&robustness(question, &results(rows)), question);
        let lines: Vec<_> = figure.series.iter().map(|series| (series.name.as_str(), series.points.len())).collect();
        assert_eq!(lines, [("byol seed 0", 2), ("byol seed 3", 2), ("simclr seed 3", 1)]);
        assert_eq!(figure.series[1].points[1], Point { x: 64.0, y: 60.0, interval: None });
    }

    #[test]
    fn published_numbers_are_changes_from_their_own_baseline() {
        let beside = |batch: i64, published: f64| Beside {
            method: "byol".into(),
            at: [("train.batch".to_string(), Value::Int(batch))].into(),
            published,
            spread: None,
            change: None,
            cell: Some(row("byol", batch, 0, 0.0).axes),
            n: 0,
            ours: None,
            std: None,
            our_change: None,
        };
        let mut results = results(vec![row("byol", 512, 0, 0.8), row("byol", 64, 0, 0.7)]);
        results.published = Some(Comparison {
            table: "t".into(),
            title: String::new(),
            source: String::new(),
            protocol: String::new(),
            note: None,
            metric: "knn.top1".into(),
            entries: vec![beside(512, 0.722), beside(64, 0.597)],
        });
        let experiment = experiment();
        let question =
            RobustnessQuery { experiment: &experiment, axis: &experiment.axes[0], metric: KNN, absolute: false };
        let ghost = &figure(&robustness(question, &results), question).ghosts[0];
        assert_eq!((ghost.name.as_str(), ghost.points[0].y), ("byol published", 0.0));
        assert!((ghost.points[1].y + 12.5).abs() < 1e-9);
    }

    #[test]
    fn unfinished_trials_do_not_count() {
        let mut running = row("byol", 512, 0, 0.8);
        running.state = State::Running;
        assert!(answer(vec![running], true).1.is_empty());
    }
}
