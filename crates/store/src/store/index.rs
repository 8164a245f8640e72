//! Readings kept for the next time, so that a workbench need not parse every event again. Derived: whatever does not
//! fit the events is passed over, and the folder may be deleted.
//!
//! A file for each trial: a line of JSON, then the points of every series, each a step and a value of 8 bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::{
    Run, file,
    tail::{Identity, Tail},
};

/// Another one where a file says something else than before.
const VERSION: u32 = 2;

/// Bytes of events that are parsed quickly enough not to be kept.
const WORTH_KEEPING: u64 = 1 << 18;

/// Bytes before the place of a reading by which the events are known again.
const ENDING: u64 = 512;

/// The readings of one experiment's trials.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    identity: Identity,
    offset: u64,
    /// When the events were written last, as far as they were read.
    written: SystemTime,
    /// The last bytes that were read.
    ending: String,
    run: Run,
    /// Names of the series, and how many points each has.
    series: Vec<(String, usize)>,
}

impl Index {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The reading of a trial, and the place behind it in its events; none where there is none that fits them.
    pub fn load(&self, id: &str, events: &Path) -> Option<(Run, Tail)> {
        let bytes = file::read(&self.path(id)).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let metadata = fs::metadata(events).ok()?;
        let same_length = metadata.len() == head.offset;
        let fits = head.version == VERSION
            && head.identity == Identity::of(&metadata)
            && (!same_length || metadata.modified().ok()? == head.written)
            && ending(events, head.offset).ok()? == head.ending;
        let series = fits.then(|| points(head.series, &bytes[end + 1..])).flatten()?;
        Some((Run { series, ..head.run }, Tail::behind(events.into(), head.offset, head.identity)))
    }

    /// Keeps a reading where that is worth it; `kept` are the bytes of events that the newest kept one holds. Returns
    /// how many there are now. A reading that cannot be kept is made again the next time, so errors are dropped.
    pub fn save(&self, id: &str, events: &Path, tail: &Tail, run: &Run, kept: u64) -> u64 {
        let (offset, Some(identity)) = (tail.offset(), tail.identity()) else { return kept };
        if offset < kept + WORTH_KEEPING {
            return kept;
        }
        let save = || -> io::Result<()> {
            let head = Head {
                version: VERSION,
                identity,
                offset,
                written: fs::metadata(events)?.modified()?,
                ending: ending(events, offset)?,
                run: run.clone(),
                series: run.series.iter().map(|(name, points)| (name.clone(), points.len())).collect(),
            };
            let mut bytes = serde_json::to_vec(&head)?;
            bytes.push(b'\n');
            for (step, value) in run.series.values().flatten() {
                bytes.extend(step.to_le_bytes());
                bytes.extend(value.to_le_bytes());
            }
            let beside = self.path(id).with_added_extension(std::process::id().to_string());
            fs::create_dir_all(&self.folder)?;
            fs::write(&beside, bytes)?;
            fs::rename(&beside, self.path(id))
        };
        save().map_or(kept, |()| offset)
    }

    /// Forgets all other trials.
    pub fn keep_only(&self, ids: &BTreeSet<String>) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if !ids.contains(&*entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }
}

/// The last bytes before `offset`.
fn ending(events: &Path, offset: u64) -> io::Result<String> {
    let begin = offset.saturating_sub(ENDING);
    let mut bytes = vec![0; (offset - begin) as usize];
    File::open(events)?.read_exact_at(&mut bytes, begin)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The points of each series; none where there are not as many as there should be.
fn points(series: Vec<(String, usize)>, bytes: &[u8]) -> Option<BTreeMap<String, Vec<(u64, f64)>>> {
    let (numbers, []) = bytes.as_chunks::<8>() else { return None };
    let (pairs, []) = numbers.as_chunks::<2>() else { return None };
    let mut pairs = pairs.iter().map(|[step, value]| (u64::from_le_bytes(*step), f64::from_le_bytes(*value)));
    let whole = series.iter().map(|(_, points)| points).sum::<usize>() == pairs.len();
    whole.then(|| series.into_iter().map(|(name, length)| (name, pairs.by_ref().take(length).collect())).collect())
}
