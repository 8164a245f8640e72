//! Several workers on one store: each trial has one writer, whatever becomes of the others.
//!
//! `BYOLAB_KILLS=8x50 cargo test --release --test it workers::killed -- --nocapture` has 8 workers train 200 trials (50 seeds of
//! four), each killed and started again at random until all is done.

#![cfg_attr(not(feature = "cpu"), expect(dead_code, reason = "what is tried with the program itself needs an engine"))]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command as Process, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use byolab::{
    plan::{Overrides, Plan},
    protocol::{Record, What},
    runner::{RunCounts, Work, control},
    store::{LeaseTimes, Snapshot, State, Store},
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::{TempDir, tempdir};

use crate::{
    cli,
    faults::shim,
    mock::{Scene, folder, numbers_of, plan, plan_claiming},
};

/// Twelve heats of two trials.
fn wide() -> Plan {
    plan_claiming("", &Overrides { seeds: Some((0..6).collect()), ..Overrides::default() })
}

/// One that joins, and does not wait for long.
/// Gives nobody up: a busy machine keeps a living worker waiting for longer than tests want to wait for a dead one.
fn joining() -> Work {
    let times = LeaseTimes { beat: Duration::from_millis(50), expiry: Duration::from_secs(60) };
    Work { joins: true, times, ..Work::default() }
}

/// Gives up whoever is silent for half a second.
fn taking_over() -> Work {
    let work = joining();
    Work { times: LeaseTimes { expiry: Duration::from_millis(500), ..work.times }, ..work }
}

fn read(root: &Path) -> Snapshot {
    folder(root).snapshot().unwrap()
}

fn alone(plan: &Plan) -> Snapshot {
    let root = tempdir().unwrap();
    Scene::new(plan, root.path()).run().unwrap();
    read(root.path())
}

/// How often something befell a trial.
fn times(snapshot: &Snapshot, id: &str, what: fn(&What) -> bool) -> usize {
    snapshot.runs[id].log.iter().filter(|record| what(&record.event.what)).count()
}

fn is_start(what: &What) -> bool {
    matches!(what, What::Started { .. })
}

fn is_finish(what: &What) -> bool {
    matches!(what, What::Finished { .. })
}

