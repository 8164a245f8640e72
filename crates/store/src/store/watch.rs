//! Reading an experiment again and again: only what was appended since the last look is read and parsed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Deserialize;

use super::{
    ExperimentFolder, Run, RunnerInfo, Snapshot, State, claim,
    index::Index,
    names::Owner,
    recorder::{EVENTS, RECIPE},
    tail::{Change, Tail},
};
use byolab_values::protocol::{AlarmKind, Event, Record, What};

/// A reader of an experiment's folder. It never writes, and any number of them may read along.
#[derive(Debug)]
pub struct Watch {
    folder: ExperimentFolder,
    /// Whether series are thinned.
    thinned: bool,
    index: Option<Index>,
    /// The same trials as in the snapshot.
    places: BTreeMap<String, Place>,
    /// Whose the folders are that were seen.
    owners: BTreeMap<String, Owner>,
    snapshot: Snapshot,
    unread: Arc<AtomicUsize>,
}

/// How far a trial is read.
#[derive(Debug)]
struct Place {
    tail: Tail,
    /// Bytes of its events that the index holds.
    kept: u64,
}

impl Watch {
    pub fn new(folder: ExperimentFolder) -> Self {
        let unread = Arc::default();
        Self {
            folder,
            thinned: false,
            index: None,
            places: BTreeMap::new(),
            owners: BTreeMap::new(),
            snapshot: Snapshot::default(),
            unread,
        }
    }

    /// For those who only draw: long series are thinned, and readings are kept in the folder `index`, where one is
    /// named, so that the next watch need not parse all events again. `unread` counts the runs that the reading at work
    /// has before it.
    pub fn to_draw(folder: ExperimentFolder, index: Option<PathBuf>, unread: Arc<AtomicUsize>) -> Self {
        Self { thinned: true, index: index.map(Index::new), unread, ..Self::new(folder) }
    }

    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// Reads what is new; whether anything was. Where nothing is, it costs a few questions to the file system a trial.
    ///
    /// # Errors
    /// Where the folder is there and cannot be read.
    pub fn poll(&mut self) -> Result<bool> {
        self.poll_while(&|| true)
    }

    /// The same, for as long as `go_on` says so: what is left then is read the next time.
    ///
    /// # Errors
    /// As [`Self::poll`].
    pub fn poll_while(&mut self, go_on: &(dyn Fn() -> bool + Sync)) -> Result<bool> {
        self.read(go_on).with_context(|| format!("cannot read {}", self.folder.path().display()))
    }

    fn read(&mut self, go_on: &(dyn Fn() -> bool + Sync)) -> io::Result<bool> {
        let runner = claim::live(self.folder.path())?;
        let mut changed = self.follow()?;
        changed |= self.read_events(go_on)?;
        changed |= runner != self.snapshot.runner;
        self.snapshot.runner = runner;
        for run in self.snapshot.runs.values_mut() {
            let state = state(run, self.snapshot.runner.as_ref());
            changed |= state != run.state;
            run.state = state;
        }
        Ok(changed)
    }

    /// Begins with the trials that are new and drops those that are gone; whether there were such.
    fn follow(&mut self) -> io::Result<bool> {
        let trials = self.trials()?;
        let known = self.places.len();
        self.places.retain(|id, _| trials.contains_key(id));
        self.snapshot.runs.retain(|id, _| trials.contains_key(id));
        let mut changed = self.places.len() < known;
        if let Some(index) = self.index.as_ref().filter(|_| changed || known == 0) {
            index.keep_only(&trials.keys().cloned().collect());
        }
        for (id, folder) in trials {
            if self.snapshot.runs.get(&id).is_none_or(|run| run.folder != folder) {
                let (run, tail) = self.begin(&id, &folder);
                self.snapshot.runs.insert(id.clone(), run);
                self.places.insert(id, Place { kept: tail.offset(), tail });
                changed = true;
            }
        }
        Ok(changed)
    }

    /// What is known of a trial from an earlier watch, and where reading goes on.
    fn begin(&self, id: &str, folder: &str) -> (Run, Tail) {
        let events = self.folder.path().join(folder).join(EVENTS);
        let known = self.index.as_ref().and_then(|index| index.load(id, &events));
        known.unwrap_or_else(|| (self.empty(folder), Tail::new(events)))
    }

    fn empty(&self, folder: &str) -> Run {
        let probes = self.owners.get(folder).and_then(|owner| owner.probes.clone());
        Run { thinned: self.thinned, folder: folder.to_owned(), probes, ..Run::default() }
    }

