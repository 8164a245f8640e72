//! The clipboard of the terminal, also over SSH: OSC 52 (xterm, "Operating System Commands").

/// The bytes that put `text` on the clipboard.
pub fn copy(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64(text.as_bytes()))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        let digit = move |i: usize| char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]);
        let used = three.len() + 1;
        (0..4).map(move |i| if i < used { digit(i) } else { '=' })
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("±", "wrE=")];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(copy("foo"), "\x1b]52;c;Zm9v\x07");
    }
}
