//! What a machine can do to a run: requests to the disk that fail, kills, power that goes. After each, running again ends
//! with the numbers of an undisturbed run, and what was said to be kept is there.
//!
//! The suite tries a sample that a minute is enough for; `BYOLAB_FAULTS=all` tries everything, and `BYOLAB_FAULTS=kills=2000`
//! so many kills. `tests/README.md` says what was found by it.

mod disk;
mod shim;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use ::byolab::store::{State, Store};
use tempfile::TempDir;

use crate::cli::{self, byolab};
use disk::{Disk, Loss};
use shim::{Fault, How};

const SWEEP: &str = include_str!("faults/sweep.toml");
const RUN: &str = "run sweep.toml";
/// What is different each time.
const TIMES: [&str; 2] = ["images_per_second", "data_wait"];
/// Cases after which a long trial says how far it is.
const TOLD_EVERY: usize = 250;
/// Threads that try faults beside each other.
const BESIDE: usize = 2;

/// What of a trial must not change, by its id: final numbers, the loss after every step, and the encoder.
type Numbers = BTreeMap<String, (BTreeMap<String, f64>, Vec<(u64, f64)>, Vec<u8>)>;

/// A folder with the experiment in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sweep.toml"), SWEEP).unwrap();
    folder
}

fn numbers(folder: &Path) -> Numbers {
    let experiment = Store::new(folder.join("runs")).experiment("sweep");
    let snapshot = experiment.snapshot().unwrap();
    let finished = snapshot.runs.iter().filter(|(_, run)| run.state == State::Finished);
    finished
        .map(|(id, run)| {
            let measured = run.results.iter().filter(|(name, _)| !TIMES.contains(&name.as_str()));
            let results = measured.map(|(name, value)| (name.clone(), *value)).collect();
            let encoder = fs::read(experiment.trial(id).join("encoder.safetensors")).unwrap_or_default();
            (id.clone(), (results, run.series["loss"].clone(), encoder))
        })
        .collect()
}

/// Each whole line of every file of events.
fn recorded(folder: &Path) -> BTreeSet<(PathBuf, String)> {
    let mut lines = BTreeSet::new();
    for entry in fs::read_dir(folder.join("runs/sweep")).into_iter().flatten().flatten() {
        let text = fs::read(entry.path().join("events.jsonl")).unwrap_or_default();
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        lines.extend(String::from_utf8_lossy(&text[..whole]).lines().map(|line| (entry.path(), line.to_owned())));
    }
    lines
}

/// Files that nobody will finish.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.join("runs/sweep")).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = folders.flat_map(|path| match fs::read_dir(&path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path],
    });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "part")).collect()
}

