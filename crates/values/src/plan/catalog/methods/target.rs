//! How a target network begins and follows the online one.

use serde::{Deserialize, Serialize};

/// How a target network begins and follows the online one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetNetwork {
    /// tau_base: how much of the target stays at each step.
    pub decay: f64,
    /// How it goes on from there.
    pub schedule: TargetSchedule,
    /// When it moves.
    pub update: TargetUpdate,
    /// What it is before the first step.
    pub initial: InitialTarget,
    /// Which statistics it normalises by.
    pub norm: TargetNorm,
}

impl TargetNetwork {
    /// An average of the online network's weights and statistics, which is judged and never trained against.
    pub(super) fn average(decay: f64) -> Self {
        Self { decay, norm: TargetNorm::Averaged, ..Self::copied() }
    }

    /// A target that begins as the online network and normalises by its own batches, as MoCo's key encoder.
    pub(super) fn copied() -> Self {
        Self {
            decay: 0.0,
            schedule: TargetSchedule::Constant,
            update: TargetUpdate::After,
            initial: InitialTarget::Copied,
            norm: TargetNorm::Batch,
        }
    }
}

/// How the decay goes on from its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetSchedule {
    /// To 1 over training (BYOL section 3.3).
    Cosine,
    /// It stays.
    Constant,
}

/// When the target moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetUpdate {
    /// After the optimizer (BYOL algorithm 1).
    After,
    /// Before the views of a step pass the networks (lightly, MoCo).
    Before,
}

/// What the target is before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialTarget {
    /// A draw of its own.
    Separate,
    /// The online network.
    Copied,
}

/// Which statistics the target normalises by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetNorm {
    /// Those of the batch.
    Batch,
    /// Running ones, moved by the batches that it sees itself.
    Own,
    /// Running ones that follow the online network's as the weights do.
    Averaged,
}
