//! Where folders lie that nobody wants to see any more.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::file;

/// Its name, in an experiment and in the store.
pub const FOLDER: &str = "set-aside";

/// Moves a folder into `aside`, under a name that is free, and says where to; what is not there need not be moved.
pub fn put(from: &Path, aside: &Path) -> Result<PathBuf> {
    let to = free(aside, &from.file_name().unwrap_or_default().to_string_lossy());
    let moved = file::create_folder(aside)
        .and_then(|()| file::rename_if_there(from, &to))
        .and_then(|()| file::sync_folder(aside));
    moved.with_context(|| file::cannot_write(from)).map(|()| to)
}

/// The first name of the trial that is not taken: `3f2a-1`, `3f2a-2`.
fn free(aside: &Path, id: &str) -> PathBuf {
    let named = |n: u32| aside.join(format!("{id}-{n}"));
    (1..).map(named).find(|path| !path.exists()).expect("there is always a number that is not taken")
}
