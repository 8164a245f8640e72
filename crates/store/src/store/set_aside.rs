//! What is taken out of sight: trials that are to be trained again, trials and experiments that nobody wants to see any
//! more. All of it is kept, and can be moved back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{ExperimentFolder, claim, file};

const FOLDER: &str = "set-aside";

/// Moves the trials' folders, wherever in the store they are read from.
pub fn all(folder: &ExperimentFolder, ids: &[String]) -> Result<()> {
    for id in ids {
        loop {
            let holder = folder.holder(id);
            if !holder.has(id) {
                break;
            }
            trial(&holder, id)?;
        }
    }
    Ok(())
}

/// Moves the folder of a trial, and says where to. The claim on the experiment is held meanwhile, so that no runner can be
/// at it.
pub fn trial(folder: &ExperimentFolder, id: &str) -> Result<PathBuf> {
    let _held = claim::hold(folder)?;
    set_aside(&folder.trial(id), &folder.path().join(FOLDER))
}

/// Moves the folder of an experiment, and says where to.
pub fn experiment(folder: &ExperimentFolder) -> Result<PathBuf> {
    let _held = claim::hold(folder)?;
    set_aside(folder.path(), &folder.store().root().join(FOLDER))
}

fn set_aside(from: &Path, aside: &Path) -> Result<PathBuf> {
    let to = free(aside, &from.file_name().unwrap_or_default().to_string_lossy());
    let moved = file::create_folder(aside).and_then(|()| rename(from, &to)).and_then(|()| file::sync_folder(aside));
    moved.with_context(|| file::cannot_write(from)).map(|()| to)
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
