//! Curves averaged over seeds: the mean of a cell's runs at each step, in a band that says how far they part.

use super::{
    Figure, Marks, Metric, Pen, Point, Series,
    across::between,
    curves::{Curve, CurveOptions, assembled, recorded},
};
use crate::{
    results::estimate,
    store::{Run, thin::width},
};

/// The runs of a cell, one for each seed, and how their mean is drawn.
#[derive(Clone)]
pub struct Seeds<'a> {
    /// Of the method.
    pub name: &'a str,
    /// How it is drawn.
    pub pen: Pen,
    /// One a seed.
    pub runs: Vec<&'a Run>,
    /// Images that an optimizer step sees.
    pub images: u64,
}

/// Seeds from which on a band is the interval of the mean. Of fewer it reaches from the least to the greatest value: an
/// interval of two values is thirteen times as wide as they are apart, and says nothing but that they are two.
pub const INTERVAL: usize = 3;

/// What several seeds say about one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Seeds that got so far.
    pub n: usize,
    /// The ends of the 95 % t interval of the mean, or the least and the greatest of fewer than [`INTERVAL`] values; none
    /// of a single one.
    pub band: Option<[f64; 2]>,
}

/// The mean of some values with its band; none of none.
pub fn mean(values: &[f64]) -> Option<Mean> {
    let found = estimate(values.iter().copied())?;
    let ends = || values.iter().fold([f64::MAX, f64::MIN], |[low, high], value| [low.min(*value), high.max(*value)]);
    let band = match found.n {
        1 => None,
        n if n < INTERVAL => Some(ends()),
        _ => found.interval(),
    };
    Some(Mean { value: found.mean, n: found.n, band })
}

/// One metric of several cells, the mean over the seeds of each, over the curves of other runs. At every step it is the
/// mean of the seeds that have got so far; smoothing is done seed by seed.
pub fn averaged(metric: Metric, cells: &[Seeds], others: &[Curve], look: CurveOptions) -> Figure {
    let series = cells.iter().map(|cell| one(metric, cell, look)).collect();
    let curves: Vec<Curve> = cells.iter().flat_map(Seeds::curves).collect();
    assembled(metric, series, &curves, others, look)
}

/// What mean and band are, in words: `mean of 3 seeds, band: 95 % t interval`.
pub fn legend(cells: &[Seeds]) -> String {
    let seeds = || cells.iter().map(|cell| cell.runs.len()).filter(|n| *n > 0);
    let (least, most) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
    let of = if least < most { format!("{least} to {most}") } else { most.to_string() };
    let plural = if most == 1 { "" } else { "s" };
    let band = match (least, most) {
        (_, 0 | 1) => "",
        (_, most) if most < INTERVAL => ", band: least to greatest",
        (least, _) if least < INTERVAL => ", band: 95 % t interval, of fewer than 3 least to greatest",
        _ => ", band: 95 % t interval",
    };
    format!("mean of {of} seed{plural}{band}")
}

impl<'a> Seeds<'a> {
    fn curves(&self) -> impl Iterator<Item = Curve<'a>> {
        let (name, pen, images) = (self.name, self.pen, self.images);
        self.runs.clone().into_iter().map(move |run| Curve { name, pen, run, images })
    }
}

fn one(metric: Metric, cell: &Seeds, look: CurveOptions) -> Series {
    let seeds: Vec<Vec<(f64, f64)>> = cell.runs.iter().map(|run| recorded(metric, run, look)).collect();
    let furthest = cell.curves().max_by_key(|curve| curve.run.step);
    let ruler = furthest.map(|curve| curve.ruler(look));
    let steps = cell.runs.iter().map(|run| run.steps.max(run.step)).max().unwrap_or(0);
    let point = |place: Vec<f64>| {
        let values: Vec<f64> = seeds.iter().filter_map(|seed| at(seed, &place)).collect();
        let Mean { value, band, .. } = mean(&values)?;
        let interval = band.map(|ends| ends.map(|end| metric.scaled(end)));
        let x = ruler.as_ref()?.place(place.iter().sum::<f64>() / place.len() as f64);
        Some(Point { x, y: metric.scaled(value), interval })
    };
    let points = places(&seeds, width(steps) as f64).into_iter().filter_map(point).collect();
    Series { name: cell.name.into(), pen: cell.pen, points, joined: true, marks: Marks::Last }
}

