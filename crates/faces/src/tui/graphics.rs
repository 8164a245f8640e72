//! Pictures of real pixels, on terminals that draw them: kitty's protocol, iTerm2's, or sixel. Which one, and how large
//! a character is, the terminal is asked; the environment is not enough, because little of it comes through SSH.

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
};

use image::{DynamicImage, RgbImage, imageops::FilterType};
use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    widgets::Widget,
};
use ratatui_image::{
    Image,
    protocol::{Protocol as Encoded, iterm2::Iterm2, kitty::Kitty, sixel::Sixel},
};

use super::picture::Picture;

/// Asks for the terminal's name, kitty's protocol, the size of a character, and last for what every terminal answers:
/// its attributes, sixel among them.
pub const QUESTION: &str = "\x1b[>0q\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";

/// Pixels of a character, either way; what a terminal answers beyond that would fill the memory.
const LARGEST_CELL: u16 = 256;
/// Encoded pictures kept; beyond that all are made anew.
const KEPT: usize = 256;

/// How a terminal takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphicsProtocol {
    Kitty,
    Iterm2,
    Sixel,
}

/// Draws pictures on one terminal.
pub struct Graphics {
    protocol: GraphicsProtocol,
    /// Pixels of a character, width and height.
    cell: (u16, u16),
    /// By picture and size.
    encoded: RefCell<HashMap<(u64, Size), Encoded>>,
}

impl Graphics {
    pub fn new(protocol: GraphicsProtocol, cell: (u16, u16)) -> Self {
        Self { protocol, cell, encoded: RefCell::default() }
    }

    /// What a terminal's `answer` to [`QUESTION`] allows, if anything; `cell` is the size of a character where the
    /// terminal does not answer with it.
    pub fn of_answer(answer: &[u8], cell: Option<(u16, u16)>) -> Option<Self> {
        let answer = String::from_utf8_lossy(answer);
        let sequences = || answer.split('\x1b');
        let name = sequences().find_map(|part| part.strip_prefix("P>|")).unwrap_or_default().to_lowercase();
        let named = |names: &[&str]| names.iter().any(|known| name.contains(known));
        let attributes = attributes(&answer).unwrap_or_default();
        let protocol = if sequences().any(|part| part == "_Gi=31;OK") && named(&["kitty", "ghostty"]) {
            GraphicsProtocol::Kitty
        } else if named(&["iterm2", "wezterm", "konsole"]) {
            GraphicsProtocol::Iterm2
        } else if attributes.split(';').skip(1).any(|attribute| attribute == "4") {
            GraphicsProtocol::Sixel
        } else {
            return None;
        };
        let told = sequences().find_map(|part| {
            let (height, width) = part.strip_prefix("[6;")?.split_once('t')?.0.split_once(';')?;
            Some((width.parse().ok()?, height.parse().ok()?))
        });
        let drawn = 1..=LARGEST_CELL;
        let cell = told.or(cell).filter(|(width, height)| drawn.contains(width) && drawn.contains(height))?;
        Some(Self::new(protocol, cell))
    }

    /// Paints the picture as large as `area`; false where it cannot be encoded.
    pub fn paint(&self, picture: &Picture, area: Rect, buffer: &mut Buffer) -> bool {
        let mut hasher = DefaultHasher::new();
        picture.rgb.hash(&mut hasher);
        let key = (hasher.finish(), area.as_size());
        let mut encoded = self.encoded.borrow_mut();
        if encoded.len() >= KEPT && !encoded.contains_key(&key) {
            encoded.clear();
        }
        let drawn = match encoded.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Some(new) = self.encode(picture, key) else { return false };
                place.insert(new)
            }
        };
        Image::new(drawn).render(area, buffer);
        true
    }

    fn encode(&self, picture: &Picture, (hash, size): (u64, Size)) -> Option<Encoded> {
        let side = picture.side as u32;
        let pixels = RgbImage::from_raw(side, side, picture.rgb.clone())?;
        let of = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
        let (width, height) = (of(size.width, self.cell.0), of(size.height, self.cell.1));
        let pixels = DynamicImage::ImageRgb8(pixels).resize_exact(width, height, FilterType::Nearest);
        match self.protocol {
            // kitty knows pictures by number; the same picture in another size is another one.
            GraphicsProtocol::Kitty => {
                let id = hash as u32 ^ u32::from(size.width) << 8 ^ u32::from(size.height);
                Kitty::new(pixels, size, id.max(1), false, true).ok().map(Encoded::Kitty)
            }
            GraphicsProtocol::Iterm2 => Iterm2::new(pixels, size, false).ok().map(Encoded::ITerm2),
            GraphicsProtocol::Sixel => Sixel::new(pixels, size, false).ok().map(Encoded::Sixel),
        }
    }
}

