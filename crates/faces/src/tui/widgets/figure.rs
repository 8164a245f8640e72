//! Paints a [`Figure`] upright over its x axis.

use ratatui::layout::Rect;

use super::{
    Brush,
    canvas::{Canvas, Dot},
    take,
    text::Text,
};
use crate::tui::theme::{Tone, mark};
use byolab_store::{
    chart::{Figure, Marks, Pen, Point, Scale, Series},
    results::distinct,
};

/// The least room for a plot that says more than its title.
const LEAST: (u16, u16) = (6, 2);

/// Paints the figure with its title in the first row.
pub fn paint(figure: &Figure, area: Rect, brush: &mut Brush) {
    aimed(figure, None, area, brush);
}

/// Paints the figure with a crosshair at a value of x, and the marks of its series there.
pub fn aimed(figure: &Figure, crosshair: Option<f64>, area: Rect, brush: &mut Brush) {
    titled(figure, FigureStyle { crosshair, fades: false }, area, brush);
}

/// Paints the figure with series that are the same one at different times: from the first, faint, to the last.
pub fn fading(figure: &Figure, area: Rect, brush: &mut Brush) {
    titled(figure, FigureStyle { crosshair: None, fades: true }, area, brush);
}

/// How a figure is looked at.
#[derive(Clone, Copy)]
struct FigureStyle {
    crosshair: Option<f64>,
    /// The series get stronger from the first to the last, which alone is marked.
    fades: bool,
}

impl FigureStyle {
    /// The tone of a series by its place among `count`, from 1 on.
    fn tone(self, pen: Pen, place: usize, count: usize) -> Tone {
        if self.fades { Tone::Faded(pen, (100 * place / count) as u8) } else { Tone::Series(pen) }
    }
}

fn titled(figure: &Figure, look: FigureStyle, mut area: Rect, brush: &mut Brush) {
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

fn upright(figure: &Figure, look: FigureStyle, area: Rect, brush: &mut Brush) {
    let ticks = figure.y.ticks(usize::from(area.height / 3).clamp(2, 6));
    let gutter = ticks.iter().map(|(_, label)| Text::plain(label).width()).max().unwrap_or(0) + 1;
    if area.width < gutter + LEAST.0 || area.height < 2 + LEAST.1 {
        return;
    }
    let plot = Rect { x: area.x + gutter, width: area.width - gutter, height: area.height - 2, ..area };
    let (mut canvas, ground) = (Canvas::new(plot), Ground::new(figure, plot.width));
    frame(plot, brush);
    y_ticks(&ticks, &canvas, area.x, gutter, brush);
    x_ticks(&ground, plot, brush);
    rules(figure, &canvas, plot, brush);
    if let Some(x) = look.crosshair {
        upright_rule(ground.right(figure.x.place(x)), &canvas, plot, brush);
    }
    lines(&ground, look, &mut canvas);
    canvas.paint(brush);
    all_marks(&ground, look, &canvas, brush);
    alarms(&ground, &canvas, plot, brush);
}

/// Bands, then what lies under the series, then the series.
fn lines(ground: &Ground, look: FigureStyle, canvas: &mut Canvas) {
    let (figure, count) = (ground.figure, ground.figure.series.len());
    figure.series.iter().for_each(|series| band(series, ground, canvas));
    for series in &figure.under {
        line(series, Tone::Dim, ground, canvas);
    }
    for (series, place) in figure.series.iter().zip(1..) {
        line(series, look.tone(series.pen, place, count), ground, canvas);
    }
}

fn all_marks(ground: &Ground, look: FigureStyle, canvas: &Canvas, brush: &mut Brush) {
    let figure = ground.figure;
    for ghost in &figure.ghosts {
        marks(mark(ghost.pen), Tone::Dim, ghost, &ghost.points, ground, canvas, brush);
    }
    for series in &figure.under {
        let letter = series.name.chars().next().unwrap_or(mark(series.pen));
        marks(letter, Tone::Dim, series, marked(series, look.crosshair), ground, canvas, brush);
    }
    for series in figure.series.iter().skip(if look.fades { figure.series.len() - 1 } else { 0 }) {
        let points = marked(series, look.crosshair);
        marks(mark(series.pen), Tone::Series(series.pen), series, points, ground, canvas, brush);
    }
}

/// Where values stand on a plot. Measurements of several methods at one value of x stand side by side, so that neither
/// marks nor intervals hide each other, and keep as far from the ends of the axis as that takes.
struct Ground<'a> {
    figure: &'a Figure,
    /// One for each place beside each other; none where nothing stands aside.
    pens: Vec<Pen>,
    /// Dots from one pen to the next, an even number: whole characters.
    aside: i32,
    /// The share of the width that is kept free at either end.
    room: f64,
}

