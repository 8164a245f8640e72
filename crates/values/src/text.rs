//! Text that a user wrote (questions, names, classes), made fit to be shown: nothing in it steers a terminal, breaks XML or
//! turns the direction of what stands beside it.

/// What stands for a sign that cannot be shown.
pub const STAND_IN: char = '\u{fffd}';

/// The text on one line: line breaks and tabs become blanks, other signs that are no letters [`STAND_IN`].
pub fn line(text: &str) -> String {
    text.trim().replace("\r\n", " ").chars().map(|letter| if is_blank(letter) { ' ' } else { shown(letter) }).collect()
}

/// The same of a text whose lines, and tabs within them, stay.
pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|letter| if "\n\t".contains(letter) { letter } else { shown(letter) })
        .collect()
}

/// The text of a JSON document, in which signs that cannot be shown are spelt: the same document.
pub fn json(document: &str) -> String {
    let spelt = |letter: char| match letter == '\n' || shown(letter) == letter {
        true => letter.to_string(),
        false => format!("\\u{:04x}", letter as u32),
    };
    document.chars().map(spelt).collect()
}

fn is_blank(letter: char) -> bool {
    matches!(letter, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn shown(letter: char) -> char {
    let turns =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_letter = !letter.is_control() && !turns && !matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if is_letter { letter } else { STAND_IN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_not_shown() {
        assert_eq!(line("a\x1b[31mb\x07\u{9b}2J\u{0}"), "a\u{fffd}[31mb\u{fffd}\u{fffd}2J\u{fffd}");
        assert_eq!(lines("one\x1b\r\n\ttwo\u{7f}\n"), "one\u{fffd}\n\ttwo\u{fffd}\n");
    }

    #[test]
    fn json_spells_what_cannot_be_shown() {
        assert_eq!(json("{\n  \"a\": \"\u{9b}2J\u{202e}\u{feff}é\"\n}"), "{\n  \"a\": \"\\u009b2J\\u202e\\ufeffé\"\n}");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("\n one\r\ntwo\n\tthree\u{2028}four \n"), "one two  three four");
    }

    #[test]
    fn letters_of_every_script_stay_and_nothing_turns_their_direction() {
        for text in ["größer τ=0.9 λ", "无颜色 é\u{301}", "без цвета", "kolor ąęłń", "👩\u{200d}🔬", "a b"]
        {
            assert_eq!(line(text), text);
        }
        assert_eq!(line("a\u{202e}b\u{feff}"), "a\u{fffd}b\u{fffd}");
    }
}
