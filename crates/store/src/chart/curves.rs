//! Metrics against the step, or what else counts training, one curve per trial of a heat.

use super::{
    Axis, Figure, Marks, Metric, Pen, Point, Series,
    across::{Across, Ruler},
};
use crate::{
    results::distinct,
    store::{Run, thin},
};
use byolab_values::protocol::What;

/// A trial of the heat and how it is drawn.
pub struct Curve<'a> {
    /// As the legend has it.
    pub name: &'a str,
    /// How it is drawn.
    pub pen: Pen,
    /// Whose numbers.
    pub run: &'a Run,
    /// Images that an optimizer step sees.
    pub images: u64,
}

impl Curve<'_> {
    /// From the steps of the run to places on the x axis.
    pub fn ruler(&self, look: CurveOptions) -> Ruler {
        Ruler::new(look.across, self.run, self.images)
    }
}

/// How curves are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurveOptions {
    /// Values on a logarithmic axis.
    pub log: bool,
    /// What the x axis counts.
    pub across: Across,
    /// The x axis is logarithmic too.
    pub log_across: bool,
    /// Weight of what went before in a smoothed value, from 0 (as measured) to below 1.
    pub smoothing: f64,
}

/// One metric of several runs against the optimizer step, from step 0 to the last one planned.
pub fn curves(metric: Metric, trials: &[Curve], log: bool) -> Figure {
    seen(metric, trials, &[], CurveOptions { log, ..CurveOptions::default() })
}

/// One metric of several runs over that of others, from the beginning to the last step planned.
pub fn seen(metric: Metric, trials: &[Curve], others: &[Curve], look: CurveOptions) -> Figure {
    let all = trials.iter().map(|trial| one(metric, trial, look)).collect();
    assembled(metric, all, trials, others, look)
}

/// The figure of `series`, which `trials` make, over the curves of others.
pub(super) fn assembled(
    metric: Metric,
    series: Vec<Series>,
    trials: &[Curve],
    others: &[Curve],
    look: CurveOptions,
) -> Figure {
    let under: Vec<Series> = others.iter().map(|trial| one(metric, trial, look)).collect();
    let reach = |point: &Point| point.interval.unwrap_or([point.y; 2]).into_iter().chain([point.y]);
    let values = || series.iter().chain(&under).flat_map(|series| series.points.iter().flat_map(reach));
    let alarms = |trial: &Curve| {
        let ruler = trial.ruler(look);
        alarms(trial.run).map(move |step| ruler.place(step)).collect::<Vec<_>>()
    };
    Figure {
        title: metric.with_unit(),
        x: axis(trials.iter().chain(others), look),
        y: if look.log { Axis::log("", values()) } else { Axis::linear("", values()).rounded() },
        alarms: trials.iter().flat_map(alarms).collect(),
        ghosts: Vec::new(),
        rules: Vec::new(),
        under,
        series,
    }
}

/// The x axis of several runs: to the last step planned; from the first one recorded where it is logarithmic.
pub fn axis<'a>(trials: impl Iterator<Item = &'a Curve<'a>> + Clone, look: CurveOptions) -> Axis {
    let last = |trial: &Curve| trial.run.steps.max(trial.run.step).max(1) as f64;
    let ends = trials.clone().map(|trial| trial.ruler(look).place(last(trial)));
    if !look.log_across {
        return Axis::linear(look.across.label(), ends.chain([0.0]));
    }
    let first = |trial: &Curve| {
        let recorded = trial.run.series.values().filter_map(|points| points.iter().find(|point| point.0 > 0));
        Some(trial.ruler(look).place(recorded.map(|point| point.0).min()? as f64))
    };
    Axis::log(look.across.label(), ends.chain(trials.filter_map(first)))
}

/// The curve of a trial.
fn one(metric: Metric, trial: &Curve, look: CurveOptions) -> Series {
    let ruler = trial.ruler(look);
    let point = |(x, y): (f64, f64)| Point { x: ruler.place(x), y: metric.scaled(y), interval: None };
    let points = thin::thin(recorded(metric, trial.run, look)).into_iter().map(point).collect();
    Series { name: trial.name.into(), pen: trial.pen, marks: Marks::Last, joined: true, points }
}

/// What untrained encoders have of a metric, in the units shown, each value once.
pub fn untrained<'a>(metric: Metric, runs: impl IntoIterator<Item = &'a Run>) -> Vec<f64> {
    let name = format!("untrained.{}", metric.name);
    distinct(runs.into_iter().filter_map(|run| run.latest(&name)).map(|value| metric.scaled(value)))
}

/// The course of a metric in at most `columns` values, of an accuracy from that of the untrained encoder on; fewer where
/// fewer were recorded.
pub fn course(metric: Metric, run: &Run, columns: usize) -> Vec<f64> {
    let recorded = recorded(metric, run, CurveOptions::default());
    let evenly: Vec<(f64, f64)> = recorded.iter().zip(0u32..).map(|(point, i)| (f64::from(i), point.1)).collect();
    thin::course(&evenly, columns.min(evenly.len()))
}

