//! `tag`, `note` and `rm`: what people say about runs, and which they no longer want to see.

use std::path::Path;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{Exit, args, found, tell};
use byolab_store::store::{ExperimentFolder, Remark, Store};
use byolab_values::plan::words::quoted;

/// Adds tags to a trial or an experiment, or takes them away, and says which it has then.
///
/// # Errors
/// Where there is no such trial or experiment, or its folder cannot be written.
pub fn tag(store: &Store, asked: &args::Tag) -> Result<Exit> {
    // People write tags as they are shown.
    let words = asked.words.iter().map(|word| word.trim_start_matches('#').to_owned()).collect();
    let remark = match asked.remove {
        true => Remark { untag: words, ..Remark::default() },
        false => Remark { tag: words, ..Remark::default() },
    };
    say(store, &asked.name, remark)
}

/// Adds a note to a trial or an experiment.
///
/// # Errors
/// As [`tag`].
pub fn note(store: &Store, asked: &args::NoteArgs) -> Result<Exit> {
    say(store, &asked.name, Remark { note: Some(asked.text.clone()), ..Remark::default() })
}

fn say(store: &Store, name: &str, remark: Remark) -> Result<Exit> {
    let (folder, id) = meant(store, name)?;
    folder.remark(id.as_deref(), Timestamp::now(), &remark)?;
    let remarks = folder.remarks(id.as_deref())?;
    let notes = remarks.notes.last().map(|note| note.text.as_str()).unwrap_or_default();
    let told = [id.unwrap_or_else(|| folder.name()), remarks.tagged(), notes.into()];
    tell(&told.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  "));
    Ok(Exit::Good)
}

/// Puts a trial or an experiment out of sight; nothing is deleted, and how to get it back is told.
///
/// # Errors
/// As [`tag`]; also where a runner is at it.
pub fn remove(store: &Store, asked: &args::Remove) -> Result<Exit> {
    let (folder, id) = meant(store, &asked.name)?;
    let (from, to) = match &id {
        Some(id) => (folder.trial(id), folder.set_trial_aside(id)?),
        None => (folder.path().to_path_buf(), folder.set_all_aside()?),
    };
    let word = |path: &Path| quoted(&path.display().to_string());
    tell(&format!("set aside; `mv {} {}` brings it back", word(&to), word(&from)));
    Ok(Exit::Good)
}

/// The experiment that is meant, or the trial of one.
fn meant(store: &Store, typed: &str) -> Result<(ExperimentFolder, Option<String>)> {
    let name = found::name(store, typed);
    if store.experiments()?.contains(&name) {
        return Ok((store.experiment(&name), None));
    }
    match found::trial(store, typed)? {
        Some(held) => Ok((held.folder, Some(held.id))),
        None => bail!(found::nothing(store, typed)),
    }
}
