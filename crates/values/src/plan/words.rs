//! Words for messages: the nearest of several names, lists, text in columns.

use strsim::{jaro_winkler, normalized_damerau_levenshtein};

use crate::text;

/// Bytes of what may be a name with a typing error; the time that likeness takes grows with the product of lengths.
const LONGEST_NAME: usize = 100;

/// The candidate most like `word`, where one is alike enough to be what was meant. A candidate may also be meant by
/// its last part: `batch` for `train.batch`.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST_NAME {
        return None;
    }
    let likeness = |candidate: &str| match (word.rsplit_once('.'), candidate.rsplit_once('.')) {
        // A section that both name would make any two of its keys alike.
        (Some((section, word)), Some((same, last))) if section == same => likeness(word, last),
        (_, parted) => {
            let last = parted.map_or(candidate, |(_, last)| last);
            likeness(word, candidate).max(likeness(word, last) - 0.01)
        }
    };
    let (score, best) =
        candidates.iter().map(|candidate| (likeness(candidate), *candidate)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.7).then_some(best)
}

/// Typing errors count by Damerau and Levenshtein; beginnings (`res` for `resnet18`) by Jaro and Winkler.
fn likeness(word: &str, candidate: &str) -> f64 {
    let (word, candidate) = (word.to_lowercase(), candidate.to_lowercase());
    normalized_damerau_levenshtein(&word, &candidate).max(jaro_winkler(&word, &candidate) - 0.1)
}

/// A remedy: the nearest candidate, or all of them.
pub fn nearest_or_all(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use {}", choices(candidates)),
    }
}

/// The beginning of a text that is too long, with a sign that more follows.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room { text.to_owned() } else { text.chars().take(room - 1).chain(['…']).collect() }
}

/// `a`, `b` or `c`.
pub fn choices(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".into(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// 1 trial, 2 trials.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A share of a whole: `12.3 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", 100.0 * share)
}

/// A duration as people say it: `46 min`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    // Nothing at all may come as a negative zero.
    match seconds + 0.0 {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{minutes} min"),
        s if s < 48.0 * 3600.0 => format!("{} h {:02} min", minutes / 60, minutes % 60),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// A word as a POSIX shell takes it; one that holds signs which steer terminals is spelt (`$'\033'`, POSIX 2024).
pub fn quoted(word: &str) -> String {
    if text::line(word) != word {
        let spelt = |letter: char| match letter {
            '\'' | '\\' => format!("\\{letter}"),
            _ if text::line(&letter.to_string()) == letter.to_string() => letter.to_string(),
            ' ' => " ".into(),
            _ => letter.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect(),
        };
        return format!("$'{}'", word.chars().map(spelt).collect::<String>());
    }
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_=.,:/+".contains(letter);
    if !word.is_empty() && word.chars().all(safe) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// `text` in lines of at most [`WIDTH`] columns; the first begins with `prefix`, the others are indented as far.
pub fn wrap(prefix: &str, text: &str) -> String {
    wrap_to(WIDTH, prefix, text)
}

/// The same in lines of at most `width` columns.
pub fn wrap_to(width: usize, prefix: &str, text: &str) -> String {
    let indent = prefix.chars().count();
    let (mut wrapped, mut column) = (prefix.to_owned(), indent);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            wrapped += &format!("\n{:indent$}", "");
            column = indent;
        }
        let space = usize::from(column > indent);
        wrapped += &format!("{:space$}{word}", "");
        column += space + length;
    }
    wrapped + "\n"
}

/// Columns of a plain terminal: where text is wrapped.
pub const WIDTH: usize = 80;

/// Rows as lines of aligned columns, two spaces between; columns of numbers below a heading are set to the right.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max();
    let numbers = |column: usize| rows.len() > 1 && rows[1..].iter().all(|row| row[column].parse::<f64>().is_ok());
    let shape: Vec<(usize, bool)> = (0..count).map(|column| (width(column).unwrap_or(0), numbers(column))).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&shape).map(|(cell, &(width, number))| match number {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// The multiples of `batch` next to `wanted`.
pub fn multiples(wanted: usize, batch: usize) -> String {
    let below = wanted / batch * batch;
    let near: Vec<String> = [below, below + batch].iter().filter(|n| **n > 0).map(ToString::to_string).collect();
    choices(&near.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_what_was_meant() {
        let names = ["train.batch", "train.epochs", "data.name", "method.target_decay"];
        for (typed, meant) in [
            ("train.bacth", Some("train.batch")),
            ("batch", Some("train.batch")),
            ("Epochs", Some("train.epochs")),
            ("method.target_deca", Some("method.target_decay")),
            ("target-decay", Some("method.target_decay")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, &names), meant, "{typed}");
        }
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(choices(&["a"]), "`a`");
        assert_eq!(choices(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(nearest_or_all("zz", &["a", "b"]), "use `a` or `b`");
    }

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        for (word, expected) in [
            ("train.batch=64", "train.batch=64"),
            ("my experiments/one.toml", "'my experiments/one.toml'"),
            ("augment=\"byol\"", "'augment=\"byol\"'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("a\u{1b}[1mb\nit's \\", r"$'a\033[1mb\012it\'s \\'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn long_text_is_wrapped_and_indented() {
        assert_eq!(wrap("a  ", "b  c\nd"), "a  b c d\n");
        let word = "x".repeat(60);
        assert_eq!(wrap("> ", &format!("{word} {word}")), format!("> {word}\n  {word}\n"));
    }

    #[test]
    fn columns_set_numbers_to_the_right() {
        let rows = [["name", "n"], ["byol", "10"], ["x", "9"]].map(|row| row.map(String::from).to_vec());
        assert_eq!(columns(&rows), "name   n\nbyol  10\nx      9\n");
    }

    #[test]
    fn durations_are_written_as_people_say_them() {
        for (seconds, text) in
            [(-0.0, "0 s"), (8.4, "8 s"), (540.0, "9 min"), (7500.0, "2 h 05 min"), (260_000.0, "3 days")]
        {
            assert_eq!(duration(seconds), text);
        }
    }
}