/// What was recorded of a metric, smoothed as asked for: steps and stored values, those of an accuracy from that of the
/// untrained encoder on.
pub(super) fn recorded(metric: Metric, run: &Run, look: CurveOptions) -> Vec<(f64, f64)> {
    let of = |name: &str| run.series.get(name).map(Vec::as_slice).unwrap_or_default();
    let points = of(metric.name);
    let untrained = of(&format!("untrained.{}", metric.name)).first();
    let is_before = |step: u64| !look.log_across && points.first().is_none_or(|first| step < first.0);
    let untrained = untrained.filter(|before| is_before(before.0));
    let all = untrained.into_iter().chain(points).map(|(step, value)| (*step as f64, *value));
    smoothed(all.filter(|point| point.1.is_finite()).collect(), look.smoothing)
}

/// The exponential moving average, freed of its bias towards zero at the beginning (Kingma and Ba 2015, section 3).
fn smoothed(points: Vec<(f64, f64)>, weight: f64) -> Vec<(f64, f64)> {
    let (mut sum, mut weights) = (0.0, 0.0);
    let next = |(x, y): (f64, f64)| {
        sum = weight * sum + (1.0 - weight) * y;
        weights = weight * weights + (1.0 - weight);
        (x, sum / weights)
    };
    points.into_iter().map(next).collect()
}

fn alarms(run: &Run) -> impl Iterator<Item = f64> {
    let steps = |record: &byolab_values::protocol::Record| {
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

    fn curve(run: &Run) -> Curve<'_> {
        Curve { name: "byol", pen: Pen { hue: 0, dashed: false }, run, images: 64 }
    }

    fn figure(run: &Run) -> Figure {
        curves(metric::KNN, &[curve(run)], false)
    }

    #[test]
    fn accuracies_are_drawn_in_percent_over_all_planned_steps() {
        let figure = figure(&run([(0, 0.25), (10, 0.5)]));
        assert_eq!((figure.title.as_str(), figure.x.to), ("k-NN %", 100.0));
        assert_eq!(figure.series[0].points[1], Point { x: 10.0, y: 50.0, interval: None });
    }

    #[test]
    fn a_curve_begins_at_the_untrained_encoder() {
        let mut run = run([(10, 0.5)]);
        run.series.insert("untrained.knn.top1".into(), vec![(0, 0.2)]);
        let first = figure(&run).series[0].points[0];
        assert_eq!((first.x, first.y), (0.0, 20.0));
    }

    #[test]
    fn the_untrained_encoder_is_drawn_before_anything_else_is_known() {
        let mut run = run([]);
        run.series.insert("untrained.knn.top1".into(), vec![(0, 0.2)]);
        assert_eq!(figure(&run).series[0].points, [Point { x: 0.0, y: 20.0, interval: None }]);
    }

    #[test]
    fn a_long_training_costs_no_more_points_than_a_screen_has_and_keeps_its_spikes() {
        let value = |step: u64| if step == 77_777 { 0.9 } else { 0.5 };
        let points = &figure(&run((0..100_000).map(|step| (step, value(step))))).series[0].points;
        assert!((512..=1536).contains(&points.len()), "{}", points.len());
        assert!(points.contains(&Point { x: 77_777.0, y: 90.0, interval: None }));
    }

    #[test]
    fn smoothing_keeps_a_constant_and_halves_a_step_at_weight_one_half() {
        let smooth = |ys: &[f64], weight| {
            let points = ys.iter().enumerate().map(|(i, y)| (i as f64, *y)).collect();
            smoothed(points, weight).into_iter().map(|point| point.1).collect::<Vec<_>>()
        };
        assert!(smooth(&[3.0, 3.0, 3.0], 0.9).iter().all(|y| (y - 3.0).abs() < 1e-12));
        assert_eq!(smooth(&[0.0, 3.0], 0.5), [0.0, 2.0]);
        assert_eq!(smooth(&[1.0, 5.0, 2.0], 0.0), [1.0, 5.0, 2.0]);
    }

    #[test]
    fn curves_stand_on_the_axis_that_is_asked_for() {
        let mut run = run([(0, 0.25), (10, 0.5)]);
        run.steps_per_epoch = 20;
        let curve = [curve(&run)];
        for (across, last, end) in
            [(Across::Step, 10.0, 100.0), (Across::Epoch, 0.5, 5.0), (Across::Images, 640.0, 6400.0)]
        {
            let figure = seen(metric::KNN, &curve, &[], CurveOptions { across, ..CurveOptions::default() });
            assert_eq!((figure.series[0].points[1].x, figure.x.to), (last, end), "{across:?}");
            let figure =
                seen(metric::KNN, &curve, &[], CurveOptions { across, log_across: true, ..CurveOptions::default() });
            assert_eq!((figure.x.from, figure.x.to), (last, end), "{across:?}, logarithmic");
        }
    }

    #[test]
    fn a_metric_that_no_run_has_makes_an_empty_figure() {
        assert!(curves(metric::LOSS, &[], false).is_empty());
    }
}
