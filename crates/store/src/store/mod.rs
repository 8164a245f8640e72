//! What happened, on disk. The disk is the truth: `runs/<experiment>/<trial>/` with an append-only `events.jsonl`; each
//! file has one writing role; whatever is derived can be deleted.
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `<experiment>/experiment.toml` | runner | the file as typed when it was last run |
//! | `<experiment>/runner.lock`, `runner.json` | runner | locked while it lives; who it is |
//! | `<experiment>/runner.log` | runner | what a detached runner prints |
//! | `<experiment>/commands.jsonl` | faces | one [`Command`] a line |
//! | `<trial>/recipe.toml`, `environment.json` | runner | every knob; where it was last trained |
//! | `<trial>/events.jsonl` | runner | one [`byolab_values::protocol::Record`] a line |
//! | `<trial>/log.txt` | runner | the same without the numbers of training, for people |
//! | `<trial>/checkpoint.safetensors` | runner | the newest state, its step inside; replaced as a whole |
//! | `<trial>/features.safetensors` | runner | features of held-out images at the newest evaluation; replaced as a whole |
//! | `<experiment>/set-aside/<trial>-<n>` | faces | what a trial was before it was trained again |
//! | `<trial>/encoder.safetensors`, `views.png` | runner | the trained encoder; a sheet of augmented views |
//!
//! A kill at any moment leaves every file whole, but for a last line without an end: readers pass over it, and the next
//! runner cuts it off.

mod claim;
mod commands;
mod features;
mod file;
mod index;
pub mod log;
mod names;
mod recorder;
mod records;
pub mod run;
mod set_aside;
mod tail;
pub mod thin;
mod watch;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub use claim::Claim;
pub use commands::Commands;
pub use recorder::Recorder;
pub use run::{Run, RunnerInfo, Snapshot, State};
pub use watch::Watch;

use byolab_values::{
    plan::Recipe,
    protocol::{Command, Resume},
};

/// The folder of all runs. Nothing is created before something is written.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an experiment, whether or not it exists.
    pub fn experiment(&self, name: &str) -> ExperimentFolder {
        ExperimentFolder::at(self.root.join(name))
    }

    /// Names of the experiments that have been run, sorted.
    ///
    /// # Errors
    /// Where the folder is missing or cannot be read.
    pub fn experiments(&self) -> Result<Vec<String>> {
        let cannot = || format!("cannot read the runs in {}; --runs names another folder", self.root.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            if entry.path().join("experiment.toml").exists() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}

/// `runs/<experiment>`.
#[derive(Clone, Debug)]
pub struct ExperimentFolder {
    path: PathBuf,
    older: names::Older,
}

impl ExperimentFolder {
    fn at(path: PathBuf) -> Self {
        Self { path, older: names::Older::default() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a trial, whether or not it exists: one by an older name of the trial, where only that is there.
    pub fn trial(&self, id: &str) -> PathBuf {
        let path = self.path.join(id);
        if path.exists() {
            return path;
        }
        let older = self.older.name(&self.path, id).map(|name| self.path.join(name));
        older.filter(|older| older.exists()).unwrap_or(path)
    }

    /// What a detached runner prints.
    pub fn log(&self) -> PathBuf {
        self.path.join("runner.log")
    }

    /// The experiment file as it was typed when it was last run.
    pub fn experiment_file(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// The live runner, if there is one.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn runner(&self) -> Result<Option<RunnerInfo>> {
        claim::live(&self.path).with_context(|| format!("cannot read {}", self.path.display()))
    }

    /// One whole reading; empty where nothing was trained yet.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let mut watch = Watch::new(self.clone());
        watch.poll()?;
        Ok(watch.into_snapshot())
    }

    /// Every knob of a trial that was begun.
    ///
    /// # Errors
    /// Where its file cannot be read, or was written by another version.
    pub fn recipe(&self, id: &str) -> Result<Recipe> {
        let path = self.trial(id).join(recorder::RECIPE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a recipe of this version", path.display()))
    }

    /// Where a trial goes on, if it has a checkpoint.
    ///
    /// # Errors
    /// Where the checkpoint cannot be read or is damaged.
    pub fn checkpoint(&self, id: &str) -> Result<Option<Resume>> {
        let path = self.trial(id).join(recorder::CHECKPOINT);
        match fs::read(&path) {
            Ok(bytes) => recorder::resume(bytes).map(Some).with_context(|| {
                format!("{} is damaged; delete it to train this trial from its beginning", path.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Tells the runner what the user wants.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn command(&self, command: &Command) -> Result<()> {
        commands::send(&self.path, command)
    }

    /// Puts what is on disk about these trials into `set-aside`, where no reading finds it; they are waiting again.
    ///
    /// # Errors
    /// Where a runner is at the experiment, or the folder cannot be written.
    pub fn set_aside(&self, ids: &[String]) -> Result<()> {
        set_aside::all(self, ids)
    }

    /// The commands that come from now on.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn commands(&self) -> Result<Commands> {
        Commands::from_now(&self.path)
    }
}
