//! Lines at a resolution of 2 by 4 dots per character, in Braille.

use ratatui::layout::Rect;

use super::Brush;
use crate::tui::theme::Tone;

/// A grid of dots; each character keeps the tone of what was drawn on it last.
pub struct Canvas {
    area: Rect,
    cells: Vec<(u8, Tone)>,
}

/// A place in dots: columns from the left, rows from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    pub x: i32,
    pub y: i32,
}

/// Dots drawn and left out in turn by a dashed line.
const DASH: [usize; 2] = [4, 3];

/// Bits of a Braille character by row and column (Unicode 16, chapter 21.1).
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub fn new(area: Rect) -> Self {
        Self { area, cells: vec![(0, Tone::Plain); usize::from(area.width) * usize::from(area.height)] }
    }

    /// The dot at a place given from 0 to 1 rightwards and upwards.
    pub fn dot(&self, right: f64, up: f64) -> Dot {
        let (width, height) = (2 * i32::from(self.area.width) - 1, 4 * i32::from(self.area.height) - 1);
        Dot { x: (right * f64::from(width)).round() as i32, y: ((1.0 - up) * f64::from(height)).round() as i32 }
    }

    /// The character of the screen that a dot is in.
    pub fn cell(&self, dot: Dot) -> (u16, u16) {
        (self.area.x + (dot.x / 2) as u16, self.area.y + (dot.y / 4) as u16)
    }

    /// Joins the dots; the dashes go on from one stretch to the next.
    pub fn line(&mut self, dots: &[Dot], dashed: bool, tone: Tone) {
        let mut drawn = 0;
        for pair in dots.windows(2) {
            for dot in between(pair[0], pair[1]) {
                if !dashed || drawn % (DASH[0] + DASH[1]) < DASH[0] {
                    self.set(dot, tone);
                }
                drawn += 1;
            }
        }
    }

    /// Fills what lies between two upright stretches, each from its lower to its upper end, with every fourth dot; bands
    /// of different `phase` leave each other's dots.
    pub fn shade(&mut self, [from_low, from_high]: [Dot; 2], [to_low, to_high]: [Dot; 2], phase: usize, tone: Tone) {
        let across = (to_low.x - from_low.x).max(1);
        for x in from_low.x..=to_low.x {
            let at = |from: Dot, to: Dot| from.y + (to.y - from.y) * (x - from_low.x) / across;
            for y in at(from_high, to_high)..=at(from_low, to_low) {
                if (x + 2 * y + phase as i32) % 4 == 0 {
                    self.set(Dot { x, y }, tone);
                }
            }
        }
    }

    pub fn paint(&self, brush: &mut Brush) {
        for (i, (bits, tone)) in self.cells.iter().enumerate().filter(|(_, (bits, _))| *bits != 0) {
            let (x, y) = (i % usize::from(self.area.width), i / usize::from(self.area.width));
            let char = char::from_u32(0x2800 + u32::from(*bits)).expect("Braille has all 256 patterns");
            let cell = &mut brush.buffer[(self.area.x + x as u16, self.area.y + y as u16)];
            cell.set_char(char).set_style(brush.theme.style(*tone));
        }
    }

    fn set(&mut self, dot: Dot, tone: Tone) {
        let (x, y) = (dot.x as usize, dot.y as usize);
        let (bits, kept) = &mut self.cells[y / 4 * usize::from(self.area.width) + x / 2];
        *bits |= BITS[y % 4][x % 2];
        *kept = tone;
    }
}

/// The dots of a straight line, both ends included.
fn between(from: Dot, to: Dot) -> impl Iterator<Item = Dot> {
    let steps = (to.x - from.x).abs().max((to.y - from.y).abs()).max(1);
    let at = move |from: i32, to: i32, i: i32| from + (f64::from((to - from) * i) / f64::from(steps)).round() as i32;
    (0..=steps).map(move |i| Dot { x: at(from.x, to.x, i), y: at(from.y, to.y, i) })
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::theme::{Depth, Theme};

    fn picture(draw: impl Fn(&mut Canvas)) -> String {
        let area = Rect::new(0, 0, 4, 1);
        let mut canvas = Canvas::new(area);
        draw(&mut canvas);
        let (mut buffer, theme) = (Buffer::empty(area), Theme::new(Depth::None));
        canvas.paint(&mut Brush { buffer: &mut buffer, theme: &theme, graphics: None, spots: Vec::new() });
        buffer.content().iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn a_line_fills_the_dots_between_its_ends() {
        assert_eq!(
            picture(|canvas| canvas.line(&[Dot { x: 0, y: 3 }, Dot { x: 7, y: 3 }], false, Tone::Plain)),
            "⣀⣀⣀⣀"
        );
        assert_eq!(
            picture(|canvas| canvas.line(&[Dot { x: 0, y: 3 }, Dot { x: 3, y: 0 }], false, Tone::Plain)),
            "⡠⠊  "
        );
    }

    #[test]
    fn a_dashed_line_leaves_dots_out() {
        assert_eq!(picture(|canvas| canvas.line(&[Dot { x: 0, y: 0 }, Dot { x: 7, y: 0 }], true, Tone::Plain)), "⠉⠉ ⠈");
    }

    #[test]
    fn bands_fill_every_fourth_dot_and_leave_each_other_room() {
        let dot = |x: i32, y: i32| Dot { x, y };
        let shade = |canvas: &mut Canvas, phase: usize| {
            canvas.shade([dot(0, 3), dot(0, 0)], [dot(7, 3), dot(7, 0)], phase, Tone::Plain);
        };
        let dots = |picture: String| picture.chars().map(|char| (char as u32 - 0x2800).count_ones()).sum::<u32>();
        assert_eq!(dots(picture(|canvas| shade(canvas, 0))), 8);
        let both = |canvas: &mut Canvas| {
            shade(canvas, 0);
            shade(canvas, 1);
        };
        assert_eq!(dots(picture(both)), 16);
    }

    #[test]
    fn the_corners_are_the_ends_of_both_axes() {
        let canvas = Canvas::new(Rect::new(5, 2, 4, 3));
        assert_eq!((canvas.dot(0.0, 0.0), canvas.dot(1.0, 1.0)), (Dot { x: 0, y: 11 }, Dot { x: 7, y: 0 }));
        assert_eq!(canvas.cell(canvas.dot(1.0, 0.0)), (8, 4));
    }
}
