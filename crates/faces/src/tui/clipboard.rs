//! The clipboard: tmux's buffer where the workbench runs inside tmux, which passes it on where it may; else the
//! terminal's, also over SSH: OSC 52 (xterm, "Operating System Commands"), which no terminal confirms.

use std::{
    env,
    io::{self, Write},
    process::{Command, Stdio},
};

/// Where a copied text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// Into tmux's buffer, which has confirmed it.
    Tmux,
    /// To the terminal, which may have dropped it.
    Sent,
}

/// Puts `text` into the buffer of the tmux around this process; false where there is none, or where it refuses.
pub fn to_tmux(text: &str) -> bool {
    let is_inside = env::var_os("TMUX").is_some_and(|socket| !socket.is_empty());
    // An old tmux has no `-w`, which passes the text on to the clipboard of the terminal around it.
    is_inside && [&["-w", "-"][..], &["-"]].iter().any(|arguments| load_buffer(arguments, text).unwrap_or(false))
}

fn load_buffer(arguments: &[&str], text: &str) -> io::Result<bool> {
    let mut tmux = Command::new("tmux");
    tmux.arg("load-buffer").args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = tmux.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that refuses its arguments does not read.
        let _ = input.write_all(text.as_bytes());
    }
    Ok(child.wait()?.success())
}

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
