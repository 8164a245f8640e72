//! What was submitted to a scheduler: `jobs.jsonl`, one submission a line.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ExperimentFolder, file};

const FILE: &str = "jobs.jsonl";

/// One submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedJobs {
    /// When.
    pub time: Timestamp,
    /// What the scheduler calls the array.
    pub job: String,
    /// Its tasks.
    pub workers: usize,
}

impl ExperimentFolder {
    /// What was submitted, oldest first; lines that cannot be read are passed over.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn jobs(&self) -> Result<Vec<SubmittedJobs>> {
        let path = self.path().join(FILE);
        let text = match file::read(&path) {
            Err(error) if file::is_gone(&error) => return Ok(Vec::new()),
            bytes => bytes.with_context(|| format!("cannot read {}", path.display()))?,
        };
        Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Keeps that something was submitted.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn add_jobs(&self, jobs: &SubmittedJobs) -> Result<()> {
        file::append_line(&self.path().join(FILE), serde_json::to_vec(jobs).expect("a submission has a text"))
    }

    /// Keeps an experiment file as it is now, for workers that begin later, and says where: under the experiment's own name, by
    /// which it is known.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn freeze(&self, time: Timestamp, text: &str) -> Result<PathBuf> {
        let folder = self.path().join("submitted").join(time.strftime("%Y%m%dT%H%M%SZ").to_string());
        let path = folder.join(self.name()).with_added_extension("toml");
        file::create_folder(&folder).with_context(|| file::cannot_write(&path))?;
        file::replace(&path, text.as_bytes())?;
        fs::canonicalize(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Where jobs say what they do.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn job_logs(&self) -> Result<PathBuf> {
        let path = self.path().join("jobs");
        file::create_folder(&path).with_context(|| file::cannot_write(&path))?;
        fs::canonicalize(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}
