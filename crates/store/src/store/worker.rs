//! Who is at an experiment: each process that trains has a file of its own in `workers/`, which it writes anew again and again.
//!
//! Three things tell whether it lives. On a disk of this machine it holds a lock on its file, which the kernel drops however it
//! ends. Of a process of this machine the kernel knows whether it is there. Of all others nothing is known but when their files
//! changed last, by the reader's clock. Locks of network file systems are not believed: some are silently those of one node.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions, TryLockError},
    hash::{BuildHasher, Hasher, RandomState},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use byolab_values::process::{self, ProcessIdentity};

use super::{
    fence::{Fence, Revoked},
    file,
};

/// Its name in an experiment.
pub const FOLDER: &str = "workers";

const EXTENSION: &str = "json";

/// How often a worker says that it lives, and for how long it may be silent before its trials are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimes {
    /// Between two beats.
    pub beat: Duration,
    /// Without a beat, by the taker's clock.
    pub expiry: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { beat: Duration::from_secs(30), expiry: Duration::from_secs(90) }
    }
}

/// The process that trains an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerInfo {
    /// Of the process.
    pub pid: u32,
    /// The machine's name.
    pub host: String,
    /// What it trains on.
    pub device: String,
    /// When it was started.
    pub started: Timestamp,
}

/// What a worker says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Process, machine, device.
    #[serde(flatten)]
    pub runner: RunnerInfo,
    /// Drawn at random: no two workers have the same.
    pub token: String,
    /// What a scheduler calls the job that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The ids of the trials that it trains now.
    pub trains: Vec<String>,
    /// Since when it trains them.
    pub since: Timestamp,
    /// How often it has said that it lives.
    pub beats: u64,
    /// When it said so last, by its own clock.
    pub heard: Timestamp,
    identity: ProcessIdentity,
    /// Whether it holds a lock on its file.
    locked: bool,
}

impl WorkerInfo {
    /// What a worker's file says; none where it is no such file, or is being written.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Whether a worker lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// For certain.
    Alive,
    /// Has ended for certain.
    Gone,
    /// Cannot be known from here.
    Unknown,
}

/// Tokens of this process's own workers. A process that another one has taken the place of has none.
static OWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// What is known of the worker that has written the file at `path`. Of one that is frozen nobody knows whether it wakes.
pub fn life(path: &Path, info: &WorkerInfo) -> Life {
    match by_system(path, info) {
        Life::Alive if info.identity.is_frozen() => Life::Unknown,
        life => life,
    }
}

fn by_system(path: &Path, info: &WorkerInfo) -> Life {
    if info.locked && is_local(path) {
        match File::open(path).map(|file| file.try_lock_shared().inspect(|()| drop(file.unlock()))) {
            Ok(Ok(())) => return Life::Gone,
            Ok(Err(TryLockError::WouldBlock)) => return Life::Alive,
            Err(error) if file::is_gone(&error) => return Life::Gone,
            _ => {}
        }
    }
    match info.identity.lives() {
        Some(true) if info.identity == ProcessIdentity::own() && !unpoisoned(&OWN).contains(&info.token) => Life::Gone,
        Some(true) => Life::Alive,
        Some(false) => Life::Gone,
        None => Life::Unknown,
    }
}

/// What a file system answers that has no locks, or whose server of locks is away.
pub fn has_no_locks(error: &io::Error) -> bool {
    const WITHOUT: [Errno; 4] = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP];
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error().is_some_and(|code| WITHOUT.iter().any(|without| without.raw_os_error() == code))
}

/// Whether a lock on such a file is one of this machine's kernel: by the numbers that Linux has for file systems (statfs(2)).
#[cfg(target_os = "linux")]
pub fn is_local(path: &Path) -> bool {
    /// ext, XFS, Btrfs, tmpfs, ramfs, overlay, ZFS, F2FS, bcachefs, JFS, ReiserFS, NILFS.
    const LOCAL: [u64; 12] = [
        0xef53,
        0x5846_5342,
        0x9123_683e,
        0x0102_1994,
        0x8584_58f6,
        0x794c_7630,
        0x2fc1_2fc1,
        0xf2f5_2010,
        0xca45_1a4e,
        0x3153_464a,
        0x5265_4973,
        0x3434,
    ];
    rustix::fs::statfs(path).is_ok_and(|found| LOCAL.contains(&(found.f_type as u64 & 0xffff_ffff)))
}

/// Elsewhere locks are believed.
#[cfg(not(target_os = "linux"))]
pub fn is_local(_: &Path) -> bool {
    true
}

/// The workers of an experiment whose files are there, in the order in which they were started, and whether they live.
pub fn all(experiment: &Path) -> io::Result<Vec<(WorkerInfo, Life)>> {
    let entries = match fs::read_dir(experiment.join(FOLDER)) {
        Err(error) if file::is_gone(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Some(info) = file::read(&path).ok().and_then(|bytes| WorkerInfo::parse(&bytes))
        {
            let life = life(&path, &info);
            found.push((info, life));
        }
    }
    found.sort_by(|(a, _), (b, _)| (a.runner.started, &a.token).cmp(&(b.runner.started, &b.token)));
    Ok(found)
}

/// Those that live, as far as one look can tell: of workers on other machines those that were heard of not long ago, by the
/// clocks. Nothing is taken from anybody because of this.
pub fn live(experiment: &Path) -> io::Result<Vec<WorkerInfo>> {
    let (now, patience) = (Timestamp::now(), LeaseTimes::default().expiry);
    let heard = |info: &WorkerInfo| now.duration_since(info.heard).unsigned_abs() <= patience;
    let lives = |(info, life): &(WorkerInfo, Life)| *life == Life::Alive || (*life == Life::Unknown && heard(info));
    Ok(all(experiment)?.into_iter().filter(lives).map(|(info, _)| info).collect())
}

/// This process at an experiment, for as long as it lives.
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    path: PathBuf,
    token: String,
    times: LeaseTimes,
    /// Dropped, it ends the thread that beats.
    _beating: Sender<()>,
}

