//! Reading an experiment again and again: only what was appended since the last look is read and parsed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    ExperimentFolder, Remarks, Run, Snapshot, State, elsewhere,
    index::Index,
    names::Owner,
    recorder::EVENTS,
    tail::{FileChange, Tail},
    worker::{self, WorkerInfo},
};
use byolab_values::{
    plan::Plan,
    process,
    protocol::{AlarmKind, Event, Record, What},
};

/// A reader of an experiment's folder. It never writes, and any number of them may read along.
#[derive(Debug)]
pub struct Watch {
    folder: ExperimentFolder,
    /// Whether series are thinned.
    thinned: bool,
    index: Option<Index>,
    /// Trials that are looked for in the whole store.
    sought: BTreeSet<String>,
    /// The same trials as in the snapshot.
    places: BTreeMap<String, ReadPosition>,
    /// Whose the folders are that were seen.
    owners: BTreeMap<String, Owner>,
    snapshot: Snapshot,
    unread: Arc<AtomicUsize>,
}

/// How far a trial is read.
#[derive(Debug)]
struct ReadPosition {
    /// Where it lies.
    folder: PathBuf,
    tail: Tail,
    /// Bytes of its events that the index holds.
    kept: u64,
}

impl Watch {
    /// Of a folder of which nothing was read yet.
    pub fn new(folder: ExperimentFolder) -> Self {
        Self {
            snapshot: Snapshot { store: folder.store().clone(), ..Snapshot::default() },
            folder,
            thinned: false,
            index: None,
            sought: BTreeSet::new(),
            places: BTreeMap::new(),
            owners: BTreeMap::new(),
            unread: Arc::default(),
        }
    }

    /// For those who only draw: long series are thinned, and readings are kept in the folder `index`, where one is
    /// named, so that the next watch need not parse all events again. `unread` counts the runs that the reading at work
    /// has before it.
    pub fn to_draw(folder: ExperimentFolder, index: Option<PathBuf>, unread: Arc<AtomicUsize>) -> Self {
        Self { thinned: true, index: index.map(Index::new), unread, ..Self::new(folder) }
    }

    /// Also reads the trials of this plan that lie elsewhere in the store and are finished there.
    pub fn seek(&mut self, plan: &Plan) {
        self.sought = plan.trials.iter().map(|trial| trial.id.clone()).collect();
    }

