//! Tracks under the charts, along the same x axis: the target decay, the learning rate, what happened, and what the
//! device was doing.

mod device;

use ratatui::layout::Rect;

use super::{
    pins::Pinned,
    shown::{ShownTrial, ruler},
};
use crate::tui::{
    theme::{Tone, ends},
    widgets::{Brush, sparkline, take, text::Text},
};
use byolab_store::{
    chart::{
        Metric,
        curves::{self, CurveOptions},
        metric,
    },
    store::{
        Run,
        thin::{course, thin},
    },
};
use byolab_values::protocol::What;

/// What is drawn in a row or two.
#[derive(Default)]
pub struct Tracks {
    schedules: Vec<Track>,
    /// Places on the axis, from 0 to 1, with the rank of the sign that stands there.
    signs: Vec<(f64, usize)>,
    device: Vec<Track>,
    /// The crosshair's place on the axis.
    aim: Option<f64>,
}

/// The course of one number.
struct Track {
    label: Text,
    /// Places on the axis, from 0 to 1, and values.
    points: Vec<(f64, f64)>,
    /// What the column spans: from nothing to all there can be, or has been, but of what stays near 1 from the least on.
    scale: [f64; 2],
}

/// Signs of events, those that hide others last.
const SIGNS: [(&str, &str, Tone); 4] = [
    ("▾", "checkpoint", Tone::Good),
    ("╵", "evaluation", Tone::Plain),
    ("◂", "warm-up", Tone::Plain),
    ("!", "alarm", Tone::Bad),
];

/// Columns between two tracks, those that a track keeps beside its label, and those that both need.
const GAP: u16 = 2;
const LEAST: u16 = 5;
const WIDE: u16 = 24;

impl Tracks {
    /// The tracks of a heat, their numbers those at the crosshair.
    pub fn of(members: &[ShownTrial], pinned: &[Pinned], look: CurveOptions, crosshair: Option<u64>) -> Self {
        let Some(ruler) = ruler(members, look) else { return Self::default() };
        let all = members.iter().chain(pinned.iter().map(|pinned| &pinned.member));
        let trials: Vec<_> = all.filter_map(ShownTrial::curve).collect();
        let axis = curves::axis(trials.iter(), look);
        let place = |step: u64| axis.place(ruler.place(step as f64));
        let track = |metric: Metric| {
            let points = series(members, metric)?;
            let value = value(points, crosshair).map(|value| metric.show(value)).unwrap_or_default();
            let label = Text::new(metric.title, Tone::Dim).then(value, Tone::Plain);
            let [low, high] = ends(points.iter().map(|point| point.1));
            let scale = if metric == metric::TARGET_DECAY { [low, 1.0] } else { [0.0, high] };
            Some(Track::new(label, points, scale, place))
        };
        let signs = members.iter().filter_map(|member| member.run).flat_map(signs);
        let signs = signs.chain(members.iter().filter_map(warm_up));
        Self {
            schedules: [metric::TARGET_DECAY, metric::LEARNING_RATE].into_iter().filter_map(track).collect(),
            signs: signs.map(|(step, rank)| (place(step), rank)).collect(),
            device: device::tracks(members, crosshair, place),
            aim: crosshair.map(place),
        }
    }

    /// Rows taken: none where there is nothing to show.
    pub fn height(&self) -> u16 {
        u16::from(self.has_schedules()) + u16::from(!self.device.is_empty())
    }

    fn has_schedules(&self) -> bool {
        !self.signs.is_empty() || !self.schedules.is_empty()
    }

    /// Paints the tracks of a row beside each other, the column of the crosshair reversed.
    pub fn paint(&self, mut area: Rect, brush: &mut Brush) {
        if self.has_schedules() {
            let mut rooms = rooms(take(&mut area, 1), self.schedules.len() as u16 + 1);
            self.schedules.iter().zip(&mut rooms).for_each(|(track, room)| self.paint_track(track, room, brush));
            rooms.for_each(|room| self.paint_signs(room, brush));
        }
        let fit = (self.device.len() as u16).min(area.width / WIDE).max(1);
        self.device.iter().zip(rooms(area, fit)).for_each(|(track, room)| self.paint_track(track, room, brush));
    }

    fn paint_track(&self, track: &Track, room: Rect, brush: &mut Brush) {
        let plot = labelled(&track.label, room, brush);
        let text = sparkline::sparkline(&track.columns(plot.width), track.scale);
        Text::plain(text).paint(plot, brush);
        self.aim(plot, brush);
    }

    fn paint_signs(&self, room: Rect, brush: &mut Brush) {
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
    fn new(label: Text, points: &[(u64, f64)], scale: [f64; 2], place: impl Fn(u64) -> f64) -> Self {
        let points = points.iter().map(|(step, value)| (place(*step), *value)).collect();
        Self { label, points: thin(points), scale }
    }

    /// A value for each column, up to that of the newest point.
    fn columns(&self, width: u16) -> Vec<f64> {
        let columns = self.points.last().map_or(0, |last| column(last.0, width) + 1);
        course(&self.points, columns.min(width).into())
    }
}

/// The points of a metric, of the trial that has got furthest with it.
fn series<'a>(members: &[ShownTrial<'a>], metric: Metric) -> Option<&'a [(u64, f64)]> {
    let series = members.iter().filter_map(|member| Some(member.run?.series.get(metric.name)?.as_slice()));
    series.rev().max_by_key(|points| points.last().map(|point| point.0))
}

/// The newest value, or the one in force at the crosshair.
fn value(points: &[(u64, f64)], crosshair: Option<u64>) -> Option<f64> {
    let end = crosshair.map_or(points.len(), |step| points.partition_point(|point| point.0 <= step));
    Some(points[end.checked_sub(1)?].1)
}

/// `count` parts of a row, side by side.
fn rooms(row: Rect, count: u16) -> impl Iterator<Item = Rect> {
    let width = row.width / count;
    (0..count).map(move |i| Rect { x: row.x + i * width, width: width.saturating_sub(GAP), ..row })
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
fn warm_up(member: &ShownTrial) -> Option<(u64, usize)> {
    let steps = member.trial.recipe.train.warmup_epochs * member.run?.steps_per_epoch as f64;
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
