//! What a machine can do to a run: requests to the disk that fail, kills, power that goes. After each, running again ends
//! with the numbers of an undisturbed run, and what was said to be kept is there.
//!
//! The suite tries a sample that a minute is enough for; `BYOLAB_FAULTS=all` tries everything, and `BYOLAB_FAULTS=kills=2000`
//! so many kills. `tests/README.md` says what was found by it.

mod disk;
pub mod shim;
mod sweep;

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write},
    num::NonZero,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use disk::{Disk, Loss};
use shim::{Fault, How};
use sweep::{KINDS, Kind, files, told};
use tempfile::TempDir;

/// Every way in which a request can end.
const WAYS: [How; 11] = [
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
/// Cases after which a long trial says how far it is.
const TOLD_EVERY: usize = 250;

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

/// A line of the summary: past the harness, which keeps what a test prints unless it fails.
fn tell(line: &str) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
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
                tell(&format!("{what}: {} tried, {} of them by this thread wrong", place + 1, wrong.len()));
            }
        }
        wrong
    };
    let beside = thread::available_parallelism().map_or(2, NonZero::get);
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..beside).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    tell(&format!("{what}: {} tried in {seconds:.0} s, {} wrong", cases.len(), wrong.len()));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Each of so many requests ended in each way.
fn faults(requests: &[disk::Request]) -> impl Iterator<Item = Fault> + use<> {
    let count = requests.iter().filter(|request| request.told().is_none()).count();
    (1..=count).flat_map(|at| WAYS.map(|how| Fault { at, how }))
}

#[test]
fn whatever_the_disk_refuses_is_told_and_costs_nothing_that_was_recorded() {
    let Some(library) = shim::library() else { return };
    let of = |kind| faults(&Kind::undisturbed(kind, library).requests).map(move |fault| (kind, fault));
    let cases: Vec<(&Kind, Fault)> = KINDS.iter().flat_map(of).collect();
    // A prime number beside the number of ways: a sample meets all of them.
    all("requests refused", &sample(&cases, amount("requests", 79)), |(kind, fault)| {
        let wrong = |words: String| format!("{}, {fault:?}: {words}", kind.name);
        refused(library, kind, *fault).map_err(wrong)
    });
}

fn refused(library: &Path, kind: &Kind, fault: Fault) -> Result<(), String> {
    let (folder, expected) = (kind.folder(), &kind.undisturbed(library).numbers);
    let mut command = kind.command(folder.path(), &kind.run());
    shim::inject(shim::watched(&mut command, folder.path(), library), fault);
    let output = command.output().unwrap();
    let (end, said) = (shim::end(&output), told(&output));
    let finished = kind.numbers(folder.path()).len();
    ended_well(fault, end, &said)?;
    if end == 0 && finished < kind.trials && fault.how != How::Lost {
        return Err(format!("exit code 0 with {finished} trials: {said}"));
    }
    // Whoever reads meanwhile is not harmed.
    let listed = kind.byolab(folder.path(), "list");
    let away = fault.how == How::Lost;
    let begun = folder.path().join("runs").join(kind.name).join("experiment.toml").exists();
    if begun && !away && listed.status.code() != Some(0) {
        return Err(format!("list ended with {}: {}", shim::end(&listed), told(&listed)));
    }
    let before = kind.recorded(folder.path());
    kind.goes_on(folder.path(), expected, &before).map_err(|wrong| format!("{wrong}; it had said: {said}"))
}

/// With an exit code and without a panic, or killed as it should be.
fn ended_well(fault: Fault, end: i32, said: &str) -> Result<(), String> {
    match end {
        _ if said.contains("panicked") || said.contains("RUST_BACKTRACE") => Err(format!("a panic: {said}")),
        0..=4 => Ok(()),
        end if fault.how.kills() && end == -libc::SIGKILL => Ok(()),
        end => Err(format!("ended with {end}: {said}")),
    }
}

#[test]
fn what_is_wrong_with_one_trial_costs_no_face_and_no_format_the_others() {
    let (kind, whole) = (&KINDS[0], KINDS[0].folder());
    assert_eq!(kind.byolab(whole.path(), &kind.run()).status.code(), Some(0));
    let trial = kind.numbers(whole.path()).into_keys().next().unwrap();
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
            let output = kind.byolab(whole.path(), command);
            assert_eq!(output.status.code(), Some(0), "{what}, {command}: {}", told(&output));
        }
        fs::remove_file(&events).or_else(|_| fs::remove_dir(&events)).unwrap();
        fs::write(&events, &known_events).unwrap();
        fs::write(&recipe, &known_recipe).unwrap();
    }
}

