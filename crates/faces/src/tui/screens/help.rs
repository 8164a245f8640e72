//! Help, made from the table of bindings: the screen one came from first.

use ratatui::layout::Rect;

use crate::tui::{
    glossary::{GLOSSARY, Term},
    keys::{self, Action, Binding, Key, KeyContext},
    theme::Tone,
    widgets::{Brush, text::Text},
};

/// The help over a screen, scrolled.
pub struct Help {
    lines: Vec<Text>,
    first: usize,
    /// The line on which the words begin.
    words: usize,
}

const SIGNS: [(&str, &str); 10] = [
    ("88.1 ±0.2 2/3", "mean and standard deviation of the finished seeds, here 2 of 3"),
    ("●", "all seeds of the cell finished"),
    ("◐", "training"),
    ("○", "waiting"),
    ("◌", "stopped or interrupted; starting goes on from the checkpoint"),
    ("✗", "failed"),
    ("·", "switched off"),
    ("✓ ✗ ?", "a claim holds, fails, is undecided"),
    ("▾ ╵ ◂", "a checkpoint, an evaluation, the end of the warm-up"),
    ("!", "in a cell: a run of it has collapsed; else an alarm, or a doubt about a number"),
];

/// Columns of the keys, and of the line around them.
const KEYS: usize = 16;

impl Help {
    /// The help as it is opened on a screen.
    pub fn of(place: KeyContext) -> Self {
        let screens = [
            KeyContext::Home,
            KeyContext::Grid,
            KeyContext::Run,
            KeyContext::Robustness,
            KeyContext::Views,
            KeyContext::Features,
        ];
        let others = screens.into_iter().filter(|other| *other != place);
        let mut lines = Vec::new();
        let own = |place: KeyContext| keys::at(place).filter(|binding| !is_general(binding)).map(entry);
        section(title(place), own(place), &mut lines);
        let general = keys::BINDINGS.iter().filter(|binding| is_general(binding)).map(entry);
        section("everywhere", general, &mut lines);
        section("signs", SIGNS.iter().map(|(sign, meaning)| described(sign, meaning)), &mut lines);
        // Behind an empty line and the title.
        let words = lines.len() + 2;
        section("words", GLOSSARY.iter().flat_map(defined), &mut lines);
        for place in others.chain([KeyContext::Help, KeyContext::Palette, KeyContext::Typing, KeyContext::Question]) {
            section(title(place), own(place), &mut lines);
        }
        Self { lines, first: 0, words }
    }

    /// The same, scrolled to the words, or to one of them.
    pub fn at_word(mut self, word: &str) -> Self {
        let before = GLOSSARY.iter().take_while(|term| term.word != word).flat_map(defined).count();
        self.first = self.words + before;
        self
    }

    pub fn act(&mut self, action: Action) {
        let last = self.lines.len() - 1;
        self.first = match action {
            Action::Up => self.first.saturating_sub(1),
            Action::Down => (self.first + 1).min(last),
            Action::First => 0,
            Action::Last => last,
            _ => self.first,
        };
    }

    /// Paints as many columns of lines as fit, going on from one to the next.
    pub fn draw(&self, area: Rect, brush: &mut Brush) {
        let columns = (area.width / 80).clamp(1, 2);
        let width = area.width / columns;
        let room = usize::from(area.height * columns);
        let first = self.first.min(self.lines.len().saturating_sub(room));
        let shown = first..(first + room).min(self.lines.len());
        for (line, i) in self.lines[shown].iter().zip(0u16..) {
            let (column, row) = (i / area.height, i % area.height);
            line.paint(Rect::new(area.x + column * width, area.y + row, width, 1), brush);
        }
    }
}

/// Whether a binding belongs to no screen of its own.
fn is_general(binding: &Binding) -> bool {
    binding.places.len() > 2 || binding.action == Action::Go(KeyContext::Home)
}

fn title(place: KeyContext) -> &'static str {
    match place {
        KeyContext::Home => "experiments",
        KeyContext::Grid => "grid",
        KeyContext::Run => "run",
        KeyContext::Robustness => "robustness",
        KeyContext::Views => "views",
        KeyContext::Features => "features",
        KeyContext::Help => "help",
        KeyContext::Palette => "palette",
        KeyContext::Typing => "typing",
        KeyContext::Question => "a question",
    }
}

fn section(title: &str, entries: impl Iterator<Item = Text>, lines: &mut Vec<Text>) {
    if !lines.is_empty() {
        lines.push(Text::default());
    }
    lines.push(Text::new(format!(" {title}"), Tone::Strong));
    lines.extend(entries);
}

fn entry(binding: &Binding) -> Text {
    let keys: Vec<String> = binding.keys.iter().copied().map(Key::label).collect();
    described(&keys.join(" "), binding.help)
}

/// A word: what it is, and below that what is healthy.
fn defined(term: &Term) -> impl Iterator<Item = Text> {
    let healthy = Some(term.healthy).filter(|healthy| !healthy.is_empty());
    let healthy = healthy.map(|healthy| Text::plain(format!("   {:KEYS$}", "")).and(healthy, Tone::Good));
    [described(term.word, term.meaning)].into_iter().chain(healthy)
}

fn described(keys: &str, meaning: &str) -> Text {
    Text::new(format!("   {keys:<KEYS$}"), Tone::Plain).and(meaning, Tone::Dim)
}
