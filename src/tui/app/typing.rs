//! Text that is typed, and text that is taken away: searches, names, the palette; the clipboard and pictures in files.

use ratatui::buffer::Buffer;

use super::{App, Sight, Wish};
use crate::tui::{
    keys::Action,
    screens::{grid::plural, palette::Pick},
};

/// A line of text in place of the footer.
pub struct Typing {
    pub text: String,
    pub purpose: Purpose,
}

/// What is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Search,
    Name,
}

impl Purpose {
    /// What stands before the text.
    pub fn prompt(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Name => "save as: ",
        }
    }
}

impl App {
    /// Takes a character into the line or the palette.
    pub(super) fn take(&mut self, char: char) {
        if let Some(palette) = &mut self.palette {
            palette.take(char);
        } else if let Some(typing) = &mut self.typing {
            typing.text.push(char);
            self.typed();
        }
    }

    /// A search shows what it finds while it is typed.
    fn typed(&mut self) {
        if let Some(Typing { text, purpose: Purpose::Search }) = &self.typing {
            self.screens.at_mut(self.at).search(text);
        }
    }

    pub(super) fn type_on(&mut self, action: Action) {
        match (action, &mut self.typing) {
            (Action::Erase, Some(typing)) => {
                typing.text.pop();
                self.typed();
            }
            (Action::Cancel, Some(typing)) => {
                typing.text.clear();
                self.typed();
                self.typing = None;
            }
            (Action::Accept, typing) => {
                if let Some(Typing { text, purpose: Purpose::Name }) = typing.take() {
                    self.save_as(text.trim());
                }
            }
            _ => {}
        }
    }

    pub(super) fn pick(&mut self) {
        match self.palette.take().and_then(|palette| palette.picked()) {
            Some(Pick::Do(action)) => self.act_here(action),
            Some(Pick::Open(name)) => self.open(&name),
            None => {}
        }
    }

    pub(super) fn copy(&mut self) {
        match self.screens.at(self.at).copy(&self.model) {
            None => self.say("there are no numbers under the cursor yet".into()),
            Some(text) => {
                self.say(format!("to the clipboard: {}", text.lines().next().unwrap_or_default()));
                self.wish = Wish::Copy(text);
            }
        }
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