/// Reports in every format.
fn report() -> String {
    let formats = ::byolab::report::FORMATS.iter().map(|format| format!(" --format {}", format.name));
    format!("report sweep --output out{}", formats.collect::<String>())
}

#[test]
fn a_report_is_whole_or_not_there_whatever_befalls_it() {
    let Some(library) = shim::library() else { return };
    let (kind, trained) = (&KINDS[0], KINDS[0].folder());
    assert_eq!(kind.byolab(trained.path(), &kind.run()).status.code(), Some(0));
    let first = copy(kind, trained.path());
    let requests = kind.traced(first.path(), &report(), library);
    let expected = contents(&first.path().join("out"));
    let known: Vec<_> = expected.iter().cloned().chain(each_alone(kind, first.path())).collect();
    // Of what changes the disk: what cannot be read costs no more than its trial, and the report is another.
    let numbered = (1..).zip(requests.iter().filter(|request| request.told().is_none()));
    let writes: BTreeSet<usize> = numbered.filter(|(_, request)| request.changes()).map(|(at, _)| at).collect();
    let is_meant = |fault: &Fault| fault.how != How::Lost && writes.contains(&fault.at);
    let cases: Vec<Fault> = faults(&requests).filter(is_meant).collect();
    all("reports disturbed", &sample(&cases, amount("reports", 37)), |fault| {
        let folder = copy(kind, trained.path());
        disturbed(library, kind, folder.path(), *fault, [&known, &expected])
            .map_err(|wrong| format!("{fault:?}: {wrong}"))
    });
}

/// A file's path in its folder, and its bytes.
type Content = (PathBuf, Vec<u8>);

/// Every file of a folder.
fn contents(folder: &Path) -> Vec<Content> {
    let content = |path: PathBuf| (path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
    let mut found: Vec<_> = files(folder).into_iter().map(content).collect();
    found.sort();
    found
}

/// What each format writes by itself: several draw the same figure, some without its title.
fn each_alone(kind: &Kind, folder: &Path) -> Vec<Content> {
    let written = |format: &::byolab::report::Format| {
        let alone = format!("report sweep --output {0} --format {0}", format.name);
        assert_eq!(kind.byolab(folder, &alone).status.code(), Some(0));
        contents(&folder.join(format.name))
    };
    ::byolab::report::FORMATS.iter().flat_map(written).collect()
}

/// Nothing but `known` files are there behind the fault, and all `expected` ones after the next report.
fn disturbed(
    library: &Path,
    kind: &Kind,
    folder: &Path,
    fault: Fault,
    [known, expected]: [&[Content]; 2],
) -> Result<(), String> {
    let mut command = kind.command(folder, &report());
    shim::inject(shim::watched(&mut command, folder, library), fault);
    let output = command.output().unwrap();
    ended_well(fault, shim::end(&output), &told(&output))?;
    let is_part = |path: &Path| path.extension().is_some_and(|end| end == "part");
    let torn = |file: &&Content| !is_part(&file.0) && !known.contains(file);
    if let Some((path, _)) = contents(&folder.join("out")).iter().find(torn) {
        return Err(format!("{} is torn", path.display()));
    }
    let again = kind.byolab(folder, &report());
    let same = again.status.code() == Some(0) && contents(&folder.join("out")) == expected;
    if same { Ok(()) } else { Err(format!("another report the next time: {}", told(&again))) }
}

/// A folder with the experiment in it, and the runs that another folder has.
fn copy(kind: &Kind, from: &Path) -> TempDir {
    let folder = kind.folder();
    cp(&from.join("runs"), folder.path());
    folder
}

/// Copies a folder into another.
fn cp(from: &Path, into: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, into]).status().unwrap().success());
}

