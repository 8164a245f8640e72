//! Figures in SVG: one file for each, for papers and browsers.

use std::fmt::Write;

use anyhow::Result;

use super::{
    File, Format, Render, Report,
    drawing::{Anchor, BAND, Colour, Drawing, DrawnShape, Position, Stroke, font::FAMILY},
    figures::figures,
};
use byolab_values::text;

pub const FORMAT: Format =
    Format { name: "svg", extension: "svg", line: "every figure, a file for each", render: Render::Files(render) };

fn render(report: &Report) -> Result<Vec<File>> {
    let file = |named: super::figures::NamedFigure| File {
        name: format!("-{}.svg", named.name),
        bytes: svg(&named.alone(report)).into_bytes(),
    };
    Ok(figures(report).into_iter().map(file).collect())
}

/// The drawing as an SVG document that also stands within HTML.
pub fn svg(drawing: &Drawing) -> String {
    let Drawing { title, about, width, height, scale, shapes } = drawing;
    let size = [width * scale, height * scale];
    let about = if about.is_empty() { String::new() } else { format!("<desc>{}</desc>\n", escaped(about)) };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{}\" \
         height=\"{}\" role=\"img\" font-family=\"{FAMILY}\">\n<title>{}</title>\n{about}\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        size[0],
        size[1],
        escaped(title)
    );
    for shape in shapes {
        self::shape(&mut text, shape);
    }
    text + "</svg>\n"
}

fn shape(out: &mut String, shape: &DrawnShape) {
    match shape {
        DrawnShape::Line { points, stroke } => {
            let (points, look) = (places(points), look(stroke));
            writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke-linejoin=\"round\"{look}/>")
        }
        DrawnShape::Area { points, fill, stroke } => {
            writeln!(out, "<polygon points=\"{}\" fill=\"{}\"{}/>", places(points), hex(*fill), look(stroke))
        }
        DrawnShape::Band { points, fill } => {
            let (points, fill) = (places(points), hex(*fill));
            writeln!(out, "<polygon points=\"{points}\" fill=\"{fill}\" fill-opacity=\"{BAND}\"/>")
        }
        DrawnShape::Circle { centre: [x, y], radius, fill, stroke } => {
            let (fill, look) = (hex(*fill), look(stroke));
            writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\"{look}/>")
        }
        DrawnShape::Text(text) => {
            let [x, y] = text.at;
            let anchor = match text.anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let weight = if text.bold { " font-weight=\"bold\"" } else { "" };
            let turn = if text.upwards { format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"") } else { String::new() };
            let (size, fill, words) = (text.size, hex(text.colour), escaped(&text.text));
            let look = format!("font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\"{weight}{turn}");
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {look}>{words}</text>")
        }
    }
    .expect("a string takes all that is written");
}

fn places(points: &[Position]) -> String {
    points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn look(stroke: &Stroke) -> String {
    let dashes = stroke.dashes.map_or(String::new(), |[dash, gap]| format!(" stroke-dasharray=\"{dash} {gap}\""));
    format!(" stroke=\"{}\" stroke-width=\"{}\"{dashes}", hex(stroke.colour), stroke.width)
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text in which XML, and HTML, see nothing but text; lines stay lines.
pub fn escaped(text: &str) -> String {
    let letter = |letter: char| match letter {
        '&' => "&amp;".to_string(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        other => other.to_string(),
    };
    text::lines(text).chars().map(letter).collect()
}
