//! How a figure looks: colours, sizes, and the marks that plot and legend share.

use byolab_store::chart::Pen;
use byolab_values::text;

use super::{Anchor, Colour, DrawnShape, Position, Stroke, TextLine};

/// Okabe and Ito's colour-blind-safe palette (2008), darkest first: the page is white.
const COLOURS: [Colour; 7] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0x56, 0xb4, 0xe9],
    [0xe6, 0x9f, 0x00],
    [0x33, 0x33, 0x33],
];
const WHITE: Colour = [0xff; 3];
pub const INK: Colour = [0x22; 3];
pub const FAINT: Colour = [0x66; 3];
pub const PALE: Colour = [0xaa; 3];
pub const GRID: Colour = [0xe6; 3];
pub const ALARM: Colour = [0xd5, 0x5e, 0x00];

/// Of words.
pub const SIZE: f32 = 12.0;
/// Around the page.
pub const MARGIN: f32 = 16.0;
/// Half of a mark.
const MARK: f32 = 4.5;

/// One line of words.
pub fn text(at: Position, words: &str, size: f32, anchor: Anchor, colour: Colour, bold: bool) -> DrawnShape {
    DrawnShape::Text(TextLine { at, text: text::line(words), size, anchor, bold, colour, upwards: false })
}

/// Of a series.
pub fn colour(pen: Pen) -> Colour {
    COLOURS[pen.hue % COLOURS.len()]
}

/// How a series is joined.
pub fn line(pen: Pen) -> Stroke {
    Stroke { colour: colour(pen), width: 2.0, dashes: pen.dashed.then_some([6.0, 4.0]) }
}

/// A mark as on the terminal: its shape says which series, its filling whether the method is contrastive.
pub fn mark(pen: Pen, at: Position) -> DrawnShape {
    let colour = colour(pen);
    shape(pen, at, if pen.dashed { WHITE } else { colour }, Stroke::solid(colour, 1.8))
}

/// The same, pale and hollow.
pub fn ghost_mark(pen: Pen, at: Position) -> DrawnShape {
    let pale = colour(pen).map(|part| part / 2 + 0x7f);
    shape(pen, at, WHITE, Stroke::solid(pale, 1.4))
}

fn shape(pen: Pen, [x, y]: Position, fill: Colour, stroke: Stroke) -> DrawnShape {
    let corners: &[Position] = match pen.hue % 4 {
        0 => return DrawnShape::Circle { centre: [x, y], radius: MARK, fill, stroke },
        1 => &[[0.0, -1.3], [1.3, 0.0], [0.0, 1.3], [-1.3, 0.0]],
        2 => &[[-0.95, -0.95], [0.95, -0.95], [0.95, 0.95], [-0.95, 0.95]],
        _ => &[[0.0, -1.3], [1.2, 0.9], [-1.2, 0.9]],
    };
    let points = corners.iter().map(|[right, down]| [x + right * MARK, y + down * MARK]).collect();
    DrawnShape::Area { points, fill, stroke }
}
