//! What a runner was asked for beyond its experiment file, so that whoever comes later goes on with the same: `asked.json`.

use std::{io, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Claim, ExperimentFolder, file};
use byolab_values::plan::Overrides;

const FILE: &str = "asked.json";

/// The arguments of the newest run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AskedFlags {
    /// The file that the experiment came from, as it was named; none where it came from elsewhere.
    pub file: Option<PathBuf>,
    /// What was changed about the experiment.
    #[serde(flatten)]
    pub overrides: Overrides,
    /// Where images were looked for.
    pub data: Option<PathBuf>,
    /// `auto`, `cpu`, `cuda:1` and so on.
    pub device: Option<String>,
}

impl ExperimentFolder {
    /// The files that say what was run last.
    pub fn arguments(&self) -> [PathBuf; 2] {
        [self.experiment_file(), self.path().join(FILE)]
    }

    /// What the newest runner was asked for; none where none has said.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn asked(&self) -> Result<Option<AskedFlags>> {
        let path = self.path().join(FILE);
        match file::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => {
                let cannot = || format!("cannot read {}; delete it to forget what was asked for", path.display());
                let bytes = bytes.with_context(cannot)?;
                serde_json::from_slice(&bytes).map(Some).with_context(cannot)
            }
        }
    }
}

impl Claim {
    /// Keeps what this runner was asked for.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write_asked(&self, asked: &AskedFlags) -> Result<()> {
        let text = serde_json::to_string_pretty(asked).expect("what is asked for has a text");
        self.write(&self.folder().path().join(FILE), &text)
    }
}
