//! Paints a [`Figure`] upright over its x axis.

use ratatui::layout::Rect;

use super::{
    Brush,
    canvas::{Canvas, Dot},
    take,
    text::Text,
};
use crate::tui::theme::{Tone, mark};
use byolab_store::chart::{Axis, Figure, Pen, Point, Scale, Series};

/// The least room for a plot that says more than its title.
const LEAST: (u16, u16) = (6, 2);

/// Paints the figure with its title in the first row.
pub fn paint(figure: &Figure, area: Rect, brush: &mut Brush) {
    aimed(figure, None, area, brush);
}

/// Paints the figure with a crosshair at a value of x, and the marks of its series there.
pub fn aimed(figure: &Figure, crosshair: Option<f64>, area: Rect, brush: &mut Brush) {
    titled(figure, Look { crosshair, fades: false }, area, brush);
}

/// Paints the figure with series that are the same one at different times: from the first, faint, to the last.
pub fn fading(figure: &Figure, area: Rect, brush: &mut Brush) {
    titled(figure, Look { crosshair: None, fades: true }, area, brush);
}

/// How a figure is looked at.
#[derive(Clone, Copy)]
struct Look {
    crosshair: Option<f64>,
    /// The series get stronger from the first to the last, which alone is marked.
    fades: bool,
}

impl Look {
    /// The tone of a series by its place among `count`, from 1 on.
    fn tone(self, pen: Pen, place: usize, count: usize) -> Tone {
        if self.fades { Tone::Faded(pen, (100 * place / count) as u8) } else { Tone::Series(pen) }
    }
}

fn titled(figure: &Figure, look: Look, mut area: Rect, brush: &mut Brush) {
    let title = take(&mut area, 1);
    Text::new(&figure.title, Tone::Strong).paint(title, brush);
    if figure.is_empty() {
        Text::dim("nothing yet").paint(area, brush);
    } else {
        upright(figure, look, area, brush);
    }
}

/// Whether the names of the figure's categories would not fit side by side in `width` columns.
pub fn is_crowded(figure: &Figure, width: u16) -> bool {
    let Scale::Categories(names) = &figure.x.scale else { return false };
    let widest = names.iter().map(|name| Text::plain(name).width()).max().unwrap_or(0);
    names.len() as u16 * (widest + 1) + 6 > width
}

fn upright(figure: &Figure, look: Look, area: Rect, brush: &mut Brush) {
    let ticks = figure.y.ticks(usize::from(area.height / 3).clamp(2, 6));
    let gutter = ticks.iter().map(|(_, label)| Text::plain(label).width()).max().unwrap_or(0) + 1;
    if area.width < gutter + LEAST.0 || area.height < 2 + LEAST.1 {
        return;
    }
    let plot = Rect { x: area.x + gutter, width: area.width - gutter, height: area.height - 2, ..area };
    let (mut canvas, count) = (Canvas::new(plot), figure.series.len());
    frame(plot, brush);
    y_ticks(&ticks, &canvas, area.x, gutter, brush);
    x_ticks(&figure.x, plot, brush);
    rules(figure, &canvas, plot, brush);
    if let Some(x) = look.crosshair {
        upright_rule(figure.x.place(x), &canvas, plot, brush);
    }
    for series in &figure.under {
        line(series, Tone::Dim, figure, &mut canvas);
    }
    for (series, place) in figure.series.iter().zip(1..) {
        line(series, look.tone(series.pen, place, count), figure, &mut canvas);
    }
    canvas.paint(brush);
    for ghost in &figure.ghosts {
        marks(mark(ghost.pen), Tone::Dim, &ghost.points, figure, &canvas, brush);
    }
    for series in &figure.under {
        let letter = series.name.chars().next().unwrap_or(mark(series.pen));
        marks(letter, Tone::Dim, marked(series, look.crosshair), figure, &canvas, brush);
    }
    for series in figure.series.iter().skip(if look.fades { count - 1 } else { 0 }) {
        let points = marked(series, look.crosshair);
        marks(mark(series.pen), Tone::Series(series.pen), points, figure, &canvas, brush);
    }
    alarms(figure, &canvas, plot, brush);
}

/// The two axes, without labels.
fn frame(plot: Rect, brush: &mut Brush) {
    let dim = brush.theme.style(Tone::Dim);
    for y in plot.y..plot.bottom() {
        brush.buffer.set_string(plot.x - 1, y, "│", dim);
    }
    let bottom = format!("└{}", "─".repeat(usize::from(plot.width)));
    brush.buffer.set_string(plot.x - 1, plot.bottom(), bottom, dim);
}

