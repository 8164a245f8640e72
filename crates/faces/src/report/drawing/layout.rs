//! Where the parts of a [`Figure`] stand on a page.

use byolab_values::text;

use super::{
    Anchor, Drawing, DrawingPage, DrawnShape, Position, Stroke, TextLine, font,
    legend::Legend,
    style::{ALARM, FAINT, GRID, INK, MARGIN, PALE, SIZE, colour, ghost_mark, line, mark, text},
};
use byolab_store::chart::{Axis, Figure, Marks, Point, Scale, Series};

/// Of a page for which no width is asked.
const WIDTH: f32 = 640.0;
/// Of the plot of what stands upright on such a page; of a narrower one in proportion.
const PLOT: f32 = 259.0;
const LEAST_PLOT: f32 = 170.0;
/// From the legend's last row to the plot, and from the plot to the edge.
const ABOVE: f32 = 20.0;
const BELOW: f32 = 58.0;
/// Least height of a category that lies down.
const ROW: f32 = 34.0;
const TITLE: f32 = 14.0;
/// Of a line of words.
const LINE: f32 = 17.0;
/// Lines of a title, and of how to read a figure, at most.
const LINES: usize = 3;
/// The share of the page that names of values take at its side at most.
const SIDE: f32 = 0.45;
/// Between series at the same value.
const DODGE: f32 = 11.0;
/// Of a pixel of CSS.
const POINTS: f32 = 72.0 / 96.0;
/// Between the ends of an axis of numbers and its first and last mark.
const ROOM: f32 = 18.0;

/// The figure on a page of its own: title, how to read it, legend, axes with their units, marks with intervals. Categories
/// whose names would not fit side by side lie down: a row for each, values to the right.
pub fn draw(figure: &Figure, note: &str, sheet: DrawingPage) -> Drawing {
    // The text of a page has SIZE of its pixels, which are to be 8 points where a width is asked for.
    let scale = if sheet.width.is_some() { 8.0 / (SIZE * POINTS) } else { 1.0 };
    let width = sheet.width.map_or(WIDTH, |points| points / (POINTS * scale));
    let mut shapes = Vec::new();
    let legend = if sheet.untitled { MARGIN } else { head(figure, note, width, &mut shapes) };
    let legend = Legend::new(figure, width, legend);
    let page = PlotPage::new(figure, width, legend.last);
    legend.draw(&mut shapes);
    page.grid(&mut shapes);
    page.axes(&mut shapes);
    for ghost in &figure.ghosts {
        page.ghost(ghost, &mut shapes);
    }
    for series in &figure.series {
        page.band(series, &mut shapes);
    }
    for series in &figure.under {
        page.under(series, &mut shapes);
    }
    for (i, series) in figure.series.iter().enumerate() {
        page.series(i, series, &mut shapes);
    }
    Drawing { title: text::line(&figure.title), about: String::new(), width, height: page.height, scale, shapes }
}

/// Title and how to read the figure; where the legend's first row stands.
fn head(figure: &Figure, note: &str, width: f32, shapes: &mut Vec<DrawnShape>) -> f32 {
    let room = width - 2.0 * MARGIN;
    let mut y = MARGIN + 10.0;
    for line in font::wrapped(&text::line(&figure.title), TITLE, true, room, LINES) {
        shapes.push(text([MARGIN, y], &line, TITLE, Anchor::Start, INK, true));
        y += LINE;
    }
    for line in font::wrapped(&text::line(note), SIZE, false, room, LINES) {
        shapes.push(text([MARGIN, y], &line, SIZE, Anchor::Start, FAINT, false));
        y += LINE;
    }
    y + 3.0
}

