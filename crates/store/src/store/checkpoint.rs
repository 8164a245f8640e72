//! The states of a trial that it can go on from, as safetensors with their step and a checksum in the metadata; whoever trains
//! knows what else is in them. The newest one, and the one before it in case its bytes are damaged on the disk.

use std::{collections::BTreeMap, fs, io, path::Path};

use anyhow::{Context, Result, bail, ensure};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use super::{fence::Fence, file};
use byolab_values::{protocol::Resume, tensors};

const NEWEST: &str = "checkpoint.safetensors";
const BEFORE: &str = "checkpoint.before.safetensors";
/// The checksum's entry in the metadata. Files of 0.1.0 have none and are taken as they are.
const CHECKSUM: &str = "sha256";

/// Where a trial goes on, and what is to be said about that.
pub struct Checkpoint {
    /// The newest state that is whole.
    pub resume: Resume,
    /// Why it is not the newest one.
    pub note: Option<String>,
}

/// Makes `bytes` the newest state of the trial in `folder`, which the fence lets write there. At each moment one of the two
/// files is whole.
pub fn keep(folder: &Path, bytes: &[u8], fence: &Fence) -> Result<()> {
    let (newest, before) = (folder.join(NEWEST), folder.join(BEFORE));
    let sealed = seal(bytes).context("the trainer's checkpoint is damaged")?;
    fence.replace_after(&newest, &sealed, || Ok(file::rename_if_there(&newest, &before)?))
}

/// A trial that has ended well needs no second state.
pub fn forget_before(folder: &Path) {
    // Where it cannot be removed, nothing is lost but space.
    let _ = fs::remove_file(folder.join(BEFORE));
}

/// The newest state in `folder` that is whole and after no more than `steps` steps; none where there is none at all.
///
/// # Errors
/// Where there are states and none of them can be taken.
pub fn newest(folder: &Path, steps: u64) -> Result<Option<Checkpoint>> {
    let first = match read(&folder.join(NEWEST), steps) {
        Ok(Some(resume)) => return Ok(Some(Checkpoint { resume, note: None })),
        first => first,
    };
    match (first, read(&folder.join(BEFORE), steps)) {
        (Err(why), Ok(Some(resume))) => {
            let note = format!("{why:#}: goes on from the checkpoint before it, of step {}", resume.step);
            Ok(Some(Checkpoint { resume, note: Some(note) }))
        }
        // Its successor was being put in its place.
        (Ok(_), Ok(before)) => Ok(before.map(|resume| Checkpoint { resume, note: None })),
        (Err(why), _) | (Ok(_), Err(why)) => bail!("{why:#}; delete it to train this trial from its beginning"),
    }
}

fn read(path: &Path, steps: u64) -> Result<Option<Resume>> {
    let bytes = match file::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let resume = open(bytes).and_then(|resume| {
        ensure!(resume.step <= steps, "it says that it is of step {} of {steps}", resume.step);
        Ok(resume)
    });
    resume.map(Some).with_context(|| format!("{} is damaged", path.display()))
}

/// A state whose bytes are those that were written.
fn open(bytes: Vec<u8>) -> Result<Resume> {
    let (file, metadata) = parts(&bytes)?;
    if let Some(sum) = metadata.get(CHECKSUM) {
        ensure!(*sum == checksum(&file, &metadata), "its checksum is another one");
    }
    Ok(Resume { step: step_in(&metadata)?, bytes })
}

/// The same with a checksum.
fn seal(bytes: &[u8]) -> Result<Vec<u8>> {
    let (file, mut metadata) = parts(bytes)?;
    metadata.insert(CHECKSUM.into(), checksum(&file, &metadata));
    Ok(tensors::serialize(file.iter(), &metadata)?)
}

/// Of names, types, shapes, numbers and the other metadata, in the order of their names.
fn checksum(file: &SafeTensors, metadata: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (key, value) in metadata.iter().filter(|(key, _)| *key != CHECKSUM) {
        hash.update(format!("{key:?} {value:?}\n"));
    }
    let tensors: BTreeMap<&str, _> = file.iter().collect();
    for (name, tensor) in tensors {
        hash.update(format!("{name:?} {:?} {:?}\n", tensor.dtype(), tensor.shape()));
        hash.update(tensor.data());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parts(bytes: &[u8]) -> Result<(SafeTensors<'_>, BTreeMap<String, String>)> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    Ok((SafeTensors::deserialize(bytes)?, metadata.into_iter().collect()))
}

/// The step in the metadata.
pub fn step_of(bytes: &[u8]) -> Result<u64> {
    step_in(&parts(bytes)?.1)
}

fn step_in(metadata: &BTreeMap<String, String>) -> Result<u64> {
    match metadata.get("step").map(|step| step.parse()) {
        None => bail!("its metadata have no `step`"),
        Some(step) => step.context("its `step` is not a number"),
    }
}
