//! What the laboratory draws, or reads for a screen alone: views and features.

use super::{App, Sight, Wish};
use crate::tui::{graphics::Graphics, keys::KeyContext};

impl App {
    /// Has the laboratory bring what the screen shows beside the reading.
    pub(super) fn bring(&mut self) {
        self.awaits_images = false;
        match self.at {
            KeyContext::Views => self.draw_views(),
            KeyContext::Features => self.bring_features(),
            _ => return,
        }
        if matches!(self.graphics, Sight::Unasked) && !self.theme.is_ascii() {
            self.wish = Wish::Graphics;
        }
    }

    /// Takes how the terminal draws pictures; without it they are made of characters.
    pub fn take_graphics(&mut self, graphics: Option<Graphics>) {
        self.graphics = Sight::Known(graphics);
        self.changed = true;
    }

    /// Asks again for images that were still being read.
    pub(super) fn bring_awaited(&mut self) {
        if self.awaits_images {
            self.bring();
            if !self.awaits_images {
                self.refresh();
            }
        }
    }

    fn draw_views(&mut self) {
        let Some(open) = &self.model.open else { return };
        let answer = self.lab.views(&open.plan, &self.screens.views.asked(&open.plan));
        self.awaits_images = matches!(answer, Ok(None));
        self.screens.views.show(answer.map_err(in_words));
    }

    fn bring_features(&mut self) {
        let Some(open) = &self.model.open else { return };
        let screen = &mut self.screens.features;
        let trial = screen.trial(open);
        screen.take(self.lab.features(&open.plan, trial).map_err(in_words));
        if let Some(places) = screen.places() {
            let answer = self.lab.held_out(trial, &places);
            self.awaits_images = matches!(answer, Ok(None));
            screen.show(answer.map_err(in_words));
        }
    }
}

fn in_words(error: anyhow::Error) -> String {
    format!("{error:#}")
}