/// The steps at which any of the seeds has a value, those that share a column together.
fn places(seeds: &[Vec<(f64, f64)>], width: f64) -> Vec<Vec<f64>> {
    let mut steps: Vec<f64> = seeds.iter().flatten().map(|point| point.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let column = |step: &f64| (step / width) as u64;
    steps.chunk_by(|a, b| column(a) == column(b)).map(<[f64]>::to_vec).collect()
}

/// The mean of a seed's values at some neighbouring steps; where it has none there, what lies between those around.
fn at(seed: &[(f64, f64)], steps: &[f64]) -> Option<f64> {
    let (first, last) = (*steps.first()?, *steps.last()?);
    let begin = seed.partition_point(|point| point.0 < first);
    let end = seed.partition_point(|point| point.0 <= last);
    if begin < end {
        return Some(seed[begin..end].iter().map(|point| point.1).sum::<f64>() / (end - begin) as f64);
    }
    (0 < begin && begin < seed.len()).then(|| between(seed, f64::midpoint(first, last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::metric::{KNN, LOSS};

    const PEN: Pen = Pen { hue: 0, dashed: false };

    fn run(metric: Metric, points: &[(u64, f64)]) -> Run {
        let step = points.last().map_or(0, |point| point.0);
        Run { step, steps: 100, series: [(metric.name.to_string(), points.to_vec())].into(), ..Run::default() }
    }

    fn points(metric: Metric, runs: &[Run]) -> Vec<Point> {
        let cell = Seeds { name: "byol", pen: PEN, runs: runs.iter().collect(), images: 64 };
        averaged(metric, &[cell], &[], CurveOptions::default()).series.remove(0).points
    }

    #[test]
    fn a_band_is_the_t_interval_of_three_seeds_and_the_ends_of_two() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[4.0]), Some(Mean { value: 4.0, n: 1, band: None }));
        assert_eq!(mean(&[4.0, 2.0]), Some(Mean { value: 3.0, n: 2, band: Some([2.0, 4.0]) }));
        let Mean { value, n, band } = mean(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((value, n), (2.0, 3));
        // 4.303 / sqrt(3), Student's quantile at 2 degrees of freedom.
        assert!((band.unwrap()[1] - 4.4841).abs() < 1e-3);
    }

    #[test]
    fn the_mean_is_of_the_seeds_that_have_got_so_far() {
        let runs = [run(KNN, &[(10, 0.2), (20, 0.4), (30, 0.6)]), run(KNN, &[(10, 0.4), (20, 0.6)])];
        let expected = [(10.0, 30.0, Some([20.0, 40.0])), (20.0, 50.0, Some([40.0, 60.0])), (30.0, 60.0, None)];
        let rounded = |point: &Point| {
            let round = |value: f64| (value * 1e6).round() / 1e6;
            (point.x, round(point.y), point.interval.map(|ends| ends.map(round)))
        };
        assert_eq!(points(KNN, &runs).iter().map(rounded).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn seeds_recorded_at_different_steps_are_compared_at_the_same_one() {
        let runs = [run(LOSS, &[(0, 4.0), (20, 2.0)]), run(LOSS, &[(0, 4.0), (10, 3.0), (20, 2.0)])];
        let points = points(LOSS, &runs);
        assert_eq!(
            points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>(),
            [(0.0, 4.0), (10.0, 3.0), (20.0, 2.0)]
        );
        assert!(points.iter().all(|point| point.interval == Some([point.y; 2])), "both lie on one line");
    }

    #[test]
    fn a_mean_begins_at_the_untrained_encoder() {
        let mut run = run(KNN, &[(10, 0.5)]);
        run.series.insert("untrained.knn.top1".into(), vec![(0, 0.2)]);
        let points = points(KNN, &[run.clone(), run]);
        assert_eq!(points.iter().map(|point| (point.x, point.y)).collect::<Vec<_>>(), [(0.0, 20.0), (10.0, 50.0)]);
    }

    #[test]
    fn a_mean_costs_no_more_points_than_a_screen_has() {
        let long: Vec<(u64, f64)> = (0..100_000).map(|step| (step, 0.5)).collect();
        let run = Run { steps: 100_000, ..run(LOSS, &long) };
        let points = points(LOSS, &[run.clone(), run]);
        assert!((256..=1024).contains(&points.len()), "{}", points.len());
    }

    #[test]
    fn the_legend_says_what_the_band_is() {
        let run = run(KNN, &[]);
        for (seeds, expected) in [
            (&[1, 1][..], "mean of 1 seed"),
            (&[2], "mean of 2 seeds, band: least to greatest"),
            (&[3, 3], "mean of 3 seeds, band: 95 % t interval"),
            (&[2, 3], "mean of 2 to 3 seeds, band: 95 % t interval, of fewer than 3 least to greatest"),
        ] {
            let cell = |n: &usize| Seeds { name: "", pen: PEN, runs: vec![&run; *n], images: 1 };
            assert_eq!(legend(&seeds.iter().map(cell).collect::<Vec<_>>()), expected);
        }
    }
}
