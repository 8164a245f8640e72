//! The letters of figures: how wide they are, and their outlines.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// What SVG asks for; the first is built in for PNG.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

static REGULAR: LazyLock<Face> = LazyLock::new(|| face(false));
static BOLD: LazyLock<Face> = LazyLock::new(|| face(true));

/// A weight as its file has it.
pub fn bytes(bold: bool) -> &'static [u8] {
    match bold {
        false => include_bytes!("../../../../../assets/fonts/DejaVuSans.ttf"),
        true => include_bytes!("../../../../../assets/fonts/DejaVuSans-Bold.ttf"),
    }
}

fn face(bold: bool) -> Face<'static> {
    Face::parse(bytes(bold), 0).expect("the built-in font is sound")
}

/// One of the two weights.
pub fn chosen(bold: bool) -> &'static Face<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// Whether the font has no outline for a letter; then its number stands for it.
pub fn lacks(letter: char) -> bool {
    chosen(false).glyph_index(letter).is_none()
}

/// A letter of a line of text.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    pub letter: char,
    /// Pixels from the start of the text.
    pub x: f32,
    /// Pixels above the line.
    pub y: f32,
    /// Pixels of a unit of its outline.
    pub scale: f32,
    glyph: GlyphId,
    bold: bool,
    /// Whether it is as tall as its line's letters, not a digit that is part of a number in the place of a letter.
    whole: bool,
}

impl Letter {
    /// Places a letter, which the font has, and moves `x` to its end.
    fn new(letter: char, bold: bool, scale: f32, x: &mut f32, y: f32) -> Self {
        let face = chosen(bold);
        let glyph = face.glyph_index(letter).unwrap_or(GlyphId(0));
        let here = Self { letter, x: *x, y, scale, glyph, bold, whole: true };
        *x += here.reach() / 1000.0 * here.size();
        here
    }

    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Pixels of an em.
    pub fn size(&self) -> f32 {
        self.scale * f32::from(chosen(self.bold).units_per_em())
    }

    /// Its outline's place in the font.
    pub fn glyph(&self) -> u16 {
        self.glyph.0
    }

    /// From its beginning to that of the next letter, in thousandths of an em.
    pub fn reach(&self) -> f32 {
        let face = chosen(self.bold);
        let units = face.glyph_hor_advance(self.glyph).unwrap_or_default();
        1000.0 * f32::from(units) / f32::from(face.units_per_em())
    }

    /// Draws its outline, in units that run to the right and upwards.
    pub fn outline(&self, builder: &mut dyn OutlineBuilder) {
        chosen(self.bold).outline_glyph(self.glyph, builder);
    }
}

/// The letters of a line of text, and how many pixels it takes.
pub fn letters(text: &str, size: f32, bold: bool) -> (Vec<Letter>, f32) {
    let scale = size / f32::from(chosen(bold).units_per_em());
    let (mut letters, mut x) = (Vec::new(), 0.0);
    for letter in text.chars() {
        match lacks(letter) {
            true => letters.extend(number(letter, bold, scale, &mut x)),
            false => letters.push(Letter::new(letter, bold, scale, &mut x, 0.0)),
        }
    }
    (letters, x)
}

/// What stands for a letter that the font lacks: its number in Unicode, in two rows of small digits.
fn number(letter: char, bold: bool, scale: f32, x: &mut f32) -> Vec<Letter> {
    const SMALL: f32 = 0.46;
    let em = scale * f32::from(chosen(bold).units_per_em());
    let digits: Vec<char> = format!("{:04X}", letter as u32).chars().collect();
    let begin = *x + 0.08 * em;
    let rows = digits.chunks(digits.len().div_ceil(2)).zip([0.4 * em, 0.0]);
    let mut placed = Vec::new();
    for (row, y) in rows {
        let mut at = begin;
        let digit = |digit: &char| Letter { whole: false, ..Letter::new(*digit, bold, SMALL * scale, &mut at, y) };
        placed.extend(row.iter().map(digit).collect::<Vec<_>>());
        *x = x.max(at + 0.08 * em);
    }
    placed
}

/// The text in at most `most` lines of `room` pixels, broken between words; what is left over is cut.
pub fn wrapped(text: &str, size: f32, bold: bool, room: f32, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let free = lines.len() < most;
        let line = lines.last_mut().expect("there is a first line");
        let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if line.is_empty() || !free || width(&longer, size, bold) <= room {
            *line = longer
        } else {
            lines.push(word.into())
        }
    }
    lines.iter().map(|line| cut(line, size, bold, room)).collect()
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
    fn a_text_is_broken_between_words_and_cut_at_its_last_line() {
        let lines = wrapped("a batch of many images", 12.0, false, 60.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[0] == "a batch of" || lines[0] == "a batch", "{lines:?}");
        assert!(lines[1].ends_with('…') && lines.iter().all(|line| width(line, 12.0, false) <= 60.0), "{lines:?}");
        assert_eq!(wrapped("batch", 12.0, false, 60.0, 2), ["batch"]);
    }

    #[test]
    fn letters_of_europe_are_drawn_and_others_stand_as_their_numbers() {
        let drawn = "größer τ=0.9 λ без цвета kolor ąęłń ≤ 5 ½ → ∞ w/o–color “x”… σ² μ ∆ ✓ \u{fffd}";
        assert_eq!(drawn.chars().filter(|letter| lacks(*letter)).collect::<String>(), "");
        let (letters, reach) = letters("无b", 12.0, false);
        assert_eq!(letters.iter().map(|letter| letter.letter).collect::<String>(), "65E0b");
        assert!(letters[..4].iter().all(|letter| !letter.is_whole() && letter.x < letters[4].x));
        assert!(letters[0].y > letters[2].y && reach > width("b", 12.0, false));
        assert!(width("无", 12.0, false) < 2.0 * 12.0);
    }

    #[test]
    fn letters_have_their_own_width_and_bold_ones_more() {
        assert!(width("iii", 12.0, false) < width("mmm", 12.0, false));
        assert!(width("batch", 12.0, false) < width("batch", 12.0, true));
        assert!((width("batch", 24.0, false) - 2.0 * width("batch", 12.0, false)).abs() < 1e-3);
    }
}
