//! Tracks under the charts: the target decay, the learning rate, and what happened, from step 0 to the last one planned.

use ratatui::layout::Rect;

use super::Lane;
use crate::{
    chart::{Metric, metric},
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
    steps: u64,
    values: Vec<(Metric, Vec<(u64, f64)>)>,
    /// Steps with the rank of the sign that stands there.
    marks: Vec<(u64, usize)>,
}

/// Signs of events, those that hide others last.
const SIGNS: [(&str, &str, Tone); 3] =
    [("▾", "checkpoint", Tone::Good), ("╵", "evaluation", Tone::Plain), ("!", "alarm", Tone::Bad)];

/// Columns between two tracks.
const GAP: u16 = 2;

impl Tracks {
    /// The tracks of a heat; a value is that of the first trial that has it.
    pub fn of(lanes: &[Lane]) -> Self {
        let runs = || lanes.iter().filter_map(|lane| lane.run);
        let series = |metric: Metric| Some((metric, runs().find_map(|run| run.series.get(metric.name))?.clone()));
        Self {
            steps: runs().map(|run| run.steps.max(run.step)).max().unwrap_or(0).max(1),
            values: [metric::TARGET_DECAY, metric::LEARNING_RATE].into_iter().filter_map(series).collect(),
            marks: runs().flat_map(marks).collect(),
        }
    }

    /// Rows taken: none where there is nothing to show.
    pub fn height(&self) -> u16 {
        u16::from(!self.marks.is_empty() || !self.values.is_empty())
    }

    /// Paints all tracks beside each other, the column of the crosshair reversed.
    pub fn paint(&self, crosshair: Option<u64>, area: Rect, brush: &mut Brush) {
        let width = area.width / (self.values.len() as u16 + 1);
        let mut room = Rect { width: width.saturating_sub(GAP), ..area };
        for (metric, points) in &self.values {
            let end = crosshair.map_or(points.len(), |step| points.partition_point(|point| point.0 <= step));
            let value = end.checked_sub(1).map(|last| metric.show(points[last].1)).unwrap_or_default();
            let label = Text::new(metric.title, Tone::Dim).then(value, Tone::Plain);
            let plot = labelled(&label, room, brush);
            let text = sparkline::sparkline(&self.columns(points, plot.width), plot.width.into());
            Text::plain(text).paint(plot, brush);
            self.aim(crosshair, plot, brush);
            room.x += width;
        }
        let legend = SIGNS.iter().enumerate().filter(|(rank, _)| self.marks.iter().any(|mark| mark.1 == *rank));
        let legend = legend.fold(Text::default(), |text, (_, (sign, word, tone))| {
            text.and(format!("{sign} "), *tone).and(format!("{word} "), Tone::Dim)
        });
        let plot = labelled(&legend, room, brush);
        for (rank, (sign, _, tone)) in SIGNS.iter().enumerate() {
            for (step, _) in self.marks.iter().filter(|mark| mark.1 == rank) {
                let x = plot.x + self.column(*step, plot.width);
                brush.buffer.set_string(x, plot.y, sign, brush.theme.style(*tone));
            }
        }
        self.aim(crosshair, plot, brush);
    }

    /// The value in force at each column, up to the newest one.
    fn columns(&self, points: &[(u64, f64)], width: u16) -> Vec<f64> {
        let Some(last) = points.last() else { return Vec::new() };
        let columns = 0..=self.column(last.0, width);
        let step = |column: u16| self.steps * u64::from(column) / u64::from(width.max(1));
        let value = |column| points[points.partition_point(|point| point.0 <= step(column)).saturating_sub(1)].1;
        columns.map(value).collect()
    }

    fn column(&self, step: u64, width: u16) -> u16 {
        (step * u64::from(width.saturating_sub(1)) / self.steps) as u16
    }

    fn aim(&self, crosshair: Option<u64>, plot: Rect, brush: &mut Brush) {
        if let Some(step) = crosshair.filter(|_| plot.width > 0) {
            let x = plot.x + self.column(step.min(self.steps), plot.width);
            brush.buffer.set_style(Rect { x, width: 1, ..plot }, brush.theme.selected());
        }
    }
}

fn marks(run: &Run) -> impl Iterator<Item = (u64, usize)> {
    let rank = |what: &What| match what {
        What::Checkpointed => Some(0),
        What::Evaluated { .. } => Some(1),
        What::Alarm { .. } => Some(2),
        _ => None,
    };
    run.log.iter().filter_map(move |record| Some((record.event.step, rank(&record.event.what)?)))
}

/// Paints a label, unless it would take most of the room; what is left for the track.
fn labelled(label: &Text, area: Rect, brush: &mut Brush) -> Rect {
    let used = label.width() + 1;
    if 2 * used > area.width {
        return area;
    }
    label.paint(area, brush);
    Rect { x: area.x + used, width: area.width - used, ..area }
}
