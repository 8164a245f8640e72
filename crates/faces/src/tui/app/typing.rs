//! Text that is typed, and text that is taken away: searches, names, the palette; the clipboard and pictures in files.

use ratatui::buffer::Buffer;

use super::{App, Overlay, Sight, Wish};
use crate::tui::{
    clipboard::Copied,
    edit::Edited,
    keys::Action,
    screens::{grid::plural, help::Help, palette::Pick},
};
use byolab_values::plan::Problem;

/// A line of text in place of the footer.
pub struct Typing {
    /// What stands before the text.
    pub prompt: String,
    pub text: String,
    /// Place of the next character, counted in characters.
    pub cursor: usize,
    /// What can be typed; empty where that is plain.
    pub hint: String,
    /// Why the text was not taken.
    pub problem: Option<Problem>,
    pub purpose: TypingPurpose,
}

/// What is typed.
#[derive(Clone, PartialEq, Eq)]
pub enum TypingPurpose {
    Search,
    Name,
    Edit(Edited),
    /// A parameter of an augmentation set.
    Change,
    /// A note or tags on trials of an experiment, by their ids; on the experiment where there are none.
    Remark(String, Vec<String>),
}

impl Typing {
    pub fn new(prompt: impl Into<String>, text: String, purpose: TypingPurpose) -> Self {
        Self { prompt: prompt.into(), cursor: text.chars().count(), text, hint: String::new(), problem: None, purpose }
    }

    /// The text before the cursor and behind it.
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.text.char_indices().nth(self.cursor).map_or(self.text.len(), |(i, _)| i))
    }

    fn put(&mut self, before: String, behind: &str) {
        self.cursor = before.chars().count();
        self.text = before + behind;
    }

    fn insert(&mut self, char: char) {
        let (before, behind) = self.halves();
        let (before, behind) = (format!("{before}{char}"), behind.to_owned());
        self.put(before, &behind);
    }

    /// Takes the character before the cursor away, the one behind it, the word before it, or all before it.
    fn erase(&mut self, action: Action) {
        let (before, behind) = self.halves();
        let (mut before, mut behind) = (before.to_owned(), behind.to_owned());
        match action {
            Action::Erase => drop(before.pop()),
            Action::EraseNext => behind = behind.chars().skip(1).collect(),
            Action::EraseWord => {
                let is_part = |char: char| char.is_alphanumeric() || "_-".contains(char);
                before.truncate(before.trim_end_matches(|char| !is_part(char)).len());
                before.truncate(before.trim_end_matches(is_part).len());
            }
            _ => before.clear(),
        }
        self.put(before, &behind);
    }

    fn move_cursor(&mut self, action: Action) {
        let end = self.text.chars().count();
        self.cursor = match action {
            Action::Left => self.cursor.saturating_sub(1),
            Action::Right => (self.cursor + 1).min(end),
            Action::First => 0,
            _ => end,
        };
    }
}

impl App {
    /// Has a line typed.
    pub(super) fn type_in(&mut self, typing: Typing) {
        self.overlay = Some(Overlay::Typing(typing));
    }

    /// Takes a character into the line or the palette.
    pub(super) fn take(&mut self, char: char) {
        match &mut self.overlay {
            Some(Overlay::Palette(palette)) => palette.take(char),
            Some(Overlay::Typing(typing)) => {
                typing.insert(char);
                self.typed();
            }
            _ => {}
        }
    }

    /// A search shows what it finds while it is typed, and a parameter what it does; what is not whole yet does nothing.
    fn typed(&mut self) {
        let Some(Overlay::Typing(typing)) = &mut self.overlay else { return };
        typing.problem = None;
        match (&typing.purpose, &self.model.open) {
            (TypingPurpose::Search, _) => self.screens.at_mut(self.at).search(&typing.text),
            (TypingPurpose::Change, Some(open))
                if self.screens.views.change(typing.text.trim(), &open.plan).is_ok() =>
            {
                self.bring();
            }
            _ => {}
        }
    }