/// Names that workers have left.
fn left(experiment: &Path) -> Vec<PathBuf> {
    fs::read_dir(experiment.join("workers")).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn workers_share_the_heats_and_end_with_the_numbers_of_a_lone_run() {
    let (plan, root) = (wide(), tempdir().unwrap());
    let counts: Vec<(RunCounts, usize)> = thread::scope(|scope| {
        let work = || {
            let mut scene = Scene::new(&plan, root.path());
            let mut listen = |_: usize, _: &Record| sleep(Duration::from_micros(200));
            (scene.listen, scene.work) = (&mut listen, joining());
            (scene.run().unwrap(), scene.mock.heats.len())
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (found, expected) = (read(root.path()), alone(&plan));
    assert_eq!(numbers_of(&found), numbers_of(&expected));
    for trial in &plan.trials {
        let count = [is_start as fn(&What) -> bool, is_finish].map(|what| times(&found, &trial.id, what));
        assert_eq!(count, [1, 1], "{}", trial.id);
    }
    assert_eq!(counts.iter().map(|(_, heats)| heats).sum::<usize>(), 12, "{counts:?}");
    assert!(counts.iter().all(|(_, heats)| *heats > 0), "{counts:?}");
    assert!(left(folder(root.path()).path()).is_empty());
}

#[test]
fn a_worker_leaves_after_so_many_heats_or_at_its_time_and_takes_the_longest_first() {
    let (plan, root) = (wide(), tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    scene.work = Work { at_most: Some(3), ..joining() };
    assert_eq!(scene.run().unwrap(), RunCounts { finished: 6, failed: 0, stopped: 0, left: 18 });
    let steps = |ids: &Vec<String>| plan.trials.iter().find(|trial| trial.id == ids[0]).unwrap().recipe.steps();
    assert_eq!(scene.mock.heats.len(), 3);
    let operations = |plan: &Plan, trial: usize| {
        let recipe = &plan.trials[trial].recipe;
        byolab::plan::cost::training(recipe, recipe.steps())
    };
    let most = (0..plan.trials.len()).map(|trial| operations(&plan, trial)).fold(0.0, f64::max);
    for heat in &scene.mock.heats {
        let place = plan.trials.iter().position(|trial| trial.id == heat[0]).unwrap();
        assert_eq!(operations(&plan, place), most, "of {} steps", steps(heat));
    }
    let mut late = Scene::new(&plan, root.path());
    late.work = Work { deadline: Some(Instant::now()), ..joining() };
    assert_eq!(late.run().unwrap().finished, 6);
    assert!(late.mock.heats.is_empty());
}

#[test]
fn a_trial_that_failed_with_one_worker_is_not_tried_by_the_next_until_it_is_started_anew() {
    use crate::mock::Fate;
    let (plan, root) = (plan(), tempdir().unwrap());
    let unlucky = plan.trials[0].id.clone();
    let fails =
        |trial: &byolab::plan::Trial, step| if trial.id == unlucky && step == 3 { Fate::Fails } else { Fate::Well };
    let tried = AtomicUsize::new(0);
    let run = || {
        let mut scene = Scene::new(&plan, root.path());
        (scene.mock.fate, scene.work) = (&fails, joining());
        let counts = scene.run().unwrap();
        tried.fetch_add(scene.mock.heats.iter().flatten().filter(|id| **id == unlucky).count(), Ordering::Relaxed);
        counts
    };
    // One in the middle of the other's only heat: it was started before the failure.
    let mut inner = None;
    let mut listen = |_: usize, _: &Record| {
        inner.get_or_insert_with(&run);
    };
    let mut outer = Scene::new(&plan, root.path());
    (outer.listen, outer.work) = (&mut listen, joining());
    let counts = outer.run().unwrap();
    assert_eq!(
        tried.load(Ordering::Relaxed) + outer.mock.heats.iter().flatten().filter(|id| **id == unlucky).count(),
        1
    );
    assert_eq!(counts.finished + counts.failed, 4, "{counts:?}");
}

#[test]
fn whoever_comes_with_another_file_or_other_flags_is_refused_while_others_train() {
    let (plan, other, root) = (plan(), wide(), tempdir().unwrap());
    let mut refusal = None;
    let mut listen = |_: usize, _: &Record| {
        let mut scene = Scene::new(&other, root.path());
        (scene.work, scene.asked.overrides) = (joining(), other.overrides.clone());
        refusal.get_or_insert_with(|| scene.run().unwrap_err().to_string());
    };
    let mut scene = Scene::new(&plan, root.path());
    scene.listen = &mut listen;
    assert_eq!(scene.run().unwrap().finished, 4);
    assert!(refusal.unwrap().contains("with another file or other flags"));
}

#[test]
fn a_lone_run_and_whoever_changes_what_is_finished_are_refused_while_workers_train() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let mut refusals = Vec::new();
    let mut listen = |_: usize, _: &Record| {
        if refusals.is_empty() {
            refusals.push(Scene::new(&plan, root.path()).run().unwrap_err().to_string());
            refusals.push(folder(root.path()).set_aside(&[plan.trials[0].id.clone()]).unwrap_err().to_string());
        }
    };
    let mut scene = Scene::new(&plan, root.path());
    (scene.listen, scene.work) = (&mut listen, joining());
    assert_eq!(scene.run().unwrap().finished, 4);
    assert!(refusals.iter().all(|refusal| refusal.contains("already being trained by process")), "{refusals:?}");
}

/// By which this program knows that it is to be a worker.
const CHILD: &str = "BYOLAB_WORKERS_CHILD";

#[test]
#[ignore = "the worker that the other tests start"]
fn child() {
    let Some(root) = env::var_os(CHILD) else { return };
    let (plan, signals) = (plan(), byolab::runner::signals::Signals::listen().unwrap());
    let mut scene = Scene::new(&plan, Path::new(&root));
    let mut listen = |_: usize, _: &Record| sleep(Duration::from_millis(20));
    (scene.stop, scene.listen, scene.work) = (signals.stop(), &mut listen, joining());
    let counts = scene.run();
    println!("{:?}; {}", counts, scene.said.join("; "));
}

fn start(root: &Path) -> Child {
    let mut program = Process::new(env::current_exe().unwrap());
    program.args(["--exact", "workers::child", "--ignored", "--nocapture"]).env(CHILD, root);
    program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

/// Every file of the experiment with its bytes, but for what was set aside and who is there.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let trials = fs::read_dir(folder(root).path()).unwrap().map(|entry| entry.unwrap().path());
    let kept = trials.filter(|path| !path.ends_with("set-aside") && !path.ends_with("workers"));
    let files = kept.flat_map(|path| match path.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![path],
    });
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_that_was_frozen_loses_its_heat_and_harms_nothing_when_it_wakes() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let mut frozen = start(root.path());
    // Behind a checkpoint of both trials of its heat.
    let behind = |root: &Path| read(root).runs.values().filter(|run| run.step >= 5).count() == 2;
    wait_until("it trains", || behind(root.path()));
    signal(&frozen, Signal::STOP);
    let mut taker = Scene::new(&plan, root.path());
    taker.work = taking_over();
    assert_eq!(taker.run().unwrap().finished, 4, "{:?}", taker.said);
    let before = contents(root.path());
    assert_eq!(numbers_of(&read(root.path())), numbers_of(&alone(&plan)));
    signal(&frozen, Signal::CONT);
    frozen.wait().unwrap();
    let said = std::io::read_to_string(frozen.stdout.take().unwrap()).unwrap();
    assert!(said.contains("this worker lost them to another one"), "{said}");
    assert!(contents(root.path()) == before, "nothing of the new attempt is harmed");
    let aside = fs::read_dir(folder(root.path()).path().join("set-aside")).unwrap().count();
    assert_eq!(aside, 2, "a folder for each trial of the heat, and nothing half done");
    let notes = |run: &byolab::store::Run| {
        let noted = |record: &&Record| matches!(&record.event.what, What::Noted { text } if text.starts_with("taken over from process"));
        run.log.iter().filter(noted).count()
    };
    assert_eq!(read(root.path()).runs.values().map(notes).sum::<usize>(), 2);
    assert!(left(folder(root.path()).path()).is_empty());
}

#[test]
fn stop_reaches_every_worker() {
    let root = tempdir().unwrap();
    let mut children = [start(root.path()), start(root.path())];
    let at_work = || {
        folder(root.path())
            .workers()
            .is_ok_and(|workers| workers.iter().filter(|worker| !worker.trains.is_empty()).count() == 2)
    };
    wait_until("both train", at_work);
    assert_eq!(control::request_stop(&folder(root.path())).unwrap().len(), 2);
    for child in &mut children {
        assert!(child.wait().unwrap().success());
        let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        assert!(said.contains("stopped: 2"), "{said}");
    }
    assert!(read(root.path()).runs.values().all(|run| run.state == State::Stopped));
}

/// Small networks, so that what is measured is the store.
const EXPERIMENT: &str = include_str!("faults/sweep.toml");

/// A folder with an experiment of four trials for each seed.
fn laid(seeds: usize) -> TempDir {
    laid_with(seeds, 2)
}

/// The same with longer trials.
pub fn laid_with(seeds: usize, epochs: usize) -> TempDir {
    let folder = tempdir().unwrap();
    let seeds: Vec<String> = (0..seeds).map(|seed| seed.to_string()).collect();
    let text = EXPERIMENT.replace("seeds    = [0]", &format!("seeds = [{}]", seeds.join(", ")));
    let text = text.replace("epochs = 2", &format!("epochs = {epochs}"));
    fs::write(folder.path().join("kills.toml"), text).unwrap();
    folder
}

fn program(folder: &Path, verb: &str, flock: Option<i32>) -> Process {
    let mut command = cli::command(folder, &format!("{verb} kills.toml --device cpu"));
    command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let (Some(errno), Some(library)) = (flock, shim::library()) {
        command.env("LD_PRELOAD", library).env("FAULTS_FLOCK", errno.to_string());
    }
    command
}

/// By trial.
pub type Outcome = BTreeMap<String, (Vec<(String, u64)>, Vec<(u64, u64)>)>;

/// Final numbers, but for those of time, and the losses of all steps.
pub fn outcome(folder: &Path) -> Outcome {
    let snapshot = Store::new(folder.join("runs")).experiment("kills").snapshot().unwrap();
    let finished = snapshot.runs.iter().filter(|(_, run)| run.state == State::Finished);
    let measured = |name: &str| name != "images_per_second" && name != "data_wait";
    finished
        .map(|(id, run)| {
            assert_eq!(times(&snapshot, id, is_finish), 1, "{id} is finished once");
            let results = run.results.iter().filter(|(name, _)| measured(name));
            let losses = run.series["loss"].iter().map(|(step, loss)| (*step, loss.to_bits()));
            (id.clone(), (results.map(|(name, value)| (name.clone(), value.to_bits())).collect(), losses.collect()))
        })
        .collect()
}

/// Starts a worker, kills it after a while, and again, until everything is done; how often.
fn until_done(folder: &Path, flock: Option<i32>, mut draws: u64, done: &AtomicBool) -> usize {
    let mut kills = 0;
    while !done.load(Ordering::Relaxed) {
        draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (begun, patience) = (Instant::now(), Duration::from_millis(50 + (draws >> 33) % 2000));
        let mut child = program(folder, "work", flock).spawn().unwrap();
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if begun.elapsed() > patience => break None,
                None => sleep(Duration::from_millis(5)),
            }
        };
        match ended {
            Some(status) => {
                assert!(status.success(), "a worker ended with {status}");
                done.store(true, Ordering::Relaxed);
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
        }
    }
    kills
}

fn kill_at_random(workers: usize, seeds: usize, flock: Option<i32>) {
    let (lone, shared) = (laid(seeds), laid(seeds));
    let begun = Instant::now();
    assert!(program(lone.path(), "run", None).status().unwrap().success());
    let alone = begun.elapsed();
    let (begun, done) = (Instant::now(), AtomicBool::new(false));
    let kills: usize = thread::scope(|scope| {
        let work = |worker| until_done(shared.path(), flock, worker as u64, &done);
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let killed = begun.elapsed();
    // What the last ones were killed at.
    assert!(program(shared.path(), "work", flock).status().unwrap().success());
    let (expected, found) = (outcome(lone.path()), outcome(shared.path()));
    let ids: BTreeSet<_> = found.keys().collect();
    println!(
        "{workers} workers, {} trials, {kills} kills: {} finished, each once; {} left in workers/; {:.0} s, one alone {:.0} s",
        4 * seeds,
        ids.len(),
        left(&shared.path().join("runs/kills")).len(),
        killed.as_secs_f64(),
        alone.as_secs_f64()
    );
    assert_eq!(found.len(), 4 * seeds);
    assert!(found == expected, "other numbers than of one run");
    assert_eq!(left(&shared.path().join("runs/kills")), Vec::<PathBuf>::new());
}

#[test]
#[cfg(feature = "cpu")]
fn killed_workers_leave_every_trial_finished_once_with_the_numbers_of_one_run() {
    let asked = env::var("BYOLAB_KILLS").unwrap_or("3x2".into());
    let (workers, seeds) = asked.split_once('x').expect("as 8x50");
    kill_at_random(workers.parse().unwrap(), seeds.parse().unwrap(), None);
}

#[test]
#[cfg(all(feature = "cpu", target_os = "linux"))]
fn where_the_file_system_has_no_locks_workers_are_as_safe() {
    if shim::library().is_none() {
        return;
    }
    for errno in [libc::ENOLCK, libc::ENOSYS] {
        kill_at_random(3, 1, Some(errno));
    }
}
