//! What happened in a heat, in words.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::shown::ShownTrial;
use crate::tui::{
    model::Model,
    theme::Tone,
    widgets::{Brush, table::window, text::Text},
};
use byolab_store::chart::metric::{self, count};
use byolab_values::protocol::{Record, What};

/// The lines of a heat that hold what is searched for, oldest first.
#[derive(Default)]
pub struct Log {
    lines: Vec<LogRow>,
    /// Lines that the search left out.
    hidden: usize,
}

struct LogRow {
    step: u64,
    /// An alarm or a failure, which later lines must not push out of sight.
    bad: bool,
    text: Text,
}

impl Log {
    /// What happened, as far as a line holds `search`; what happened to several trials at the same step is said once.
    pub fn of(members: &[ShownTrial], search: &str, model: &Model) -> Self {
        let of =
            |member| records(member).map(move |record| LogLine { members: vec![member], record, said: said(record) });
        let mut lines: Vec<LogLine> = members.iter().flat_map(of).collect();
        lines.sort_by_cached_key(LogLine::order);
        lines.dedup_by(|next, line| {
            let same = next.step() == line.step() && next.said == line.said;
            if same {
                line.members.append(&mut next.members);
            }
            same
        });
        let all = lines.len();
        let shown = |line: LogLine| LogRow { step: line.step(), bad: line.said.1 == Tone::Bad, text: line.text(model) };
        let lines: Vec<_> = lines.into_iter().map(shown).filter(|line| line.text.holds(search)).collect();
        Self { hidden: all - lines.len(), lines }
    }

    /// How much a search has found.
    pub fn found(&self, search: &str) -> Text {
        let n = self.lines.len();
        Text::new(format!("/{search}"), Tone::Strong).then(format!("{n} of {} lines", n + self.hidden), Tone::Dim)
    }

    /// Number of lines, at most as many as any screen has rows.
    pub fn len(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX)
    }

    /// The steps of the lines.
    pub fn steps(&self) -> Vec<u64> {
        self.lines.iter().map(|line| line.step).collect()
    }

    /// Paints what fits: all, or what is bad first and then the newest of the rest; with a crosshair, what happened around its
    /// step, and at its step reversed.
    pub fn paint(&self, crosshair: Option<u64>, area: Rect, brush: &mut Brush) {
        let shown = crosshair.map_or_else(|| self.newest(area.height.into()), |step| self.around(step, area.height));
        for (line, y) in shown.into_iter().zip(area.y..) {
            let row = Rect { y, height: 1, ..area };
            line.text.paint(row, brush);
            if crosshair == Some(line.step) {
                brush.buffer.set_style(row, brush.theme.selected());
            }
        }
    }

    fn newest(&self, rows: usize) -> Vec<&LogRow> {
        if self.lines.len() <= rows {
            return self.lines.iter().collect();
        }
        let last = |bad: bool, rows: usize| {
            let lines: Vec<&LogRow> = self.lines.iter().filter(|line| line.bad == bad).collect();
            lines[lines.len().saturating_sub(rows)..].to_vec()
        };
        let bad = last(true, rows);
        let other = last(false, rows - bad.len());
        [bad, other].concat()
    }

    fn around(&self, step: u64, rows: u16) -> Vec<&LogRow> {
        let here = self.lines.iter().rposition(|line| line.step <= step).unwrap_or(0);
        self.lines[window(self.lines.len(), here, rows)].iter().collect()
    }
}
/// A line of the log.
struct LogLine<'a> {
    members: Vec<&'a ShownTrial<'a>>,
    record: &'a Record,
    said: (String, Tone),
}

impl LogLine<'_> {
    fn step(&self) -> u64 {
        self.record.event.step
    }

    /// By time; within a second a beginning comes first, and what is said alike stands together.
    fn order(&self) -> (i64, u64, bool, String) {
        let goes_on = !matches!(self.record.event.what, What::Started { .. });
        (self.record.time.as_second(), self.step(), goes_on, self.said.0.clone())
    }

    fn text(&self, model: &Model) -> Text {
        let start =
            Text::dim(clock(self.record.time, model)).then(format!("step {:>6}", count(self.step())), Tone::Dim);
        let names = self.members.iter().fold(start, |text, member| text.then(&member.name, Tone::Series(member.pen)));
        names.then(&self.said.0, self.said.1)
    }
}

fn records<'a>(member: &ShownTrial<'a>) -> impl Iterator<Item = &'a Record> + use<'a> {
    member.run.into_iter().flat_map(|run| &run.log)
}

fn clock(time: Timestamp, model: &Model) -> String {
    time.to_zoned_datetime(model.zone.clone()).strftime("%H:%M:%S").to_string()
}

/// An event in words.
fn said(record: &Record) -> (String, Tone) {
    match &record.event.what {
        What::Started { device, .. } => (format!("started on {device}"), Tone::Plain),
        What::Trained { .. } => ("trained".into(), Tone::Dim),
        What::Sampled { .. } => ("sampled".into(), Tone::Dim),
        What::Spectrum { .. } => ("spectrum".into(), Tone::Dim),
        What::Evaluated { metrics } => {
            let accuracy = [metric::KNN, metric::LINEAR].into_iter().filter_map(|metric| {
                let value = metrics.get(metric.name).or_else(|| metrics.get(&format!("untrained.{}", metric.name)))?;
                Some(format!("{} {} %", metric.title, metric.show(*value)))
            });
            (format!("evaluated: {}", accuracy.collect::<Vec<_>>().join(", ")), Tone::Plain)
        }
        What::Checkpointed => ("checkpoint".into(), Tone::Dim),
        What::Noted { text } => (text.clone(), Tone::Plain),
        What::Alarm { text, remedy, .. } => (format!("! {text}: {remedy}"), Tone::Bad),
        What::Finished { .. } => ("finished".into(), Tone::Plain),
        What::Stopped => ("stopped".into(), Tone::Plain),
        What::Failed { reason } => (format!("failed: {reason}"), Tone::Bad),
    }
}
