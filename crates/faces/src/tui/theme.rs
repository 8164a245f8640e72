//! What tones look like on this terminal. Everything above draws in [`Tone`]s; colours appear only here, so that
//! stripping them (`NO_COLOR`) leaves weight and reversal, which crossterm would drop as well.

use ratatui::style::{Color, Modifier, Style};

use byolab_store::chart::Pen;

/// What a piece of text or a line is, as far as its look goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    /// Text.
    Plain,
    /// Headings, and what the eye should find first.
    Strong,
    /// Units, hints, axes.
    Dim,
    /// As it should be.
    Good,
    /// Wrong.
    Bad,
    /// Not to be trusted yet.
    Doubtful,
    /// A series.
    Series(Pen),
    /// A series at an earlier time: percent of its colour.
    Faded(Pen, u8),
    /// How far up a value is between the lowest and the highest, of [`LEVELS`]; lies on a colour.
    Level(u8),
    /// Which of two is ahead, from -[`LEAN`], the second, to [`LEAN`], the first; lies on a colour.
    Lean(i8),
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// No colours.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

/// The look of the workbench.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: Depth,
    light: bool,
    ascii: bool,
}

/// A colour at each depth.
struct Ink(Color, u8, Color);

/// The colours on one kind of ground.
struct Inks {
    series: [Ink; 7],
    good: Ink,
    bad: Ink,
    doubtful: Ink,
    dim: Ink,
}

/// Okabe and Ito's colour-blind-safe palette (2008), in the order in which series take them.
const DARK: Inks = Inks {
    series: [
        Ink(Color::Rgb(0x56, 0xb4, 0xe9), 74, Color::Cyan),
        Ink(Color::Rgb(0xe6, 0x9f, 0x00), 178, Color::Yellow),
        Ink(Color::Rgb(0x00, 0x9e, 0x73), 36, Color::Green),
        Ink(Color::Rgb(0xcc, 0x79, 0xa7), 175, Color::Magenta),
        Ink(Color::Rgb(0xd5, 0x5e, 0x00), 166, Color::Red),
        Ink(Color::Rgb(0xf0, 0xe4, 0x42), 227, Color::LightYellow),
        Ink(Color::Rgb(0x00, 0x72, 0xb2), 25, Color::Blue),
    ],
    good: Ink(Color::Rgb(0x00, 0x9e, 0x73), 36, Color::Green),
    bad: Ink(Color::Rgb(0xd5, 0x5e, 0x00), 166, Color::Red),
    doubtful: Ink(Color::Rgb(0xf0, 0xe4, 0x42), 227, Color::LightYellow),
    dim: Ink(Color::Rgb(0x88, 0x88, 0x88), 245, Color::DarkGray),
};

/// The same palette on a light ground: its dark colours first, and black for its yellow, which nobody would see.
const LIGHT: Inks = Inks {
    series: [
        Ink(Color::Rgb(0x00, 0x72, 0xb2), 25, Color::Blue),
        Ink(Color::Rgb(0xd5, 0x5e, 0x00), 166, Color::Red),
        Ink(Color::Rgb(0x00, 0x9e, 0x73), 36, Color::Green),
        Ink(Color::Rgb(0xcc, 0x79, 0xa7), 175, Color::Magenta),
        Ink(Color::Rgb(0xe6, 0x9f, 0x00), 178, Color::Yellow),
        Ink(Color::Rgb(0x00, 0x00, 0x00), 16, Color::Black),
        Ink(Color::Rgb(0x56, 0xb4, 0xe9), 74, Color::Cyan),
    ],
    good: Ink(Color::Rgb(0x00, 0x7a, 0x59), 29, Color::Green),
    bad: Ink(Color::Rgb(0xb0, 0x3a, 0x00), 130, Color::Red),
    doubtful: Ink(Color::Rgb(0x9c, 0x5b, 0x00), 94, Color::Magenta),
    dim: Ink(Color::Rgb(0x6c, 0x6c, 0x6c), 242, Color::DarkGray),
};