#[test]
fn a_kill_at_any_instant_changes_no_number() {
    let Some(library) = shim::library() else { return };
    let times = KINDS.each_ref().map(|kind| {
        kind.undisturbed(library);
        let (begun, folder) = (Instant::now(), kind.folder());
        assert_eq!(kind.byolab(folder.path(), &kind.run()).status.code(), Some(0));
        begun.elapsed()
    });
    let kills = amount("kills", 15).unwrap_or(2000);
    let seeds: Vec<u64> = (0..kills as u64).collect();
    all("kills", &seeds, |seed| {
        let which = (*seed % KINDS.len() as u64) as usize;
        let (kind, mut draws) = (&KINDS[which], *seed);
        let folder = kind.folder();
        for _ in 0..2 {
            draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            killed(kind, folder.path(), times[which].mul_f64((draws >> 33) as f64 / f64::from(1_u32 << 31)));
        }
        let (before, expected) = (kind.recorded(folder.path()), &kind.undisturbed(library).numbers);
        kind.goes_on(folder.path(), expected, &before).map_err(|wrong| format!("{}, seed {seed}: {wrong}", kind.name))
    });
}

/// Runs, and kills after a while.
fn killed(kind: &Kind, folder: &Path, after: Duration) {
    let mut command = kind.command(folder, &kind.run());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What runs while it trains panics where the system has no thread for it, once or every time; before it trains, that is a
/// sentence.
#[test]
fn what_breaks_while_training_is_recorded_and_tried_again_and_the_sweep_goes_on() {
    let Some(library) = shim::library() else { return };
    let (kind, beside) = (&KINDS[0], tempfile::tempdir().unwrap());
    let expected = &kind.undisturbed(library).numbers;
    let mut retried = 0;
    for (thread, once) in (1..).flat_map(|thread| [(thread, true), (thread, false)]) {
        let (folder, marker) = (kind.folder(), beside.path().join(thread.to_string()));
        let mut command = kind.command(folder.path(), &kind.run());
        shim::watched(&mut command, folder.path(), library).env("FAULTS_THREAD", thread.to_string());
        if once {
            command.env("FAULTS_ONCE", &marker);
        }
        let output = command.output().unwrap();
        if !marker.exists() {
            break;
        }
        let (end, said) = (shim::end(&output), told(&output));
        let again = said.contains("A fresh process tries it once more");
        match end {
            0 if once => assert_eq!(kind.numbers(folder.path()), *expected, "{said}"),
            1 if said.contains("the system gives no thread") => {}
            // All but the heat that failed twice.
            0 | 3 => assert!(kind.numbers(folder.path()).len() + 2 >= kind.trials, "{said}"),
            end => panic!("thread {thread}, once {once}: ended with {end}: {said}"),
        }
        assert_eq!(end == 3, again && !once && said.contains("failed: the trainer panicked"), "{said}");
        retried += usize::from(again);
        kind.goes_on(folder.path(), expected, &kind.recorded(folder.path())).unwrap();
    }
    tell(&format!("threads that could not be begun: {retried} heats tried again"));
    assert!(retried > 0);
}

#[test]
fn what_was_said_to_be_finished_outlives_a_loss_of_power() {
    let Some(library) = shim::library() else { return };
    let losses = [Loss::All, Loss::Bytes, Loss::Zeros, Loss::Names];
    let of = |kind| {
        let requests = &Kind::undisturbed(kind, library).requests;
        let tells = |request: &disk::Request| request.changes() || request.told().is_some();
        let changing = (0..requests.len()).filter(move |place| tells(&requests[*place]));
        changing.flat_map(move |place| losses.map(|loss| (kind, place + 1, loss)))
    };
    let cases: Vec<(&Kind, usize, Loss)> = KINDS.iter().flat_map(of).collect();
    all("losses of power", &sample(&cases, amount("power", 53)), |(kind, done, loss)| {
        let undisturbed = kind.undisturbed(library);
        let (mut disk, mut finished) = (Disk::default(), 0);
        for request in &undisturbed.requests[..*done] {
            disk.replay(request);
            finished += request.told().map_or(0, |line| line.matches("   finished").count());
        }
        let folder = kind.folder();
        disk.lay(&undisturbed.root, folder.path(), *loss);
        let kept = kind.numbers(folder.path());
        let wrong = |words: String| format!("{}, after request {done}, {loss:?} lost: {words}", kind.name);
        if kept.len() < finished {
            return Err(wrong(format!("{finished} were said to be finished, {} are", kept.len())));
        }
        if kept.iter().any(|(id, found)| undisturbed.numbers[id] != *found) {
            return Err(wrong("other numbers are there".into()));
        }
        kind.goes_on(folder.path(), &undisturbed.numbers, &BTreeSet::new()).map_err(wrong)
    });
}
