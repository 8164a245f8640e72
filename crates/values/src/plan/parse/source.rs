//! A text that a user typed, and places in it.

use std::ops::Range;

use crate::plan::problem::Spot;

/// An experiment file, or what was typed after a flag.
pub struct Source<'a> {
    /// The file's path, or the flag with what was typed.
    pub origin: &'a str,
    pub text: &'a str,
    /// Whether `origin` says it all: no line, no excerpt.
    pub flag: bool,
}

/// Columns of an excerpt; longer lines are cut around the offending part.
const EXCERPT: usize = 96;
/// Columns shown behind the offending part of a line that is cut.
const CONTEXT: usize = 12;

impl Source<'_> {
    /// The number of the line that byte `start` stands in, from 1.
    pub fn line(&self, start: usize) -> usize {
        self.text[..start].matches('\n').count() + 1
    }

    /// The place of the bytes `span`.
    pub fn spot(&self, span: Range<usize>) -> Spot {
        if self.flag {
            return Spot::named(self.origin);
        }
        let start = span.start.min(self.text.len());
        let before = self.text[..start].rsplit_once('\n').map_or(&self.text[..start], |(_, last)| last);
        let line = before.to_owned() + self.text[start..].lines().next().unwrap_or("");
        let (number, column) = (self.line(start), before.chars().count());
        let length = self.text.get(span).and_then(|part| part.lines().next()).map_or(1, |part| part.chars().count());
        let place = format!("{}:{number}:{}", self.origin, column + 1);
        Spot { place, excerpt: Some(excerpt(&line, column, length.max(1))) }
    }
}

/// The line without its indent, with marks under `length` characters from `column` on. A long line is cut around them.
fn excerpt(line: &str, column: usize, length: usize) -> String {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count().min(column);
    let end = column + length.min(EXCERPT / 2) + CONTEXT;
    let cut = end.saturating_sub(EXCERPT).max(indent);
    let shown: String = line.chars().skip(cut).take(EXCERPT).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let shown = shown.trim_end();
    let marks = length.min(shown.chars().count().saturating_sub(column - cut)).max(1);
    format!("{shown}\n{}{}", " ".repeat(column - cut), "^".repeat(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, part: &str, place: &str, marked: &str) {
        let source = Source { origin: "x.toml", text, flag: false };
        let start = text.find(part).unwrap();
        let spot = source.spot(start..start + part.len());
        assert_eq!((spot.place.as_str(), spot.excerpt.as_deref()), (place, Some(marked)));
    }

    #[test]
    fn a_place_is_line_and_column_with_marks_below_the_line() {
        check("a = 1\nb = 2\n", "2", "x.toml:2:5", "b = 2\n    ^");
        check("  über = 1", "1", "x.toml:1:10", "über = 1\n       ^");
        check("a = [\n  1,\n]\n", "[\n  1,\n]", "x.toml:1:5", "a = [\n    ^");
        check("a = 'b'", "'b'", "x.toml:1:5", "a = 'b'\n    ^^^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_offending_part() {
        let text = format!("{}here{}", "x".repeat(200), "y".repeat(200));
        let spot = Source { origin: "f", text: &text, flag: false }.spot(200..204);
        let excerpt = spot.excerpt.unwrap();
        let (line, marks) = excerpt.split_once('\n').unwrap();
        assert_eq!(line.chars().count(), EXCERPT);
        assert_eq!(&line[marks.find('^').unwrap()..][..marks.trim().len()], "here");
    }
}
