//! Small pictures: in pixels where the terminal draws them, else in characters, two pixels in each, one above the other;
//! without colours, signs as dark as they are.

use ratatui::{layout::Rect, style::Style};

use super::Brush;
use crate::tui::{picture::Picture, theme::Theme};

/// Signs from dark to bright.
const RAMP: &[u8] = b" .:-=+*#%@";

/// Columns and rows of the largest square picture in `area`.
pub fn fitting(area: Rect) -> (u16, u16) {
    let rows = area.height.min(area.width / 2);
    (2 * rows, rows)
}

/// Paints the picture as large as `area`, which has twice as many columns as rows.
pub fn paint(picture: &Picture, area: Rect, brush: &mut Brush) {
    if brush.graphics.is_some_and(|graphics| graphics.paint(picture, area, brush.buffer)) {
        return;
    }
    let of = (area.width, 2 * area.height);
    for (column, row) in (0..area.width).flat_map(|column| (0..area.height).map(move |row| (column, row))) {
        let [upper, lower] = [2 * row, 2 * row + 1].map(|y| picture.at((column, y), of));
        let cell = &mut brush.buffer[(area.x + column, area.y + row)];
        match colours(brush.theme, upper, lower) {
            Some(style) => cell.set_char('▀').set_style(style),
            None => cell.set_char(shade(upper, lower)),
        };
    }
}

fn colours(theme: &Theme, upper: [u8; 3], lower: [u8; 3]) -> Option<Style> {
    Some(Style::new().fg(theme.pixel(upper)?).bg(theme.pixel(lower)?))
}

/// A sign as bright as two pixels, by the luma of ITU-R BT.601.
fn shade(upper: [u8; 3], lower: [u8; 3]) -> char {
    let luma = |[r, g, b]: [u8; 3]| 299 * usize::from(r) + 587 * usize::from(g) + 114 * usize::from(b);
    let bright = (luma(upper) + luma(lower)) / 2000;
    char::from(RAMP[bright * (RAMP.len() - 1) / 255])
}

#[cfg(test)]
mod tests {
    use ratatui::{buffer::Buffer, style::Color};

    use super::*;
    use crate::tui::theme::Depth;

    fn painted(theme: Theme) -> Buffer {
        // Black, white above red, green.
        let picture = Picture { side: 2, rgb: vec![0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0] };
        let area = Rect::new(0, 0, 2, 1);
        let mut buffer = Buffer::empty(area);
        paint(&picture, area, &mut Brush { buffer: &mut buffer, theme: &theme, graphics: None, spots: Vec::new() });
        buffer
    }

    #[test]
    fn a_character_holds_two_pixels() {
        let buffer = painted(Theme::new(Depth::True));
        assert_eq!((buffer[(0, 0)].fg, buffer[(0, 0)].bg), (Color::Rgb(0, 0, 0), Color::Rgb(255, 0, 0)));
        assert_eq!((buffer[(1, 0)].fg, buffer[(1, 0)].bg), (Color::Rgb(255, 255, 255), Color::Rgb(0, 255, 0)));
        let buffer = painted(Theme::new(Depth::Indexed));
        assert_eq!((buffer[(0, 0)].fg, buffer[(0, 0)].bg), (Color::Indexed(16), Color::Indexed(196)));
    }

    #[test]
    fn without_colours_bright_is_told_from_dark() {
        for theme in [Theme::new(Depth::None), Theme::new(Depth::Sixteen), Theme::new(Depth::True).ascii()] {
            let text: String = painted(theme).content().iter().map(|cell| cell.symbol()).collect();
            assert_eq!(text, ".#", "red under black, green under white");
        }
    }

    #[test]
    fn a_picture_is_as_large_as_fits() {
        assert_eq!(fitting(Rect::new(0, 0, 30, 10)), (20, 10));
        assert_eq!(fitting(Rect::new(0, 0, 11, 10)), (10, 5));
    }
}
