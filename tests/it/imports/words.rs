//! Rust's text as words: names, `::`, and every other sign by itself. Comments, texts and characters are left out.

/// The words of a file.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => comment(rest),
            '"' => quoted(rest, 0),
            'r' | 'b' | 'c' if raw(rest).is_some() => raw(rest).unwrap_or_default(),
            '\'' => character(rest),
            _ if first.is_alphanumeric() || first == '_' => {
                let length = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
                found.push(rest[..length].to_owned());
                length
            }
            _ if rest.starts_with("::") => {
                found.push("::".into());
                2
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                found.push(first.into());
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    found
}

/// The length of a comment that may hold others.
fn comment(text: &str) -> usize {
    let mut depth = 0;
    let mut place = 0;
    loop {
        if text[place..].starts_with("/*") {
            (depth, place) = (depth + 1, place + 2);
        } else if text[place..].starts_with("*/") {
            (depth, place) = (depth - 1, place + 2);
        } else {
            place += text[place..].chars().next().map_or(0, char::len_utf8);
        }
        if depth == 0 || place == text.len() {
            return place;
        }
    }
}

/// The length of a text whose opening quote stands at `start`.
fn quoted(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut place = start + 1;
    while place < bytes.len() && bytes[place] != b'"' {
        place += if bytes[place] == b'\\' { 2 } else { 1 };
    }
    place + 1
}

/// The length of a text behind letters (`b"…"`, `r#"…"#`, `b'…'`), where one stands here.
fn raw(text: &str) -> Option<usize> {
    let letters = text.find(|letter| !['r', 'b', 'c'].contains(&letter))?;
    let (prefix, rest) = text.split_at(letters);
    let hashes = rest.find(|sign| sign != '#')?;
    match rest.as_bytes().get(hashes)? {
        b'"' if prefix.contains('r') => {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = letters + hashes + 1;
            text[begin..].find(&end).map(|length| begin + length + end.len())
        }
        b'"' if hashes == 0 => Some(quoted(text, letters)),
        b'\'' if hashes == 0 && prefix == "b" => Some(letters + character(rest)),
        _ => None,
    }
}

/// The length of a character, or of the quote alone where it begins a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text[1..].chars();
    match (letters.next(), letters.next()) {
        (Some('\\'), Some(escaped)) => {
            let begin = 2 + escaped.len_utf8();
            text[begin..].find('\'').map_or(text.len(), |length| begin + length + 1)
        }
        (Some(letter), Some('\'')) => 2 + letter.len_utf8(),
        _ => 1,
    }
}
