//! A picture as a value.

use super::{Axis, Pen, Scale, axis::called};
use byolab_values::plan::Experiment;

/// Series over two axes. All values are in the units shown (percent, not shares).
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// Along the page.
    pub x: Axis,
    /// Up the page.
    pub y: Axis,
    /// What is drawn, in the order of the legend.
    pub series: Vec<Series>,
    /// What others published, in the pens of the series that it stands beside; drawn faintly and without lines.
    pub ghosts: Vec<Series>,
    /// Other runs to compare with: drawn faintly under the series, their names at their ends.
    pub under: Vec<Series>,
    /// Values of y to draw a reference line at, such as no change from the baseline.
    pub rules: Vec<f64>,
    /// Values of x where a trial raised an alarm.
    pub alarms: Vec<f64>,
}

impl Figure {
    /// Whether there is nothing to draw yet.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }

    /// The same with the experiment's own names for its series, and for what stands along x, the values of `key`.
    #[must_use]
    pub fn named(self, experiment: &Experiment, key: &str) -> Self {
        let of = |word: &String| experiment.named(word).to_string();
        let series = |series: Vec<Series>| {
            series.into_iter().map(|series| Series { name: of(&series.name), ..series }).collect()
        };
        let scale = match &self.x.scale {
            Scale::Categories(names) => Scale::Categories(names.iter().map(of).collect()),
            other => other.clone(),
        };
        let x = Axis { label: called(experiment, key), scale, ..self.x };
        Self { x, series: series(self.series), ghosts: series(self.ghosts), ..self }
    }
}

/// One line of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// As the legend has it.
    pub name: String,
    /// How it is drawn.
    pub pen: Pen,
    /// In the order in which the line joins them.
    pub points: Vec<Point>,
    /// Draws a line through the points: they are a function of an ordered x.
    pub joined: bool,
    /// Which points have a mark.
    pub marks: Marks,
}

/// Which points of a series are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Each: they are measurements.
    All,
    /// The last: they make a curve, and its end tells whose it is.
    Last,
}

impl Series {
    /// The points to mark.
    pub fn marked(&self) -> &[Point] {
        match self.marks {
            Marks::All => &self.points,
            Marks::Last => &self.points[self.points.len().saturating_sub(1)..],
        }
    }
}

/// A point with the interval around its y, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// On the x axis.
    pub x: f64,
    /// On the y axis.
    pub y: f64,
    /// Its lower and its upper end, on the y axis.
    pub interval: Option<[f64; 2]>,
}
