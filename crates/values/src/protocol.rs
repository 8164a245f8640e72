//! The one contract between what learns and what watches: events go out, control comes back.
//!
//! The engine calls an [`Observe`]r; the recorder writes what it hears to `events.jsonl`; every face (terminal,
//! report, plain lines) reads those lines and nothing else. Replaying a file therefore drives the same faces.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{data::Label, plan::recipe::ProbesRecipe};

/// Named numbers of one moment, by the metric's name (see [`crate::plan::catalog`]'s metrics). A number that is not
/// finite is left out of the map by the recorder, and told once as a note of the trial by the runner.
pub type Metrics = BTreeMap<String, f64>;

/// One line of `events.jsonl`: when (UTC), at which optimizer step, what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was told.
    pub time: jiff::Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened in a trial. `step` counts finished optimizer steps, so step 0 is the untrained network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Optimizer steps taken before it.
    pub step: u64,
    /// What happened then.
    pub what: What,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Training begins, or begins again at `step` from a checkpoint: whatever was recorded for later steps is void.
    Started {
        /// Optimizer steps of the whole training.
        steps: u64,
        /// Of an epoch.
        steps_per_epoch: u64,
        /// Device and its kind.
        device: String,
        /// Version and commit.
        commit: String,
    },
    /// Numbers of training: `loss`, `learning_rate`, `gradient_norm`, `projection_std`, `projection_rank`,
    /// `images_per_second`, `data_wait`; with a teacher also `target_decay` and `target_cosine`, the cosine between the
    /// student's and the teacher's projections.
    Trained {
        /// By name.
        metrics: Metrics,
    },
    /// Numbers of the frozen features: `knn.top1`, `feature_std`, `effective_rank`, `alignment`, `uniformity`; at
    /// the end also `linear.top1` and, where asked for, `finetune.top1`, `factor.*` and both accuracies under `test.`;
    /// at step 0 the same under `untrained.`.
    Evaluated {
        /// By name.
        metrics: Metrics,
    },
    /// Singular values of the centred [`Features`], divided by their sum: the largest first, at most [`SPECTRUM`].
    Spectrum {
        /// Descending.
        values: Vec<f32>,
    },
    /// What is done otherwise than the recipe lets expect: activations computed again, views made on the host, slow
    /// convolutions, memory that is guessed, a number that is not finite, a device that failed.
    Noted {
        /// The sentence.
        text: String,
    },
    /// What the process and its device were doing, every few seconds, where the system tells: `process.cpu` (share of
    /// its cores), `process.memory` (bytes); of an NVIDIA card `card.busy` (share of the time), `card.memory` and
    /// `card.memory_total` (bytes), `card.power` (watts), `card.temperature` (degrees Celsius).
    Sampled {
        /// By name.
        metrics: Metrics,
    },
    /// The state after `step` steps is safely on disk.
    Checkpointed,
    /// A reason not to believe this trial, in words, told once per kind.
    Alarm {
        #[serde(default)]
        /// What it is about.
        kind: AlarmKind,
        /// What was seen, in a sentence.
        text: String,
        /// What to do.
        remedy: String,
    },
    /// All steps done, or judged again by other probes: the final numbers, and the probes that they are by; none where
    /// an earlier version wrote it, which judged by those of the recipe.
    Finished {
        /// All final numbers.
        metrics: Metrics,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        /// By which they were found; none in runs of before they were recorded.
        probes: Option<ProbesRecipe>,
    },
    /// The user asked to stop; running again goes on from the last checkpoint.
    Stopped,
    /// The trial cannot go on; the others of its heat do.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

/// The final numbers that tell of the training; the others are probes'.
pub const OF_TRAINING: [&str; 3] = ["loss", "images_per_second", "data_wait"];

/// What an alarm is about; see [`crate::collapse`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// The projections are nearly one point: what every alarm was about that was recorded before there were kinds.
    #[default]
    ProjectionSpread,
    /// The projections vary along one direction.
    ProjectionRank,
    /// The features are nearly one point.
    FeatureSpread,
    /// The features vary along one direction.
    FeatureRank,
    /// A line of the events cannot be read.
    Damage,
}

impl AlarmKind {
    /// Whether it tells of a collapse.
    pub fn is_collapse(self) -> bool {
        self != Self::Damage
    }
}

/// What an observer answers to an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    #[default]
    /// Go on.
    Continue,
    /// Finish the step, write checkpoints, leave.
    Stop,
}

/// Hears what happens to the trials of a heat; `trial` is the index within the heat.
pub trait Observe {
    /// Something happened; what the trainer is to do then.
    ///
    /// # Errors
    /// It cannot be kept, so training ends.
    fn event(&mut self, trial: usize, event: Event) -> Result<Control>;
    /// The whole state of a trial after `step` steps, as safetensors bytes: what [`Resume`] takes back.
    ///
    /// # Errors
    /// As of [`Observe::event`].
    fn checkpoint(&mut self, trial: usize, step: u64, bytes: Vec<u8>) -> Result<()>;
    /// The trained encoder under torchvision's parameter names, as safetensors bytes.
    ///
    /// # Errors
    /// As of [`Observe::event`].
    fn encoder(&mut self, trial: usize, bytes: Vec<u8>) -> Result<()>;
    /// What the encoder makes of held-out images, at every evaluation and before it is told.
    ///
    /// # Errors
    /// As of [`Observe::event`].
    fn features(&mut self, trial: usize, features: Features) -> Result<()>;
}

/// The most singular values of a [`What::Spectrum`].
pub const SPECTRUM: usize = 64;

/// The most images of [`Features`].
pub const FEATURED: usize = 512;

/// Frozen features of held-out images after `step` steps, by running statistics and without augmentation; of at most
/// [`FEATURED`] images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Optimizer steps taken before they were measured.
    pub step: u64,
    /// Numbers of an image.
    pub dims: usize,
    /// `[images, dims]`, row after row.
    pub values: Vec<f32>,
    /// `[images]`
    pub labels: Vec<Label>,
    /// `[images]`: where each is among the images that were looked at, such as the held-out ones.
    pub places: Vec<usize>,
    /// `[images]`: where each is in the data set's own split (see [`crate::data::Origins`]); empty where an earlier version
    /// did not keep it.
    pub indices: Vec<usize>,
}

impl Features {
    /// The features of each image.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dims)
    }
}

/// Where a trial goes on: the step and the bytes handed to [`Observe::checkpoint`] at that step.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Optimizer steps taken before.
    pub step: u64,
    /// A checkpoint, as [`Observe::checkpoint`] got it.
    pub bytes: Vec<u8>,
}

/// What the user wants of a running experiment; appended to `commands.jsonl` by a face, read by the runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Checkpoint and leave: the whole experiment.
    Stop,
    /// Train this trial's heat before the others.
    First {
        /// Its id.
        trial: String,
    },
    /// Leave this trial out.
    Skip {
        /// Its id.
        trial: String,
    },
}
