//! What happened, on disk. The disk is the truth: `runs/<experiment>/<trial>/` with an append-only `events.jsonl`; each
//! file has one writing role; whatever is derived can be deleted.
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `<experiment>/experiment.toml` | runner | the file as typed when it was last run |
//! | `<experiment>/asked.json` | runner | the overrides, data folder and device that it was run with |
//! | `<experiment>/runner.lock` | runner | locked while it is there alone, but for workers that join |
//! | `<experiment>/workers/<token>.json` | worker | who it is, what it trains, that it lives; there as long as the worker |
//! | `<experiment>/workers/<trial>.<attempt>` | worker | the claim on a trial: a second name of its file |
//! | `<experiment>/runner.log` | runner | what a detached runner prints |
//! | `<experiment>/commands.jsonl` | faces | one [`Command`] a line |
//! | `<experiment>/jobs.jsonl`, `jobs/`, `submitted/` | faces | what was submitted to a scheduler; what its jobs print; the file as it was then |
//! | `<trial>/recipe.toml`, `environment.json` | runner | every knob; where it was last trained |
//! | `<trial>/events.jsonl` | runner | one [`byolab_values::protocol::Record`] a line |
//! | `<trial>/log.txt` | runner | the same without the numbers of training, for people |
//! | `<trial>/checkpoint.safetensors` | runner | the newest state, its step and a checksum inside; replaced as a whole |
//! | `<trial>/checkpoint.before.safetensors` | runner | the one before it, until the trial is finished |
//! | `<trial>/features.safetensors` | runner | features of held-out images at the newest evaluation; replaced as a whole |
//! | `<experiment>/set-aside/<trial>-<n>` | faces | what a trial was before it was trained again |
//! | `<trial>/remarks.jsonl`, `<experiment>/remarks.jsonl` | faces | tags and notes, one change a line |
//! | `set-aside/<experiment>-<n>` | faces | an experiment that nobody wanted to see any more |
//! | `<trial>/encoder.safetensors`, `views.png` | runner | the trained encoder; a sheet of augmented views |
//!
//! ```text
//!  events.jsonl                                                          a reader's picture of it
//!  {"time":"…","event":{"step":0,"what":{"started":{"steps":240,…}}}}    240 steps to do
//!  {"time":"…","event":{"step":10,"what":{"trained":{"metrics":{…}}}}}   a point of every curve
//!  {"time":"…","event":{"step":80,"what":"checkpointed"}}                resuming begins here
//!  {"time":"…","event":{"step":90,"what":{"trained":…                    killed in mid-line: nobody counts it
//!  {"time":"…","event":{"step":80,"what":{"started":{"steps":240,…}}}}   goes on: what was told of steps above 80 is void
//! ```
//!
//! A kill or a loss of power at any moment leaves every file whole, but for a last line without an end: readers pass over
//! it, and the next runner cuts it off. What was told as finished is on the disk by then, with the names of its folders.
//!
//! | file | holds |
//! |---|---|
//! | `claim`, `worker` | who is at an experiment, and whether it lives |
//! | `lease`, `fence` | which worker a trial belongs to; what keeps others from writing |
//! | `recorder`, `checkpoint`, `features`, `asked`, `file` | what writes: events, states, features, flags; files replaced or appended to safely |
//! | `run`, `watch`, `tail`, `index` | what reads: one picture of the store, kept up as lines are appended, and kept for the next time |
//! | `records`, `log` | every event of a trial; events as sentences |
//! | `commands`, `hint`, `jobs` | what faces ask of a runner; commands told to people; what was submitted |
//! | `elsewhere`, `names`, `set_aside`, `aside`, `remarks` | trials under other experiments and older names; what nobody wants to see; tags and notes |
//! | `thin` | curves with fewer points and all their peaks |

mod aside;
mod asked;
mod checkpoint;
mod claim;
mod commands;
mod elsewhere;
mod features;
mod fence;
mod file;
mod hint;
mod index;
mod jobs;
mod lease;
pub mod log;
mod names;
mod recorder;
mod records;
mod remarks;
pub mod run;
mod set_aside;
mod tail;
pub mod thin;
mod watch;
mod worker;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};

pub use asked::AskedFlags;
pub use checkpoint::Checkpoint;
pub use claim::{Claim, host};
pub use commands::Commands;
pub use fence::Revoked;
pub use jobs::SubmittedJobs;
pub use lease::{Asked, Takeover};
pub use recorder::Recorder;
pub use remarks::{Note, Remark, Remarks};
pub use run::{Run, Snapshot, State};
pub use watch::Watch;
pub use worker::{LeaseTimes, RunnerInfo, WorkerInfo};

