//! The sweeps that are disturbed, what of them must not change, and what may not be left behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use ::byolab::store::{State, Store};
use image::ImageFormat;
use tempfile::TempDir;

use super::{disk, shim};
use crate::{
    cli,
    formats::{encoded, picture},
};

/// A sweep: its name, its file, and how many trials it has.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    text: &'static str,
    pub trials: usize,
    /// Whether its images are files that have to be decoded.
    decodes: bool,
}

pub const KINDS: [Kind; 3] = [
    Kind { name: "sweep", text: include_str!("sweep.toml"), trials: 4, decodes: false },
    Kind { name: "finetune", text: include_str!("finetune.toml"), trials: 2, decodes: false },
    Kind { name: "decode", text: include_str!("decode.toml"), trials: 1, decodes: true },
];

/// What is different each time.
const TIMES: [&str; 2] = ["images_per_second", "data_wait"];
/// Images of a sweep that decodes: so large that a kill meets it decoding.
const PICTURES: u32 = 48;
const SIDE: u32 = 400;

/// What of a trial must not change, by its id: final numbers, the loss after every step, and the encoder.
pub type Numbers = BTreeMap<String, (BTreeMap<String, f64>, Vec<(u64, f64)>, Vec<u8>)>;

/// What an undisturbed run leaves and asks for.
pub struct Undisturbed {
    pub numbers: Numbers,
    pub requests: Vec<disk::Request>,
    /// The folder that the requests were asked of.
    pub root: PathBuf,
}

impl Kind {
    /// A folder with the experiment in it, and its images.
    pub fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir_in(quick()).unwrap();
        fs::write(folder.path().join(self.name).with_extension("toml"), self.text).unwrap();
        let pictures = if self.decodes { pictures() } else { &[] };
        for (name, bytes) in pictures {
            let path = folder.path().join("data/mine").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    /// What trains it: on the CPU, where numbers are equal bit for bit, whatever else this machine has.
    pub fn run(&self) -> String {
        format!("run {}.toml --data data --device cpu", self.name)
    }

    /// The program, keeping what it keeps elsewhere in the folder too.
    pub fn command(&self, folder: &Path, arguments: &str) -> Command {
        let mut command = cli::command(folder, arguments);
        command.env("RAYON_NUM_THREADS", "1").env("XDG_CACHE_HOME", folder.join("xdg")).stdin(Stdio::null());
        command
    }

    pub fn byolab(&self, folder: &Path, arguments: &str) -> Output {
        self.command(folder, arguments).output().unwrap()
    }

    pub fn numbers(&self, folder: &Path) -> Numbers {
        let experiment = Store::new(folder.join("runs")).experiment(self.name);
        let snapshot = experiment.snapshot().unwrap();
        let finished = snapshot.runs.iter().filter(|(_, run)| run.state == State::Finished);
        finished
            .map(|(id, run)| {
                let measured = run.results.iter().filter(|(name, _)| !TIMES.contains(&name.as_str()));
                let results = measured.map(|(name, value)| (name.clone(), *value)).collect();
                let encoder = fs::read(experiment.trial(id).join("encoder.safetensors")).unwrap_or_default();
                (id.clone(), (results, run.series["loss"].clone(), behind_header(&encoder).to_vec()))
            })
            .collect()
    }

    /// Each whole line of every file of events.
    pub fn recorded(&self, folder: &Path) -> BTreeSet<(PathBuf, String)> {
        let mut lines = BTreeSet::new();
        for entry in fs::read_dir(folder.join("runs").join(self.name)).into_iter().flatten().flatten() {
            let text = fs::read(entry.path().join("events.jsonl")).unwrap_or_default();
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            lines.extend(String::from_utf8_lossy(&text[..whole]).lines().map(|line| (entry.path(), line.to_owned())));
        }
        lines
    }

    /// An undisturbed run of it, made once.
    pub fn undisturbed(&self, library: &Path) -> &'static Undisturbed {
        static MADE: [OnceLock<Undisturbed>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
        let place = KINDS.iter().position(|kind| kind.name == self.name).unwrap();
        MADE[place].get_or_init(|| self.undisturbed_run(library))
    }

    fn undisturbed_run(&self, library: &Path) -> Undisturbed {
        let folder = self.folder();
        let requests = self.traced(folder.path(), &self.run(), library);
        let numbers = self.numbers(folder.path());
        assert_eq!(numbers.len(), self.trials, "{}", self.name);
        Undisturbed { numbers, requests, root: folder.path().canonicalize().unwrap() }
    }

    /// Has the program do its work, and writes down what it asks of the disk.
    pub fn traced(&self, folder: &Path, arguments: &str, library: &Path) -> Vec<disk::Request> {
        let trace = tempfile::NamedTempFile::new().unwrap();
        let mut command = self.command(folder, arguments);
        let output = shim::watched(&mut command, folder, library).env("FAULTS_TRACE", trace.path()).output().unwrap();
        assert_eq!(shim::end(&output), 0, "{}", told(&output));
        disk::trace(trace.path())
    }

    /// Runs again, undisturbed, and compares with an undisturbed run; `before` is what had been recorded.
    pub fn goes_on(
        &self,
        folder: &Path,
        expected: &Numbers,
        before: &BTreeSet<(PathBuf, String)>,
    ) -> Result<(), String> {
        let again = self.byolab(folder, &self.run());
        if again.status.code() != Some(0) {
            return Err(format!("run again ended with {}: {}", shim::end(&again), told(&again)));
        }
        let lost = before.difference(&self.recorded(folder)).count();
        match (&self.numbers(folder) == expected, lost, leftovers(folder)) {
            (false, ..) => Err("other numbers after running again".into()),
            (_, 1.., _) => Err(format!("{lost} recorded lines are lost")),
            (_, _, left) if !left.is_empty() => Err(format!("{left:?} stay for ever")),
            _ => Ok(()),
        }
    }
}

/// Where nothing waits for a disk, if there is such a place with room: faults are of what is asked for, and a sweep asks a
/// hundred times that its files be synced.
fn quick() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let room = rustix::fs::statvfs(&memory).map_or(0, |memory| memory.f_bavail * memory.f_frsize);
    if room > 1 << 30 { memory } else { env::temp_dir() }
}

/// What was told on standard error.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Files that nobody will finish. What lies in `away` a test has put there.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let unfinished =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "part" || extension == "new");
    let mut left = files(folder);
    left.retain(|path| unfinished(path) && !path.starts_with(folder.join("away")));
    left
}

/// The numbers of a safetensors file; in its header entries stand in any order.
fn behind_header(file: &[u8]) -> &[u8] {
    let header = file.first_chunk().map_or(0, |length| u64::from_le_bytes(*length) as usize + 8);
    &file[header..]
}

/// Files of three classes, none like another.
fn pictures() -> &'static [(String, Vec<u8>)] {
    static MADE: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    MADE.get_or_init(|| {
        let file = |index: u32| {
            let image = picture(SIDE - 3 * index, SIDE).into();
            (format!("class {}/{index}.png", index % 3), encoded(&image, ImageFormat::Png))
        };
        (0..PICTURES).map(file).collect()
    })
}
