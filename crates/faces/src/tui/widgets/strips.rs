//! Paints a [`Figure`] over categories lying down: some rows for each category, values to the right. The names are left
//! to a table beside it, whose rows it keeps to.

use ratatui::layout::Rect;

use super::{Brush, take, text::Text};
use crate::tui::theme::{Tone, mark};
use byolab_store::{
    chart::{Figure, Pen, Point, Series},
    results::distinct,
};

/// Rows of the title and of the value axis.
pub const AROUND: u16 = 3;

/// Least columns for a row that says anything.
const LEAST: u16 = 8;

/// Rows that a category needs for its methods to stand one below the other.
pub fn tall(figure: &Figure) -> u16 {
    pens(figure).len().max(1) as u16
}

/// Paints the title, `rows` categories of `tall` rows each, and the value axis below them.
pub fn paint(figure: &Figure, rows: u16, tall: u16, mut area: Rect, brush: &mut Brush) {
    if area.width < LEAST || area.height < rows * tall + AROUND {
        return;
    }
    Text::new(&figure.title, Tone::Strong).paint(take(&mut area, 1), brush);
    let plot = Rect { height: rows * tall, ..area };
    axis(figure, plot, brush);
    let pens = pens(figure);
    for category in 0..rows {
        let line = |series: &Series| {
            let place = pens.iter().position(|pen| *pen == series.pen).unwrap_or(0) as u16;
            Rect { y: plot.y + category * tall + place.min(tall - 1), height: 1, ..plot }
        };
        let all = || figure.ghosts.iter().map(|ghost| (ghost, Tone::Dim));
        let series = || figure.series.iter().map(|series| (series, Tone::Series(series.pen)));
        for (series, tone) in all().chain(series()) {
            intervals(series, category.into(), figure, line(series), tone, brush);
        }
        let mut taken = Vec::new();
        for (series, tone) in all().chain(series()) {
            marks(series, category.into(), figure, line(series), tone, &mut taken, brush);
        }
    }
}

/// The looks of the series, each once.
fn pens(figure: &Figure) -> Vec<Pen> {
    distinct(figure.series.iter().map(|series| series.pen))
}

fn axis(figure: &Figure, plot: Rect, brush: &mut Brush) {
    let dim = brush.theme.style(Tone::Dim);
    brush.buffer.set_string(plot.x, plot.bottom(), "─".repeat(plot.width.into()), dim);
    for (place, label) in figure.y.ticks(usize::from(plot.width / 9).max(2)) {
        let x = column(place, plot);
        let text = Text::dim(label);
        let left = x.saturating_sub(text.width() / 2).clamp(plot.x, plot.right().saturating_sub(text.width()));
        text.paint(Rect::new(left, plot.bottom() + 1, plot.right() - left, 1), brush);
        brush.buffer.set_string(x, plot.bottom(), "┬", dim);
    }
    for (rule, y) in figure.rules.iter().flat_map(|rule| (plot.y..plot.bottom()).map(move |y| (rule, y))) {
        brush.buffer.set_string(column(figure.y.place(*rule), plot), y, "┊", dim);
    }
}

/// The points of a series that belong to a category.
fn here(series: &Series, category: usize) -> impl Iterator<Item = &Point> {
    series.points.iter().filter(move |point| point.x.round() as usize == category)
}

fn intervals(series: &Series, category: usize, figure: &Figure, row: Rect, tone: Tone, brush: &mut Brush) {
    let at = |y: f64| column(figure.y.place(y), row);
    for [low, high] in here(series, category).filter_map(|point| point.interval) {
        let width = usize::from(at(high) - at(low)) + 1;
        brush.buffer.set_string(at(low), row.y, "─".repeat(width), brush.theme.style(tone));
    }
}

/// Marks, each beside those that stand where it would: none hides another.
fn marks(
    series: &Series,
    category: usize,
    figure: &Figure,
    row: Rect,
    tone: Tone,
    taken: &mut Vec<(u16, u16)>,
    brush: &mut Brush,
) {
    for point in here(series, category) {
        let wanted = column(figure.y.place(point.y), row);
        let free = (row.x..row.right()).filter(|x| !taken.contains(&(*x, row.y)));
        let x = free.min_by_key(|x| x.abs_diff(wanted)).unwrap_or(wanted);
        taken.push((x, row.y));
        brush.buffer[(x, row.y)].set_char(mark(series.pen)).set_style(brush.theme.style(tone));
    }
}

fn column(place: f64, plot: Rect) -> u16 {
    plot.x + (place * f64::from(plot.width - 1)).round() as u16
}
