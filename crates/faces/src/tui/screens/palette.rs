//! Palette: everything that can be done, found by typing a part of its name. Made from the table of bindings and the
//! list of experiments.

use ratatui::layout::Rect;

use crate::tui::{
    keys::{self, Action, Place},
    model::Model,
    theme::Tone,
    widgets::{Brush, table::window, take, text::Text},
};

/// The palette over a screen.
pub struct Palette {
    entries: Vec<Entry>,
    typed: String,
    cursor: usize,
}

/// A line of the palette.
struct Entry {
    keys: String,
    words: String,
    pick: Pick,
}

/// What is done when an entry is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    Do(Action),
    Open(String),
}

/// Columns of the keys.
const KEYS: usize = 12;

impl Palette {
    /// What can be done at a place.
    pub fn of(place: Place, model: &Model) -> Self {
        let bindings = keys::at(place).filter(|binding| !binding.action.moves() && binding.action != Action::Palette);
        let bound = bindings.map(|binding| Entry {
            keys: binding.keys[0].label(),
            words: binding.help.into(),
            pick: Pick::Do(binding.action),
        });
        let sound = model.entries.iter().filter(|entry| entry.problems.is_none());
        let open = sound.map(|entry| Entry {
            keys: String::new(),
            words: format!("open {}: {}", entry.name, entry.question),
            pick: Pick::Open(entry.name.clone()),
        });
        Self { entries: bound.chain(open).collect(), typed: String::new(), cursor: 0 }
    }

    pub fn act(&mut self, action: Action) {
        let last = self.found().count().saturating_sub(1);
        match action {
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Erase => {
                self.typed.pop();
                self.cursor = 0;
            }
            _ => {}
        }
    }

    /// Takes a character; the cursor goes to the best entry.
    pub fn take(&mut self, char: char) {
        self.typed.push(char);
        self.cursor = 0;
    }

    /// What the entry under the cursor does.
    pub fn picked(&self) -> Option<Pick> {
        self.found().nth(self.cursor).map(|entry| entry.pick.clone())
    }

    pub fn draw(&self, mut area: Rect, brush: &mut Brush) {
        Text::new(format!(" :{}", self.typed), Tone::Strong).and("▏", Tone::Dim).paint(take(&mut area, 1), brush);
        let found: Vec<&Entry> = self.found().collect();
        if found.is_empty() {
            Text::dim(" nothing is called that").paint(area, brush);
        }
        for (i, y) in window(found.len(), self.cursor, area.height).zip(area.y..) {
            let row = Rect { y, height: 1, ..area };
            let keys = format!("   {:<KEYS$}", found[i].keys);
            Text::new(keys, Tone::Strong).and(&found[i].words, Tone::Plain).paint(row, brush);
            if i == self.cursor {
                brush.buffer.set_style(row, brush.theme.selected());
            }
        }
    }

    /// The entries that hold every word typed.
    fn found(&self) -> impl Iterator<Item = &Entry> {
        let words: Vec<String> = self.typed.to_lowercase().split_whitespace().map(Into::into).collect();
        self.entries.iter().filter(move |entry| {
            let text = entry.words.to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
    }
}
