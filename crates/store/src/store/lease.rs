//! The right to train a trial, on any file system: `workers/<trial>.<attempt>`, of which only one worker can be the maker.
//!
//! It is a second name of the worker's own file (a hard link), so that it is whole as soon as it is there and changes with every
//! beat; where there are no links it is a file of its own (`O_EXCL`) that names the worker. The highest attempt holds. Whoever
//! finds its holder gone, or unchanged for as long as the lease says by its own clock that never jumps, makes the next attempt,
//! looks whether the one before is still that of the same holder, and removes it: of several takers one alone can make it, and
//! one that comes late finds the one before removed.
//!
//! A holder that is certainly gone writes nothing more. Of one that was only silent the trial's folder is moved into
//! `set-aside`, with whatever it has open, and the new attempt goes on in a copy.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::{
    ExperimentFolder, aside,
    fence::Fence,
    file,
    worker::{Life, Worker, WorkerInfo, life},
};

/// What became of asking for trials.
#[derive(Debug)]
pub enum Asked {
    /// They are this worker's.
    Granted(Vec<Takeover>),
    /// Another worker has one of them, and, where that is certain, lives.
    Busy {
        /// Whether it was seen to live; else it may be that nobody has them, which shows later.
        lives: bool,
    },
}

/// A trial that was another worker's.
#[derive(Debug)]
pub struct Takeover {
    /// The trial's id.
    pub trial: String,
    /// Whose it was, where that is known.
    pub from: Option<WorkerInfo>,
    /// Where what the other one may still write lies from now on; none where it certainly writes nothing.
    pub aside: Option<PathBuf>,
}

/// What this process has seen of others' claims, by a clock that never jumps.
#[derive(Debug)]
pub struct Sightings {
    origin: Instant,
    /// By the worker's file, or by the claim's where that names none.
    seen: BTreeMap<PathBuf, Sighting>,
}

#[derive(Clone, Debug)]
struct Sighting {
    bytes: Vec<u8>,
    /// When they were first seen so.
    since: Duration,
    /// Whether they have ever changed.
    changes: bool,
}

impl Default for Sightings {
    fn default() -> Self {
        Self { origin: Instant::now(), seen: BTreeMap::new() }
    }
}

impl Sightings {
    /// For how long a claim has been seen with these bytes, and whether it had others before.
    fn look(&mut self, path: &Path, bytes: &[u8]) -> (Duration, bool) {
        self.look_at(path, bytes, self.origin.elapsed())
    }

    fn look_at(&mut self, path: &Path, bytes: &[u8], now: Duration) -> (Duration, bool) {
        let new = |changes| Sighting { bytes: bytes.to_vec(), since: now, changes };
        let known = self.seen.entry(path.to_owned()).or_insert_with(|| new(false));
        if known.bytes != bytes {
            *known = new(true);
        }
        (now.saturating_sub(known.since), known.changes)
    }
}

/// Asks for all of these trials, or for none.
///
/// # Errors
/// Where the folder cannot be read or written.
pub fn ask(folder: &ExperimentFolder, worker: &Worker, sightings: &mut Sightings, ids: &[String]) -> Result<Asked> {
    let claims = Claims { folder, worker, sightings };
    claims.all(ids).with_context(|| format!("cannot claim trials in {}", folder.path().display()))
}

/// The ids of the trials that somebody has claimed.
pub fn claimed(worker: &Worker) -> io::Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(folder_of(worker))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ids.extend(
            name.rsplit_once('.').filter(|(_, attempt)| attempt.parse::<u32>().is_ok()).map(|(id, _)| id.into()),
        );
    }
    Ok(ids)
}

fn folder_of(worker: &Worker) -> &Path {
    worker.path().parent().unwrap_or(Path::new("."))
}

/// Gives back what a worker holds, as far as it is still its own.
pub fn give_back(fences: &BTreeMap<String, Fence>) {
    for fence in fences.values().filter(|fence| fence.check().is_ok()) {
        let _ = fence.path().map(fs::remove_file);
    }
}

