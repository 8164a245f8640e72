//! Paints a [`Figure`] over categories lying down: a row for each category, values to the right. The names are left to
//! a table beside it, whose rows it keeps to.

use ratatui::layout::Rect;

use super::{Brush, take, text::Text};
use crate::tui::theme::{Tone, mark};
use byolab_store::chart::{Figure, Point, Series};

/// Rows of the title and of the value axis.
pub const AROUND: u16 = 3;

/// Least columns for a row that says anything.
const LEAST: u16 = 8;

/// Paints the title, `rows` categories, and the value axis below them.
pub fn paint(figure: &Figure, rows: u16, mut area: Rect, brush: &mut Brush) {
    if area.width < LEAST || area.height < rows + AROUND {
        return;
    }
    Text::new(&figure.title, Tone::Strong).paint(take(&mut area, 1), brush);
    let plot = Rect { height: rows, ..area };
    axis(figure, plot, brush);
    for (category, y) in (0..rows).zip(plot.y..) {
        let line = Rect { y, height: 1, ..plot };
        figure.ghosts.iter().for_each(|ghost| row(ghost, category.into(), figure, line, Tone::Dim, brush));
        for series in &figure.series {
            row(series, category.into(), figure, line, Tone::Series(series.pen), brush);
        }
    }
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

fn row(series: &Series, category: usize, figure: &Figure, row: Rect, tone: Tone, brush: &mut Brush) {
    let style = brush.theme.style(tone);
    let at = |y: f64| column(figure.y.place(y), row);
    let here = |point: &&Point| point.x.round() as usize == category;
    for point in series.points.iter().filter(here) {
        if let Some([low, high]) = point.interval {
            let width = usize::from(at(high) - at(low)) + 1;
            brush.buffer.set_string(at(low), row.y, "─".repeat(width), style);
        }
        brush.buffer[(at(point.y), row.y)].set_char(mark(series.pen)).set_style(style);
    }
}

fn column(place: f64, plot: Rect) -> u16 {
    plot.x + (place * f64::from(plot.width - 1)).round() as u16
}