#[derive(Debug)]
struct Shared {
    told: Mutex<Told>,
    /// By trial.
    fences: Mutex<BTreeMap<String, Fence>>,
    revoked: AtomicBool,
}

/// The file and what it says.
#[derive(Debug)]
struct Told {
    file: File,
    info: WorkerInfo,
    /// The most bytes that it has had: it grows alone, so that whoever reads meanwhile finds no rest of what was longer.
    width: usize,
}

impl Worker {
    /// Says that this process is at the experiment.
    ///
    /// # Errors
    /// Where the folder cannot be written, or the system gives no thread.
    pub fn begin(experiment: &Path, runner: &RunnerInfo, job: Option<String>, times: LeaseTimes) -> Result<Self> {
        forget_gone(experiment).with_context(|| format!("cannot read {}", experiment.display()))?;
        let token = token();
        let path = named(experiment, &token);
        let cannot = || file::cannot_write(&path);
        let file = create(&path).with_context(cannot)?;
        // Readers have it locked for a moment alone.
        let locked = is_local(&path) && file.lock().is_ok();
        let info = WorkerInfo {
            runner: runner.clone(),
            token: token.clone(),
            job,
            trains: Vec::new(),
            since: runner.started,
            beats: 0,
            heard: Timestamp::now(),
            identity: ProcessIdentity::own(),
            locked,
        };
        let told = Mutex::new(Told { file, info, width: 0 });
        let shared = Arc::new(Shared { told, fences: Mutex::default(), revoked: AtomicBool::new(false) });
        unpoisoned(&OWN).insert(token.clone());
        let (sender, receiver) = channel();
        let worker = Self { shared: shared.clone(), path, token, times, _beating: sender };
        worker.shared.beat().with_context(|| file::cannot_write(&worker.path))?;
        process::begin(move || shared.keep_beating(times.beat, &receiver))?;
        Ok(worker)
    }

    /// Of this worker.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its own file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How often it beats, and what it grants others.
    pub fn times(&self) -> LeaseTimes {
        self.times
    }

    /// Says which trials are in training from now on.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn trains(&self, trials: Vec<String>) -> io::Result<()> {
        {
            let mut told = unpoisoned(&self.shared.told);
            (told.info.trains, told.info.since) = (trials, Timestamp::now());
        }
        self.shared.beat()
    }

    /// Whether a trial that it holds was found to be another's.
    pub fn is_revoked(&self) -> bool {
        self.shared.revoked.load(Ordering::Relaxed)
    }

    /// Holds trials from now on, in place of those that it has held; returns these.
    pub fn hold(&self, fences: BTreeMap<String, Fence>) -> BTreeMap<String, Fence> {
        self.shared.revoked.store(false, Ordering::Relaxed);
        std::mem::replace(&mut unpoisoned(&self.shared.fences), fences)
    }

    /// What is asked before a trial's files are published.
    pub fn fence(&self, trial: &str) -> Fence {
        unpoisoned(&self.shared.fences).get(trial).cloned().unwrap_or_default()
    }
}

impl Drop for Worker {
    /// One that is left behind by a kill does no harm.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = unpoisoned(&self.shared.told).file.unlock();
        unpoisoned(&OWN).remove(&self.token);
        // Others may be there.
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

impl Shared {
    /// A beat that the disk does not take is made up for by the next one.
    fn keep_beating(&self, every: Duration, ended: &Receiver<()>) {
        while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let _ = self.beat();
            self.look();
        }
    }

    /// Says that the worker lives: in place and in one write, so that a lock and other names of the file stay.
    fn beat(&self) -> io::Result<()> {
        let mut told = unpoisoned(&self.told);
        (told.info.beats, told.info.heard) = (told.info.beats + 1, Timestamp::now());
        let mut text = serde_json::to_string(&told.info).expect("a worker has a text");
        told.width = told.width.max(text.len());
        text.extend(std::iter::repeat_n(' ', told.width - text.len()));
        told.file.write_all_at(text.as_bytes(), 0)
    }

    /// Whether all that it holds is still its own.
    fn look(&self) {
        let fences: Vec<Fence> = unpoisoned(&self.fences).values().cloned().collect();
        let lost = |fence: &Fence| fence.check().is_err_and(|error| error.is::<Revoked>());
        if fences.iter().any(lost) {
            self.revoked.store(true, Ordering::Relaxed);
        }
    }
}

/// Takes away the names that kills have left. What such workers have claimed stays, until somebody wants it.
fn forget_gone(experiment: &Path) -> io::Result<()> {
    let long_ago = |info: &WorkerInfo| Timestamp::now().duration_since(info.heard).as_hours() >= 24;
    for (info, life) in all(experiment)? {
        if life == Life::Gone || (life == Life::Unknown && long_ago(&info)) {
            let _ = fs::remove_file(named(experiment, &info.token));
        }
    }
    Ok(())
}

fn named(experiment: &Path, token: &str) -> PathBuf {
    experiment.join(FOLDER).join(token).with_added_extension(EXTENSION)
}

/// Makes a worker's file. The last one of others takes the folder with it, at any moment.
fn create(path: &Path) -> io::Result<File> {
    loop {
        file::create_folder(path.parent().expect("it lies in a folder"))?;
        match OpenOptions::new().create_new(true).read(true).write(true).open(path) {
            Err(error) if file::is_gone(&error) && !path.parent().is_some_and(Path::exists) => {}
            file => return file,
        }
    }
}

/// 64 bits that the standard library draws.
fn token() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
