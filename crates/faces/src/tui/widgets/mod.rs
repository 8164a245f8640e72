//! The pieces that screens are made of. Each paints borrowed values into a rectangle of a buffer.
//!
//! | file | holds |
//! |---|---|
//! | `bars`, `text`, `table` | first and last line; a line in tones; columns |
//! | `figure`, `canvas`, `strips`, `sparkline`, `progress` | figures upright, on Braille dots, lying down, on one row; how much is done |
//! | `claims` | verdicts, one a line |
//! | `pixels`, `ascii` | small pictures; everything in ASCII |

pub mod ascii;
pub mod bars;
pub mod canvas;
pub mod claims;
pub mod figure;
pub mod pixels;
pub mod progress;
pub mod sparkline;
pub mod strips;
pub mod table;
pub mod text;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{graphics::Graphics, keys::Key, theme::Theme};

/// Where and how a widget paints.
pub struct Brush<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: &'a Theme,
    /// Where the terminal draws pictures.
    pub graphics: Option<&'a Graphics>,
    /// What the mouse can point at, in the order of painting.
    pub spots: Vec<ClickSpot>,
}

/// Something in the picture that the mouse can point at.
#[derive(Clone, Copy, Debug)]
pub struct ClickSpot {
    pub area: Rect,
    pub target: ClickTarget,
}

#[derive(Clone, Copy, Debug)]
pub enum ClickTarget {
    /// A row and a column of the table that has the cursor.
    Cell(usize, usize),
    /// The heading of one of its columns.
    Heading(usize),
    /// A place of one of the grid's lines below its cells.
    Switch(usize, usize),
    /// A key that the footer names.
    Key(Key),
}

/// Takes up to `height` rows off the top of `area`.
pub fn take(area: &mut Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    let top = Rect { height, ..*area };
    *area = Rect { y: area.y + height, height: area.height - height, ..*area };
    top
}

/// Takes up to `height` rows off the bottom of `area`.
pub fn take_bottom(area: &mut Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    area.height -= height;
    Rect { y: area.bottom(), height, ..*area }
}

/// `area` with a column free at either side.
pub fn indented(area: Rect) -> Rect {
    Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area }
}
