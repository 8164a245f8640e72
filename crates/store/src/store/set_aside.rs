//! What is taken out of sight: trials that are to be trained again, trials and experiments that nobody wants to see any
//! more. All of it is kept, and can be moved back.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    ExperimentFolder,
    aside::{self, FOLDER},
    claim,
};

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
    aside::put(&folder.trial(id), &folder.path().join(FOLDER))
}

/// Moves the folder of an experiment, and says where to.
pub fn experiment(folder: &ExperimentFolder) -> Result<PathBuf> {
    let _held = claim::hold(folder)?;
    aside::put(folder.path(), &folder.store().root().join(FOLDER))
}