/// The figure with the room for its plot.
struct PlotPage<'a> {
    figure: &'a Figure,
    width: f32,
    height: f32,
    lying: bool,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl<'a> PlotPage<'a> {
    /// A page whose legend ends at `legend`.
    fn new(figure: &'a Figure, width: f32, legend: f32) -> Self {
        let names: &[String] = if let Scale::Categories(names) = &figure.x.scale { names } else { &[] };
        let widest = |labels: &mut dyn Iterator<Item = f32>| labels.fold(0.0, f32::max);
        let name = widest(&mut names.iter().map(|name| font::width(name, SIZE, false)));
        let lying = names.len() as f32 * (name + 12.0) > width - 90.0;
        let name = name.min(SIDE * width);
        let ticks = figure.y.ticks(6);
        let number = widest(&mut ticks.iter().map(|(_, label)| font::width(label, SIZE, false)));
        let top = legend + ABOVE;
        let row = ROW.max(DODGE * (figure.series.len() + 1) as f32);
        let upright = (PLOT * width / WIDTH).max(LEAST_PLOT);
        let height = top + BELOW + if lying { row * names.len() as f32 } else { upright };
        Self {
            figure,
            width,
            height,
            lying,
            left: MARGIN + if lying { name + 10.0 } else { number + 30.0 },
            top,
            right: width - MARGIN - 8.0,
            bottom: height - BELOW,
        }
    }

    /// Where shares of both axes stand, moved along the x axis by some pixels.
    fn at(&self, x: f64, y: f64, moved: f32) -> Position {
        let (x, y, width, height) = (x as f32, y as f32, self.right - self.left, self.bottom - self.top);
        // Marks of an axis of numbers keep off its ends; categories bring their own room.
        let room = if self.is_curves() || self.lying || matches!(self.figure.x.scale, Scale::Categories(_)) {
            0.0
        } else {
            ROOM
        };
        let x = (x * (width - 2.0 * room) + room) / width;
        match self.lying {
            true => [self.left + y * width, self.top + x * height + moved],
            false => [self.left + x * width + moved, self.bottom - y * height],
        }
    }

    fn point(&self, point: &Point, value: f64, moved: f32) -> Position {
        self.at(self.figure.x.place(point.x), self.figure.y.place(value), moved)
    }

    /// Whether the series are curves, of which only the end is marked.
    fn is_curves(&self) -> bool {
        self.figure.series.iter().all(|series| series.marks == Marks::Last)
    }

    /// How far series `i` stands aside, so that intervals at one value do not hide each other.
    fn aside(&self, i: usize) -> f32 {
        if self.is_curves() { 0.0 } else { (i as f32 - (self.figure.series.len() as f32 - 1.0) / 2.0) * DODGE }
    }

    fn grid(&self, shapes: &mut Vec<DrawnShape>) {
        let across = |y: f64| match (self.lying, self.at(0.0, y, 0.0)) {
            (true, [x, _]) => vec![[x, self.top], [x, self.bottom]],
            (false, [_, y]) => vec![[self.left, y], [self.right, y]],
        };
        for (y, _) in self.figure.y.ticks(6) {
            shapes.push(DrawnShape::Line { points: across(y), stroke: Stroke::solid(GRID, 1.0) });
        }
        for rule in &self.figure.rules {
            let stroke = Stroke { colour: FAINT, width: 1.2, dashes: Some([2.0, 3.0]) };
            shapes.push(DrawnShape::Line { points: across(self.figure.y.place(*rule)), stroke });
        }
        for alarm in &self.figure.alarms {
            let at = self.at(self.figure.x.place(*alarm), 0.0, 0.0);
            shapes.push(text([at[0], at[1] - 4.0], "!", 14.0, Anchor::Middle, ALARM, true));
        }
    }

    fn axes(&self, shapes: &mut Vec<DrawnShape>) {
        let corner = [self.left, self.bottom];
        let points = vec![[self.left, self.top], corner, [self.right, self.bottom]];
        shapes.push(DrawnShape::Line { points, stroke: Stroke::solid(INK, 1.2) });
        let (x, y) = (&self.figure.x, &self.figure.y);
        let (below, beside) = if self.lying { (y, x) } else { (x, y) };
        let mut free = f32::MIN;
        for (place, label) in ticks(below, self.most(if self.lying { 6 } else { 8 })) {
            let [at, _] = if self.lying { self.at(0.0, place, 0.0) } else { self.at(place, 0.0, 0.0) };
            let half = font::width(&label, SIZE, false) / 2.0;
            shapes.push(tick([at, self.bottom], [at, self.bottom + 4.0]));
            if at - half > free {
                shapes.push(text([at, self.bottom + 18.0], &label, SIZE, Anchor::Middle, INK, false));
                free = at + half + 4.0;
            }
        }
        for (place, label) in ticks(beside, 6) {
            let [_, at] = if self.lying { self.at(place, 0.0, 0.0) } else { self.at(0.0, place, 0.0) };
            shapes.push(tick([self.left - 4.0, at], [self.left, at]));
            let label = font::cut(&text::line(&label), SIZE, false, SIDE * self.width);
            shapes.push(text([self.left - 8.0, at + 4.0], &label, SIZE, Anchor::End, INK, false));
        }
        self.labels(below, beside, shapes);
    }

    /// How many numbers an axis has along the page, of those on a wide one.
    fn most(&self, wide: usize) -> usize {
        ((wide as f32 * self.width / WIDTH) as usize).clamp(3, wide)
    }

    fn labels(&self, below: &Axis, beside: &Axis, shapes: &mut Vec<DrawnShape>) {
        let middle = (self.left + self.right) / 2.0;
        shapes.push(text([middle, self.height - MARGIN - 4.0], &below.label, SIZE, Anchor::Middle, INK, false));
        if !self.lying {
            let at = [MARGIN + 8.0, (self.top + self.bottom) / 2.0];
            let DrawnShape::Text(label) = text(at, &beside.label, SIZE, Anchor::Middle, INK, false) else { return };
            shapes.push(DrawnShape::Text(TextLine { upwards: true, ..label }));
        }
    }

    fn series(&self, i: usize, series: &Series, shapes: &mut Vec<DrawnShape>) {
        let (aside, colour) = (self.aside(i), colour(series.pen));
        if series.joined && series.points.len() > 1 {
            let points = series.points.iter().map(|point| self.point(point, point.y, aside)).collect();
            shapes.push(DrawnShape::Line { points, stroke: line(series.pen) });
        }
        if self.is_curves() {
            shapes.extend(series.marked().iter().map(|point| mark(series.pen, self.point(point, point.y, aside))));
            return;
        }
        for (point, [low, high]) in series.points.iter().filter_map(|point| Some((point, point.interval?))) {
            let ends = [low, high].map(|value| self.point(point, value, aside));
            shapes.push(DrawnShape::Line { points: ends.to_vec(), stroke: Stroke::solid(colour, 1.4) });
            for end in ends {
                let [x, y] = if self.lying { [0.0, 3.5] } else { [3.5, 0.0] };
                let cap = vec![[end[0] - x, end[1] - y], [end[0] + x, end[1] + y]];
                shapes.push(DrawnShape::Line { points: cap, stroke: Stroke::solid(colour, 1.4) });
            }
        }
        shapes.extend(series.marked().iter().map(|point| mark(series.pen, self.point(point, point.y, aside))));
    }

    /// From the lower ends of a curve's intervals to the upper ones.
    fn band(&self, series: &Series, shapes: &mut Vec<DrawnShape>) {
        let ends = |end: usize| {
            series.points.iter().map(move |point| (point, point.interval.map_or(point.y, |ends| ends[end])))
        };
        if self.is_curves() && series.points.iter().any(|point| point.interval.is_some()) {
            let around = ends(0).chain(ends(1).rev());
            let points = around.map(|(point, end)| self.point(point, end, 0.0)).collect();
            shapes.push(DrawnShape::Band { points, fill: colour(series.pen) });
        }
    }

    /// A faint line with its name at its end.
    fn under(&self, series: &Series, shapes: &mut Vec<DrawnShape>) {
        let points: Vec<Position> = series.points.iter().map(|point| self.point(point, point.y, 0.0)).collect();
        if let Some([x, y]) = points.last().copied() {
            shapes.push(DrawnShape::Line { points, stroke: Stroke { colour: PALE, width: 1.4, ..line(series.pen) } });
            shapes.push(text([x, y - 4.0], &series.name, SIZE, Anchor::End, FAINT, false));
        }
    }

    /// Beside the series with the same pen.
    fn ghost(&self, ghost: &Series, shapes: &mut Vec<DrawnShape>) {
        let own = self.figure.series.iter().position(|series| series.pen == ghost.pen).unwrap_or(0);
        let aside = self.aside(own);
        shapes.extend(ghost.points.iter().map(|point| ghost_mark(ghost.pen, self.point(point, point.y, aside))));
    }
}

