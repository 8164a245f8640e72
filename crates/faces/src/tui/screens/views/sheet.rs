//! The contact sheet: a row for each image, both views of each set in columns, what was drawn below each view.

use ratatui::layout::Rect;

use super::GAP;
use crate::tui::{
    lab::Viewed,
    theme::Tone,
    widgets::{
        Brush, pixels, take,
        text::{Text, wrap},
    },
};

/// Images asked for: as many as a large terminal shows.
pub const IMAGES: usize = 8;

/// Columns of a picture below which fewer sets are shown.
const NARROW: u16 = 14;

/// Paints as many images and sets as there is room for.
pub fn draw(rows: &[Viewed], names: &[&str], mut area: Rect, brush: &mut Brush) {
    let pairs = area.width.saturating_sub(NARROW) / (2 * (NARROW + GAP));
    let sets = names.len().min(usize::from(pairs.max(1)));
    let columns = 2 * sets as u16 + 1;
    let width = (area.width + GAP) / columns;
    let width = width.saturating_sub(GAP);
    let lines = if area.height < 30 { 2 } else { 4 };
    let cell = |row: Rect, column: u16| Rect { x: row.x + column * (width + GAP), width, ..row };

    let names_row = take(&mut area, 1);
    let kinds_row = take(&mut area, 1);
    for (name, set) in names[..sets].iter().zip(0..) {
        let both = Rect { width: 2 * width + GAP, ..cell(names_row, 1 + 2 * set) };
        Text::new(*name, Tone::Strong).paint(both, brush);
        Text::dim("first view").paint(cell(kinds_row, 1 + 2 * set), brush);
        Text::dim("second view").paint(cell(kinds_row, 2 + 2 * set), brush);
    }
    Text::dim("as it is").paint(cell(kinds_row, 0), brush);

    // Two images at least, where there is room for both.
    let height = (width / 2).min((area.height / 2).saturating_sub(lines));
    if height == 0 {
        return;
    }
    let fitting = usize::from(area.height / (height + lines));
    for row in rows.iter().take(fitting) {
        let mut line = take(&mut area, height + lines);
        let place = take(&mut line, height);
        let (columns, rows) = pixels::fitting(Rect { width, ..place });
        let paint = |picture, column, brush: &mut Brush| {
            pixels::paint(picture, Rect { width: columns, height: rows, ..cell(place, column) }, brush);
        };
        paint(&row.original, 0, brush);
        for (view, column) in row.views[..sets].iter().flatten().zip(1..) {
            paint(&view.picture, column, brush);
            caption(&view.caption, cell(line, column), brush);
        }
    }
}

/// As much of a caption as fits.
fn caption(text: &str, mut area: Rect, brush: &mut Brush) {
    let lines = wrap(text, area.width);
    let shown = usize::from(area.height);
    for (line, place) in lines.iter().take(shown).zip(1..) {
        let more = if place == shown && lines.len() > shown { "…" } else { "" };
        Text::dim(format!("{line}{more}")).paint(take(&mut area, 1), brush);
    }
}
