//! What keeps a writer that was given up for dead, and wakes up again, from writing over what its successor writes.
//!
//! A writer makes a file beside the one that it replaces, looks whether the trial is still its own, and only then gives the
//! file its name. Whoever takes a trial over first removes the old claim and then moves the trial's folder away
//! ([`super::lease`]). So a file that was begun before that goes away with its folder, and cannot get its name any more; one that
//! was begun later is not published. Events are appended to a file that stays open, and goes away too.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Result;
use serde::Deserialize;

use super::file;

/// That a trial is no longer this process's to write: another worker has taken it over.
#[derive(Debug)]
pub struct Revoked {
    /// The trial's id.
    pub trial: String,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "trial {} was taken over by another worker", self.trial)
    }
}

impl Error for Revoked {}

/// A claim that is looked at before anything is published.
#[derive(Clone, Debug, Default)]
pub struct Fence(Option<Held>);

#[derive(Clone, Debug)]
struct Held {
    trial: String,
    /// The claim's file.
    path: PathBuf,
    /// Of the worker that holds it.
    token: String,
}

/// What of a claim tells whose it is.
#[derive(Deserialize)]
struct Holder {
    token: String,
}

impl Fence {
    /// Around a trial that the worker with this token holds by the claim at `path`.
    pub fn around(trial: &str, path: PathBuf, token: &str) -> Self {
        Self(Some(Held { trial: trial.into(), path, token: token.into() }))
    }

    /// The claim's file, where there is one.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_ref().map(|held| held.path.as_path())
    }

    /// # Errors
    /// [`Revoked`] where the trial has another owner; where that cannot be known.
    pub fn check(&self) -> Result<()> {
        let Some(Held { trial, path, token }) = &self.0 else { return Ok(()) };
        let own = match file::read(path) {
            Err(error) if file::is_gone(&error) => false,
            bytes => serde_json::from_slice::<Holder>(&bytes?).is_ok_and(|holder| holder.token == *token),
        };
        if own { Ok(()) } else { Err(Revoked { trial: trial.clone() }.into()) }
    }

    /// Replaces a file of the trial.
    ///
    /// # Errors
    /// As [`Self::check`]; where the disk does not take it.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.replace_after(path, bytes, || Ok(()))
    }

    /// The same, and does `first` before the new file gets its name.
    ///
    /// # Errors
    /// As [`Self::replace`].
    pub fn replace_after(&self, path: &Path, bytes: &[u8], first: impl FnOnce() -> Result<()>) -> Result<()> {
        let writer = self.0.as_ref().map_or("", |held| held.token.as_str());
        file::replace_by(path, writer, bytes, || self.check().and_then(|()| first()))
    }
}
