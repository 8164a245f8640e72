//! The same figures in PNG, at three pixels to each of CSS: 1920 across where no width is asked for, for slides and papers
//! that take no SVG.

use anyhow::{Context, Result};
use tiny_skia::{Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke as Line, StrokeDash, Transform};
use ttf_parser::OutlineBuilder;

use super::{
    File, Format, Render, Report,
    drawing::{Anchor, BAND, Colour, Drawing, DrawnShape, Position, Stroke, TextLine, font},
    figures::figures,
};

pub const FORMAT: Format =
    Format { name: "png", extension: "png", line: "every figure, a file for each", render: Render::Files(render) };

const SCALE: f32 = 3.0;
/// Of CSS, by which SVG is measured: both have the same size on paper.
const PIXELS_PER_INCH: f32 = 96.0;

fn render(report: &Report) -> Result<Vec<File>> {
    let file = |named: super::figures::NamedFigure| {
        Ok(File { name: format!("-{}.png", named.name), bytes: painted(&named.alone(report))? })
    };
    figures(report).into_iter().map(file).collect()
}

/// The drawing as the bytes of a PNG.
///
/// # Errors
/// Where the picture cannot be encoded.
pub fn painted(drawing: &Drawing) -> Result<Vec<u8>> {
    let scale = drawing.scale * SCALE;
    let [width, height] = [drawing.width, drawing.height].map(|pixels| (pixels * scale).ceil() as u32);
    let mut page = Pixmap::new(width, height).context("a figure has a size")?;
    page.fill(Color::WHITE);
    for shape in &drawing.shapes {
        paint(&mut PngCanvas { pixels: &mut page, scale }, shape);
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (SCALE * PIXELS_PER_INCH / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    if !drawing.about.is_empty() {
        encoder.add_itxt_chunk("Description".into(), drawing.about.clone())?;
    }
    encoder.write_header()?.write_image_data(page.data())?;
    Ok(bytes)
}

/// The picture, and how many of its pixels there are to each of the drawing's.
struct PngCanvas<'a> {
    pixels: &'a mut Pixmap,
    scale: f32,
}

fn paint(page: &mut PngCanvas, shape: &DrawnShape) {
    match shape {
        DrawnShape::Line { points, stroke } => self::stroke(page, path(points, false), stroke),
        DrawnShape::Area { points, fill, stroke } => area(page, path(points, true), *fill, stroke),
        DrawnShape::Band { points, fill } => {
            let mut pale = ink(*fill);
            pale.set_color(Color::from_rgba8(fill[0], fill[1], fill[2], (255.0 * BAND) as u8));
            if let Some(path) = path(points, true) {
                fill_path(page, &path, &pale);
            }
        }
        DrawnShape::Circle { centre: [x, y], radius, fill, stroke } => {
            area(page, PathBuilder::from_circle(*x, *y, *radius), *fill, stroke);
        }
        DrawnShape::Text(text) => letters(page, text),
    }
}

fn path(points: &[Position], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (i, [x, y]) in points.iter().enumerate() {
        if i == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
    }
    if closed {
        builder.close();
    }
    builder.finish()
}

fn fill_path(page: &mut PngCanvas, path: &Path, ink: &Paint) {
    let place = Transform::from_scale(page.scale, page.scale);
    page.pixels.fill_path(path, ink, FillRule::Winding, place, None);
}

/// A path of no extent has nothing to paint.
fn area(page: &mut PngCanvas, path: Option<Path>, fill: Colour, stroke: &Stroke) {
    if let Some(path) = &path {
        fill_path(page, path, &ink(fill));
    }
    self::stroke(page, path, stroke);
}

fn stroke(page: &mut PngCanvas, path: Option<Path>, stroke: &Stroke) {
    let dash = stroke.dashes.and_then(|dashes| StrokeDash::new(dashes.to_vec(), 0.0));
    let line = Line { width: stroke.width, line_join: LineJoin::Round, dash, ..Line::default() };
    if let Some(path) = path {
        let place = Transform::from_scale(page.scale, page.scale);
        page.pixels.stroke_path(&path, &ink(stroke.colour), &line, place, None);
    }
}

fn ink([red, green, blue]: Colour) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

fn letters(page: &mut PngCanvas, text: &TextLine) {
    let (letters, width) = font::letters(&text.text, text.size, text.bold);
    let before = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let mut path = PathBuilder::new();
    for letter in letters {
        letter.outline(&mut Pen { path: &mut path, x: letter.x - before, y: letter.y, scale: letter.scale });
    }
    let [x, y] = text.at;
    let turn = if text.upwards { Transform::from_rotate(-90.0) } else { Transform::identity() };
    if let Some(path) = path.finish() {
        let place = turn.post_translate(x, y).post_scale(page.scale, page.scale);
        page.pixels.fill_path(&path, &ink(text.colour), FillRule::Winding, place, None);
    }
}

/// Takes the outline of a letter into the path of its line.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, -self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