impl<'a> Ground<'a> {
    fn new(figure: &'a Figure, width: u16) -> Self {
        let measured = figure.series.iter().filter(|series| series.marks == Marks::All);
        let pens: Vec<Pen> = distinct(measured.map(|series| series.pen));
        if pens.len() < 2 {
            return Self { figure, pens: Vec::new(), aside: 0, room: 0.0 };
        }
        let (dots, count) = (f64::from(2 * width - 1), pens.len() as f64);
        let aside = 2 * (0.5 * dots * apart(figure) / (count + 1.0)).clamp(1.0, 2.0) as i32;
        // Categories bring their own room.
        let is_category = matches!(figure.x.scale, Scale::Categories(_));
        let room = if is_category { 0.0 } else { (f64::from(aside) * count / 2.0 / dots).min(0.25) };
        Self { figure, pens, aside, room }
    }

    /// Where a place on the x axis, from 0 to 1, stands across the plot.
    fn right(&self, place: f64) -> f64 {
        self.room + place * (1.0 - 2.0 * self.room)
    }

    fn dot(&self, pen: Pen, x: f64, y: f64, canvas: &Canvas) -> Dot {
        let at = |place: f64| canvas.dot(self.right(place), self.figure.y.place(y));
        let place = self.pens.iter().position(|known| *known == pen).unwrap_or(0) as i32;
        let aside = (2 * place + 1 - self.pens.len().max(1) as i32) * self.aside / 2;
        let dot = at(self.figure.x.place(x));
        Dot { x: (dot.x + aside).clamp(canvas.dot(0.0, 0.0).x, canvas.dot(1.0, 0.0).x), ..dot }
    }
}

/// The share of the x axis between the two values that are nearest to each other.
fn apart(figure: &Figure) -> f64 {
    let points = figure.series.iter().flat_map(|series| &series.points);
    let mut places: Vec<f64> = points.map(|point| figure.x.place(point.x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    places.windows(2).map(|pair| pair[1] - pair[0]).fold(1.0, f64::min)
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
fn x_ticks(ground: &Ground, plot: Rect, brush: &mut Brush) {
    let axis = &ground.figure.x;
    let mut free = plot.x - 1;
    let mut ticks = axis.ticks(usize::from(plot.width / 9).clamp(2, 8));
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (place, label) in ticks {
        let (x, _) = Canvas::new(plot).cell(Canvas::new(plot).dot(ground.right(place), 0.0));
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

/// How strong a band is beside its line, in per cent.
const BAND: u8 = 60;

/// The intervals of a curve as a band behind it.
fn band(series: &Series, ground: &Ground, canvas: &mut Canvas) {
    if series.marks != Marks::Last {
        return;
    }
    let ends = |point: &Point| point.interval.map(|ends| ends.map(|y| ground.dot(series.pen, point.x, y, canvas)));
    let ends: Vec<Option<[Dot; 2]>> = series.points.iter().map(ends).collect();
    for pair in ends.windows(2) {
        if let [Some(from), Some(to)] = *pair {
            canvas.shade(from, to, series.pen.hue, Tone::Faded(series.pen, BAND));
        }
    }
}

fn line(series: &Series, tone: Tone, ground: &Ground, canvas: &mut Canvas) {
    let dot = |x: f64, y: f64| ground.dot(series.pen, x, y, canvas);
    let path: Vec<Dot> = series.points.iter().map(|point| dot(point.x, point.y)).collect();
    let interval = |point: &Point| point.interval.map(|[low, high]| [dot(point.x, low), dot(point.x, high)]);
    let is_bar = series.marks == Marks::All;
    let intervals: Vec<_> = series.points.iter().filter(|_| is_bar).filter_map(interval).collect();
    for ends in intervals {
        canvas.line(&ends, false, tone);
    }
    if series.joined {
        canvas.line(&path, series.pen.dashed, tone);
    }
}

fn marks(
    mark: char,
    tone: Tone,
    series: &Series,
    marked: &[Point],
    ground: &Ground,
    canvas: &Canvas,
    brush: &mut Brush,
) {
    for point in marked {
        let (x, y) = canvas.cell(ground.dot(series.pen, point.x, point.y, canvas));
        brush.buffer[(x, y)].set_char(mark).set_style(brush.theme.style(tone));
    }
}

fn alarms(ground: &Ground, canvas: &Canvas, plot: Rect, brush: &mut Brush) {
    for alarm in &ground.figure.alarms {
        let (x, _) = canvas.cell(canvas.dot(ground.right(ground.figure.x.place(*alarm)), 0.0));
        brush.buffer.set_string(x, plot.bottom(), "!", brush.theme.style(Tone::Bad));
    }
}
