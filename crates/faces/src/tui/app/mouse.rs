//! The mouse: the wheel moves the cursor, a click puts it where it points, or presses the key that it points at.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::App;
use crate::tui::widgets::ClickTarget;

impl App {
    /// Answers the mouse.
    pub fn point(&mut self, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.press(KeyEvent::from(KeyCode::Up)),
            MouseEventKind::ScrollDown => self.press(KeyEvent::from(KeyCode::Down)),
            MouseEventKind::Down(MouseButton::Left) => self.click(Position::new(mouse.column, mouse.row)),
            _ => {}
        }
    }

    fn click(&mut self, at: Position) {
        // What was painted last lies above.
        let spot = self.spots.iter().rev().find(|spot| spot.area.contains(at));
        match spot.map(|spot| spot.target) {
            Some(ClickTarget::Key(key)) => self.press(key.event()),
            Some(target) if self.place() == self.at => {
                self.screens.at_mut(self.at).point(target);
                self.refresh();
            }
            _ => {}
        }
    }
}
