//! What people say about a trial or an experiment: tags and notes, one change a line in `remarks.jsonl` of its folder.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ExperimentFolder, file};

const FILE: &str = "remarks.jsonl";

/// All that was said so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Remarks {
    /// Without their `#`.
    pub tags: BTreeSet<String>,
    /// Oldest first.
    pub notes: Vec<Note>,
}

impl Remarks {
    /// What was said about what lies in `folder`; lines that cannot be read are passed over.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(folder.join(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            text => text?,
        };
        let mut remarks = Self::default();
        for Line { time, remark } in text.lines().filter_map(|line| serde_json::from_str::<Line<Remark>>(line).ok()) {
            remarks.tags.extend(remark.tag);
            remarks.tags.retain(|tag| !remark.untag.contains(tag));
            remarks.notes.extend(remark.note.map(|text| Note { time, text }));
        }
        Ok(remarks)
    }

    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.notes.is_empty()
    }

    /// The tags as people write them: `#baseline #keep`.
    pub fn tagged(&self) -> String {
        self.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ")
    }
}

/// A note, and when it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// When it was written.
    pub time: Timestamp,
    /// What was written.
    pub text: String,
}

/// One line: what is said from now on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Remark {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// Tags to put.
    pub tag: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// Tags to take away.
    pub untag: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// A sentence to add.
    pub note: Option<String>,
}

impl Remark {
    /// What is typed in one line: `#word` is a tag, `-#word` takes one away, and the other words are a note.
    pub fn typed(text: &str) -> Self {
        let mut remark = Self::default();
        let mut note = Vec::new();
        for word in text.split_whitespace() {
            match (word.strip_prefix('#'), word.strip_prefix("-#")) {
                (Some(tag), _) if !tag.is_empty() => remark.tag.push(tag.into()),
                (_, Some(tag)) if !tag.is_empty() => remark.untag.push(tag.into()),
                _ => note.push(word),
            }
        }
        Self { note: (!note.is_empty()).then(|| note.join(" ")), ..remark }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize, Deserialize)]
struct Line<R> {
    time: Timestamp,
    #[serde(flatten)]
    remark: R,
}

impl ExperimentFolder {
    /// What was said about a trial, or about the experiment itself; lines that cannot be read are passed over.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn remarks(&self, id: Option<&str>) -> Result<Remarks> {
        let folder = self.remarked(id);
        Remarks::of(&folder).with_context(|| format!("cannot read {}", folder.join(FILE).display()))
    }

    /// Says something about a trial, or about the experiment itself.
    ///
    /// # Errors
    /// Where the folder is not there, or cannot be written.
    pub fn remark(&self, id: Option<&str>, time: Timestamp, remark: &Remark) -> Result<()> {
        let folder = self.remarked(id);
        ensure!(folder.exists(), "nothing of {} is on disk yet", id.map_or_else(|| self.name(), String::from));
        let line = serde_json::to_vec(&Line { time, remark }).expect("a remark has a text");
        file::append_line(&folder.join(FILE), line)
    }

    fn remarked(&self, id: Option<&str>) -> PathBuf {
        id.map_or_else(|| self.path().to_path_buf(), |id| self.holder(id).trial(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_after_a_hash_are_tags_and_the_others_are_a_note() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        type Case = (&'static str, &'static [&'static str], &'static [&'static str], Option<&'static str>);
        let cases: [Case; 5] = [
            ("#keep", &["keep"], &[], None),
            ("rate  too high  #bad -#keep", &["bad"], &["keep"], Some("rate too high")),
            ("see issue # 3, -# is a dash", &[], &[], Some("see issue # 3, -# is a dash")),
            ("lr 1e-3", &[], &[], Some("lr 1e-3")),
            ("   ", &[], &[], None),
        ];
        for (text, tag, untag, note) in cases {
            let expected = Remark { tag: words(tag), untag: words(untag), note: note.map(Into::into) };
            assert_eq!(Remark::typed(text), expected, "{text:?}");
        }
    }
}
