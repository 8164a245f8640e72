//! A table: numbers to the right, words to the left, less important columns given up first where it is narrow.

use std::ops::Range;

use ratatui::layout::Rect;

use super::{Brush, ClickSpot, ClickTarget, take, text::Text};
use crate::tui::theme::Tone;

/// A column's heading and manners.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub title: String,
    pub tone: Tone,
    /// Numbers stand at the right.
    pub right: bool,
    /// Columns of the highest rank go first where there is no room; rank 0 stays.
    pub rank: u8,
}

impl Column {
    pub fn words(title: impl Into<String>) -> Self {
        Self { title: title.into(), tone: Tone::Dim, right: false, rank: 0 }
    }

    pub fn numbers(title: impl Into<String>, rank: u8) -> Self {
        Self { title: title.into(), tone: Tone::Dim, right: true, rank }
    }
}

/// Columns and rows; a row may have fewer cells than there are columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Text>>,
}

/// What is selected: a row, a column with its heading, a cell, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    None,
    /// Nothing yet: the cursor is elsewhere on the screen, and may come.
    Elsewhere,
    Row(usize),
    Column(usize),
    Cell(usize, usize),
    All,
}

const GAP: u16 = 2;

impl Table {
    /// The heading and some rows as lines of fields between tabs, for a spreadsheet.
    pub fn tabbed<'a>(&'a self, rows: impl IntoIterator<Item = &'a Vec<Text>>) -> String {
        let line = |fields: Vec<String>| fields.iter().map(|field| field.trim()).collect::<Vec<_>>().join("\t");
        let heading = line(self.columns.iter().map(|column| column.title.clone()).collect());
        let rows = rows.into_iter().map(|row| line(row.iter().map(Text::content).collect()));
        [heading].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    /// Rows with the heading.
    pub fn height(&self) -> u16 {
        self.rows.len() as u16 + 1
    }

    /// Columns of the screen that the table takes where it may take `width`.
    pub fn width_within(&self, width: u16) -> u16 {
        let shown = self.shown(Cursor::None, width);
        shown.iter().map(|column| self.column_width(*column) + GAP).sum::<u16>().saturating_sub(GAP).min(width)
    }

    /// Paints the heading and as many rows as fit, the cursor's among them.
    pub fn paint(&self, cursor: Cursor, area: Rect, brush: &mut Brush) {
        self.paint_apart(cursor, 1, area, brush);
    }

    /// The same with a row in every `apart` rows of the screen.
    pub fn paint_apart(&self, cursor: Cursor, apart: u16, mut area: Rect, brush: &mut Brush) {
        let shown = self.shown(cursor, area.width);
        let places = self.places(&shown, area);
        let all = area;
        let heading = take(&mut area, 1);
        for (column, place) in shown.iter().zip(&places) {
            let title = Text::new(&self.columns[*column].title, self.columns[*column].tone);
            let area = Rect { y: heading.y, height: heading.height, ..*place };
            self.paint_cell(*column, &title, area, brush);
            if cursor != Cursor::None {
                brush.spots.push(ClickSpot { area, target: ClickTarget::Heading(*column) });
            }
        }
        let rows = window(self.rows.len(), cursor.row(), area.height.div_ceil(apart));
        for (row, y) in rows.clone().zip((area.y..).step_by(apart.into())) {
            for (column, place) in shown.iter().zip(&places) {
                if let Some(text) = self.rows[row].get(*column) {
                    self.paint_cell(*column, text, Rect { y, height: 1, ..*place }, brush);
                }
                if cursor != Cursor::None {
                    let area = Rect { y, height: 1, ..*place };
                    brush.spots.push(ClickSpot { area, target: ClickTarget::Cell(row, *column) });
                }
            }
        }
        let line = |row: usize, place: Rect| Rect { y: area.y + (row - rows.start) as u16 * apart, height: 1, ..place };
        let place = |column: usize| shown.iter().position(|shown| *shown == column).map(|i| places[i]);
        let height = 1 + (rows.len() as u16).saturating_sub(1) * apart + u16::from(!rows.is_empty());
        let selected = match cursor {
            Cursor::None | Cursor::Elsewhere => None,
            Cursor::Row(row) => rows.contains(&row).then(|| line(row, area)),
            Cursor::Column(column) => place(column).map(|place| Rect { height, ..place }),
            Cursor::Cell(row, column) => place(column).filter(|_| rows.contains(&row)).map(|place| line(row, place)),
            Cursor::All => Some(Rect { height, ..all }),
        };
        if let Some(selected) = selected {
            brush.buffer.set_style(selected.intersection(all), brush.theme.selected());
        }
    }