/// Steps of [`Tone::Level`].
pub const LEVELS: u8 = 9;

/// Steps of [`Tone::Lean`] to either side.
pub const LEAN: i8 = 4;

/// Nunez, Anderton and Renslow's cividis (2018), which reads alike with and without red-green colour blindness.
const RAMP: [(Color, u8); LEVELS as usize] = [
    (Color::Rgb(0x00, 0x22, 0x4e), 17),
    (Color::Rgb(0x12, 0x35, 0x70), 24),
    (Color::Rgb(0x3b, 0x49, 0x6c), 60),
    (Color::Rgb(0x57, 0x5d, 0x6d), 241),
    (Color::Rgb(0x70, 0x71, 0x73), 243),
    (Color::Rgb(0x8a, 0x86, 0x78), 102),
    (Color::Rgb(0xa5, 0x9c, 0x74), 144),
    (Color::Rgb(0xc3, 0xb3, 0x69), 179),
    (Color::Rgb(0xfe, 0xe8, 0x38), 227),
];

/// The first level on whose ground black letters stand out more than white ones.
const BRIGHT: u8 = 5;

/// From a little ahead to far ahead: the first two series' hues, ever less white.
const FIRST_AHEAD: [(Color, u8); LEAN as usize] = [
    (Color::Rgb(0xd5, 0xe9, 0xf7), 195),
    (Color::Rgb(0xab, 0xd5, 0xf0), 153),
    (Color::Rgb(0x81, 0xc4, 0xec), 117),
    (Color::Rgb(0x56, 0xb4, 0xe9), 74),
];
const SECOND_AHEAD: [(Color, u8); LEAN as usize] = [
    (Color::Rgb(0xfa, 0xec, 0xcc), 230),
    (Color::Rgb(0xf4, 0xd3, 0x88), 222),
    (Color::Rgb(0xed, 0xb9, 0x44), 215),
    (Color::Rgb(0xe6, 0x9f, 0x00), 178),
];

/// Marks by hue: filled, hollow.
const MARKS: [(char, char); 4] = [('●', '○'), ('◆', '◇'), ('■', '□'), ('▲', '△')];

impl Theme {
    /// On a dark ground, with as many colours.
    pub fn new(depth: Depth) -> Self {
        Self { depth, light: false, ascii: false }
    }

    /// The same look for a light ground.
    pub fn light(self) -> Self {
        Self { light: true, ..self }
    }

    /// The same look with ASCII alone.
    pub fn ascii(self) -> Self {
        Self { ascii: true, ..self }
    }

    /// What the environment asks for: `NO_COLOR`, then `COLORTERM`, then `TERM`; ASCII where the locale is not UTF-8.
    pub fn of_environment(light: bool, ascii: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self { depth: depth(variable), light, ascii: ascii || !speaks_utf8(variable) }
    }

    /// Whether values lie on colours: sixteen are too few for a scale.
    pub fn has_scales(&self) -> bool {
        !matches!(self.depth, Depth::None | Depth::Sixteen)
    }