/// An undisturbed run: its numbers, and the trace of what it asked of the disk.
fn undisturbed(library: &Path) -> (Numbers, Vec<disk::Request>, PathBuf) {
    let (folder, beside) = (folder(), tempfile::tempdir().unwrap());
    let trace = beside.path().join("trace");
    let output = shim::command(folder.path(), RUN, library).env("FAULTS_TRACE", &trace).output().unwrap();
    assert_eq!(shim::end(&output), 0, "{}", told(&output));
    let numbers = numbers(folder.path());
    assert_eq!(numbers.len(), 4);
    (numbers, disk::trace(&trace), folder.path().canonicalize().unwrap())
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What `BYOLAB_FAULTS` asks for under `name`, or else `few`; none where it asks for everything.
fn amount(name: &str, few: usize) -> Option<usize> {
    let asked = env::var("BYOLAB_FAULTS").unwrap_or_default();
    let number = asked.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    if asked.split(',').any(|part| part == "all") { number } else { Some(number.unwrap_or(few)) }
}

/// Every so many-th of `all`, so that about `amount` are left, the first and the last among them.
fn sample<T: Clone>(all: &[T], amount: Option<usize>) -> Vec<T> {
    let wanted = amount.unwrap_or(all.len()).clamp(1, all.len());
    (0..wanted).map(|place| all[place * (all.len() - 1) / wanted.saturating_sub(1).max(1)].clone()).collect()
}

/// Does `each` of `cases`, some beside each other; all that went wrong is told at once, with how many were tried.
fn all<T: Sync>(what: &str, cases: &[T], each: impl Fn(&T) -> Result<(), String> + Sync) {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(place) else { break };
            wrong.extend(each(case).err());
            if (place + 1).is_multiple_of(TOLD_EVERY) {
                println!("{what}: {} tried, {} of them by this thread wrong", place + 1, wrong.len());
            }
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..BESIDE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    println!("{what}: {} tried in {:.0} s, {} wrong", cases.len(), begun.elapsed().as_secs_f64(), wrong.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Runs again, undisturbed, and compares with an undisturbed run; `before` is what had been recorded.
fn goes_on(folder: &Path, expected: &Numbers, before: &BTreeSet<(PathBuf, String)>) -> Result<(), String> {
    let again = byolab(folder, RUN);
    if again.status.code() != Some(0) {
        return Err(format!("run again ended with {}: {}", shim::end(&again), told(&again)));
    }
    let lost = before.difference(&recorded(folder)).count();
    match (&numbers(folder) == expected, lost, leftovers(folder)) {
        (false, ..) => Err("other numbers after running again".into()),
        (_, 1.., _) => Err(format!("{lost} recorded lines are lost")),
        (_, _, left) if !left.is_empty() => Err(format!("{left:?} stay for ever")),
        _ => Ok(()),
    }
}

#[test]
fn whatever_the_disk_refuses_is_told_and_costs_nothing_that_was_recorded() {
    let Some(library) = shim::library() else { return };
    let (expected, requests, _) = undisturbed(library);
    let count = requests.iter().filter(|request| request.told().is_none()).count();
    let ways = [
        How::Error(libc::ENOSPC),
        How::Full,
        How::Error(libc::EIO),
        How::Error(libc::EROFS),
        How::Error(libc::EMFILE),
        How::Error(libc::EINTR),
        How::Short,
        How::Kill,
        How::Tear,
        How::After,
        How::Lost,
    ];
    // A prime number beside the number of ways: a sample meets all of them.
    let faults: Vec<Fault> = (1..=count).flat_map(|at| ways.map(|how| Fault { at, how })).collect();
    all("requests refused", &sample(&faults, amount("requests", 61)), |fault| {
        let wrong = |words: String| format!("{fault:?}: {words}");
        refused(library, *fault, &expected).map_err(wrong)
    });
}

fn refused(library: &Path, fault: Fault, expected: &Numbers) -> Result<(), String> {
    let folder = folder();
    let mut command = shim::command(folder.path(), RUN, library);
    shim::inject(&mut command, fault);
    let output = command.output().unwrap();
    let (end, said) = (shim::end(&output), told(&output));
    let finished = numbers(folder.path()).len();
    if said.contains("panicked") || said.contains("RUST_BACKTRACE") {
        return Err(format!("a panic: {said}"));
    }
    match end {
        0 if finished < 4 && fault.how != How::Lost => {
            return Err(format!("exit code 0 with {finished} trials: {said}"));
        }
        0..=4 => {}
        end if fault.how.kills() && end == -libc::SIGKILL => {}
        end => return Err(format!("ended with {end}: {said}")),
    }
    // Whoever reads meanwhile is not harmed.
    let listed = byolab(folder.path(), "list");
    let away = fault.how == How::Lost;
    let begun = folder.path().join("runs/sweep/experiment.toml").exists();
    if begun && !away && listed.status.code() != Some(0) {
        return Err(format!("list ended with {}: {}", shim::end(&listed), told(&listed)));
    }
    let before = recorded(folder.path());
    goes_on(folder.path(), expected, &before).map_err(|wrong| format!("{wrong}; it had said: {said}"))
}

#[test]
fn what_is_wrong_with_one_trial_costs_no_face_and_no_format_the_others() {
    let whole = folder();
    assert_eq!(byolab(whole.path(), RUN).status.code(), Some(0));
    let trial = numbers(whole.path()).into_keys().next().unwrap();
    let formats =
        ::byolab::report::FORMATS.iter().map(|format| format!("report sweep --output out --format {}", format.name));
    let commands: Vec<String> =
        ["list".into(), "list sweep".into(), format!("show {trial}")].into_iter().chain(formats).collect();
    let trial = whole.path().join("runs/sweep").join(trial);
    let (events, recipe) = (trial.join("events.jsonl"), trial.join("recipe.toml"));
    let [known_events, known_recipe] = [&events, &recipe].map(|path| fs::read(path).unwrap());
    type Damage<'a> = (&'a str, Box<dyn Fn() + 'a>);
    let damages: [Damage; 4] = [
        ("a line that is no text", Box::new(|| fs::write(&events, [&known_events[..], b"\xff\n"].concat()).unwrap())),
        ("a recipe that is none", Box::new(|| fs::write(&recipe, "lr = [").unwrap())),
        (
            "a pipe for events",
            Box::new(|| {
                fs::remove_file(&events).unwrap();
                assert!(Command::new("mkfifo").arg(&events).status().unwrap().success());
            }),
        ),
        (
            "a folder for events",
            Box::new(|| {
                fs::remove_file(&events).unwrap();
                fs::create_dir(&events).unwrap();
            }),
        ),
    ];
    for (what, damage) in damages {
        damage();
        for command in &commands {
            let output = byolab(whole.path(), command);
            assert_eq!(output.status.code(), Some(0), "{what}, {command}: {}", told(&output));
        }
        fs::remove_file(&events).or_else(|_| fs::remove_dir(&events)).unwrap();
        fs::write(&events, &known_events).unwrap();
        fs::write(&recipe, &known_recipe).unwrap();
    }
}

#[test]
fn a_kill_at_any_instant_changes_no_number() {
    let Some(library) = shim::library() else { return };
    let begun = Instant::now();
    let (expected, ..) = undisturbed(library);
    let lasts = begun.elapsed();
    let kills = amount("kills", 12).unwrap_or(2000);
    let seeds: Vec<u64> = (0..kills as u64).collect();
    all("kills", &seeds, |seed| {
        let folder = folder();
        let mut draws = *seed;
        for _ in 0..2 {
            draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            killed(folder.path(), lasts.mul_f64((draws >> 33) as f64 / f64::from(1_u32 << 31)));
        }
        let before = recorded(folder.path());
        goes_on(folder.path(), &expected, &before).map_err(|wrong| format!("seed {seed}: {wrong}"))
    });
}

/// Runs, and kills after a while.
fn killed(folder: &Path, after: Duration) {
    let mut command = cli::command(folder, RUN);
    command.env("RAYON_NUM_THREADS", "1");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_was_said_to_be_finished_outlives_a_loss_of_power() {
    let Some(library) = shim::library() else { return };
    let (expected, requests, root) = undisturbed(library);
    let changing = (0..requests.len()).filter(|place| requests[*place].changes() || requests[*place].told().is_some());
    let losses = [Loss::All, Loss::Bytes, Loss::Zeros, Loss::Names];
    let cases: Vec<(usize, Loss)> = changing.flat_map(|place| losses.map(|loss| (place + 1, loss))).collect();
    all("losses of power", &sample(&cases, amount("power", 41)), |(done, loss)| {
        let (mut disk, mut finished) = (Disk::default(), 0);
        for request in &requests[..*done] {
            disk.replay(request);
            finished += request.told().map_or(0, |line| line.matches("   finished").count());
        }
        let folder = folder();
        disk.lay(&root, folder.path(), *loss);
        let kept = numbers(folder.path());
        let wrong = |words: String| format!("after request {done}, {loss:?} lost: {words}");
        if kept.len() < finished {
            return Err(wrong(format!("{finished} were said to be finished, {} are", kept.len())));
        }
        if kept.iter().any(|(id, found)| expected[id] != *found) {
            return Err(wrong("other numbers are there".into()));
        }
        goes_on(folder.path(), &expected, &BTreeSet::new()).map_err(wrong)
    });
}