    fn paint_cell(&self, column: usize, text: &Text, place: Rect, brush: &mut Brush) {
        match self.columns[column].right {
            true => text.paint_right(place, brush),
            false => text.paint(place, brush),
        };
    }

    /// The columns for which there is room. The last one may be cut, so it counts with its title alone.
    fn shown(&self, cursor: Cursor, width: u16) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        while self.least_width(&shown) > width {
            let Some(rank) = shown.iter().map(|column| self.columns[*column].rank).max().filter(|rank| *rank > 0)
            else {
                return self.scrolled(cursor, width);
            };
            let last = shown.iter().rposition(|column| self.columns[*column].rank == rank);
            shown.remove(last.expect("the rank came from a shown column"));
        }
        shown
    }

    /// The first column and those around the cursor.
    fn scrolled(&self, cursor: Cursor, width: u16) -> Vec<usize> {
        let at = match cursor {
            Cursor::Cell(_, column) | Cursor::Column(column) => column.max(1),
            _ => 1,
        };
        let fits = |first: usize, last: usize| {
            let shown: Vec<usize> = [0].into_iter().chain(first..=last).collect();
            self.least_width(&shown) <= width
        };
        let (mut first, mut last) = (at, at.min(self.columns.len() - 1));
        while last + 1 < self.columns.len() && fits(first, last + 1) {
            last += 1;
        }
        while first > 1 && fits(first - 1, last) {
            first -= 1;
        }
        [0].into_iter().chain(first..=last).collect()
    }

    fn least_width(&self, shown: &[usize]) -> u16 {
        let width = |(i, column): (usize, &usize)| match i + 1 == shown.len() {
            true if !self.columns[*column].right => Text::plain(&self.columns[*column].title).width(),
            true => self.column_width(*column),
            false => self.column_width(*column) + GAP,
        };
        shown.iter().enumerate().map(width).sum()
    }

    fn places(&self, shown: &[usize], area: Rect) -> Vec<Rect> {
        let mut x = area.x;
        let place = |column: &usize| {
            let width = self.column_width(*column).min(area.right().saturating_sub(x));
            let place = Rect { x, width, ..area };
            x = (x + width + GAP).min(area.right());
            place
        };
        shown.iter().map(place).collect()
    }

    fn column_width(&self, column: usize) -> u16 {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(Text::width);
        cells.chain([Text::plain(&self.columns[column].title).width()]).max().unwrap_or(0)
    }
}

impl Cursor {
    fn row(self) -> usize {
        match self {
            Self::None | Self::Elsewhere | Self::Column(_) | Self::All => 0,
            Self::Row(row) | Self::Cell(row, _) => row,
        }
    }
}

/// The rows to show of `all` when `height` fit: the cursor's stands in the middle where it can.
pub fn window(all: usize, cursor: usize, height: u16) -> Range<usize> {
    let height = usize::from(height).min(all);
    let first = cursor.saturating_sub(height / 2).min(all - height);
    first..first + height
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ranks: &[u8]) -> Table {
        let column = |rank: &u8| Column::numbers("12345678", *rank);
        Table { columns: ranks.iter().map(column).collect(), rows: Vec::new() }
    }

    #[test]
    fn the_least_important_columns_give_way_first() {
        assert_eq!(table(&[0, 2, 1, 0]).shown(Cursor::None, 40), [0, 1, 2, 3]);
        assert_eq!(table(&[0, 2, 1, 0]).shown(Cursor::None, 30), [0, 2, 3]);
        assert_eq!(table(&[0, 2, 1, 0]).shown(Cursor::None, 20), [0, 3]);
    }

    #[test]
    fn columns_that_must_stay_follow_the_cursor() {
        assert_eq!(table(&[0; 6]).shown(Cursor::Cell(0, 5), 30), [0, 4, 5]);
        assert_eq!(table(&[0; 6]).shown(Cursor::Cell(0, 1), 30), [0, 1, 2]);
    }

    #[test]
    fn the_window_keeps_the_cursor_in_sight() {
        assert_eq!(window(10, 0, 4), 0..4);
        assert_eq!(window(10, 9, 4), 6..10);
        assert_eq!(window(3, 2, 9), 0..3);
        assert_eq!(window(0, 0, 9), 0..0);
    }
}