/// The ticks of an axis from its beginning to its end; numbers have the minus sign of print.
fn ticks(axis: &Axis, most: usize) -> Vec<(f64, String)> {
    let mut ticks = axis.ticks(most);
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    if !matches!(axis.scale, Scale::Categories(_)) {
        ticks.iter_mut().for_each(|(_, label)| *label = label.replace('-', "−"));
    }
    ticks
}

fn tick(from: Position, to: Position) -> DrawnShape {
    DrawnShape::Line { points: vec![from, to], stroke: Stroke::solid(INK, 1.2) }
}

#[cfg(test)]
mod tests {
    use byolab_store::chart::Pen;

    use super::*;

    fn figure(names: &[&str]) -> Figure {
        let point = |i: usize| Point { x: i as f64, y: -(i as f64), interval: Some([-5.0, 1.0]) };
        let series = Series {
            name: "byol".into(),
            pen: Pen { hue: 0, dashed: false },
            points: (0..names.len()).map(point).collect(),
            joined: false,
            marks: Marks::All,
        };
        Figure {
            title: "t".into(),
            x: Axis::categories("augment", names.iter().map(ToString::to_string).collect()),
            y: Axis::linear("points", [-5.0, 1.0]).rounded(),
            series: vec![series],
            ghosts: Vec::new(),
            under: Vec::new(),
            rules: vec![0.0],
            alarms: Vec::new(),
        }
    }