use byolab_values::{
    plan::{Plan, Recipe},
    protocol::Command,
};

/// The folder of all runs. Nothing is created before something is written.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    /// By experiment: what was found out about the names of its folders.
    older: Arc<Mutex<BTreeMap<String, names::Older>>>,
}

impl Store {
    /// Of a folder that may not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), older: Arc::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an experiment, whether or not it exists.
    pub fn experiment(&self, name: &str) -> ExperimentFolder {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        let older = older.entry(name.to_owned()).or_default().clone();
        ExperimentFolder { path: self.root.join(name), older, store: self.clone() }
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
    store: Store,
}

impl ExperimentFolder {
    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder where it is missing; its name outlives a loss of power.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(&self) -> io::Result<()> {
        file::create_folder(&self.path)
    }

    /// What the experiment is called.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The store that it is in.
    pub fn store(&self) -> &Store {
        &self.store
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

    /// The live runner, if there is one: of several workers the first.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn runner(&self) -> Result<Option<RunnerInfo>> {
        Ok(self.workers()?.into_iter().next().map(|worker| worker.runner))
    }

    /// The live workers, in the order in which they were started.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn workers(&self) -> Result<Vec<WorkerInfo>> {
        worker::live(&self.path).with_context(|| format!("cannot read {}", self.path.display()))
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

    /// The same with the trials of a plan that lie elsewhere in the store and are finished there.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn snapshot_for(&self, plan: &Plan) -> Result<Snapshot> {
        let mut watch = Watch::new(self.clone());
        watch.seek(plan);
        watch.poll()?;
        Ok(watch.into_snapshot())
    }

    /// Every knob of a trial that was begun.
    ///
    /// # Errors
    /// Where its file cannot be read, or was written by another version.
    pub fn recipe(&self, id: &str) -> Result<Recipe> {
        let path = self.holder(id).trial(id).join(recorder::RECIPE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| {
            let (path, version) = (path.display(), env!("CARGO_PKG_VERSION"));
            format!("{path} is not a recipe of this version, {version}; {}", self.writer(id))
        })
    }

    /// What of a trial's recipe this version does not know and passes over, as a sentence; none where it knows all.
    pub fn passed_over(&self, id: &str) -> Option<String> {
        let text = fs::read_to_string(self.holder(id).trial(id).join(recorder::RECIPE)).ok()?;
        let (keys, version) = (Recipe::unknown_keys(&text).join(", "), env!("CARGO_PKG_VERSION"));
        let sentence = || {
            let writer = self.writer(id);
            format!(
                "the recipe of {id} says what this version, {version}, does not know and passes over: {keys}; {writer}"
            )
        };
        (!keys.is_empty()).then(sentence)
    }

    /// Which version has written a trial.
    fn writer(&self, id: &str) -> String {
        let text = file::read(&self.holder(id).trial(id).join(recorder::ENVIRONMENT));
        let environment: Option<serde_json::Value> = text.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let version = environment.as_ref().and_then(|environment| environment["byolab"].as_str());
        version.map_or("nobody knows which one wrote it".into(), |version| format!("byolab {version} wrote it"))
    }

    /// Where a trial of `steps` steps goes on, if it has a checkpoint: at the one before the newest, where that is damaged.
    ///
    /// # Errors
    /// Where there are checkpoints, and none can be read and is whole.
    pub fn checkpoint(&self, id: &str, steps: u64) -> Result<Option<Checkpoint>> {
        checkpoint::newest(&self.trial(id), steps)
    }

    /// Tells the runner what the user wants.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn command(&self, command: &Command) -> Result<()> {
        commands::send(&self.path, command)
    }

    /// Puts what is on disk about these trials into `set-aside`, where no reading finds it, wherever in the store it lies;
    /// they are waiting again.
    ///
    /// # Errors
    /// Where a runner is at the experiment, or the folder cannot be written.
    pub fn set_aside(&self, ids: &[String]) -> Result<()> {
        set_aside::all(self, ids)
    }

    /// Puts a trial of this folder into `set-aside`, and says where it lies then.
    ///
    /// # Errors
    /// As [`Self::set_aside`].
    pub fn set_trial_aside(&self, id: &str) -> Result<PathBuf> {
        set_aside::trial(self, id)
    }

    /// Puts the whole experiment into the store's `set-aside`, and says where it lies then.
    ///
    /// # Errors
    /// As [`Self::set_aside`].
    pub fn set_all_aside(&self) -> Result<PathBuf> {
        set_aside::experiment(self)
    }

    /// The commands that come from now on.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn commands(&self) -> Result<Commands> {
        Commands::from_now(&self.path)
    }
}
