//! Values as people type them, between commas: behind `--axis`, `--only` and `--set`, and on the grid. One reader parts a
//! text into values, and one writer makes the text that it reads as the same.

use toml::de::DeValue;

use super::{catalog, range};

/// The parts of a text between its separators, but for those in quotes, brackets and braces. A quote opens where a value
/// begins; what nothing closes is a letter as any other.
pub fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(char) = text[at..].chars().next() {
        let next = at + char.len_utf8();
        if char == separator {
            parts.push(text[start..at].trim());
            (start, at) = (next, next);
        } else {
            at = if opens(&text[start..at], char) { closed(text, at).unwrap_or(next) } else { next };
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Whether `char` opens a part of a value that stands behind `before`.
fn opens(before: &str, char: char) -> bool {
    match char {
        '[' | '{' => true,
        '"' | '\'' => before.trim_end().chars().next_back().is_none_or(|last| matches!(last, '=' | ',' | ';')),
        _ => false,
    }
}

/// Brackets within brackets; TOML's reader takes no more than 80. Beyond, whoever opens many and closes none would have the text
/// read from each of them to its end.
const DEEPEST: usize = 100;

/// Where what opens at byte `at` has been closed, if it is.
fn closed(text: &str, at: usize) -> Option<usize> {
    let (mut open, mut chars) = (Vec::new(), text[at..].chars());
    while let Some(char) = chars.next() {
        match char {
            '"' | '\'' => unquote(&mut chars, char)?,
            '[' | '{' if open.len() == DEEPEST => return None,
            '[' => open.push(']'),
            '{' => open.push('}'),
            ']' | '}' if open.pop() != Some(char) => return None,
            _ => {}
        }
        if open.is_empty() {
            return Some(text.len() - chars.as_str().len());
        }
    }
    None
}

/// Goes behind the end of a text in quotes; in double ones a backslash takes the next letter along.
fn unquote(chars: &mut std::str::Chars, quote: char) -> Option<()> {
    loop {
        match chars.next()? {
            '\\' if quote == '"' => drop(chars.next()?),
            char if char == quote => return Some(()),
            _ => {}
        }
    }
}

/// What a part says as text: without its quotes where it has some.
pub fn plain(part: &str) -> String {
    match DeValue::parse(part).map(|value| value.into_inner()) {
        Ok(DeValue::String(text)) => text.into_owned(),
        _ => part.to_owned(),
    }
}

/// `value` as it is typed: a text without its quotes where it is read as the same without them.
pub fn value(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => self::text(text),
        other => inline(other),
    }
}

/// `text` as it is typed.
pub fn text(text: &str) -> String {
    let has_signs = text.contains(|char: char| char.is_control() || ",;[]{}\"'\\".contains(char));
    let is_bare = !text.is_empty() && text.trim() == text && !has_signs;
    let is_other = DeValue::parse(text).is_ok() || range::is_range(text);
    if is_bare && !is_other { text.to_owned() } else { quoted(text) }
}

/// `text` in quotes, on one line.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            char if char.is_control() => quoted += &format!("\\u{:04X}", u32::from(char)),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

/// TOML on one line; tables in the order of a recipe.
pub fn inline(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => quoted(text),
        toml::Value::Float(number) => self::number(*number),
        toml::Value::Array(values) => format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", ")),
        toml::Value::Table(table) if table.is_empty() => "{}".into(),
        toml::Value::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(key, _)| catalog::rank(key));
            let told = keys.into_iter().map(|(key, value)| format!("{} = {}", self::key(key), inline(value)));
            format!("{{ {} }}", told.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A key of a table, in quotes where it needs them.
pub fn key(key: &str) -> String {
    let is_bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { quoted(key) }
}

/// A number as people write it: `1e-6`, `0.1`, `1.0`.
fn number(number: f64) -> String {
    if number != 0.0 && number.abs() < 1e-3 { format!("{number:e}") } else { toml::Value::Float(number).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &[&str] = &[
        "full, \"all\"",
        "no_color & 50% #1",
        "[0.2, 1.0]",
        "无颜色 é\u{301}",
        "w/o color",
        "../up",
        "byol target_decay=0.9",
        "milestones=[2, 3] schedule=steps",
        "{ first = [{ op = \"flip\" }] }",
        "a;b",
        "l'été",
        "it's, isn't",
        "'",
        "\"",
        "\\",
        "a[b",
        "c]d",
        "{",
        "a\nb\t\u{7}",
        "true",
        "5",
        "0.10",
        "inf",
        "2020-01-01",
        "1..2 by 3",
        "",
        " ",
        " padded ",
        "a=\"b",
        "#",
    ];

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for separator in [',', ';'] {
            let typed: Vec<String> = NASTY.iter().map(|label| text(label)).collect();
            let joined = typed.join(&separator.to_string());
            let read: Vec<String> = parts(&joined, separator).into_iter().map(plain).collect();
            assert_eq!(read, NASTY);
        }
        for (one, other) in NASTY.iter().flat_map(|one| NASTY.iter().map(move |other| (one, other))) {
            let joined = format!("{},{}", text(one), text(other));
            assert_eq!(parts(&joined, ',').into_iter().map(plain).collect::<Vec<_>>(), [*one, *other], "{joined}");
        }
    }

    #[test]
    fn separators_in_quotes_brackets_and_braces_part_nothing() {
        for (typed, expected) in [
            ("512, 64", vec!["512", "64"]),
            ("{ name = 'byol', predictor = false }, simclr", vec!["{ name = 'byol', predictor = false }", "simclr"]),
            ("[1, 2], 'a,b'", vec!["[1, 2]", "'a,b'"]),
            ("\"full, \\\"all\\\"\",crop", vec!["\"full, \\\"all\\\"\"", "crop"]),
            ("train=milestones=[2, 3] x,y", vec!["train=milestones=[2, 3] x", "y"]),
            ("path=\"a, b\",c", vec!["path=\"a, b\"", "c"]),
            ("[1, [2, 3]], 4", vec!["[1, [2, 3]]", "4"]),
            ("l'été,l'hiver", vec!["l'été", "l'hiver"]),
            ("a[b,c", vec!["a[b", "c"]),
            ("[1, 2,3", vec!["[1", "2", "3"]),
            ("[1}, 2", vec!["[1}", "2"]),
            ("\"a,b", vec!["\"a", "b"]),
            (",", vec!["", ""]),
            ("", vec![""]),
        ] {
            assert_eq!(parts(typed, ','), expected, "{typed}");
        }
        assert_eq!(parts("augment=\"a;b\",c;train.batch=64", ';'), ["augment=\"a;b\",c", "train.batch=64"]);
    }

    #[test]
    fn toml_stands_on_one_line_with_names_first() {
        for typed in [
            "{ name = \"byol\", lr = 0.1, weight_decay = 1e-6 }",
            "[{ op = \"crop\", area = [0.2, 1.0] }, { op = \"flip\" }]",
            "{ \"train.batch\" = 64 }",
            "\"a\\nb\"",
            "{}",
        ] {
            let read: toml::Table = toml::from_str(&format!("x = {typed}")).unwrap();
            assert_eq!(inline(&read["x"]), typed);
        }
    }

    #[test]
    fn a_long_row_of_brackets_is_read_in_time() {
        let typed = "[{".repeat(100_000);
        assert_eq!(parts(&typed, ',').len(), 1);
    }
}
