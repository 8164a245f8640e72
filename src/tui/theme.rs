//! What tones look like on this terminal. Everything above draws in [`Tone`]s; colours appear only here, so that
//! stripping them (`NO_COLOR`) leaves weight and reversal, which crossterm would drop as well.

use ratatui::style::{Color, Modifier, Style};

use crate::chart::Pen;

/// What a piece of text or a line is, as far as its look goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// Headings, and what the eye should find first.
    Strong,
    /// Units, hints, axes.
    Dim,
    Good,
    Bad,
    Doubtful,
    /// A series.
    Series(Pen),
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    None,
    Sixteen,
    Indexed,
    True,
}

/// The look of the workbench.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: Depth,
}

/// A colour at each depth.
struct Ink(Color, u8, Color);

/// Okabe and Ito's colour-blind-safe palette (2008), in the order in which series take them.
const SERIES: [Ink; 7] = [
    Ink(Color::Rgb(0x56, 0xb4, 0xe9), 74, Color::Cyan),
    Ink(Color::Rgb(0xe6, 0x9f, 0x00), 178, Color::Yellow),
    Ink(Color::Rgb(0x00, 0x9e, 0x73), 36, Color::Green),
    Ink(Color::Rgb(0xcc, 0x79, 0xa7), 175, Color::Magenta),
    Ink(Color::Rgb(0xd5, 0x5e, 0x00), 166, Color::Red),
    Ink(Color::Rgb(0xf0, 0xe4, 0x42), 227, Color::LightYellow),
    Ink(Color::Rgb(0x00, 0x72, 0xb2), 25, Color::Blue),
];
const GOOD: Ink = Ink(Color::Rgb(0x00, 0x9e, 0x73), 36, Color::Green);
const BAD: Ink = Ink(Color::Rgb(0xd5, 0x5e, 0x00), 166, Color::Red);
const DOUBTFUL: Ink = Ink(Color::Rgb(0xf0, 0xe4, 0x42), 227, Color::LightYellow);
const DIM: Ink = Ink(Color::Rgb(0x88, 0x88, 0x88), 245, Color::DarkGray);

/// Marks by hue: filled, hollow.
const MARKS: [(char, char); 4] = [('●', '○'), ('◆', '◇'), ('■', '□'), ('▲', '△')];

impl Theme {
    pub fn new(depth: Depth) -> Self {
        Self { depth }
    }

    /// What the environment asks for: `NO_COLOR`, then `COLORTERM`, then `TERM`.
    pub fn of_environment() -> Self {
        Self::new(depth(|name| std::env::var(name).ok()))
    }

    pub fn style(&self, tone: Tone) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match tone {
            Tone::Plain => Style::new(),
            Tone::Strong => bold,
            Tone::Dim if self.depth == Depth::None => Style::new().add_modifier(Modifier::DIM),
            Tone::Dim => self.ink(&DIM),
            Tone::Good => self.ink(&GOOD),
            Tone::Bad => bold.patch(self.ink(&BAD)),
            Tone::Doubtful => self.ink(&DOUBTFUL),
            Tone::Series(pen) => self.ink(&SERIES[pen.hue % SERIES.len()]),
        }
    }

    /// What is under the cursor; laid over the tones of the text.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    fn ink(&self, Ink(exact, indexed, named): &Ink) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::Sixteen => Style::new().fg(*named),
            Depth::Indexed => Style::new().fg(Color::Indexed(*indexed)),
            Depth::True => Style::new().fg(*exact),
        }
    }
}

/// The mark of a series: its shape says which, its filling whether the method is contrastive.
pub fn mark(pen: Pen) -> char {
    let (filled, hollow) = MARKS[pen.hue % MARKS.len()];
    if pen.dashed { hollow } else { filled }
}

fn depth(variable: impl Fn(&str) -> Option<String>) -> Depth {
    let holds =
        |name: &str, words: &[&str]| variable(name).is_some_and(|value| words.iter().any(|word| value.contains(word)));
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        Depth::None
    } else if holds("COLORTERM", &["truecolor", "24bit"]) || holds("TERM", &["direct"]) {
        Depth::True
    } else if holds("TERM", &["256"]) {
        Depth::Indexed
    } else {
        Depth::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_the_depth() {
        let cases: &[(&[(&str, &str)], Depth)] = &[
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "xterm-256color")], Depth::Indexed),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], Depth::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Indexed),
        ];
        for (variables, expected) in cases {
            let lookup =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
            assert_eq!(depth(lookup), *expected, "{variables:?}");
        }
    }

    #[test]
    fn without_colours_the_cursor_and_what_matters_still_stand_out() {
        let theme = Theme::new(Depth::None);
        assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
        for tone in [Tone::Strong, Tone::Bad] {
            assert!(theme.style(tone).add_modifier.contains(Modifier::BOLD));
            assert_eq!(theme.style(tone).fg, None);
        }
    }

    #[test]
    fn the_two_methods_differ_in_shape_and_in_fill() {
        assert_eq!(mark(Pen { hue: 0, dashed: false }), '●');
        assert_eq!(mark(Pen { hue: 1, dashed: true }), '◇');
    }
}
