//! A trial lies with the experiment under whose name it was trained. Another experiment that has it too finds it there by its
//! id: nothing is copied, linked or trained twice.

use std::{fs, io::ErrorKind, path::Path};

use super::{
    ExperimentFolder, Store,
    recorder::{EVENTS, RECIPE},
    tail,
};
use byolab_values::protocol::{Record, What};

impl Store {
    /// The other experiments of the store, in the order of their names; none where it cannot be read.
    pub(super) fn others(&self, name: &str) -> Vec<ExperimentFolder> {
        let names = self.experiments().unwrap_or_default();
        names.iter().filter(|other| *other != name).map(|other| self.experiment(other)).collect()
    }
}

impl ExperimentFolder {
    /// Whether a trial was begun here.
    pub fn has(&self, id: &str) -> bool {
        begun(&self.trial(id))
    }

    /// The folder that a trial is read from: this one, unless the trial is not here and another experiment has finished it.
    #[must_use]
    pub fn holder(&self, id: &str) -> Self {
        let finished = |others: Vec<Self>| others.into_iter().find(|other| other.has_finished(id));
        let elsewhere = if self.has(id) { None } else { finished(self.store().others(&self.name())) };
        elsewhere.unwrap_or_else(|| self.clone())
    }

    /// Whether a trial has come to its end here.
    pub fn has_finished(&self, id: &str) -> bool {
        self.last(id).is_some_and(|record| matches!(record.event.what, What::Finished { .. }))
    }

    /// The newest event of a trial that lies here; none where there is none, or it cannot be read.
    pub fn last(&self, id: &str) -> Option<Record> {
        let read = |path: &Path| serde_json::from_slice::<Record>(&tail::last_line(path).ok()?).ok();
        self.has(id).then(|| read(&self.trial(id).join(EVENTS)))?
    }
}

/// Whether there is a trial in a folder; one that may not be looked into is.
pub(super) fn begun(trial: &Path) -> bool {
    match fs::metadata(trial.join(RECIPE)) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    }
}