/// How a claim of another worker stands.
enum Standing {
    /// Whether its holder was seen to live.
    Held(bool),
    /// Whose it was, and whether that one is certain to write nothing more.
    Left(Option<Box<WorkerInfo>>, bool),
}

/// What became of asking for one trial.
enum One {
    Made(PathBuf, Option<Box<Takeover>>),
    /// Whether its holder was seen to live.
    Busy(bool),
}

struct Claims<'a> {
    folder: &'a ExperimentFolder,
    worker: &'a Worker,
    sightings: &'a mut Sightings,
}

impl Claims<'_> {
    fn all(mut self, ids: &[String]) -> Result<Asked> {
        let mut ids = ids.to_vec();
        // All workers in the same order: of two that want the same, one gets the first and then the others.
        ids.sort();
        let (mut fences, mut takeovers) = (BTreeMap::new(), Vec::new());
        for id in &ids {
            match self.one(id) {
                Ok(One::Made(path, takeover)) => {
                    fences.insert(id.clone(), Fence::around(id, path, self.worker.token()));
                    takeovers.extend(takeover.map(|takeover| *takeover));
                }
                Ok(One::Busy(lives)) => {
                    give_back(&fences);
                    return Ok(Asked::Busy { lives });
                }
                Err(error) => {
                    give_back(&fences);
                    return Err(error);
                }
            }
        }
        self.worker.hold(fences);
        Ok(Asked::Granted(takeovers))
    }

    fn one(&mut self, id: &str) -> Result<One> {
        let attempts = self.attempts(id)?;
        let Some(last) = attempts.last().copied() else {
            let path = self.path(id, 1);
            let made = self.make(&path)?;
            // Whoever has looked long ago may have missed a taker.
            if made && self.attempts(id)? != [1] {
                fs::remove_file(&path)?;
                return Ok(One::Busy(true));
            }
            return Ok(if made { One::Made(path, None) } else { One::Busy(true) });
        };
        let path = self.path(id, last);
        let bytes = match file::read(&path) {
            Err(error) if file::is_gone(&error) => return Ok(One::Busy(false)),
            bytes => bytes?,
        };
        match self.standing(&path, &bytes) {
            Standing::Held(lives) => Ok(One::Busy(lives)),
            Standing::Left(from, certain) => self.take_over(id, &attempts, from.map(|from| *from), certain),
        }
    }

    /// The attempts at a trial that are claimed, ascending.
    fn attempts(&self, id: &str) -> io::Result<Vec<u32>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder_of(self.worker))? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(id)?.strip_prefix('.')?.parse::<u32>().ok());
            found.extend(number);
        }
        found.sort_unstable();
        Ok(found)
    }

    fn path(&self, id: &str, attempt: u32) -> PathBuf {
        self.worker.path().with_file_name(format!("{id}.{attempt}"))
    }

    /// Makes a claim; false where it is there.
    fn make(&self, path: &Path) -> Result<bool> {
        let made = match fs::hard_link(self.worker.path(), path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => self.make_without_links(path),
            made => made,
        };
        match made {
            // A server whose answer was lost is asked again, and finds what it has made.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Fence::around("", path.to_owned(), self.worker.token()).check().is_ok())
            }
            made => made.map(|()| true).with_context(|| file::cannot_write(path)),
        }
    }

    fn make_without_links(&self, path: &Path) -> io::Result<()> {
        let bytes = file::read(self.worker.path())?;
        OpenOptions::new().create_new(true).write(true).open(path)?.write_all(&bytes)
    }

    /// By the claim itself, or by the worker's own file where that is another one.
    fn standing(&mut self, path: &Path, bytes: &[u8]) -> Standing {
        let info = WorkerInfo::parse(bytes);
        let own = info.as_ref().map(|info| path.with_file_name(format!("{}.json", info.token)));
        let newest = own.as_ref().and_then(|own| file::read(own).ok()).unwrap_or_else(|| bytes.to_vec());
        let lives = match (&info, &own) {
            (Some(info), Some(own)) => life(if own.exists() { own } else { path }, info),
            _ => Life::Unknown,
        };
        // By worker: all that one holds is left at once.
        let (silent, beats) = self.sightings.look(own.as_deref().unwrap_or(path), &newest);
        match lives {
            Life::Gone => Standing::Left(info.map(Box::new), true),
            _ if silent >= self.worker.times().expiry => Standing::Left(info.map(Box::new), false),
            Life::Alive => Standing::Held(true),
            Life::Unknown => Standing::Held(beats),
        }
    }

    fn take_over(&self, id: &str, attempts: &[u32], from: Option<WorkerInfo>, certain: bool) -> Result<One> {
        let last = attempts.last().copied().unwrap_or_default();
        let (old, new) = (self.path(id, last), self.path(id, last + 1));
        if !self.make(&new)? {
            return Ok(One::Busy(true));
        }
        let token = |info: &WorkerInfo| info.token.clone();
        let found = file::read(&old).ok().map(|bytes| WorkerInfo::parse(&bytes).as_ref().map(token));
        if found != Some(from.as_ref().map(token)) || self.attempts(id)?.last() != Some(&(last + 1)) {
            fs::remove_file(&new)?;
            return Ok(One::Busy(false));
        }
        for attempt in attempts {
            let _ = fs::remove_file(self.path(id, *attempt));
        }
        // Of an attempt that was itself a taker's nobody knows whether it has come to moving the folder.
        let aside = if certain && last == 1 { None } else { anew(self.folder, id)? };
        Ok(One::Made(new, Some(Box::new(Takeover { trial: id.into(), from, aside }))))
    }
}

