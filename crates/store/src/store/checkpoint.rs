//! The newest state of a trial, as safetensors with its step in the metadata; whoever trains knows what else is in it.

use anyhow::{Context, Result};
use safetensors::SafeTensors;

use byolab_values::protocol::Resume;

pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// A checkpoint read back.
///
/// # Errors
/// Where the bytes are not whole or do not tell their step.
pub fn resume(bytes: Vec<u8>) -> Result<Resume> {
    Ok(Resume { step: step_of(&bytes)?, bytes })
}

/// The step in the metadata.
pub fn step_of(bytes: &[u8]) -> Result<u64> {
    SafeTensors::deserialize(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let step = header.metadata().as_ref().and_then(|metadata| metadata.get("step"));
    step.context("its metadata have no `step`")?.parse().context("its `step` is not a number")
}