    /// What was read last.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The same, where nobody watches any more.
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
        let workers = worker::live(self.folder.path())?;
        let mut changed = self.follow()?;
        changed |= self.read_events(go_on);
        changed |= self.read_remarks();
        let trains: BTreeSet<String> = workers.iter().flat_map(|worker| worker.trains.clone()).collect();
        changed |= !same(&workers, &self.snapshot.workers);
        self.snapshot.runner = workers.first().map(|worker| worker.runner.clone());
        self.snapshot.workers = workers;
        for (id, run) in &mut self.snapshot.runs {
            let state = state(run, trains.contains(id));
            changed |= state != run.state;
            run.state = state;
        }
        Ok(changed)
    }

    /// Begins with the trials that are new and drops those that are gone; whether there were such.
    fn follow(&mut self) -> io::Result<bool> {
        let folders = self.folders()?;
        let known = self.places.len();
        self.places.retain(|id, place| folders.get(id) == Some(&place.folder));
        self.snapshot.runs.retain(|id, _| self.places.contains_key(id));
        let mut changed = self.places.len() < known;
        if let Some(index) = self.index.as_ref().filter(|_| changed || known == 0) {
            index.keep_only(&folders.keys().cloned().collect());
        }
        for (id, folder) in folders {
            if !self.places.contains_key(&id) {
                let (run, tail) = self.begin(&id, &folder);
                self.snapshot.runs.insert(id.clone(), run);
                self.places.insert(id, ReadPosition { kept: tail.offset(), tail, folder });
                changed = true;
            }
        }
        Ok(changed)
    }

    /// What is known of a trial from an earlier watch, and where reading goes on.
    fn begin(&self, id: &str, folder: &Path) -> (Run, Tail) {
        let events = folder.join(EVENTS);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = self.index.as_ref().and_then(|index| index.load(id, &events));
        known.unwrap_or_else(|| {
            // Of one that lies elsewhere its recipe is read now; those of this folder are known.
            let own = self.owners.get(&name).filter(|_| folder.parent() == Some(self.folder.path())).cloned();
            let owner = own.unwrap_or_else(|| Owner::of(folder.parent().unwrap_or(Path::new("")), &name));
            (Run { thinned: self.thinned, folder: name, probes: owner.probes, ..Run::default() }, Tail::new(events))
        })
    }

    /// The trials that have a folder, here or elsewhere, and which.
    fn folders(&mut self) -> io::Result<BTreeMap<String, PathBuf>> {
        let own = self.trials()?;
        let mut folders: BTreeMap<_, _> =
            own.into_iter().map(|(id, name)| (id, self.folder.path().join(name))).collect();
        let lacking: Vec<&String> = self.sought.iter().filter(|id| !folders.contains_key(*id)).collect();
        let others = if lacking.is_empty() { Vec::new() } else { self.folder.store().others(&self.folder.name()) };
        for id in lacking {
            // What is finished stays so.
            let is_known = |other: &ExperimentFolder| {
                self.places.get(id).is_some_and(|place| place.folder == other.trial(id)) && other.has(id)
            };
            if let Some(holder) = others.iter().find(|other| is_known(other) || other.has_finished(id)) {
                folders.insert(id.clone(), holder.trial(id));
            }
        }
        Ok(folders)
    }

    /// The trials of the experiment's own folder, and the names of theirs; none where it has none. Of two folders of one
    /// trial that which bears its id is the trial's, or else the first; the other is known by its own name.
    fn trials(&mut self) -> io::Result<BTreeMap<String, String>> {
        let entries = match fs::read_dir(self.folder.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            entries => entries?,
        };
        let mut folders = BTreeSet::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if self.owners.contains_key(&name) || elsewhere::begun(&entry.path()) {
                folders.insert(name);
            }
        }
        self.owners.retain(|name, _| folders.contains(name));
        let new: Vec<String> = folders.iter().filter(|name| !self.owners.contains_key(*name)).cloned().collect();
        let path = self.folder.path();
        self.owners.extend(process::each(new, |name| (name.clone(), Owner::of(path, &name))));
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

    /// Reads what people said; whether it is something else than before. Who asks for the remarks of one trial is told why
    /// they cannot be read; here they are no harm to the numbers.
    fn read_remarks(&mut self) -> bool {
        let of = |folder: &Path| Remarks::of(folder).unwrap_or_default();
        let said = of(self.folder.path());
        let each = self.places.iter().map(|(id, place)| (id.clone(), of(&place.folder)));
        let remarks: BTreeMap<_, _> = each.filter(|(_, remarks)| !remarks.is_empty()).collect();
        let changed = said != self.snapshot.said || remarks != self.snapshot.remarks;
        (self.snapshot.said, self.snapshot.remarks) = (said, remarks);
        changed
    }

    /// Reads the trials that have changed, on all cores. What is wrong with one is no harm to the others.
    fn read_events(&mut self, go_on: &(dyn Fn() -> bool + Sync)) -> bool {
        let mut grown = Vec::new();
        let mut changed = false;
        let thinned = self.thinned;
        let mut unreadable = BTreeMap::new();
        for ((id, place), run) in self.places.iter_mut().zip(self.snapshot.runs.values_mut()) {
            match place.tail.look() {
                Ok(FileChange::None) => continue,
                Ok(FileChange::Grown) => {}
                Ok(FileChange::Replaced) => {
                    let (folder, probes) = (run.folder.clone(), run.probes.clone());
                    (*run, place.kept) = (Run { thinned, folder, probes, ..Run::default() }, 0);
                    changed = true;
                }
                Err(error) => {
                    unreadable.insert(id.clone(), sentence(place, &error));
                    continue;
                }
            }
            grown.push((id, place, run));
        }
        self.unread.store(grown.len(), Ordering::Relaxed);
        let (index, unread) = (self.index.as_ref(), &self.unread);
        let read = |(id, place, run): (&String, &mut ReadPosition, &mut Run)| {
            if !go_on() {
                return Ok(0);
            }
            let lines =
                place.tail.read(|line| take_line(run, line)).map_err(|error| (id.clone(), sentence(place, &error)))?;
            if let Some(index) = index {
                place.kept = index.save(id, &place.folder.join(EVENTS), &place.tail, run, place.kept);
            }
            unread.fetch_sub(1, Ordering::Relaxed);
            Ok(lines)
        };
        let read: Vec<Result<usize, (String, String)>> = process::each(grown, read);
        changed |= read.iter().any(|lines| matches!(lines, Ok(1..)));
        unreadable.extend(read.into_iter().filter_map(Result::err));
        changed |= unreadable != self.snapshot.unreadable;
        self.snapshot.unreadable = unreadable;
        changed
    }
}

/// Whether nobody has come, gone, or begun something else: that somebody lives is nothing new.
fn same(one: &[WorkerInfo], other: &[WorkerInfo]) -> bool {
    let what = |worker: &WorkerInfo| (worker.token.clone(), worker.since);
    one.iter().map(what).eq(other.iter().map(what))
}

/// What is told of a trial whose events cannot be read.
fn sentence(place: &ReadPosition, error: &io::Error) -> String {
    format!("cannot read {}: {error}", place.folder.join(EVENTS).display())
}

/// A trial without an end is in training where a live runner says that it trains it, whatever the clocks say.
fn state(run: &Run, is_training: bool) -> State {
    match (run.last, run.end()) {
        (None, _) => State::Waiting,
        (_, Some(end)) => end,
        (Some(_), None) if is_training => State::Running,
        (Some(_), None) => State::Interrupted,
    }
}

fn take_line(run: &mut Run, line: &[u8]) {
    if let Ok(line) = serde_json::from_slice::<TrainedLine>(line) {
        run.take_numbers(line.event.step, line.event.what.trained.metrics);
        run.pass(line.event.step, line.time);
    } else {
        match serde_json::from_slice(line) {
            Ok(record) => run.take(record),
            Err(_) if is_damaged(run) => {}
            Err(_) => run.take(unreadable(run)),
        }
    }
}

/// Whether that was told before.
fn is_damaged(run: &Run) -> bool {
    let told = |record: &Record| matches!(record.event.what, What::Alarm { kind: AlarmKind::Damage, .. });
    run.log.iter().any(told)
}

/// What stands in for damaged lines, so that nobody takes the series for whole.
fn unreadable(run: &Run) -> Record {
    let what = What::Alarm {
        kind: AlarmKind::Damage,
        text: "lines of events.jsonl cannot be read and are left out".into(),
        remedy: "a newer byolab may have written them; else the file was changed or the disk is failing: delete the \
                 trial's folder and run it again"
            .into(),
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
