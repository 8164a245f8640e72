//! How evenly features use their directions, over training: the singular values of every evaluation.

use super::{Axis, Figure, Marks, Pen, Point, Series};
use crate::store::Run;

/// Evaluations that can be told apart in one figure.
const SHOWN: usize = 8;

/// Shares below this say nothing but that they are nothing, and would press the others together.
const LEAST: f64 = 1e-5;

/// A figure for each run that has a spectrum, given by its title and its pen, all on one axis: singular values by their
/// place, as shares, a line for each of some evaluations, the earliest first, evenly over training and with the newest.
pub fn spectra<'a>(runs: impl IntoIterator<Item = (String, Pen, &'a Run)>) -> Vec<Figure> {
    let figures = runs.into_iter().map(|(title, pen, run)| spectrum(title, pen, run));
    let mut figures: Vec<Figure> = figures.filter(|figure| !figure.is_empty()).collect();
    let ends = || figures.iter().flat_map(|figure| [figure.y.from, figure.y.to]);
    let y = Axis::log("", ends().collect::<Vec<_>>());
    figures.iter_mut().for_each(|figure| figure.y = y.clone());
    figures
}

fn spectrum(title: String, pen: Pen, run: &Run) -> Figure {
    let series: Vec<Series> = chosen(run).into_iter().map(|(step, values)| one(step, values, pen)).collect();
    let values = || series.iter().flat_map(|series| series.points.iter());
    Figure {
        title,
        x: Axis::linear("singular value", values().map(|point| point.x).chain([1.0])),
        y: Axis::log("", values().map(|point| point.y)),
        ghosts: Vec::new(),
        under: Vec::new(),
        rules: Vec::new(),
        alarms: Vec::new(),
        series,
    }
}

/// The first and the last step whose spectrum is drawn.
pub fn span(run: &Run) -> Option<[u64; 2]> {
    Some([*run.spectra.keys().next()?, *run.spectra.keys().next_back()?])
}

fn chosen(run: &Run) -> Vec<(u64, &[f32])> {
    let all: Vec<(u64, &[f32])> = run.spectra.iter().map(|(step, values)| (*step, values.as_slice())).collect();
    let shown = all.len().min(SHOWN);
    (0..shown).map(|i| all[i * (all.len() - 1) / (shown - 1).max(1)]).collect()
}

fn one(step: u64, values: &[f32], pen: Pen) -> Series {
    let shares = values.iter().map(|value| f64::from(*value)).take_while(|value| *value >= LEAST);
    let points = shares.zip(1..).map(|(y, place)| Point { x: f64::from(place), y, interval: None }).collect();
    // Lines that lie close are told apart by nothing but their strength, which dashes would break up.
    let pen = Pen { dashed: false, ..pen };
    Series { name: format!("step {step}"), pen, points, joined: true, marks: Marks::Last }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEN: Pen = Pen { hue: 0, dashed: true };

    fn names(evaluations: u64) -> Vec<String> {
        let run = Run { spectra: (0..evaluations).map(|i| (10 * i, vec![0.75, 0.25])).collect(), ..Run::default() };
        spectrum(String::new(), PEN, &run).series.into_iter().map(|series| series.name).collect()
    }

    #[test]
    fn some_evaluations_stand_for_all_with_the_first_and_the_newest() {
        assert_eq!(names(0), Vec::<String>::new());
        assert_eq!(names(1), ["step 0"]);
        assert_eq!(names(3), ["step 0", "step 10", "step 20"]);
        let many = names(100);
        assert_eq!((many.len(), many[0].as_str(), many[7].as_str()), (SHOWN, "step 0", "step 990"));
    }

    #[test]
    fn methods_are_compared_on_one_axis() {
        let run = |values: &[f32]| Run { spectra: [(0, values.to_vec())].into(), ..Run::default() };
        let runs = [run(&[0.9, 0.1]), run(&[]), run(&[0.99, 0.01])];
        let figures = spectra(runs.iter().map(|run| (String::new(), PEN, run)));
        let ends: Vec<(f64, f64)> = figures.iter().map(|figure| (figure.y.from, figure.y.to)).collect();
        assert_eq!(ends, [(f64::from(0.01f32), f64::from(0.99f32)); 2]);
    }

    #[test]
    fn what_is_nothing_is_left_out() {
        let run = Run { spectra: [(0, vec![0.9, 0.1, 1e-9, 0.0])].into(), ..Run::default() };
        let figure = spectrum("byol".into(), PEN, &run);
        let points: Vec<(f64, f64)> = figure.series[0].points.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(points, [(1.0, f64::from(0.9f32)), (2.0, f64::from(0.1f32))]);
    }
}