/// Moves a trial's folder into `set-aside`, puts a copy in its place, and says where the first lies.
fn anew(folder: &ExperimentFolder, id: &str) -> Result<Option<PathBuf>> {
    let (trial, away) = (folder.trial(id), folder.path().join(aside::FOLDER));
    let name = trial.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let copy = away.join(name).with_added_extension("copy");
    let moved = if trial.exists() {
        let _ = fs::remove_dir_all(&copy);
        file::create_folder(&copy)?;
        copy_files(&trial, &copy).with_context(|| format!("cannot copy {}", trial.display()))?;
        let moved = aside::put(&trial, &away)?;
        // What a kill has left half written is nobody's any more: whoever wrote it asks before it would be renamed.
        file::remove_parts(&moved);
        Some(moved)
    } else {
        None
    };
    // Where a taker was killed between the two, the copy alone is left.
    file::rename_if_there(&copy, &trial)?;
    file::sync_folder(folder.path())?;
    Ok(moved)
}

/// What is replaced as a whole gets a second name; what is appended to by whoever has it open is copied.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let (path, name) = { entry.map(|entry| (entry.path(), entry.file_name()))? };
        let appended = path.extension().is_some_and(|extension| extension == "jsonl" || extension == "txt");
        if path.is_file() && !file::is_part(&path) && (appended || fs::hard_link(&path, to.join(&name)).is_err()) {
            fs::copy(&path, to.join(&name))?;
        }
    }
    file::sync_folder(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_unchanged_for_as_long_as_this_process_has_seen_it_so() {
        let (mut sightings, path) = (Sightings::default(), Path::new("a.1"));
        for (second, bytes, unchanged, changes) in [
            // Whatever its own clock says, it is seen for the first time.
            (1000, "one", 0, false),
            (1080, "one", 80, false),
            (1089, "two", 0, true),
            (1179, "two", 90, true),
            // If the reader's clock did go back, nothing would be taken.
            (1000, "two", 0, true),
        ] {
            let (found, changed) = sightings.look_at(path, bytes.as_bytes(), Duration::from_secs(second));
            assert_eq!((found.as_secs(), changed), (unchanged, changes), "{second} {bytes}");
        }
    }
}
