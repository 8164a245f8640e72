//! What the workbench works on: experiments, what the disk holds about them, and the process that trains. The
//! command line stands the real one up; tests and replays bring their own.

mod entry;
mod images;
mod memory;

use std::path::PathBuf;

use anyhow::Result;
use jiff::Timestamp;

pub use entry::{ExperimentEntry, StoreReading};
pub use images::{HeldOut, Sample, ShownView, Viewed, ViewsQuery};
pub use memory::{LastSeen, UserMemory};

use byolab_store::{chart::Figure, store::Remark};
use byolab_values::{
    plan::{Overrides, Plan, Problems, Trial},
    protocol::{Command, Features},
};

/// What a process of its own is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackgroundWork {
    /// Trains what the plan still lacks.
    Train,
    /// Judges what of the plan is finished, by the plan's probes.
    Judge,
}

/// The laboratory. Calls come from the thread that draws, so each returns within a few milliseconds, or within a tenth of
/// a second where something else is asked about than before.
pub trait Lab {
    /// All experiments that can be opened, with how far each is; asked twice a second while they are on screen.
    fn experiments(&mut self) -> Vec<ExperimentEntry>;

    /// The experiment of that name (or path) with `overrides`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn plan(&mut self, name: &str, overrides: &Overrides) -> Result<Plan, Problems>;

    /// What is changed about the experiment of that name (or path) when it is opened: as it is in training; else as its
    /// user has `left` it; else what brings the trials into its plan that were trained last.
    fn opened(&mut self, name: &str, left: Overrides) -> Overrides;

    /// What the store holds about the plan's trials now; none while it is still being read.
    ///
    /// # Errors
    /// The store cannot be read.
    fn read(&mut self, plan: &Plan) -> Result<Option<StoreReading>>;

    /// Whether another reading could differ from the last one; asked twice a second while the experiment is on screen.
    ///
    /// # Errors
    /// The store cannot be read.
    fn has_news(&mut self, plan: &Plan) -> Result<bool>;

    /// Runs still to be read before what was asked for last is known; none where all of it is.
    fn waiting(&self) -> Option<usize>;

    /// Begins to start a process of its own that does the work of `plan`; `overrides` are those that made the plan. A live
    /// runner of the experiment is told to stop, and the new one waits until it has.
    fn start(&mut self, work: BackgroundWork, plan: &Plan, overrides: &Overrides);

    /// How the start went that was asked for last, once; none while it is under way.
    ///
    /// # Errors
    /// The process could not be started, with what it said.
    fn started(&mut self) -> Option<Result<()>>;

    /// Tells the live runner of the experiment what the user wants.
    ///
    /// # Errors
    /// The store cannot be written.
    fn command(&mut self, plan: &Plan, commands: &[Command]) -> Result<()>;

    /// Puts what the store holds about trials aside, so that they can be trained from their beginning; nothing is
    /// deleted.
    ///
    /// # Errors
    /// A runner is at the experiment; the store cannot be written.
    fn set_aside(&mut self, plan: &Plan, ids: &[String]) -> Result<()>;

    /// Says something about trials of an experiment, or about the experiment itself where none is named.
    ///
    /// # Errors
    /// Nothing of it is on disk; the store cannot be written.
    fn remark(&mut self, experiment: &str, ids: &[String], remark: &Remark) -> Result<()>;

    /// Writes what `overrides` make of the experiment of a plan, which is that of its file, as a file of its own; says
    /// where.
    ///
    /// # Errors
    /// There is such an experiment already; the name is none for a file; the file cannot be written.
    fn save(&mut self, plan: &Plan, overrides: &Overrides, name: &str) -> Result<PathBuf>;

    /// Draws the views of an image of the plan's first trial, with its seed; none while its images are being read. An
    /// image beyond the last one is the last one.
    ///
    /// # Errors
    /// The images are not there.
    fn views(&mut self, plan: &Plan, asked: &ViewsQuery) -> Result<Option<Sample>>;

    /// The features of a trial's newest evaluation; none where there are none on disk.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds is damaged.
    fn features(&mut self, plan: &Plan, trial: &Trial) -> Result<Option<Features>>;

    /// The classes of a trial's images, and its held-out images at `places`; none while they are being read.
    ///
    /// # Errors
    /// The images are not there.
    fn held_out(&mut self, trial: &Trial, places: &[usize]) -> Result<Option<HeldOut>>;

    /// Writes a picture of the screen `name` into a file that was not there; says where.
    ///
    /// # Errors
    /// The file cannot be written.
    fn keep_picture(&mut self, name: &str, picture: &str) -> Result<PathBuf>;

    /// Writes a text that was copied into the one file of such, in the place of the one before; says where.
    ///
    /// # Errors
    /// The file cannot be written.
    fn keep_copied(&mut self, text: &str) -> Result<PathBuf>;

    /// Writes figures as SVG and as PNG into a folder that was not there, named after `name`; says which.
    ///
    /// # Errors
    /// A file cannot be written.
    fn keep_figures(&mut self, name: &str, figures: &[&Figure]) -> Result<PathBuf>;

    /// What the time is.
    fn now(&self) -> Timestamp;

    /// What was remembered last; the default where nothing was, or cannot be read.
    fn recall(&mut self) -> UserMemory;

    /// Remembers for the next time, where that can be done.
    fn remember(&mut self, memory: &UserMemory);
}
