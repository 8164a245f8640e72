//! What files are called after: names that every file system takes, and that stay apart.

use std::collections::HashSet;

/// Bytes of a name at most: with the experiment's before it and what follows, no file system's limit is reached.
const LONGEST: usize = 100;

/// The letters and digits of a text, all else a dash; never empty.
pub fn file_name(text: &str) -> String {
    let is_kept = |letter: char| letter.is_alphanumeric() || "._=+".contains(letter);
    let words = text.split(|letter| !is_kept(letter)).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let name = name.trim_start_matches(['.', '-']);
    let end = (0..=LONGEST.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    let name = name[..end].trim_end_matches(['-', '.']);
    if name.is_empty() { "unnamed".into() } else { name.into() }
}

/// Gives the second of two names that a file system may take for one a number.
#[derive(Default)]
pub struct Distinct(HashSet<String>);

impl Distinct {
    /// A name for `text` that no other text got.
    pub fn name(&mut self, text: &str) -> String {
        let name = file_name(text);
        let numbered = |n: u32| if n == 1 { name.clone() } else { format!("{name}-{n}") };
        let free = (1..).map(numbered).find(|name| self.0.insert(name.to_lowercase()));
        free.expect("there is always a number that is not taken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file_wherever_it_is_written() {
        let check = |text: &str, expected: &str| assert_eq!(file_name(text), expected, "{text}");
        check("train.batch-knn", "train.batch-knn");
        check("w/o color", "w-o-color");
        check("../up", "up");
        check("full, \"all\"", "full-all");
        check("无颜色", "无颜色");
        check("a\u{0}b\nc:d\\\\e", "a-b-c-d-e");
        check("/", "unnamed");
        assert!(file_name(&"ä".repeat(300)).len() <= LONGEST);
    }

    #[test]
    fn names_that_would_be_one_file_are_numbered() {
        let mut distinct = Distinct::default();
        let names = ["a b", "a/b", "A-b", "c"].map(|name| distinct.name(name));
        assert_eq!(names, ["a-b", "a-b-2", "A-b-3", "c"]);
    }
}
