//! What happened in a heat, in words.

use jiff::Timestamp;

use super::Lane;
use crate::{
    chart::metric::{self, count},
    protocol::{Record, What},
    tui::{model::Model, theme::Tone, widgets::text::Text},
};

/// The lines of a heat, oldest first.
#[derive(Default)]
pub struct Log {
    /// Alarms and failures, which later lines must not push out of sight.
    bad: Vec<Text>,
    other: Vec<Text>,
    /// Lines that the search left out.
    hidden: usize,
}

impl Log {
    /// What happened, as far as a line holds `search`; what happened to several trials at the same step is said once.
    pub fn of(lanes: &[Lane], search: &str, model: &Model) -> Self {
        let line = |lane, record: &Record| Line {
            lanes: vec![lane],
            time: record.time,
            step: record.event.step,
            said: said(record),
        };
        let of = |lane| records(lane).map(move |record| line(lane, record));
        let mut lines: Vec<Line> = lanes.iter().flat_map(of).collect();
        lines.sort_by_cached_key(|line| (line.time.as_second(), line.step, line.said.0.clone()));
        lines.dedup_by(|next, line| {
            let same = next.step == line.step && next.said == line.said;
            if same {
                line.lanes.append(&mut next.lanes);
            }
            same
        });
        let all = lines.len();
        let texts = lines.into_iter().map(|line| (line.said.1 == Tone::Bad, line.text(model)));
        let (bad, other): (Vec<_>, Vec<_>) = texts.filter(|(_, text)| text.holds(search)).partition(|(bad, _)| *bad);
        let hidden = all - bad.len() - other.len();
        let texts = |lines: Vec<(bool, Text)>| lines.into_iter().map(|(_, text)| text).collect();
        Self { bad: texts(bad), other: texts(other), hidden }
    }

    /// How much a search has found.
    pub fn found(&self, search: &str) -> Text {
        let n = usize::from(self.len());
        Text::new(format!("/{search}"), Tone::Strong).then(format!("{n} of {} lines", n + self.hidden), Tone::Dim)
    }

    /// Number of lines, at most as many as any screen has rows.
    pub fn len(&self) -> u16 {
        u16::try_from(self.bad.len() + self.other.len()).unwrap_or(u16::MAX)
    }

    /// What fits into `rows`: what is bad first, then the newest of the rest.
    pub fn last(&self, rows: u16) -> impl Iterator<Item = &Text> {
        let newest = |lines: &[Text], rows: usize| lines.len().saturating_sub(rows);
        let bad = &self.bad[newest(&self.bad, rows.into())..];
        bad.iter().chain(&self.other[newest(&self.other, usize::from(rows) - bad.len())..])
    }
}

/// A line of the log.
struct Line<'a> {
    lanes: Vec<&'a Lane<'a>>,
    time: Timestamp,
    step: u64,
    said: (String, Tone),
}

impl Line<'_> {
    fn text(&self, model: &Model) -> Text {
        let start = Text::dim(clock(self.time, model)).then(format!("step {:>6}", count(self.step)), Tone::Dim);
        let names = self.lanes.iter().fold(start, |text, lane| text.then(&lane.name, Tone::Series(lane.pen)));
        names.then(&self.said.0, self.said.1)
    }
}

fn records<'a>(lane: &Lane<'a>) -> impl Iterator<Item = &'a Record> + use<'a> {
    lane.run.into_iter().flat_map(|run| &run.log)
}

fn clock(time: Timestamp, model: &Model) -> String {
    time.to_zoned_datetime(model.zone.clone()).strftime("%H:%M:%S").to_string()
}

/// An event in words.
fn said(record: &Record) -> (String, Tone) {
    match &record.event.what {
        What::Started { device, .. } => (format!("started on {device}"), Tone::Plain),
        What::Trained { .. } => ("trained".into(), Tone::Dim),
        What::Evaluated { metrics } => {
            let accuracy = [metric::KNN, metric::LINEAR].into_iter().filter_map(|metric| {
                let value = metrics.get(metric.name).or_else(|| metrics.get(&format!("untrained.{}", metric.name)))?;
                Some(format!("{} {} %", metric.title, metric.show(*value)))
            });
            (format!("evaluated: {}", accuracy.collect::<Vec<_>>().join(", ")), Tone::Plain)
        }
        What::Spectrum { .. } => ("spectrum".into(), Tone::Dim),
        What::Checkpointed => ("checkpoint".into(), Tone::Dim),
        What::Noted { text } => (text.clone(), Tone::Plain),
        What::Alarm { text, remedy } => (format!("! {text}: {remedy}"), Tone::Bad),
        What::Finished { .. } => ("finished".into(), Tone::Plain),
        What::Stopped => ("stopped".into(), Tone::Plain),
        What::Failed { reason } => (format!("failed: {reason}"), Tone::Bad),
    }
}
