//! Keys and the mouse, from the bytes that a terminal sends.
//!
//! crossterm's own reader waits for edges: where a size and a key come together it returns the one and does not look for
//! the other until the next comes, nor for what is behind the first 1,024 bytes. So bytes are read here, and cut where
//! ECMA-48 ends a sequence, whatever it means: one that means nothing to us, such as an answer that comes late, is left
//! out whole, and its letters are no keys. What a sequence means is terminput's to know.

use std::{
    mem,
    time::{Duration, Instant},
};

use crossterm::event::Event;

/// How long the rest of a sequence may take: longer than between the packets of one, shorter than between two keys. Esc
/// alone is the key by then.
const REST: Duration = Duration::from_millis(25);

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Bytes that have come and are no whole key yet.
#[derive(Default)]
pub struct Input {
    pending: Vec<u8>,
    /// When the last of them came.
    since: Option<Instant>,
}

impl Input {
    /// What `bytes` complete, which come `now`.
    pub fn take(&mut self, bytes: &[u8], now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            if begins_anew(&self.pending, *byte) {
                events.extend(self.end());
            }
            self.pending.push(*byte);
            if is_whole(&self.pending) {
                events.extend(self.end());
            }
        }
        self.since = Some(now);
        events
    }

    /// How long to wait for the rest of what has begun; none where nothing has.
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        let since = self.since.filter(|_| !self.pending.is_empty())?;
        Some(REST.saturating_sub(now.saturating_duration_since(since)))
    }

    /// What has begun and has had its time to be completed.
    pub fn overdue(&mut self, now: Instant) -> Option<Event> {
        if self.patience(now)?.is_zero() { self.end() } else { None }
    }

    /// Ends what is pending, and says what that means, if anything.
    fn end(&mut self) -> Option<Event> {
        let bytes = mem::take(&mut self.pending);
        if is_string(&bytes) {
            return None;
        }
        let event = terminput::Event::parse_from(&bytes).ok()??;
        terminput_crossterm::to_crossterm(event).ok()
    }
}

/// Whether `byte` is no part of what is pending: Esc ends every sequence but a string, which it may be closing, and a
/// character that is broken off ends where another begins.
fn begins_anew(pending: &[u8], byte: u8) -> bool {
    match pending {
        [] => false,
        [ESC, ..] => byte == ESC && !is_string(pending),
        _ => byte & 0xc0 != 0x80,
    }
}

/// Whether nothing can follow (ECMA-48, 5.4; xterm's control sequences).
fn is_whole(bytes: &[u8]) -> bool {
    match bytes {
        [ESC] | [ESC, b'['] | [ESC, b'O'] => false,
        // A function key of Linux's console; button and place of the mouse.
        [ESC, b'[', b'['] => false,
        [ESC, b'[', b'M', place @ ..] => place.len() == 3,
        [ESC, b'[', .., last] => !(0x20..=0x3f).contains(last),
        [ESC, b'O', ..] => true,
        [ESC, ..] if is_string(bytes) => bytes.ends_with(&[BEL]) || bytes[2..].ends_with(b"\x1b\\"),
        [ESC, character @ ..] | character => is_character(character),
    }
}

/// Whether it is a string: DCS, SOS, OSC, PM, APC.
fn is_string(bytes: &[u8]) -> bool {
    matches!(bytes, [ESC, b'P' | b'X' | b']' | b'^' | b'_', ..])
}

/// Whether it is a character, or none that could become one.
fn is_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_some(), |_| true)
}

#[cfg(test)]
mod tests {
    use crossterm::event::{
        KeyCode::{self, *},
        KeyEvent, KeyModifiers as Modifiers, MouseButton, MouseEvent, MouseEventKind,
    };

    use super::*;

    fn keys(codes: &[KeyCode]) -> Vec<Event> {
        codes.iter().map(|code| Event::Key(KeyEvent::from(*code))).collect()
    }

    fn key(code: KeyCode, modifiers: Modifiers) -> Vec<Event> {
        vec![Event::Key(KeyEvent::new(code, modifiers))]
    }

    fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Vec<Event> {
        vec![Event::Mouse(MouseEvent { kind, column, row, modifiers: Modifiers::NONE })]
    }

    /// Bytes of xterm, rxvt, Linux's console, screen, and what they mean.
    fn cases() -> Vec<(&'static [u8], Vec<Event>)> {
        let ctrl = |char| key(Char(char), Modifiers::CONTROL);
        vec![
            (b"q", keys(&[Char('q')])),
            ("é中😀".as_bytes(), keys(&[Char('é'), Char('中'), Char('😀')])),
            (b"\r\t\x7f", keys(&[Enter, Tab, Backspace])),
            (b"\x03", ctrl('c')),
            (b"\x1a", ctrl('z')),
            (b"\x1b[A\x1b[B\x1b[C\x1b[D", keys(&[Up, Down, Right, Left])),
            (b"\x1bOA\x1bOB\x1bOC\x1bOD", keys(&[Up, Down, Right, Left])),
            (b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1bOH\x1bOF", keys(&[Home, End, Home, End, Home, End])),
            (b"\x1b[5~\x1b[6~\x1b[3~", keys(&[PageUp, PageDown, Delete])),
            (b"\x1bOP\x1b[11~\x1b[[A", keys(&[F(1), F(1), F(1)])),
            (b"\x1b[Z", key(BackTab, Modifiers::SHIFT)),
            (b"\x1b[1;5C", key(Right, Modifiers::CONTROL)),
            (b"\x1bx", key(Char('x'), Modifiers::ALT)),
            (b"\x1b[<0;10;5M", mouse(MouseEventKind::Down(MouseButton::Left), 9, 4)),
            (b"\x1b[<65;10;5M", mouse(MouseEventKind::ScrollDown, 9, 4)),
            (b"\x1b[M \x2a\x25", mouse(MouseEventKind::Down(MouseButton::Left), 9, 4)),
            // Late answers: a terminal's name, kitty's protocol, the size of a character, attributes, a colour.
            (b"\x1bP>|kitty(0.36.4)\x1b\\q", keys(&[Char('q')])),
            (b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;52;cq", keys(&[Char('q')])),
            (b"\x1b]11;rgb:0000/0000/0000\x07q", keys(&[Char('q')])),
            (b"\x1b[>0;276;0cq", keys(&[Char('q')])),
            // What is broken off costs nothing of what follows.
            (b"\x1b[1;\x1b[A", keys(&[Up])),
            (b"\xe4\xb8q", keys(&[Char('q')])),
            (b"\xff\xe9q", keys(&[Char('q')])),
            (b"\x1b\x1b[A", keys(&[Esc, Up])),
        ]
    }

    #[test]
    fn keys_and_the_mouse_are_what_terminals_send_for_them() {
        for (bytes, expected) in cases() {
            assert_eq!(
                Input::default().take(bytes, Instant::now()),
                expected,
                "{:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn wherever_a_sequence_is_split_it_means_the_same() {
        for (bytes, expected) in cases() {
            for at in 0..bytes.len() {
                let (mut input, now) = (Input::default(), Instant::now());
                let mut events = input.take(&bytes[..at], now);
                events.extend(input.take(&bytes[at..], now + REST / 2));
                assert_eq!(events, expected, "{:?} at {at}", bytes.escape_ascii().to_string());
            }
        }
    }

    #[test]
    fn what_is_not_completed_in_time_is_esc_or_nothing() {
        for (bytes, expected) in
            [(&b"\x1b"[..], keys(&[Esc])), (b"\x1b[", vec![]), (b"\x1bP>|", vec![]), (b"\xe4", vec![])]
        {
            let (mut input, now) = (Input::default(), Instant::now());
            assert!(input.take(bytes, now).is_empty());
            assert_eq!((input.patience(now), input.overdue(now)), (Some(REST), None));
            assert_eq!(input.overdue(now + REST).into_iter().collect::<Vec<_>>(), expected);
            assert_eq!(input.patience(now + REST), None);
            assert_eq!(input.take(b"q", now + REST), keys(&[Char('q')]));
        }
    }
}
