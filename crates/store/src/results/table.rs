//! From trials and runs to rows, from rows to means over seeds and to paired differences between methods.
//!
//! A mean is only ever taken over the seeds of one cell.

use crate::store::{Run, Snapshot, State};
use byolab_values::{
    plan::{Cell, Plan, Trial, Value},
    protocol::Metrics,
};

use super::{
    Difference, Group, Row, bootstrap,
    collapse::collapsed,
    stats::{self, BySeed},
};

/// What every row of a report speaks of, if only to say that it is not known.
pub const METRICS: [&str; 10] = [
    "knn.top1",
    "linear.top1",
    "untrained.knn.top1",
    "untrained.linear.top1",
    "loss",
    "feature_std",
    "effective_rank",
    "alignment",
    "uniformity",
    "images_per_second",
];

/// The metrics by which methods are compared; a loss, for one, means something else to each method.
pub const SCORES: [&str; 2] = ["knn.top1", "linear.top1"];

/// One row per trial, in the order of the plan.
pub fn rows(plan: &Plan, snapshot: &Snapshot) -> Vec<Row> {
    plan.trials.iter().map(|trial| row(trial, snapshot.runs.get(&trial.id))).collect()
}

fn row(trial: &Trial, run: Option<&Run>) -> Row {
    let known = |text: &String| (!text.is_empty()).then(|| text.clone());
    Row {
        trial: trial.id.clone(),
        state: run.map_or(State::Waiting, |run| run.state),
        seed: trial.seed,
        axes: trial.cell.clone(),
        metrics: run.map(metrics).unwrap_or_default(),
        curve: run.map(curve).unwrap_or_default(),
        collapsed: run.is_some_and(|run| collapsed(&trial.recipe, run)),
        device: run.and_then(|run| known(&run.device)),
        commit: run.and_then(|run| known(&run.commit)),
    }
}

/// The k-NN accuracy of a run over the share of training that was done.
fn curve(run: &Run) -> Vec<(f64, f64)> {
    let points = run.series.get("knn.top1").into_iter().flatten().filter(|_| run.steps > 0);
    points.map(|(step, value)| (*step as f64 / run.steps as f64, *value)).collect()
}

/// The final numbers of a finished run, nothing older in their place; the newest numbers of any other.
fn metrics(run: &Run) -> Metrics {
    let mut metrics = match run.state {
        State::Finished => run.results.clone(),
        _ => METRICS.iter().filter_map(|name| Some((name.to_string(), run.latest(name)?))).collect(),
    };
    metrics.retain(|_, value| value.is_finite());
    metrics
}

/// Every metric of every cell over its finished seeds.
///
/// # Panics
/// If trials of one cell differ in more than the seed: their mean would mean nothing.
pub fn groups(plan: &Plan, rows: &[Row]) -> Vec<Group> {
    assert_alike(&plan.trials);
    let metrics = metric_names(rows);
    let of_cell = |cell| {
        let finished: Vec<&Row> = finished(rows, cell).collect();
        metrics.iter().filter_map(move |metric| group(&finished, cell, metric))
    };
    cells(rows).into_iter().flat_map(of_cell).collect()
}

fn group(finished: &[&Row], cell: &Cell, metric: &str) -> Option<Group> {
    let values: Vec<f64> = by_seed(finished.iter().copied(), metric).into_values().collect();
    let estimate = stats::estimate(values.iter().copied())?;
    let worth_it = estimate.n >= bootstrap::LEAST && SCORES.contains(&metric);
    Some(Group {
        axes: cell.clone(),
        metric: metric.to_string(),
        n: estimate.n,
        mean: estimate.mean,
        std: estimate.std,
        low: estimate.low,
        high: estimate.high,
        bootstrap: if worth_it { bootstrap::bca(&values) } else { None },
    })
}

fn assert_alike(trials: &[Trial]) {
    let mut first: Vec<&Trial> = Vec::new();
    for trial in trials {
        let Some(alike) = first.iter().find(|other| other.cell == trial.cell) else {
            first.push(trial);
            continue;
        };
        let mut recipe = trial.recipe.clone();
        recipe.train.seed = alike.recipe.train.seed;
        assert!(
            recipe == alike.recipe,
            "trials {} and {} of one cell differ in more than the seed",
            alike.id,
            trial.id
        );
    }
}

/// Each score of each pair of methods at each setting of the other axes, paired by seed: the trials of a heat saw the
/// same views.
pub fn differences(rows: &[Row]) -> Vec<Difference> {
    let methods = methods(rows);
    let pairs = methods.iter().enumerate().flat_map(|(i, a)| methods[i + 1..].iter().map(move |b| [*a, *b]));
    let pairs: Vec<[&Value; 2]> = pairs.collect();
    let settings = settings(rows);
    let asked = settings.iter().flat_map(|at| SCORES.iter().map(move |metric| (at, *metric)));
    asked.flat_map(|(at, metric)| pairs.iter().filter_map(move |pair| difference(rows, at, metric, *pair))).collect()
}

fn difference(rows: &[Row], at: &Cell, metric: &str, between: [&Value; 2]) -> Option<Difference> {
    let [a, b] = between.map(|method| values(rows, &with_method(at, method), metric));
    let estimate = stats::estimate(stats::paired(&a, &b).into_values())?;
    Some(Difference {
        axes: at.clone(),
        metric: metric.to_string(),
        between: between.map(Value::to_string),
        n: estimate.n,
        mean: estimate.mean,
        low: estimate.low,
        high: estimate.high,
    })
}

/// What the finished trials of a cell have of a metric.
pub fn values(rows: &[Row], cell: &Cell, metric: &str) -> BySeed {
    by_seed(finished(rows, cell), metric)
}

/// The finished trials of a cell.
pub fn finished<'a>(rows: &'a [Row], cell: &Cell) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.is_finished() && row.axes == *cell)
}

fn by_seed<'a>(rows: impl Iterator<Item = &'a Row>, metric: &str) -> BySeed {
    rows.filter_map(|row| Some((row.seed, *row.metrics.get(metric)?))).collect()
}

/// The cells of the rows, in order, each once.
pub fn cells(rows: &[Row]) -> Vec<&Cell> {
    distinct(rows.iter().map(|row| &row.axes))
}

/// The methods of the rows, in order, each once.
pub fn methods(rows: &[Row]) -> Vec<&Value> {
    distinct(rows.iter().filter_map(|row| row.axes.get("method")))
}

/// The cells without their method, in order, each once.
pub fn settings(rows: &[Row]) -> Vec<Cell> {
    let others = |cell: &Cell| -> Cell {
        cell.iter().filter(|(key, _)| *key != "method").map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    distinct(cells(rows).into_iter().map(others))
}

/// The cell of `method` at `setting`.
pub fn with_method(setting: &Cell, method: &Value) -> Cell {
    std::iter::once(("method".to_string(), method.clone())).chain(setting.clone()).collect()
}

/// A cell in words: `byol, train.batch 64`.
pub fn words(cell: &Cell) -> String {
    let part = |(key, value): (&String, &Value)| match key.as_str() {
        "method" => value.to_string(),
        _ => format!("{key} {value}"),
    };
    cell.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The reported metrics, then whatever else the rows have.
pub fn metric_names(rows: &[Row]) -> Vec<&str> {
    distinct(METRICS.into_iter().chain(rows.iter().flat_map(|row| row.metrics.keys().map(String::as_str))))
}

/// The different ones of `items`, in the order in which they first come.
pub fn distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}
