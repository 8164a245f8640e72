//! What people say about a trial or an experiment: tags and notes, one change a line in `remarks.jsonl` of its folder.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::PathBuf,
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ExperimentFolder, file};

const FILE: &str = "remarks.jsonl";

/// All that was said so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Remarks {
    pub tags: BTreeSet<String>,
    /// Oldest first.
    pub notes: Vec<Note>,
}

/// A note, and when it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    pub time: Timestamp,
    pub text: String,
}

/// One line: what is said from now on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Remark {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untag: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    time: Timestamp,
    #[serde(flatten)]
    remark: Remark,
}

impl ExperimentFolder {
    /// What was said about a trial, or about the experiment itself; lines that cannot be read are passed over.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn remarks(&self, id: Option<&str>) -> Result<Remarks> {
        let path = self.remarked(id);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Remarks::default()),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let mut remarks = Remarks::default();
        for Line { time, remark } in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            remarks.tags.extend(remark.tag);
            remarks.tags.retain(|tag| !remark.untag.contains(tag));
            remarks.notes.extend(remark.note.map(|text| Note { time, text }));
        }
        Ok(remarks)
    }

    /// Says something about a trial, or about the experiment itself.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn remark(&self, id: Option<&str>, time: Timestamp, remark: Remark) -> Result<()> {
        let path = self.remarked(id);
        let mut line = serde_json::to_vec(&Line { time, remark }).expect("a remark has a text");
        line.push(b'\n');
        let append = || OpenOptions::new().create(true).append(true).open(&path)?.write_all(&line);
        append().with_context(|| file::cannot_write(&path))
    }

    fn remarked(&self, id: Option<&str>) -> PathBuf {
        id.map_or_else(|| self.path().to_path_buf(), |id| self.holder(id).trial(id)).join(FILE)
    }
}
