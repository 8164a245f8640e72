//! Trials that are to be trained again: what they were is kept, out of the way.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{ExperimentFolder, claim, file};

const FOLDER: &str = "set-aside";

/// Moves the trials' folders. The claim on the experiment is held meanwhile, so that no runner can be at them.
pub fn all(folder: &ExperimentFolder, ids: &[String]) -> Result<()> {
    let _held = claim::hold(folder.path())?;
    let aside = folder.path().join(FOLDER);
    for id in ids {
        let from = folder.trial(id);
        let moved = fs::create_dir_all(&aside).and_then(|()| rename(&from, &free(&aside, id)));
        moved.with_context(|| file::cannot_write(&from))?;
    }
    Ok(())
}

/// A trial without a folder is waiting already.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}

/// The first name of the trial that is not taken: `3f2a-1`, `3f2a-2`.
fn free(aside: &Path, id: &str) -> PathBuf {
    let named = |n: u32| aside.join(format!("{id}-{n}"));
    (1..).map(named).find(|path| !path.exists()).expect("there is always a number that is not taken")
}
