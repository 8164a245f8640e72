//! What the user wants, from the faces to the runner: `commands.jsonl`.

use std::path::Path;

use anyhow::{Context, Result};

use super::{
    file,
    tail::{FileChange, Tail},
};
use byolab_values::protocol::Command;

const FILE: &str = "commands.jsonl";

/// Appends a command; those of several faces do not mix.
pub fn send(folder: &Path, command: &Command) -> Result<()> {
    file::append_line(&folder.join(FILE), serde_json::to_vec(command).expect("a command has a text"))
}

/// A runner's ear: hears what is said while it lives.
#[derive(Debug)]
pub struct Commands {
    tail: Tail,
}

impl Commands {
    /// Commands said to an earlier runner do not count.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn from_now(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let tail = Tail::at_end(path.clone()).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { tail })
    }

    /// Commands since the last time; lines that are no commands are passed over.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn poll(&mut self) -> Result<Vec<Command>> {
        let mut commands = Vec::new();
        let mut read = || -> std::io::Result<()> {
            if self.tail.look()? != FileChange::None {
                self.tail.read(|line| commands.extend(serde_json::from_slice::<Command>(line)))?;
            }
            Ok(())
        };
        read().context("cannot read the commands")?;
        Ok(commands)
    }
}
