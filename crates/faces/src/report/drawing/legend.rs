//! What the signs of a figure stand for, in rows below its title.

use super::{
    Anchor, DrawnShape, Position, font,
    style::{ALARM, FAINT, INK, MARGIN, ghost_mark, line, mark, text},
};
use byolab_store::chart::{Figure, Pen, Series};

/// Height of a row.
const ROW: f32 = 19.0;
/// Of its words.
const SIZE: f32 = 11.0;
/// Between entries of a row.
const GAP: f32 = 18.0;
/// Length of a sample of a line.
const SAMPLE: f32 = 26.0;

/// A sign with its words.
enum LegendEntry<'a> {
    Series(&'a Series),
    Published(Pen),
    Alarm,
}

/// Entries in rows, as many beside each other as the page has room for.
pub struct Legend<'a> {
    entries: Vec<(LegendEntry<'a>, Position)>,
    /// Where its last row stands.
    pub last: f32,
    width: f32,
}

impl<'a> Legend<'a> {
    /// The legend of a figure on a page of some width, whose first row stands at `y`.
    pub fn new(figure: &'a Figure, width: f32, y: f32) -> Self {
        let page = width;
        let series = figure.series.iter().filter(|series| !series.name.is_empty()).map(LegendEntry::Series);
        let published = figure.ghosts.first().map(|ghost| LegendEntry::Published(ghost.pen));
        let alarm = (!figure.alarms.is_empty()).then_some(LegendEntry::Alarm);
        let mut next = [MARGIN, y];
        let mut entries = Vec::new();
        for entry in series.chain(published).chain(alarm) {
            let width = entry.words_at() + font::width(&entry.words(), SIZE, false);
            if next[0] > MARGIN && next[0] + width > page - MARGIN {
                next = [MARGIN, next[1] + ROW];
            }
            entries.push((entry, next));
            next[0] += width + GAP;
        }
        Self { entries, last: next[1], width: page }
    }

    pub fn draw(&self, shapes: &mut Vec<DrawnShape>) {
        for (entry, [x, y]) in &self.entries {
            let (x, y) = (*x, *y);
            let sign = x + entry.sign_at();
            match entry {
                LegendEntry::Series(series) => {
                    if series.joined {
                        shapes
                            .push(DrawnShape::Line { points: vec![[x, y], [x + SAMPLE, y]], stroke: line(series.pen) });
                    }
                    shapes.push(mark(series.pen, [sign, y]));
                }
                LegendEntry::Published(pen) => shapes.push(ghost_mark(*pen, [sign, y])),
                LegendEntry::Alarm => shapes.push(text([sign, y + 4.0], "!", 14.0, Anchor::Middle, ALARM, true)),
            }
            let colour = if matches!(entry, LegendEntry::Published(_)) { FAINT } else { INK };
            let words = font::cut(&entry.words(), SIZE, false, self.width - MARGIN - x - entry.words_at());
            shapes.push(text([x + entry.words_at(), y + 4.0], &words, SIZE, Anchor::Start, colour, false));
        }
    }
}

impl LegendEntry<'_> {
    fn words(&self) -> String {
        match self {
            Self::Series(series) => series.name.clone(),
            Self::Published(_) => "published, pale".into(),
            Self::Alarm => "alarm".into(),
        }
    }

    /// Whether the sign has a sample of a line behind it.
    fn is_line(&self) -> bool {
        matches!(self, Self::Series(series) if series.joined)
    }

    fn sign_at(&self) -> f32 {
        if self.is_line() { SAMPLE / 2.0 } else { 6.0 }
    }

    fn words_at(&self) -> f32 {
        if self.is_line() { SAMPLE + 7.0 } else { 17.0 }
    }
}
