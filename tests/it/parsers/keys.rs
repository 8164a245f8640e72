//! Keys and text that somebody presses in the workbench, in any order and at any size.

use std::panic::{AssertUnwindSafe, catch_unwind};

use byolab::{
    plan::streams::{Draws, Stream},
    tui::{
        App,
        theme::{Depth, Theme},
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::screens::lab::{Laboratory, Progress};

/// Keys of one sitting.
const KEYS: usize = 120;
const NAMED: [KeyCode; 14] = [
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Backspace,
    KeyCode::Delete,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::PageDown,
];
/// Besides those of the keyboard: wide, combining, turned, steering.
const ODD: [char; 8] = ['\u{e9}', '\u{4e2d}', '\u{301}', '\u{202e}', '\u{7}', '\u{1f600}', '\u{0}', '\u{2028}'];

/// So many sittings; none of them ends by a panic.
pub fn fuzz(sittings: usize, seed: u64) {
    for sitting in 0..sittings {
        let mut pressed = Vec::new();
        let sat = catch_unwind(AssertUnwindSafe(|| sit(seed, sitting as u64, &mut pressed)));
        assert!(sat.is_ok(), "a panic at seed {seed}, sitting {sitting}, after {pressed:?}");
    }
    eprintln!("keys: {} pressed in {sittings} sittings", KEYS * sittings);
}

fn sit(seed: u64, sitting: u64, pressed: &mut Vec<KeyEvent>) {
    let mut draws = Draws::new(seed, Stream::Order, u64::MAX, sitting, 0);
    let progress = if draws.chance(0.5) { Progress::Halfway } else { Progress::Finished };
    let mut app = App::new(Box::new(Laboratory::at(progress)), Theme::new(Depth::True), TimeZone::UTC);
    for _ in 0..KEYS {
        let event = key(&mut draws);
        pressed.push(event);
        app.press(event);
        if draws.chance(0.2) {
            let area = Rect::new(0, 0, draws.below(160) as u16, draws.below(50) as u16);
            app.draw(area, &mut Buffer::empty(area));
        }
    }
}

fn key(draws: &mut Draws) -> KeyEvent {
    let code = match draws.below(10) {
        0..=3 => NAMED[draws.below(NAMED.len())],
        4 => KeyCode::Char(ODD[draws.below(ODD.len())]),
        _ => KeyCode::Char((b' ' + draws.below(95) as u8) as char),
    };
    let modifiers = [KeyModifiers::NONE, KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::SHIFT];
    KeyEvent::new(code, modifiers[draws.below(modifiers.len())])
}