    /// Whether the picture may hold ASCII alone.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// How a tone is painted.
    pub fn style(&self, tone: Tone) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let inks = if self.light { &LIGHT } else { &DARK };
        match tone {
            Tone::Plain => Style::new(),
            Tone::Strong => bold,
            Tone::Dim if self.depth == Depth::None => Style::new().add_modifier(Modifier::DIM),
            Tone::Dim => self.ink(&inks.dim),
            Tone::Good => self.ink(&inks.good),
            Tone::Bad => bold.patch(self.ink(&inks.bad)),
            Tone::Doubtful => self.ink(&inks.doubtful),
            Tone::Series(pen) => self.ink(&inks.series[pen.hue % inks.series.len()]),
            Tone::Faded(pen, 100) => self.style(Tone::Series(pen)),
            Tone::Faded(pen, percent) => {
                let full = &inks.series[pen.hue % inks.series.len()];
                self.blend(&inks.dim, full, percent).unwrap_or_else(|| self.style(Tone::Dim))
            }
            Tone::Level(level) => self.ground(RAMP[usize::from(level.min(LEVELS - 1))], level >= BRIGHT),
            Tone::Lean(0) => Style::new(),
            Tone::Lean(lean) => {
                let side = if lean > 0 { &FIRST_AHEAD } else { &SECOND_AHEAD };
                self.ground(side[usize::from(lean.unsigned_abs().min(LEAN as u8)) - 1], true)
            }
        }
    }

    /// What is under the cursor; laid over the tones of the text.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A pixel of a picture; none where the terminal cannot show pictures.
    pub fn pixel(&self, rgb: [u8; 3]) -> Option<Color> {
        if self.ascii { None } else { self.colour(rgb) }
    }

    /// A colour between two inks; none where the terminal has not enough of them.
    fn blend(&self, Ink(from, ..): &Ink, Ink(to, ..): &Ink, percent: u8) -> Option<Style> {
        let (Color::Rgb(r, g, b), Color::Rgb(to_r, to_g, to_b)) = (*from, *to) else { return None };
        let mix = |from: u8, to: u8| {
            let share = u16::from(percent.min(100));
            ((u16::from(from) * (100 - share) + u16::from(to) * share) / 100) as u8
        };
        self.colour([mix(r, to_r), mix(g, to_g), mix(b, to_b)]).map(|colour| Style::new().fg(colour))
    }

    fn colour(&self, [r, g, b]: [u8; 3]) -> Option<Color> {
        let sixth = |value: u8| ((u16::from(value) * 5 + 127) / 255) as u8;
        match self.depth {
            Depth::True => Some(Color::Rgb(r, g, b)),
            // The cube of xterm's 256 colours.
            Depth::Indexed => Some(Color::Indexed(16 + 36 * sixth(r) + 6 * sixth(g) + sixth(b))),
            Depth::None | Depth::Sixteen => None,
        }
    }

    /// A coloured ground with letters that stand out on it; sixteen colours are too few for a scale.
    fn ground(&self, (exact, indexed): (Color, u8), is_bright: bool) -> Style {
        let (letters, cube) = if is_bright { (0x00, 16) } else { (0xff, 231) };
        match self.depth {
            Depth::None | Depth::Sixteen => Style::new(),
            Depth::Indexed => Style::new().bg(Color::Indexed(indexed)).fg(Color::Indexed(cube)),
            Depth::True => Style::new().bg(exact).fg(Color::Rgb(letters, letters, letters)),
        }
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

/// What a scale of colours spans at least, as a share: five points of an accuracy.
const LEAST: f64 = 0.05;

/// Standard deviations over seeds that a scale of colours spans at least.
const DEVIATIONS: f64 = 4.0;

/// The words for both; a deviation is over seeds.
pub const LEAST_WORDS: &str = "at least 5 points, 4 sd";

/// What colours span at least beside values of such deviations over seeds: they do not stretch noise.
pub fn floor(deviations: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = deviations.fold((0.0, 0.0), |(sum, n), deviation| (sum + deviation, n + 1.0));
    LEAST.max(DEVIATIONS * sum / f64::max(n, 1.0))
}

/// The lowest and the highest of some values.
pub fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}

/// The ends of some values for [`level`], moved apart evenly where they are less than `least` apart.
pub fn range(values: impl Iterator<Item = f64>, least: f64) -> [f64; 2] {
    let [low, high] = ends(values);
    let more = ((least - (high - low)) / 2.0).max(0.0);
    if low <= high { [low - more, high + more] } else { [low, high] }
}

/// How far up a value is from `low` to `high`; the top where both are the same.
pub fn level(value: f64, [low, high]: [f64; 2]) -> Tone {
    let share = if high > low { (value - low) / (high - low) } else { 1.0 };
    Tone::Level((share.clamp(0.0, 1.0) * f64::from(LEVELS - 1)).round() as u8)
}

