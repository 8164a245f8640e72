//! Metrics against the step, one curve per trial of a heat.

use super::{Axis, Figure, Marks, Metric, Pen, Point, Series};
use crate::{protocol::What, store::Run};

/// A trial of the heat and how it is drawn.
pub struct Curve<'a> {
    pub name: &'a str,
    pub pen: Pen,
    pub run: &'a Run,
}

/// More points than any screen has columns.
const POINTS: usize = 512;

/// One metric of several runs against the optimizer step, from step 0 to the last one planned.
pub fn curves(metric: Metric, trials: &[Curve], log: bool) -> Figure {
    let series: Vec<_> = trials.iter().map(|trial| one(metric, trial)).collect();
    let values = || series.iter().flat_map(|series| series.points.iter().map(|point| point.y));
    let steps = trials.iter().map(|trial| trial.run.steps.max(trial.run.step)).max().unwrap_or(0);
    Figure {
        title: if metric.percent { format!("{} %", metric.title) } else { metric.title.into() },
        x: Axis::linear("step", [0.0, steps.max(1) as f64]),
        y: if log { Axis::log("", values()) } else { Axis::linear("", values()).rounded() },
        alarms: trials.iter().flat_map(|trial| alarms(trial.run)).collect(),
        ghosts: Vec::new(),
        rules: Vec::new(),
        series,
    }
}

fn one(metric: Metric, trial: &Curve) -> Series {
    let points = trial.run.series.get(metric.name).map(Vec::as_slice).unwrap_or_default();
    let point = |(x, y): (f64, f64)| Point { x, y: metric.scaled(y), interval: None };
    let points: Vec<_> = thin(points).into_iter().filter(|point| point.1.is_finite()).map(point).collect();
    Series { name: trial.name.into(), pen: trial.pen, marks: Marks::Last, joined: true, points }
}

/// The mean of each of at most [`POINTS`] runs of neighbours, so that drawing costs the same however long the training.
fn thin(points: &[(u64, f64)]) -> Vec<(f64, f64)> {
    let mean = |part: &[(u64, f64)]| {
        let n = part.len() as f64;
        let sum = part.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 as f64, sum.1 + point.1));
        (sum.0 / n, sum.1 / n)
    };
    points.chunks(points.len().div_ceil(POINTS).max(1)).map(mean).collect()
}

fn alarms(run: &Run) -> impl Iterator<Item = f64> {
    let steps = |record: &crate::protocol::Record| {
        matches!(record.event.what, What::Alarm { .. }).then_some(record.event.step as f64)
    };
    run.log.iter().filter_map(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::metric;

    fn run(points: impl IntoIterator<Item = (u64, f64)>) -> Run {
        let series = [("knn.top1".to_string(), points.into_iter().collect())].into();
        Run { step: 10, steps: 100, series, ..Run::default() }
    }

    fn figure(run: &Run) -> Figure {
        curves(metric::KNN, &[Curve { name: "byol", pen: Pen { hue: 0, dashed: false }, run }], false)
    }

    #[test]
    fn accuracies_are_drawn_in_percent_over_all_planned_steps() {
        let figure = figure(&run([(0, 0.25), (10, 0.5)]));
        assert_eq!((figure.title.as_str(), figure.x.to), ("k-NN %", 100.0));
        assert_eq!(figure.series[0].points[1], Point { x: 10.0, y: 50.0, interval: None });
    }

    #[test]
    fn a_long_training_costs_no_more_points_than_a_screen_has() {
        let points = &figure(&run((0..100_000).map(|step| (step, 0.5)))).series[0].points;
        assert!((POINTS / 2..=POINTS).contains(&points.len()), "{}", points.len());
        assert!(points.iter().all(|point| (point.y - 50.0).abs() < 1e-9));
    }

    #[test]
    fn a_metric_that_no_run_has_makes_an_empty_figure() {
        assert!(curves(metric::LOSS, &[], false).is_empty());
    }
}
