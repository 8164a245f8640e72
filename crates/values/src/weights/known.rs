//! Encoders in files, each read once while its file stays as it is.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::{Found, Hints, Stored, read, recognise};

/// Bytes of a file of weights at most: a ResNet-50 has a hundredth of them.
const MOST_BYTES: u64 = 8 << 30;

/// An encoder, and the file that it is in.
#[derive(Debug)]
pub struct Known {
    /// The encoder.
    pub found: Found,
    /// What the file says of itself.
    pub metadata: BTreeMap<String, String>,
    /// Of the file's bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A file at a time: its length, and when it was changed.
type State = (u64, Option<SystemTime>);
type Outcome = Result<Arc<Known>, Vec<String>>;
type Files = HashMap<(PathBuf, Hints), (State, Outcome)>;

/// The encoder in a file.
///
/// # Errors
/// Everything that is wrong with it, a sentence each.
pub fn known(path: &Path, hints: &Hints) -> Outcome {
    static FILES: LazyLock<Mutex<Files>> = LazyLock::new(Default::default);
    let about = fs::metadata(path).map_err(|error| vec![error.to_string()])?;
    // A device or a pipe might never end.
    if !about.is_file() {
        return Err(vec!["it is no file".into()]);
    }
    let state = (about.len(), about.modified().ok());
    let key = (path.to_path_buf(), hints.clone());
    let mut files = FILES.lock().expect("nobody panics with it");
    if let Some((_, outcome)) = files.get(&key).filter(|(then, _)| *then == state) {
        return outcome.clone();
    }
    let outcome = found(path, state.0, hints);
    files.insert(key, (state, outcome.clone()));
    outcome
}

fn found(path: &Path, length: u64, hints: &Hints) -> Outcome {
    let (stored, sha256) = opened(path, length).map_err(|error| vec![format!("{error:#}")])?;
    let metadata = stored.metadata.clone();
    Ok(Arc::new(Known { found: recognise(stored, hints)?, metadata, sha256 }))
}

fn opened(path: &Path, length: u64) -> Result<(Stored, String)> {
    ensure!(length <= MOST_BYTES, "it has {length} bytes: more than {MOST_BYTES} are not read");
    let bytes = fs::read(path).context("it cannot be read")?;
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((read(&bytes)?, digest))
}
