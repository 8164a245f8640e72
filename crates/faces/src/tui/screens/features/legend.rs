//! The classes, each by a letter of its own, so that they are told apart without colours.

use ratatui::layout::Rect;

use crate::tui::{
    theme::Tone,
    widgets::{Brush, take, text::Text},
};
use byolab_store::chart::Pen;
use byolab_values::data::Label;

/// Names and letters of the classes.
#[derive(Default)]
pub struct Legend {
    names: Vec<String>,
    letters: Vec<char>,
}

/// Letters in the order in which they are given to classes whose names have none left.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Legend {
    pub fn new(names: Vec<String>) -> Self {
        Self { letters: letters(&names), names }
    }

    /// Of classes whose names are not known: by their numbers.
    pub fn unnamed(classes: usize) -> Self {
        let numbers: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        Self { letters: letters(&numbers), names: numbers.iter().map(|number| format!("class {number}")).collect() }
    }

    pub fn name(&self, label: Label) -> String {
        match self.names.get(usize::from(label)) {
            Some(name) => name.clone(),
            None => "without a class".into(),
        }
    }

    /// The class as a sign, in its colour.
    pub fn sign(&self, label: Label) -> (char, Tone) {
        match self.letters.get(usize::from(label)) {
            Some(letter) => (*letter, Tone::Series(Pen { hue: label.into(), dashed: false })),
            None => ('·', Tone::Dim),
        }
    }

    /// All classes in as many lines as they need, the one under the cursor strong.
    pub fn lines(&self, cursor: Label, width: u16) -> Vec<Text> {
        let mut lines: Vec<Text> = Vec::new();
        for (label, name) in (0..).zip(&self.names) {
            let (letter, colour) = self.sign(label);
            let tone = if label == cursor { Tone::Strong } else { Tone::Plain };
            let entry = Text::new(letter, colour).and(format!(" {name}"), tone);
            match lines.last_mut() {
                Some(line) if line.width() + 2 + entry.width() <= width => *line = line.clone().append(&entry),
                _ => lines.push(entry),
            }
        }
        lines
    }

    /// Paints as many lines as there is room for.
    pub fn paint(&self, cursor: Label, mut area: Rect, brush: &mut Brush) {
        let lines = self.lines(cursor, area.width);
        let shown = lines.len().min(area.height.into());
        for (i, line) in lines.iter().take(shown).enumerate() {
            let more = if i + 1 == shown && shown < lines.len() { " …" } else { "" };
            let line = line.clone().and(more, Tone::Dim);
            line.paint(take(&mut area, 1), brush);
        }
    }
}

/// A letter of each name that no name before it has taken, so that it can be guessed; else the next that is free; where
/// there are more classes than letters, they come again, in other colours.
fn letters(names: &[String]) -> Vec<char> {
    let mut taken: Vec<char> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let free = |letter: &char| letter.is_ascii_alphanumeric() && !taken.contains(letter);
        let own = name.chars().map(|char| char.to_ascii_lowercase()).find(free);
        let letter = own.or_else(|| LETTERS.chars().find(free));
        taken.push(letter.unwrap_or_else(|| LETTERS.chars().nth(i % LETTERS.len()).expect("within the letters")));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::data::UNLABELLED;

    #[test]
    fn a_class_has_a_letter_of_its_name_and_of_nobody_else() {
        let letters = |names: &str| {
            let names: Vec<String> = names.split(' ').map(String::from).collect();
            letters(&names).into_iter().collect::<String>()
        };
        assert_eq!(letters("airplane automobile bird cat deer dog frog horse ship truck"), "aubcdofhst");
        assert_eq!(letters("0 1 2 3"), "0123");
        assert_eq!(letters("aa aa A"), "abc");
        assert!(letters(&["x"; 64].join(" ")).ends_with("89ab"), "they come again");
    }

    #[test]
    fn a_class_without_a_name_is_a_number() {
        let legend = Legend::unnamed(12);
        assert_eq!((legend.name(3), legend.sign(3).0), ("class 3".into(), '3'));
        assert_eq!((legend.name(11), legend.sign(11).0), ("class 11".into(), 'b'));
        assert_eq!((legend.name(UNLABELLED), legend.sign(UNLABELLED).0), ("without a class".into(), '·'));
    }
}