    /// The corners of a shape; of text, with the letters that its anchor does not show.
    fn corners(shape: &DrawnShape) -> Vec<Position> {
        match shape {
            DrawnShape::Line { points, .. } | DrawnShape::Area { points, .. } | DrawnShape::Band { points, .. } => {
                points.clone()
            }
            DrawnShape::Circle { centre, .. } => vec![*centre],
            DrawnShape::Text(text) => {
                let width = font::width(&text.text, text.size, text.bold);
                let before = match text.anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => width / 2.0,
                    Anchor::End => width,
                };
                let [x, y] = text.at;
                [-before, width - before].map(|along| if text.upwards { [x, y - along] } else { [x + along, y] }).into()
            }
        }
    }

    /// Every mark, line and word stays on the page, upright and lying, with few series and with many.
    #[test]
    fn nothing_leaves_the_page() {
        let many: Vec<String> = (0..12).map(|i| format!("remove-second-blur-{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (names, series, height) in
            [(&["byol", "crop"][..], 1, 400.0), (&many[..], 1, 549.0), (&["a", "b"][..], 8, 514.0)]
        {
            let mut figure = figure(names);
            let long = |i: usize| format!("byol, predictor true, target false, negative weight {i}");
            let more: Vec<Series> =
                (1..series).map(|i| Series { name: long(i), joined: true, ..figure.series[0].clone() }).collect();
            figure.series.extend(more);
            figure.alarms.push(0.0);
            let note = "mean and 95 % t interval over 3 seeds";
            assert_eq!(draw(&figure, note, DrawingPage::default()).height, height);
            let narrow = DrawingPage { width: Some(238.0), untitled: true };
            for sheet in [DrawingPage::default(), narrow, DrawingPage { untitled: false, ..narrow }] {
                let drawing = draw(&figure, note, sheet);
                let inside =
                    |[x, y]: &Position| (0.0..=drawing.width).contains(x) && (0.0..=drawing.height).contains(y);
                for shape in &drawing.shapes {
                    assert!(corners(shape).iter().all(inside), "{sheet:?}: {shape:?}");
                }
            }
        }
    }
}