    /// The trials that have a folder, and its name; none where the experiment has none. Of two folders of one trial
    /// that which bears its id is the trial's, or else the first; the other is known by its own name.
    fn trials(&mut self) -> io::Result<BTreeMap<String, String>> {
        let entries = match fs::read_dir(self.folder.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            entries => entries?,
        };
        let mut folders = BTreeSet::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if self.owners.contains_key(&name) || entry.path().join(RECIPE).exists() {
                folders.insert(name);
            }
        }
        self.owners.retain(|name, _| folders.contains(name));
        let new: Vec<String> = folders.iter().filter(|name| !self.owners.contains_key(*name)).cloned().collect();
        let path = self.folder.path();
        let found: Vec<(String, Owner)> =
            new.into_par_iter().map(|name| (name.clone(), Owner::of(path, &name))).collect();
        self.owners.extend(found);
        let mut trials: BTreeMap<String, String> = self.own_names().collect();
        for (name, Owner { id, .. }) in self.owners.iter().filter(|(name, owner)| **name != owner.id) {
            let id = if trials.contains_key(id) { name } else { id };
            trials.insert(id.clone(), name.clone());
        }
        Ok(trials)
    }

    /// The folders that bear their trial's id.
    fn own_names(&self) -> impl Iterator<Item = (String, String)> {
        let own = self.owners.keys().filter(|name| self.owners[*name].id == **name);
        own.map(|name| (name.clone(), name.clone()))
    }

    /// Reads the trials that have changed, on all cores.
    fn read_events(&mut self, go_on: &(dyn Fn() -> bool + Sync)) -> io::Result<bool> {
        let mut grown = Vec::new();
        let mut changed = false;
        for ((id, place), run) in self.places.iter_mut().zip(self.snapshot.runs.values_mut()) {
            let change = place.tail.look()?;
            if change == Change::Replaced {
                let (thinned, folder, probes) = (run.thinned, run.folder.clone(), run.probes.clone());
                (*run, place.kept) = (Run { thinned, folder, probes, ..Run::default() }, 0);
                changed = true;
            }
            if change != Change::None {
                grown.push((id, place, run));
            }
        }
        self.unread.store(grown.len(), Ordering::Relaxed);
        let (folder, index, unread) = (&self.folder, self.index.as_ref(), &self.unread);
        let read = |(id, place, run): (&String, &mut Place, &mut Run)| {
            if !go_on() {
                return Ok(0);
            }
            let lines = place.tail.read(|line| take_line(run, line))?;
            if let Some(index) = index {
                place.kept =
                    index.save(id, &folder.path().join(&run.folder).join(EVENTS), &place.tail, run, place.kept);
            }
            unread.fetch_sub(1, Ordering::Relaxed);
            Ok(lines)
        };
        let lines: io::Result<Vec<usize>> = grown.into_par_iter().map(read).collect();
        Ok(changed | lines?.iter().any(|lines| *lines > 0))
    }
}

/// A trial without an end is in training where a runner lives and has begun it: this runner, not one before it. A
/// runner trains one heat at a time and gives every trial of it an end, so nothing else is needed to tell.
fn state(run: &Run, runner: Option<&RunnerInfo>) -> State {
    match (run.last, run.end(), runner) {
        (None, _, _) => State::Waiting,
        (_, Some(end), _) => end,
        (Some(last), None, Some(runner)) if last >= runner.started => State::Running,
        (Some(_), None, _) => State::Interrupted,
    }
}

fn take_line(run: &mut Run, line: &[u8]) {
    if let Ok(line) = serde_json::from_slice::<TrainedLine>(line) {
        run.take_numbers(line.event.step, line.event.what.trained.metrics);
        (run.step, run.last) = (line.event.step, Some(line.time));
    } else {
        run.take(serde_json::from_slice(line).unwrap_or_else(|_| unreadable(run)));
    }
}

/// What stands in for a damaged line, so that nobody takes the series for whole.
fn unreadable(run: &Run) -> Record {
    let what = What::Alarm {
        kind: AlarmKind::Damage,
        text: "a line of events.jsonl cannot be read and is left out".into(),
        remedy: "the file was changed or the disk is failing: delete the trial's folder and run it again".into(),
    };
    Record { time: run.last.unwrap_or(Timestamp::UNIX_EPOCH), event: Event { step: run.step, what } }
}

/// A [`Record`] of [`What::Trained`], which nearly every line is, without a copy of each name.
#[derive(Deserialize)]
struct TrainedLine<'a> {
    time: Timestamp,
    #[serde(borrow)]
    event: TrainedEvent<'a>,
}

#[derive(Deserialize)]
struct TrainedEvent<'a> {
    step: u64,
    #[serde(borrow)]
    what: TrainedWhat<'a>,
}

#[derive(Deserialize)]
struct TrainedWhat<'a> {
    #[serde(borrow)]
    trained: Numbers<'a>,
}

#[derive(Deserialize)]
struct Numbers<'a> {
    #[serde(borrow)]
    metrics: BTreeMap<&'a str, f64>,
}