    pub(super) fn type_on(&mut self, action: Action) {
        let Some(Overlay::Typing(typing)) = &mut self.overlay else { return };
        match action {
            Action::Erase | Action::EraseNext | Action::EraseWord | Action::EraseLine => {
                typing.erase(action);
                self.typed();
            }
            Action::Cancel if matches!(typing.purpose, TypingPurpose::Change) => {
                self.overlay = None;
                self.screens.views.drop_change();
                self.bring();
            }
            Action::Cancel => {
                typing.text.clear();
                self.typed();
                self.overlay = None;
            }
            Action::Accept => self.accept(),
            action if action.moves() => typing.move_cursor(action),
            _ => {}
        }
    }

    /// Takes over what was typed.
    fn accept(&mut self) {
        let Some(Overlay::Typing(typing)) = self.overlay.take() else { return };
        match typing.purpose.clone() {
            TypingPurpose::Search => {}
            TypingPurpose::Name => self.save_as(typing.text.trim()),
            TypingPurpose::Edit(edited) => self.accept_edit(edited, typing),
            TypingPurpose::Change => self.accept_change(typing),
            TypingPurpose::Remark(experiment, ids) => self.remark(&experiment, &ids, &typing.text),
        }
    }

    pub(super) fn pick(&mut self) {
        let Some(Overlay::Palette(palette)) = self.overlay.take() else { return };
        match palette.picked() {
            Some(Pick::Do(action)) => self.act_here(action),
            Some(Pick::Open(name)) => self.open(&name),
            Some(Pick::Set(key)) => self.edit_key(&key),
            Some(Pick::Seeds) => self.edit_seeds(),
            Some(Pick::Explain(word)) => self.overlay = Some(Overlay::Help(Help::of(self.at).at_word(word))),
            None => {}
        }
    }

    pub(super) fn copy(&mut self) {
        match self.screens.at(self.at).copy(&self.model) {
            None => self.say("there are no numbers under the cursor yet".into()),
            Some(text) => self.wish = Wish::Copy(text),
        }
    }

    /// Says where a copied text went. What was only sent is written into a file too: no terminal tells whether it took it.
    pub fn tell_copied(&mut self, text: &str, copied: Copied) {
        let first = text.lines().next().unwrap_or_default();
        let said = match copied {
            Copied::Tmux => format!("in tmux's buffer (prefix ] pastes it): {first}"),
            Copied::Sent => match self.lab.keep_copied(text) {
                Ok(path) => format!("sent to the clipboard, and in {}: {first}", path.display()),
                Err(error) => format!("sent to the clipboard, which may not take it; {error:#}"),
            },
        };
        self.say(said);
    }

    /// Writes the charts on screen into files.
    pub(super) fn write_figures(&mut self) {
        let screen = self.screens.at(self.at);
        let (name, figures) = (screen.crumbs(&self.model).join("-"), screen.figures());
        if figures.is_empty() {
            return self.say("there are no charts here yet".into());
        }
        let said = match self.lab.keep_figures(&name, &figures) {
            Ok(folder) => format!("{} as SVG and PNG in {}", plural(figures.len(), "chart"), folder.display()),
            Err(error) => format!("{error:#}"),
        };
        self.say(said);
    }

    /// Writes the picture, as it is on screen, into a file.
    pub(super) fn write(&mut self) {
        let mut buffer = Buffer::empty(self.area);
        // A text holds characters alone.
        let graphics = std::mem::replace(&mut self.graphics, Sight::Known(None));
        self.draw(self.area, &mut buffer);
        self.graphics = graphics;
        let rows = buffer.content().chunks(usize::from(self.area.width.max(1)));
        let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
        let text: String = rows.map(|row| format!("{}\n", row.trim_end())).collect();
        let name = self.screens.at(self.at).crumbs(&self.model).join("-");
        let said = match self.lab.keep_picture(&name, &text) {
            Ok(path) => format!("the picture is in {}", path.display()),
            Err(error) => format!("{error:#}"),
        };
        self.say(said);
    }
}