/// Whether `answer` holds the last part of what [`QUESTION`] asks for.
pub fn is_whole(answer: &[u8]) -> bool {
    attributes(&String::from_utf8_lossy(answer)).is_some()
}

/// The primary device attributes, `62;4;22`.
fn attributes(answer: &str) -> Option<&str> {
    answer.split('\x1b').find_map(|part| part.strip_prefix("[?")?.split_once('c').map(|(attributes, _)| attributes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_terminal_says_how_it_takes_pictures() {
        let cases: &[(&str, Option<GraphicsProtocol>)] = &[
            ("\x1bP>|kitty(0.36.4)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;52;c", Some(GraphicsProtocol::Kitty)),
            ("\x1bP>|ghostty 1.1.2\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;22c", Some(GraphicsProtocol::Kitty)),
            // Its kitty protocol lacks what pictures among text need.
            (
                "\x1bP>|WezTerm 20240203\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?65;4;6c",
                Some(GraphicsProtocol::Iterm2),
            ),
            ("\x1bP>|iTerm2 3.5.11\x1b\\\x1b[6;20;10t\x1b[?62;4c", Some(GraphicsProtocol::Iterm2)),
            ("\x1bP>|foot(1.16.2)\x1b\\\x1b[6;20;10t\x1b[?62;4;22c", Some(GraphicsProtocol::Sixel)),
            ("\x1bP>|XTerm(390)\x1b\\\x1b[6;20;10t\x1b[?64;1;2;6c", None),
            ("\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2;4c", Some(GraphicsProtocol::Sixel)),
            ("\x1b[?1;2c", None),
            ("", None),
        ];
        for (answer, expected) in cases {
            let graphics = Graphics::of_answer(answer.as_bytes(), Some((8, 16)));
            assert_eq!(graphics.as_ref().map(|graphics| graphics.protocol), *expected, "{answer:?}");
            let told = if answer.contains("[6;") { (10, 20) } else { (8, 16) };
            assert!(graphics.is_none_or(|graphics| graphics.cell == told), "{answer:?}");
            assert_eq!(is_whole(answer.as_bytes()), !answer.is_empty());
        }
    }

    #[test]
    fn without_the_size_of_a_character_there_are_no_pictures() {
        assert!(Graphics::of_answer(b"\x1b[?62;4c", None).is_none());
        for size in ["0;0", "20;0", "65535;65535", "-1;10", "99999;10"] {
            assert!(Graphics::of_answer(format!("\x1b[6;{size}t\x1b[?62;4c").as_bytes(), None).is_none(), "{size}");
        }
    }

    #[test]
    fn each_protocol_sends_its_pictures() {
        let picture = Picture { side: 2, rgb: vec![0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0] };
        for (protocol, begins) in [
            (GraphicsProtocol::Kitty, "\x1b_G"),
            (GraphicsProtocol::Iterm2, "\x1b]1337;File="),
            (GraphicsProtocol::Sixel, "\x1bP"),
        ] {
            let graphics = Graphics::new(protocol, (10, 20));
            let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 4));
            assert!(graphics.paint(&picture, Rect::new(1, 1, 4, 2), &mut buffer));
            assert!(buffer[(1, 1)].symbol().contains(begins), "{protocol:?}: {:?}", buffer[(1, 1)].symbol());
            assert_eq!(buffer[(0, 0)].symbol(), " ");
        }
    }
}
