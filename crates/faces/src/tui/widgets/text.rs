//! A line of text in tones, cut with an ellipsis where it does not fit.

use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Brush;
use crate::tui::theme::Tone;

/// Pieces of one line, each in its tone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text(Vec<(String, Tone)>);

impl Text {
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self::default().and(text, tone)
    }

    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    pub fn dim(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Dim)
    }

    /// The line with one more piece.
    pub fn and(mut self, text: impl Into<String>, tone: Tone) -> Self {
        self.0.push((text.into(), tone));
        self
    }

    /// The line with a piece two spaces on.
    pub fn then(self, text: impl Into<String>, tone: Tone) -> Self {
        let gap = if self.0.is_empty() { "" } else { "  " };
        self.and(gap, Tone::Plain).and(text, tone)
    }

    /// The line with another one right behind it.
    pub fn join(self, other: Self) -> Self {
        other.0.into_iter().fold(self, |line, (text, tone)| line.and(text, tone))
    }

    /// The line with another one two spaces on.
    pub fn append(self, other: &Self) -> Self {
        other.0.iter().enumerate().fold(self, |line, (i, (text, tone))| match i {
            0 => line.then(text, *tone),
            _ => line.and(text, *tone),
        })
    }

    /// Whether `part` occurs in the line, in small letters or capitals.
    pub fn holds(&self, part: &str) -> bool {
        self.content().to_lowercase().contains(&part.to_lowercase())
    }

    /// The line without its tones.
    pub fn content(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// Columns that the whole line takes.
    pub fn width(&self) -> u16 {
        self.0.iter().map(|(text, _)| text.width()).sum::<usize>() as u16
    }

    /// Paints into the first row of `area`; returns the columns used.
    pub fn paint(&self, area: Rect, brush: &mut Brush) -> u16 {
        if area.is_empty() {
            return 0;
        }
        let cut = self.width() > area.width;
        let room = area.width - u16::from(cut);
        let mut used = 0;
        for (text, tone) in &self.0 {
            let style = brush.theme.style(*tone);
            let fits = prefix(text, room - used);
            brush.buffer.set_string(area.x + used, area.y, fits, style);
            used += fits.width() as u16;
            if fits.len() < text.len() {
                break;
            }
        }
        if cut {
            brush.buffer.set_string(area.x + used, area.y, "…", brush.theme.style(Tone::Dim));
            used += 1;
        }
        used
    }

    /// Paints at the right end of the first row of `area`; returns the columns used.
    pub fn paint_right(&self, area: Rect, brush: &mut Brush) -> u16 {
        let width = self.width().min(area.width);
        self.paint(Rect { x: area.right() - width, width, ..area }, brush)
    }
}

/// The longest beginning of `text` that fits into `width` columns.
fn prefix(text: &str, width: u16) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, char)| {
        used += char.width().unwrap_or(0);
        used > usize::from(width)
    });
    end.map_or(text, |(i, _)| &text[..i])
}

/// Paints lines below each other, as many as there is room for.
pub fn paint_lines<'a>(lines: impl IntoIterator<Item = &'a Text>, area: Rect, brush: &mut Brush) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        line.paint(Rect { y, height: 1, ..area }, brush);
    }
}

/// Breaks a paragraph into lines of at most `width` columns, between words where it can.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= usize::from(width) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_counts_columns_not_characters() {
        assert_eq!(prefix("abcdef", 3), "abc");
        assert_eq!(prefix("日本語", 5), "日本");
        assert_eq!(prefix("abc", 9), "abc");
    }

    #[test]
    fn paragraphs_break_between_words() {
        assert_eq!(wrap("Does BYOL lose less than SimCLR", 12), ["Does BYOL", "lose less", "than SimCLR"]);
        assert_eq!(wrap("", 12), Vec::<String>::new());
    }
}
