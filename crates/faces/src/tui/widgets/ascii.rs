//! Pictures for terminals and fonts that know ASCII only: every sign is replaced after drawing, so that nothing else has
//! to know.

use ratatui::buffer::Buffer;

/// Signs and what stands for them, one column each.
const SIGNS: &[(&str, &str)] = &[
    ("●", "*"),
    ("○", "o"),
    ("◆", "#"),
    ("◇", "%"),
    ("■", "@"),
    ("□", "0"),
    ("▲", "A"),
    ("△", "^"),
    ("◐", ">"),
    ("◌", "_"),
    ("✓", "v"),
    ("✗", "x"),
    ("·", "."),
    ("…", "~"),
    ("›", ">"),
    ("━", "="),
    ("┅", "-"),
    ("╌", "-"),
    ("─", "-"),
    ("│", "|"),
    ("┤", "|"),
    ("┊", ":"),
    ("└", "+"),
    ("┬", "+"),
    ("┴", "+"),
    ("╵", "'"),
    ("▏", "_"),
    ("▾", "v"),
    ("◂", "<"),
    ("↑", "^"),
    ("↓", "v"),
    ("←", "<"),
    ("→", ">"),
    ("▁", "_"),
    ("▂", "."),
    ("▃", ","),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "+"),
    ("▇", "*"),
    ("█", "#"),
    ("–", "-"),
    ("−", "-"),
    ("±", "~"),
];

/// Replaces whatever is not ASCII. ` ±` becomes `+-` where there is room.
pub fn flatten(buffer: &mut Buffer) {
    for i in 0..buffer.content.len() {
        let symbol = buffer.content[i].symbol();
        if symbol.is_ascii() {
            continue;
        }
        let plain = flat(symbol);
        if symbol == "±" && i > 0 && buffer.content[i - 1].symbol() == " " {
            buffer.content[i - 1].set_symbol("+");
            buffer.content[i].set_symbol("-");
        } else {
            buffer.content[i].set_symbol(plain);
        }
    }
}

fn flat(symbol: &str) -> &'static str {
    let braille = symbol.chars().next().and_then(|char| u32::from(char).checked_sub(0x2800)).filter(|bits| *bits < 256);
    match braille {
        Some(bits) => dots(bits as u8),
        None => SIGNS.iter().find(|(sign, _)| *sign == symbol).map_or("?", |(_, plain)| plain),
    }
}

/// Dots of a Braille character as the sign at about their height.
fn dots(bits: u8) -> &'static str {
    let upper = bits & 0b0001_1011 != 0;
    let lower = bits & 0b1110_0100 != 0;
    match (upper, lower) {
        (true, true) => ":",
        (true, false) => "'",
        (false, true) => ".",
        (false, false) => " ",
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    #[test]
    fn every_sign_is_told_apart_in_one_column() {
        let cases =
            [("88.1 ±0.2", "88.1+-0.2"), ("● byol ○", "* byol o"), ("⠉⣀⡇⠀", "'.: "), ("└┬──", "++--"), ("日", "? ")];
        for (drawn, expected) in cases {
            let mut buffer = Buffer::empty(Rect::new(0, 0, expected.len() as u16, 1));
            buffer.set_string(0, 0, drawn, Style::new());
            flatten(&mut buffer);
            let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
            assert_eq!(text, expected);
        }
    }
}