fn y_ticks(ticks: &[(f64, String)], canvas: &Canvas, x: u16, gutter: u16, brush: &mut Brush) {
    for (place, label) in ticks {
        let (_, y) = canvas.cell(canvas.dot(0.0, *place));
        Text::dim(label).paint_right(Rect::new(x, y, gutter - 1, 1), brush);
        brush.buffer.set_string(x + gutter - 1, y, "┤", brush.theme.style(Tone::Dim));
    }
}

/// Labels under the axis, each in the middle under its tick, those left out that would touch the one before.
fn x_ticks(axis: &Axis, plot: Rect, brush: &mut Brush) {
    let mut free = plot.x - 1;
    let mut ticks = axis.ticks(usize::from(plot.width / 9).clamp(2, 8));
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (place, label) in ticks {
        let (x, _) = Canvas::new(plot).cell(Canvas::new(plot).dot(place, 0.0));
        let text = Text::dim(label);
        let left = x.saturating_sub(text.width() / 2).min(plot.right().saturating_sub(text.width())).max(plot.x - 1);
        if left >= free && left + text.width() <= plot.right() {
            brush.buffer.set_string(x, plot.bottom(), "┬", brush.theme.style(Tone::Dim));
            text.paint(Rect::new(left, plot.bottom() + 1, plot.right().saturating_sub(left), 1), brush);
            free = left + text.width() + 1;
        }
    }
    let label = Text::dim(&axis.label);
    if free + label.width() < plot.right() {
        label.paint_right(Rect::new(free, plot.bottom() + 1, plot.right() - free, 1), brush);
    }
}

fn rules(figure: &Figure, canvas: &Canvas, plot: Rect, brush: &mut Brush) {
    for rule in &figure.rules {
        let (_, y) = canvas.cell(canvas.dot(0.0, figure.y.place(*rule)));
        brush.buffer.set_string(plot.x, y, "╌".repeat(usize::from(plot.width)), brush.theme.style(Tone::Dim));
    }
}

fn upright_rule(place: f64, canvas: &Canvas, plot: Rect, brush: &mut Brush) {
    let (x, _) = canvas.cell(canvas.dot(place, 0.0));
    for y in plot.y..plot.bottom() {
        brush.buffer.set_string(x, y, "┊", brush.theme.style(Tone::Strong));
    }
    brush.buffer.set_string(x, plot.bottom(), "┴", brush.theme.style(Tone::Strong));
}

/// The points to mark: at a crosshair, the newest one that is not beyond it.
fn marked(series: &Series, crosshair: Option<f64>) -> &[Point] {
    let Some(x) = crosshair else { return series.marked() };
    let end = series.points.partition_point(|point| point.x <= x);
    &series.points[end.saturating_sub(1)..end]
}

fn line(series: &Series, tone: Tone, figure: &Figure, canvas: &mut Canvas) {
    let dot = |x: f64, y: f64| canvas.dot(figure.x.place(x), figure.y.place(y));
    let path: Vec<Dot> = series.points.iter().map(|point| dot(point.x, point.y)).collect();
    let interval = |point: &Point| point.interval.map(|[low, high]| [dot(point.x, low), dot(point.x, high)]);
    let intervals: Vec<_> = series.points.iter().filter_map(interval).collect();
    for ends in intervals {
        canvas.line(&ends, false, tone);
    }
    if series.joined {
        canvas.line(&path, series.pen.dashed, tone);
    }
}

fn marks(mark: char, tone: Tone, marked: &[Point], figure: &Figure, canvas: &Canvas, brush: &mut Brush) {
    for point in marked {
        let (x, y) = canvas.cell(canvas.dot(figure.x.place(point.x), figure.y.place(point.y)));
        brush.buffer[(x, y)].set_char(mark).set_style(brush.theme.style(tone));
    }
}

fn alarms(figure: &Figure, canvas: &Canvas, plot: Rect, brush: &mut Brush) {
    for alarm in &figure.alarms {
        let (x, _) = canvas.cell(canvas.dot(figure.x.place(*alarm), 0.0));
        brush.buffer.set_string(x, plot.bottom(), "!", brush.theme.style(Tone::Bad));
    }
}
