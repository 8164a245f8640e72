//! Writes what happens to one trial: just another listener of the engine.

use std::{fs::File, io::Write, path::PathBuf};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Claim,
    checkpoint::{self, step_of},
    features,
    fence::Fence,
    file, log,
};
use byolab_values::{
    data::Purpose,
    plan::Trial,
    protocol::{Event, Features, Record, What},
};

pub const RECIPE: &str = "recipe.toml";
pub const ENVIRONMENT: &str = "environment.json";
/// One [`Record`] a line.
pub const EVENTS: &str = "events.jsonl";

/// The writer of one trial's folder.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    /// Asked whenever a file is published: what is appended to is opened once, and whoever takes the trial over has another.
    fence: Fence,
    events: File,
    log: File,
}

impl Recorder {
    /// Writes the trial's recipe and `environment`, and opens its events. Only who holds the claim may write.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn open(claim: &Claim, trial: &Trial, environment: &impl Serialize) -> Result<Self> {
        let folder = claim.folder().trial(&trial.id);
        file::create_folder(&folder).with_context(|| file::cannot_write(&folder))?;
        file::remove_parts(&folder);
        let fence = claim.fence(&trial.id);
        fence.replace(&folder.join(RECIPE), trial.recipe.canonical().as_bytes())?;
        let environment = serde_json::to_string_pretty(environment).expect("an environment has a text");
        fence.replace(&folder.join(ENVIRONMENT), environment.as_bytes())?;
        let events = file::open_lines(&folder.join(EVENTS))?;
        let log = file::open_lines(&folder.join("log.txt"))?;
        file::sync_folder(&folder).with_context(|| file::cannot_write(&folder))?;
        Ok(Self { folder, fence, events, log })
    }

    /// Opens the events of a trial that was trained before, and writes nothing yet.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn again(claim: &Claim, id: &str) -> Result<Self> {
        let folder = claim.folder().trial(id);
        let events = file::open_lines(&folder.join(EVENTS))?;
        let log = file::open_lines(&folder.join("log.txt"))?;
        Ok(Self { folder, fence: claim.fence(id), events, log })
    }

    /// Appends an event that happened at `time`, each line in one write. Numbers that are not finite are left out.
    /// Returns what was written.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn event(&mut self, time: Timestamp, event: Event) -> Result<Record> {
        let record = Record { time, event: finite(event) };
        let cannot = || file::cannot_write(&self.folder);
        let mut line = serde_json::to_vec(&record).expect("an event has a text");
        line.push(b'\n');
        self.events.write_all(&line).with_context(cannot)?;
        if let Some(sentence) = log::sentence(&record.event) {
            self.log.write_all(format!("{time:.0} {sentence}\n").as_bytes()).with_context(cannot)?;
        }
        if matches!(record.event.what, What::Finished { .. } | What::Failed { .. } | What::Stopped) {
            self.events.sync_data().with_context(cannot)?;
        }
        if matches!(record.event.what, What::Finished { .. }) {
            self.fence.check()?;
            checkpoint::forget_before(&self.folder);
        }
        Ok(record)
    }

    /// Keeps `bytes`, which hold the step under `step` in their metadata, as the newest checkpoint, and the one before it.
    /// The events up to it reach the disk first, so that going on from it never leaves a hole in them.
    ///
    /// # Errors
    /// Where the disk does not take it, or the bytes are not the state after `step` steps; what was there stays whole.
    pub fn checkpoint(&self, step: u64, bytes: &[u8]) -> Result<()> {
        let found = step_of(bytes).context("the trainer's checkpoint is damaged")?;
        ensure!(found == step, "the trainer's checkpoint after step {step} says that it is of step {found}");
        self.events.sync_data().with_context(|| file::cannot_write(&self.folder))?;
        checkpoint::keep(&self.folder, bytes, &self.fence)
    }

    /// Keeps the trained encoder.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn encoder(&self, bytes: &[u8]) -> Result<()> {
        self.fence.replace(&self.folder.join("encoder.safetensors"), bytes)
    }

    /// Replaces the features of held-out images.
    ///
    /// # Errors
    /// Where the disk does not take it; the old ones stay whole.
    pub fn features(&self, features: &Features) -> Result<()> {
        self.fence.replace(&self.folder.join(features::FILE), &features::to_bytes(features, Purpose::HeldOut))
    }

    /// Keeps the features of all images of a part beside them; returns where.
    ///
    /// # Errors
    /// As [`Self::features`].
    pub fn features_of(&self, purpose: Purpose, features: &Features) -> Result<PathBuf> {
        let path = self.folder.join(features::file_of(purpose));
        self.fence.replace(&path, &features::to_bytes(features, purpose)).map(|()| path)
    }

    /// Keeps a sheet of this trial's augmented views.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn views(&self, png: &[u8]) -> Result<()> {
        self.fence.replace(&self.folder.join("views.png"), png)
    }
}

fn finite(mut event: Event) -> Event {
    match &mut event.what {
        What::Trained { metrics }
        | What::Evaluated { metrics }
        | What::Sampled { metrics }
        | What::Finished { metrics, .. } => {
            metrics.retain(|_, value| value.is_finite());
        }
        What::Spectrum { values } => values.retain(|value| value.is_finite()),
        _ => {}
    }
    event
}
