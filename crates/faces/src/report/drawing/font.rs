//! The letters of figures: how wide they are, and their outlines.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// What SVG asks for; the first is built in for PNG.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

static REGULAR: LazyLock<Face> = LazyLock::new(|| face(include_bytes!("../../../../../assets/fonts/DejaVuSans.ttf")));
static BOLD: LazyLock<Face> = LazyLock::new(|| face(include_bytes!("../../../../../assets/fonts/DejaVuSans-Bold.ttf")));

fn face(bytes: &'static [u8]) -> Face<'static> {
    Face::parse(bytes, 0).expect("the built-in font is sound")
}

fn chosen(bold: bool) -> &'static Face<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// A letter that the font lacks is a blank.
fn glyph(face: &Face, letter: char) -> GlyphId {
    face.glyph_index(letter).unwrap_or_else(|| face.glyph_index(' ').expect("the font has a blank"))
}

/// A letter of a line of text.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    /// Pixels from the start of the text.
    pub x: f32,
    /// Pixels of a unit of its outline.
    pub scale: f32,
    glyph: GlyphId,
    bold: bool,
}

impl Letter {
    /// Draws its outline, in units that run to the right and upwards.
    pub fn outline(&self, builder: &mut dyn OutlineBuilder) {
        chosen(self.bold).outline_glyph(self.glyph, builder);
    }
}

/// The letters of a line of text, and how many pixels it takes.
pub fn letters(text: &str, size: f32, bold: bool) -> (Vec<Letter>, f32) {
    let face = chosen(bold);
    let (scale, mut x) = (size / f32::from(face.units_per_em()), 0.0);
    let letter = |letter| {
        let glyph = glyph(face, letter);
        let here = Letter { x, scale, glyph, bold };
        x += face.glyph_hor_advance(glyph).map_or(0.0, f32::from) * scale;
        here
    };
    let letters = text.chars().map(letter).collect();
    (letters, x)
}

/// Pixels that a line of text takes.
pub fn width(text: &str, size: f32, bold: bool) -> f32 {
    letters(text, size, bold).1
}

/// The text, or as much of it as takes no more than `room` pixels, with an ellipsis.
pub fn cut(text: &str, size: f32, bold: bool, room: f32) -> String {
    if width(text, size, bold) <= room {
        return text.into();
    }
    let mut kept = text.to_string();
    while kept.pop().is_some() && width(&format!("{kept}…"), size, bold) > room {}
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_room_ends_in_an_ellipsis() {
        assert_eq!(cut("batch", 12.0, false, 100.0), "batch");
        let short = cut("a batch of many images", 12.0, false, 60.0);
        assert!(short.ends_with('…') && short.len() > 5 && width(&short, 12.0, false) <= 60.0, "{short}");
    }

    #[test]
    fn letters_have_their_own_width_and_bold_ones_more() {
        assert!(width("iii", 12.0, false) < width("mmm", 12.0, false));
        assert!(width("batch", 12.0, false) < width("batch", 12.0, true));
        assert!((width("batch", 24.0, false) - 2.0 * width("batch", 12.0, false)).abs() < 1e-3);
    }
}
