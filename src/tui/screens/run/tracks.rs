//! Tracks under the charts: the target decay, the learning rate, and what happened, along the same x axis.

use ratatui::layout::Rect;

use super::{Lane, pins::Pinned, ruler};
use crate::{
    chart::{
        Metric,
        curves::{self, Look},
        metric,
    },
    protocol::What,
    store::Run,
    tui::{
        theme::Tone,
        widgets::{Brush, sparkline, text::Text},
    },
};

/// What is drawn in one row.
#[derive(Default)]
pub struct Tracks {
    values: Vec<Track>,
    /// Places on the axis, from 0 to 1, with the rank of the sign that stands there.
    signs: Vec<(f64, usize)>,
    /// The crosshair's place on the axis.
    aim: Option<f64>,
}

/// The course of one number.
struct Track {
    label: Text,
    /// Places on the axis, from 0 to 1, and values.
    points: Vec<(f64, f64)>,
}

/// Signs of events, those that hide others last.
const SIGNS: [(&str, &str, Tone); 4] = [
    ("▾", "checkpoint", Tone::Good),
    ("╵", "evaluation", Tone::Plain),
    ("◂", "warm-up", Tone::Plain),
    ("!", "alarm", Tone::Bad),
];

/// Columns between two tracks, and those that a track keeps beside its label.
const GAP: u16 = 2;
const LEAST: u16 = 12;

/// More points than any track has columns.
const POINTS: usize = 256;

impl Tracks {
    /// The tracks of a heat, their numbers those at the crosshair; a value is that of the first trial that has it.
    pub fn of(lanes: &[Lane], pinned: &[Pinned], look: Look, crosshair: Option<u64>) -> Self {
        let Some(ruler) = ruler(lanes, look) else { return Self::default() };
        let all = lanes.iter().chain(pinned.iter().map(|pinned| &pinned.lane));
        let trials: Vec<_> = all.filter_map(Lane::curve).collect();
        let axis = curves::axis(trials.iter(), look);
        let place = |step: u64| axis.place(ruler.place(step as f64));
        let runs = || lanes.iter().filter_map(|lane| lane.run);
        let track = |metric: Metric| {
            let points = runs().find_map(|run| run.series.get(metric.name))?;
            Some(Track::new(metric, points, crosshair, place))
        };
        let signs = runs().flat_map(signs).chain(lanes.iter().filter_map(warm_up));
        Self {
            values: [metric::TARGET_DECAY, metric::LEARNING_RATE].into_iter().filter_map(track).collect(),
            signs: signs.map(|(step, rank)| (place(step), rank)).collect(),
            aim: crosshair.map(place),
        }
    }

    /// Rows taken: none where there is nothing to show.
    pub fn height(&self) -> u16 {
        u16::from(!self.signs.is_empty() || !self.values.is_empty())
    }

    /// Paints all tracks beside each other, the column of the crosshair reversed.
    pub fn paint(&self, area: Rect, brush: &mut Brush) {
        let width = area.width / (self.values.len() as u16 + 1);
        let mut room = Rect { width: width.saturating_sub(GAP), ..area };
        for track in &self.values {
            let plot = labelled(&track.label, room, brush);
            let text = sparkline::sparkline(&track.columns(plot.width), plot.width.into());
            Text::plain(text).paint(plot, brush);
            self.aim(plot, brush);
            room.x += width;
        }
        let legend = SIGNS.iter().enumerate().filter(|(rank, _)| self.signs.iter().any(|sign| sign.1 == *rank));
        let legend = legend.fold(Text::default(), |text, (_, (sign, word, tone))| {
            text.and(format!("{sign} "), *tone).and(format!("{word} "), Tone::Dim)
        });
        let plot = labelled(&legend, room, brush);
        for (rank, (sign, _, tone)) in SIGNS.iter().enumerate() {
            for (place, _) in self.signs.iter().filter(|sign| sign.1 == rank) {
                brush.buffer.set_string(plot.x + column(*place, plot.width), plot.y, sign, brush.theme.style(*tone));
            }
        }
        self.aim(plot, brush);
    }

    fn aim(&self, plot: Rect, brush: &mut Brush) {
        if let Some(place) = self.aim.filter(|_| plot.width > 0) {
            let x = plot.x + column(place, plot.width);
            brush.buffer.set_style(Rect { x, width: 1, ..plot }, brush.theme.selected());
        }
    }
}

impl Track {
    fn new(metric: Metric, points: &[(u64, f64)], crosshair: Option<u64>, place: impl Fn(u64) -> f64) -> Self {
        let end = crosshair.map_or(points.len(), |step| points.partition_point(|point| point.0 <= step));
        let value = end.checked_sub(1).map(|last| metric.show(points[last].1)).unwrap_or_default();
        let few = points.iter().step_by(points.len().div_ceil(POINTS).max(1)).chain(points.last());
        Self {
            label: Text::new(metric.title, Tone::Dim).then(value, Tone::Plain),
            points: few.map(|(step, value)| (place(*step), *value)).collect(),
        }
    }

    /// The value in force at each column, up to the newest one.
    fn columns(&self, width: u16) -> Vec<f64> {
        let Some(last) = self.points.last() else { return Vec::new() };
        let place = |column: u16| f64::from(column) / f64::from(width.saturating_sub(1).max(1));
        let before = |column| self.points.partition_point(|point| point.0 <= place(column)).saturating_sub(1);
        (0..=column(last.0, width)).map(|column| self.points[before(column)].1).collect()
    }
}

fn column(place: f64, width: u16) -> u16 {
    (place * f64::from(width.saturating_sub(1))) as u16
}

fn signs(run: &Run) -> impl Iterator<Item = (u64, usize)> {
    let rank = |what: &What| match what {
        What::Checkpointed => Some(0),
        What::Evaluated { .. } => Some(1),
        What::Alarm { .. } => Some(3),
        _ => None,
    };
    run.log.iter().filter_map(move |record| Some((record.event.step, rank(&record.event.what)?)))
}

/// Where the learning rate has risen to its peak.
fn warm_up(lane: &Lane) -> Option<(u64, usize)> {
    let steps = lane.trial.recipe.train.warmup_epochs * lane.run?.steps_per_epoch as f64;
    (steps > 0.0).then_some((steps.round() as u64, 2))
}

/// Paints a label, unless it would take most of the room; what is left for the track.
fn labelled(label: &Text, area: Rect, brush: &mut Brush) -> Rect {
    let used = label.width() + 1;
    if used + LEAST > area.width {
        return area;
    }
    label.paint(area, brush);
    Rect { x: area.x + used, width: area.width - used, ..area }
}
