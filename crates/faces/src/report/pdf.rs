//! The same figures in PDF, for papers: lines stay lines and text stays text, set in the letters of the built-in font that
//! a figure uses.

use std::{collections::BTreeMap, io::Write};

use anyhow::{Result, anyhow};
use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{
    Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, LineJoinStyle, SystemInfo, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use super::{
    File, Format, Render, Report,
    drawing::{
        Anchor, Colour, Drawing, DrawnShape, Position, Stroke, TextLine,
        font::{self, Letter},
    },
    figures::figures,
};

pub const FORMAT: Format = Format {
    name: "pdf",
    extension: "pdf",
    line: "every figure, a file for each, for papers",
    render: Render::Files(render),
};

/// Of a pixel, in points.
const POINTS: f32 = 72.0 / 96.0;
/// Identity's registry: a glyph is called by its number.
const IDENTITY: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// How a quarter of a circle is drawn by a cubic curve.
const ROUND: f32 = 0.552_285;

fn render(report: &Report) -> Result<Vec<File>> {
    let file = |named: super::figures::NamedFigure| {
        Ok(File { name: format!("-{}.pdf", named.name), bytes: written(&named.alone(report))? })
    };
    figures(report).into_iter().map(file).collect()
}

/// The drawing as the bytes of a PDF of one page.
///
/// # Errors
/// Where the built-in font cannot be cut down to the letters of the drawing.
pub fn written(drawing: &Drawing) -> Result<Vec<u8>> {
    let mut fonts = [false, true].map(Face::new);
    let content = deflated(&content(drawing, &mut fonts))?;
    let [catalog, pages, page, about, body, pale] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let size = [drawing.width, drawing.height].map(|pixels| pixels * drawing.scale * POINTS);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut leaf = pdf.page(page);
    leaf.parent(pages).media_box(Rect::new(0.0, 0.0, size[0], size[1])).contents(body);
    let mut resources = leaf.resources();
    resources.ext_g_states().pair(Name(b"Pale"), pale);
    let mut named = resources.fonts();
    for face in fonts.iter().filter(|face| face.is_used()) {
        named.pair(Name(face.name()), face.at(0));
    }
    named.finish();
    resources.finish();
    leaf.finish();
    pdf.ext_graphics(pale).non_stroking_alpha(super::drawing::BAND);
    pdf.stream(body, &content).filter(Filter::FlateDecode);
    for face in fonts.iter().filter(|face| face.is_used()) {
        face.write(&mut pdf)?;
    }
    let mut info = pdf.document_info(about);
    info.title(TextStr(&drawing.title)).creator(TextStr("byolab"));
    if !drawing.about.is_empty() {
        info.subject(TextStr(&drawing.about));
    }
    info.finish();
    Ok(pdf.finish())
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// The shapes, in pixels from the upper left corner as in the drawing.
fn content(drawing: &Drawing, fonts: &mut [Face; 2]) -> Vec<u8> {
    let mut page = Content::new();
    let scale = drawing.scale * POINTS;
    page.transform([scale, 0.0, 0.0, -scale, 0.0, drawing.height * scale]).set_line_join(LineJoinStyle::RoundJoin);
    for shape in &drawing.shapes {
        match shape {
            DrawnShape::Line { points, stroke } => {
                path(&mut page, points);
                self::stroke(&mut page, stroke);
                page.stroke();
            }
            DrawnShape::Area { points, fill, stroke } => {
                path(&mut page, points);
                self::fill(&mut page, *fill);
                self::stroke(&mut page, stroke);
                page.close_fill_nonzero_and_stroke();
            }
            DrawnShape::Band { points, fill } => {
                page.save_state().set_parameters(Name(b"Pale"));
                path(&mut page, points);
                self::fill(&mut page, *fill);
                page.close_path().fill_nonzero().restore_state();
            }
            DrawnShape::Circle { centre, radius, fill, stroke } => {
                circle(&mut page, *centre, *radius);
                self::fill(&mut page, *fill);
                self::stroke(&mut page, stroke);
                page.close_fill_nonzero_and_stroke();
            }
            DrawnShape::Text(text) => letters(&mut page, text, &mut fonts[usize::from(text.bold)]),
        }
    }
    page.finish().into_vec()
}

fn path(page: &mut Content, points: &[Position]) {
    for (i, [x, y]) in points.iter().enumerate() {
        if i == 0 {
            page.move_to(*x, *y)
        } else {
            page.line_to(*x, *y)
        };
    }
}

fn circle(page: &mut Content, [x, y]: Position, radius: f32) {
    let bend = ROUND * radius;
    page.move_to(x + radius, y);
    for [right, down] in [[0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0f32]] {
        // From the point before it, a quarter turn back.
        let [from_right, from_down] = [down, -right];
        page.cubic_to(
            x + radius * from_right + bend * right,
            y + radius * from_down + bend * down,
            x + radius * right + bend * from_right,
            y + radius * down + bend * from_down,
            x + radius * right,
            y + radius * down,
        );
    }
}

fn fill(page: &mut Content, colour: Colour) {
    let [red, green, blue] = colour.map(|part| f32::from(part) / 255.0);
    page.set_fill_rgb(red, green, blue);
}

fn stroke(page: &mut Content, stroke: &Stroke) {
    let [red, green, blue] = stroke.colour.map(|part| f32::from(part) / 255.0);
    page.set_stroke_rgb(red, green, blue).set_line_width(stroke.width);
    page.set_dash_pattern(stroke.dashes.into_iter().flatten(), 0.0);
}

fn letters(page: &mut Content, text: &TextLine, face: &mut Face) {
    let (letters, width) = font::letters(&text.text, text.size, text.bold);
    let before = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    fill(page, text.colour);
    page.begin_text();
    for run in letters.chunk_by(|a, b| a.is_whole() && b.is_whole()) {
        let (size, along, up) = (run[0].size(), run[0].x - before, run[0].y);
        let [x, y] = text.at;
        let matrix = match text.upwards {
            true => [0.0, -1.0, -1.0, 0.0, x - up, y - along],
            false => [1.0, 0.0, 0.0, -1.0, x + along, y - up],
        };
        let glyphs: Vec<u8> = run.iter().flat_map(|letter| face.number(letter).to_be_bytes()).collect();
        page.set_font(Name(face.name()), size).set_text_matrix(matrix).show(Str(&glyphs));
    }
    page.end_text();
}

/// The letters of one weight that a drawing uses.
struct Face {
    bold: bool,
    numbers: GlyphRemapper,
    /// By number in the file: the letter, and how far it reaches in thousandths of its size.
    used: BTreeMap<u16, (char, f32)>,
}

impl Face {
    fn new(bold: bool) -> Self {
        Self { bold, numbers: GlyphRemapper::new(), used: BTreeMap::new() }
    }

    fn is_used(&self) -> bool {
        !self.used.is_empty()
    }

    fn name(&self) -> &'static [u8] {
        if self.bold { b"Bold" } else { b"Regular" }
    }

    /// The objects of the face, five of them.
    fn at(&self, i: i32) -> Ref {
        Ref::new(if self.bold { 20 } else { 10 } + i)
    }

    /// What a letter is called in the file.
    fn number(&mut self, letter: &Letter) -> u16 {
        let number = self.numbers.remap(letter.glyph());
        self.used.insert(number, (letter.letter, letter.reach()));
        number
    }

    fn write(&self, pdf: &mut Pdf) -> Result<()> {
        let [whole, sized, described, file, letters] = [0, 1, 2, 3, 4].map(|i| self.at(i));
        let name = if self.bold { Name(b"BYOLAB+DejaVuSans-Bold") } else { Name(b"BYOLAB+DejaVuSans") };
        let face = font::chosen(self.bold);
        let unit = 1000.0 / f32::from(face.units_per_em());
        let cut = subsetter::subset(font::bytes(self.bold), 0, &self.numbers).map_err(|error| anyhow!("{error}"))?;
        pdf.type0_font(whole)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(sized)
            .to_unicode(letters);
        let mut font = pdf.cid_font(sized);
        font.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(described);
        font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = font.widths();
        for (number, (_, reach)) in &self.used {
            widths.consecutive(*number, [*reach]);
        }
        widths.finish();
        font.finish();
        let bounds = face.global_bounding_box();
        let [left, low, right, high] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|end| f32::from(end) * unit);
        pdf.font_descriptor(described)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, low, right, high))
            .italic_angle(0.0)
            .ascent(f32::from(face.ascender()) * unit)
            .descent(f32::from(face.descender()) * unit)
            .cap_height(f32::from(face.capital_height().unwrap_or(face.ascender())) * unit)
            .stem_v(if self.bold { 140.0 } else { 90.0 })
            .font_file2(file);
        pdf.stream(file, &deflated(&cut)?).filter(Filter::FlateDecode).pair(Name(b"Length1"), cut.len() as i32);
        let mut cmap = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
        for (number, (letter, _)) in &self.used {
            cmap.pair(*number, *letter);
        }
        pdf.cmap(letters, &cmap.finish());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_ends_where_it_begins() {
        let mut page = Content::new();
        circle(&mut page, [10.0, 20.0], 2.0);
        let text = String::from_utf8(page.finish().into_vec()).unwrap();
        assert!(text.starts_with("12 20 m") && text.trim_end().ends_with("12 20 c"), "{text}");
        assert_eq!(text.matches(" c").count(), 4, "{text}");
    }
}