/// How far a difference leans to either side, of `most` at most.
pub fn lean(difference: f64, most: f64) -> Tone {
    let share = if most > 0.0 { (difference / most).clamp(-1.0, 1.0) } else { 0.0 };
    Tone::Lean((share * f64::from(LEAN)).round() as i8)
}

/// The mark of a series: its shape says which, its filling whether the method is contrastive.
pub fn mark(pen: Pen) -> char {
    let (filled, hollow) = MARKS[pen.hue % MARKS.len()];
    if pen.dashed { hollow } else { filled }
}

/// Whether the locale is one of UTF-8, by the variables in the order of POSIX; where none is set, terminals of today are.
fn speaks_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
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
    fn a_locale_without_utf8_asks_for_ascii() {
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("LANG", "en_US.UTF-8")], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "de_DE.ISO-8859-1")], false),
            (&[("LC_ALL", ""), ("LANG", "POSIX")], false),
        ];
        for (variables, expected) in cases {
            let lookup =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
            assert_eq!(speaks_utf8(lookup), *expected, "{variables:?}");
        }
    }

    #[test]
    fn series_keep_apart_on_either_ground() {
        for theme in [Theme::new(Depth::True), Theme::new(Depth::True).light()] {
            let colours = (0..7).map(|hue| theme.style(Tone::Series(Pen { hue, dashed: false })).fg);
            let colours: std::collections::HashSet<_> = colours.collect();
            assert_eq!(colours.len(), 7);
        }
    }

    #[test]
    fn a_fading_series_is_dim_at_first_and_in_its_colour_at_last() {
        let pen = Pen { hue: 0, dashed: false };
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen, Depth::None] {
            let theme = Theme::new(depth);
            assert_eq!(theme.style(Tone::Faded(pen, 100)), theme.style(Tone::Series(pen)), "{depth:?}");
            assert_ne!(theme.style(Tone::Faded(pen, 10)), theme.style(Tone::Faded(pen, 100)), "{depth:?}");
        }
        assert_eq!(Theme::new(Depth::True).style(Tone::Faded(pen, 0)).fg, Some(Color::Rgb(0x88, 0x88, 0x88)));
    }

    #[test]
    fn a_value_stands_between_the_lowest_and_the_highest() {
        for (value, expected) in [(0.0, 0), (0.5, 4), (1.0, LEVELS - 1), (9.0, LEVELS - 1)] {
            assert_eq!(level(value, [0.0, 1.0]), Tone::Level(expected), "{value}");
        }
        assert_eq!(
            (lean(-3.0, 3.0), lean(0.1, 3.0), lean(0.0, 0.0)),
            (Tone::Lean(-LEAN), Tone::Lean(0), Tone::Lean(0))
        );
    }

    #[test]
    fn colours_span_no_less_than_a_step_that_means_something() {
        let scale = |values: &[f64], deviations: &[f64]| {
            range(values.iter().copied(), floor(deviations.iter().copied())).map(|end| (1000.0 * end).round())
        };
        assert_eq!(scale(&[0.6, 0.9], &[0.01]), [600.0, 900.0]);
        assert_eq!(scale(&[0.80, 0.81], &[]), [780.0, 830.0]);
        assert_eq!(scale(&[0.80, 0.81], &[0.03, 0.05]), [725.0, 885.0]);
        let one = scale(&[0.8, 0.8], &[]).map(|end| end / 1000.0);
        assert_eq!(
            level(0.8, one),
            Tone::Level(LEVELS / 2),
            "where nothing differs there is one colour, in the middle"
        );
    }

    #[test]
    fn the_two_methods_differ_in_shape_and_in_fill() {
        assert_eq!(mark(Pen { hue: 0, dashed: false }), '●');
        assert_eq!(mark(Pen { hue: 1, dashed: true }), '◇');
    }
}
