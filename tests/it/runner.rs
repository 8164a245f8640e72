//! The runner trains what is missing and nothing else, whatever becomes of a trial, a heat or the process.

use std::{
    env, fs,
    path::Path,
    process::Command as Process,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use byolab::{
    plan::{Overrides, Plan, Trial, UntilDecided},
    protocol::{AlarmKind, Command, Event, Record, What},
    runner::{RunCounts, control, detach, plain::Plain, signals::Signals},
    store::{Claim, RunnerInfo, Snapshot, State},
};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, getsid, kill_process};
use tempfile::tempdir;

use crate::mock::{Fate, Scene, folder, numbers, numbers_of, plan, plan_claiming, plan_of};

const ALL: RunCounts = RunCounts { finished: 4, failed: 0, stopped: 0, left: 0 };

fn read(root: &Path) -> Snapshot {
    folder(root).snapshot().unwrap()
}

fn states(plan: &Plan, root: &Path) -> Vec<State> {
    let snapshot = read(root);
    plan.trials.iter().map(|trial| snapshot.runs.get(&trial.id).map_or(State::Waiting, |run| run.state)).collect()
}

/// What an undisturbed run leaves.
fn undisturbed(plan: &Plan) -> Snapshot {
    let root = tempdir().unwrap();
    assert_eq!(Scene::new(plan, root.path()).run().unwrap(), ALL);
    read(root.path())
}

/// Ids of a heat's trials.
fn ids(plan: &Plan, heat: usize) -> Vec<String> {
    plan.heats[heat].trials.iter().map(|trial| plan.trials[*trial].id.clone()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

#[test]
fn a_run_trains_every_trial_and_keeps_all_there_is_to_know() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    assert_eq!(scene.run().unwrap(), ALL);
    assert_eq!(scene.mock.heats, [ids(&plan, 0), ids(&plan, 1)]);
    let here = folder(root.path());
    assert_eq!(fs::read_to_string(here.experiment_file()).unwrap(), plan.experiment.text);
    assert!(here.runner().unwrap().is_none(), "the runner has left");
    for trial in &plan.trials {
        for file in ["recipe.toml", "environment.json", "events.jsonl", "encoder.safetensors", "views.png", "log.txt"] {
            assert!(here.trial(&trial.id).join(file).exists(), "{file}");
        }
        let run = &read(root.path()).runs[&trial.id];
        assert_eq!((run.state, run.step), (State::Finished, trial.recipe.steps()));
        assert_eq!(run.series["loss"].len() as u64, trial.recipe.steps());
    }
}

#[test]
fn running_again_trains_nothing_and_loads_nothing() {
    let (plan, root) = (plan(), tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let mut again = Scene::new(&plan, root.path());
    assert_eq!(again.run().unwrap(), ALL);
    assert!(again.mock.heats.is_empty() && again.loaded.is_empty());
}

#[test]
fn images_are_loaded_once_for_each_data_recipe() {
    let root = tempdir().unwrap();
    for (limit, expected) in [("64", vec![64]), ("128", vec![128])] {
        let plan = plan_of(&[&format!("data.limit={limit}")]);
        let mut scene = Scene::new(&plan, root.path());
        scene.run().unwrap();
        assert_eq!(scene.mock.heats.len(), 2);
        assert_eq!(scene.loaded, expected);
    }
}

/// The disk at the moment of an event is the disk after a kill at that moment.
#[test]
fn a_run_killed_after_any_event_ends_with_the_numbers_of_an_undisturbed_one() {
    let plan = plan();
    let expected = numbers_of(&undisturbed(&plan));
    let (root, moments) = (tempdir().unwrap(), tempdir().unwrap());
    let mut count = 0;
    let mut listen = |_: usize, _: &Record| {
        copy(root.path(), &moments.path().join(count.to_string()));
        count += 1;
    };
    let mut scene = Scene::new(&plan, root.path());
    scene.listen = &mut listen;
    scene.run().unwrap();
    assert_eq!(count, 92);
    for moment in (0..count).step_by(3) {
        let root = moments.path().join(moment.to_string());
        let running = states(&plan, &root).contains(&State::Running);
        assert!(!running, "nothing runs without a runner, after event {moment}");
        assert_eq!(Scene::new(&plan, &root).run().unwrap(), ALL);
        assert_eq!(numbers_of(&read(&root)), expected, "killed after event {moment}");
    }
}

#[test]
fn a_trial_that_fails_does_not_keep_the_others_and_is_tried_again() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let unlucky = plan.trials[plan.heats[0].trials[0]].id.clone();
    let mut scene = Scene::new(&plan, root.path());
    let fate = |trial: &Trial, step| if trial.id == unlucky && step == 3 { Fate::Fails } else { Fate::Well };
    scene.mock.fate = &fate;
    assert_eq!(scene.run().unwrap(), RunCounts { finished: 3, failed: 1, stopped: 0, left: 0 });
    assert_eq!(read(root.path()).runs[&unlucky].state, State::Failed);
    let mut again = Scene::new(&plan, root.path());
    assert_eq!(again.run().unwrap(), ALL);
    assert_eq!(again.mock.heats, [[unlucky]]);
    assert_eq!(numbers_of(&read(root.path())), numbers_of(&undisturbed(&plan)));
}

#[test]
fn a_heat_that_errs_or_panics_fails_and_the_next_has_its_turn() {
    for (fate, reason) in
        [(Fate::Errs, "the device is out of memory"), (Fate::Panics, "the trainer panicked: index out of bounds; run")]
    {
        let (plan, root) = (plan(), tempdir().unwrap());
        let batch = plan.trials[plan.heats[0].trials[0]].recipe.train.batch;
        let befalls =
            |trial: &Trial, step| if trial.recipe.train.batch == batch && step == 3 { fate } else { Fate::Well };
        let mut scene = Scene::new(&plan, root.path());
        scene.mock.fate = &befalls;
        assert_eq!(scene.run().unwrap(), RunCounts { finished: 2, failed: 2, stopped: 0, left: 0 });
        for id in ids(&plan, 0) {
            let end = read(root.path()).runs[&id].log.last().unwrap().event.clone();
            assert!(matches!(&end.what, What::Failed { reason: said } if said.starts_with(reason)), "{end:?}");
            assert!(end.step >= 3, "it failed where it was");
        }
        assert_eq!(Scene::new(&plan, root.path()).run().unwrap(), ALL);
        assert_eq!(numbers_of(&read(root.path())), numbers_of(&undisturbed(&plan)));
    }
}

/// A process that is handed over to ends in the test where its hand would be taken.
#[test]
fn a_heat_whose_device_failed_is_handed_to_a_fresh_process_once() {
    for (fate, expected) in [(Fate::Panics, 1), (Fate::Errs, 0)] {
        let (plan, root) = (plan(), tempdir().unwrap());
        let batch = plan.trials[plan.heats[0].trials[0]].recipe.train.batch;
        let befalls =
            |trial: &Trial, step| if trial.recipe.train.batch == batch && step == 3 { fate } else { Fate::Well };
        let mut handed = Vec::new();
        let mut hand_over = |ids: &[String]| {
            handed.push(ids.to_vec());
            anyhow::anyhow!("this is a test")
        };
        let mut scene = Scene::new(&plan, root.path());
        scene.mock.fate = &befalls;
        scene.afresh = Some(&mut hand_over);
        assert_eq!(scene.run().unwrap(), RunCounts { finished: 2, failed: 2, stopped: 0, left: 0 });
        assert_eq!(handed, vec![ids(&plan, 0); expected], "{fate:?}");
        for id in ids(&plan, 0) {
            let noted =
                |record: &&Record| matches!(&record.event.what, What::Noted { text } if text.contains("once more"));
            assert_eq!(read(root.path()).runs[&id].log.iter().filter(noted).count(), expected);
        }
        let mut again = |_: &[String]| panic!("tried a third time");
        let mut scene = Scene::new(&plan, root.path());
        (scene.mock.fate, scene.tried) = (&befalls, ids(&plan, 0));
        scene.afresh = Some(&mut again);
        assert_eq!(scene.run().unwrap(), RunCounts { finished: 2, failed: 2, stopped: 0, left: 0 });
    }
}

#[test]
fn numbers_that_are_not_finite_are_told_once_each() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    scene.mock.fate = &|_, step| if step > 1 { Fate::Diverges } else { Fate::Well };
    assert_eq!(scene.run().unwrap(), ALL);
    for run in read(root.path()).runs.values() {
        let notes: Vec<_> = run.log.iter().filter(|record| matches!(record.event.what, What::Noted { .. })).collect();
        let text = "not finite at step 3, and left out where it is so: gradient_norm, target_cosine".to_string();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].event, Event { step: 3, what: What::Noted { text } });
        assert!(!run.series.contains_key("gradient_norm"));
    }
}

#[test]
fn a_damaged_checkpoint_fails_its_trial_alone() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let damaged = plan.trials[plan.heats[0].trials[1]].id.clone();
    let trial = folder(root.path()).trial(&damaged);
    fs::create_dir_all(&trial).unwrap();
    fs::write(trial.join("checkpoint.safetensors"), "damaged").unwrap();
    assert_eq!(Scene::new(&plan, root.path()).run().unwrap(), RunCounts { finished: 3, failed: 1, ..ALL });
    let run = &read(root.path()).runs[&damaged];
    assert!(matches!(&run.log[0].event.what, What::Failed { reason } if reason.contains("delete it")));
}

#[test]
fn a_disk_that_cannot_be_written_ends_the_run_with_its_name() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let blocked = ids(&plan, 1)[0].clone();
    fs::create_dir_all(folder(root.path()).path()).unwrap();
    fs::write(folder(root.path()).trial(&blocked), "a file in the place of the folder").unwrap();
    let sentence = Scene::new(&plan, root.path()).run().unwrap_err().to_string();
    assert!(sentence.starts_with("cannot write") && sentence.contains(&blocked), "{sentence}");
}

#[test]
fn a_second_runner_is_refused_and_writes_nothing() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let first = RunnerInfo { pid: 7, host: "a".into(), device: "d".into(), started: Timestamp::UNIX_EPOCH };
    let _claim = Claim::take(&folder(root.path()), &first).unwrap();
    let refusal = Scene::new(&plan, root.path()).run().unwrap_err().to_string();
    assert!(refusal.contains("process 7 on a"), "{refusal}");
    assert!(read(root.path()).runs.is_empty());
}

/// Runs with a word said at the `moment`-th event, the first being 0.
fn run_and_say(plan: &Plan, root: &Path, moment: usize, say: &dyn Fn()) -> (RunCounts, Vec<Vec<String>>) {
    let mut count = 0;
    let mut listen = |_: usize, _: &Record| {
        if count == moment {
            say();
        }
        count += 1;
    };
    let mut scene = Scene::new(plan, root);
    scene.listen = &mut listen;
    (scene.run().unwrap(), scene.mock.heats)
}

#[test]
fn stopping_at_any_event_leaves_a_state_to_go_on_from() {
    let plan = plan();
    let expected = numbers_of(&undisturbed(&plan));
    for moment in (0..60).step_by(7) {
        let root = tempdir().unwrap();
        let stop = || drop(control::request_stop(&folder(root.path())).unwrap());
        let (outcome, _) = run_and_say(&plan, root.path(), moment, &stop);
        let known = states(&plan, root.path());
        let count = |state| known.iter().filter(|found| **found == state).count();
        let (finished, stopped, left) = (count(State::Finished), count(State::Stopped), count(State::Waiting));
        assert_eq!(outcome, RunCounts { finished, failed: 0, stopped, left }, "stopped at event {moment}");
        assert!(finished < 4 && finished + stopped + left == 4, "stopped at event {moment}");
        assert_eq!(Scene::new(&plan, root.path()).run().unwrap(), ALL);
        assert_eq!(numbers_of(&read(root.path())), expected, "stopped at event {moment}");
    }
}

#[test]
fn a_signal_stops_as_the_command_does() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let signal = AtomicBool::new(false);
    let mut listen = |_: usize, _: &Record| signal.store(true, Ordering::Relaxed);
    let mut scene = Scene::new(&plan, root.path());
    (scene.stop, scene.listen) = (&signal, &mut listen);
    assert_eq!(scene.run().unwrap(), RunCounts { finished: 0, failed: 0, stopped: 2, left: 2 });
}

#[test]
fn what_was_said_to_an_earlier_runner_does_not_count() {
    let (plan, root) = (plan(), tempdir().unwrap());
    assert!(control::request_stop(&folder(root.path())).is_err(), "there is no runner to hear it");
    fs::create_dir_all(folder(root.path()).path()).unwrap();
    folder(root.path()).command(&Command::Stop).unwrap();
    assert_eq!(Scene::new(&plan, root.path()).run().unwrap(), ALL);
}

#[test]
fn a_trial_put_first_is_trained_after_the_heat_in_training() {
    let plan = Plan { heats: (0..4).map(|trial| byolab::plan::Heat { trials: vec![trial] }).collect(), ..plan() };
    let root = tempdir().unwrap();
    let first = || folder(root.path()).command(&Command::First { trial: plan.trials[3].id.clone() }).unwrap();
    let (outcome, heats) = run_and_say(&plan, root.path(), 5, &first);
    assert_eq!(outcome, ALL);
    assert_eq!(heats, [ids(&plan, 0), ids(&plan, 3), ids(&plan, 1), ids(&plan, 2)]);
}

#[test]
fn a_waiting_trial_that_is_skipped_is_left_out() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let skipped = ids(&plan, 1)[1].clone();
    let skip = || folder(root.path()).command(&Command::Skip { trial: skipped.clone() }).unwrap();
    let (outcome, heats) = run_and_say(&plan, root.path(), 5, &skip);
    assert_eq!(outcome, RunCounts { finished: 3, failed: 0, stopped: 0, left: 1 });
    assert_eq!(heats, [ids(&plan, 0), ids(&plan, 1)[..1].to_vec()]);
}

#[test]
fn a_trial_skipped_in_training_stops_and_the_others_of_its_heat_go_on() {
    let (plan, root) = (plan(), tempdir().unwrap());
    let heat = ids(&plan, 0);
    let skip = || folder(root.path()).command(&Command::Skip { trial: heat[0].clone() }).unwrap();
    let (outcome, heats) = run_and_say(&plan, root.path(), 9, &skip);
    assert_eq!(outcome, RunCounts { finished: 3, failed: 0, stopped: 1, left: 0 });
    assert_eq!(heats, [heat.clone(), heat[1..].to_vec(), ids(&plan, 1)]);
    let (snapshot, expected) = (read(root.path()), undisturbed(&plan));
    assert_eq!(snapshot.runs[&heat[1]].series, expected.runs[&heat[1]].series, "stopping changes no number");
}

/// The lines of records that come `pause` seconds apart.
fn lines(plan: &Plan, before: &Snapshot, pause: i64, events: &[(usize, u64, What)]) -> Vec<String> {
    let mut plain = Plain::new(plan, before);
    let record = |(place, (_, step, what)): (usize, &(usize, u64, What))| Record {
        time: Timestamp::from_second(place as i64 * pause).unwrap(),
        event: Event { step: *step, what: what.clone() },
    };
    events.iter().enumerate().filter_map(|event| plain.line(event.1.0, &record(event))).collect()
}

#[test]
fn plain_lines_tell_beginnings_numbers_ends_and_the_time_left() {
    let plan = plan();
    let (a, b) = (plan.heats[0].trials[0], plan.heats[0].trials[1]);
    let started = |steps| What::Started { steps, steps_per_epoch: 2, device: "mock".into(), commit: "c".into() };
    let trained = |loss, wait| What::Trained {
        metrics: numbers(&[("loss", loss), ("images_per_second", 812.4), ("data_wait", wait)]),
    };
    let knn = numbers(&[("knn.top1", 0.4312), ("linear.top1", 0.5)]);
    let events = [
        (a, 0, started(8)),
        (b, 0, started(8)),
        (a, 1, trained(1.25, 0.0)),
        (b, 1, trained(2.5, 0.25)),
        (a, 2, What::Evaluated { metrics: knn.clone() }),
        (a, 2, trained(1.125, 0.0)),
        (b, 2, What::Alarm { kind: AlarmKind::FeatureRank, text: "collapse".into(), remedy: "look".into() }),
        (b, 3, What::Failed { reason: "because".into() }),
        (a, 4, What::Checkpointed),
        (a, 4, What::Stopped),
        (a, 4, started(8)),
        (a, 8, What::Finished { metrics: knn, probes: None }),
    ];
    let expected = "\
[1/4] byol batch=32 seed 0   begins, 8 steps
[2/4] simclr batch=32 seed 0   begins, 8 steps
[1/4] byol batch=32 seed 0   epoch 0/4   loss 1.250   812 img/s   3 min left
[2/4] simclr batch=32 seed 0   epoch 0/4   loss 2.500   812 img/s   25.0 % of the time waiting for images   3 min left
[1/4] byol batch=32 seed 0   epoch 1/4   loss 1.125   k-NN 43.1 %   812 img/s   3 min left
[2/4] simclr batch=32 seed 0   alarm: collapse; look
[2/4] simclr batch=32 seed 0   failed: because
[1/4] byol batch=32 seed 0   stopped at epoch 2/4; run again to go on
[1/4] byol batch=32 seed 0   goes on after epoch 2/4, step 4 of 8
[1/4] byol batch=32 seed 0   finished   k-NN 43.1 %   linear 50.0 %   after 6 s";
    assert_eq!(lines(&plan, &Snapshot::default(), 6, &events).join("\n"), expected);
}

#[test]
fn numbers_come_every_few_seconds_and_the_trials_of_a_heat_take_turns() {
    let plan = plan();
    let heat = &plan.heats[0].trials;
    let trained = || What::Trained { metrics: numbers(&[("loss", 1.0)]) };
    let mut events: Vec<(usize, u64, What)> = Vec::new();
    for step in 1..=8 {
        events.extend(heat.iter().map(|trial| (*trial, step, trained())));
    }
    let shown = lines(&plan, &Snapshot::default(), 1, &events);
    let who: Vec<&str> = shown.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(who, ["byol", "simclr", "byol", "simclr"], "sixteen seconds: {shown:#?}");
}

#[test]
fn the_opening_counts_what_is_to_be_done() {
    let (plan, root) = (plan(), tempdir().unwrap());
    assert_eq!(Plain::new(&plan, &read(root.path())).opening(), "4 trials in 2 heats");
    Scene::new(&plan, root.path()).run().unwrap();
    assert_eq!(Plain::new(&plan, &read(root.path())).opening(), "4 trials in 2 heats, 4 finished before");
}

const CHILD: &str = "BYOLAB_TEST_RUNS";

/// Not a test by itself: the process that the tests below start and kill. Trains slowly enough to be caught at it.
#[test]
#[ignore = "a process that other tests start"]
fn child() {
    let Some(root) = env::var_os(CHILD) else { return };
    let (plan, signals) = (plan(), Signals::listen().unwrap());
    let mut scene = Scene::new(&plan, Path::new(&root));
    let mut listen = |_: usize, _: &Record| sleep(Duration::from_millis(25));
    (scene.stop, scene.listen) = (signals.stop(), &mut listen);
    println!("{}; exit code {:?}", scene.run().unwrap(), signals.exit_code());
}

fn start(root: &Path) -> anyhow::Result<Option<RunnerInfo>> {
    let mut program = Process::new(env::current_exe().unwrap());
    program.args(["--exact", "runner::child", "--ignored", "--nocapture"]).env(CHILD, root).env("RUST_BACKTRACE", "0");
    detach::spawn(&mut program, &folder(root))
}

/// Starts a runner, sends the signal when a trial has come to `step`, and waits for its end.
fn start_and_signal(root: &Path, step: u64, signal: Signal) {
    let runner = start(root).unwrap().expect("there is something to train");
    wait_until("it trains", || read(root).runs.values().any(|run| run.step >= step));
    assert!(states(&plan(), root).contains(&State::Running));
    kill_process(Pid::from_raw(runner.pid as i32).unwrap(), signal).unwrap();
    control::wait(&folder(root)).unwrap();
}

fn wait_until_log_has(text: &str, root: &Path) {
    wait_until(text, || fs::read_to_string(folder(root).log()).unwrap().contains(text));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_detached_runner_has_a_session_of_its_own_and_runs_to_its_end() {
    let root = tempdir().unwrap();
    let runner = start(root.path()).unwrap().expect("there is something to train");
    let pid = Pid::from_raw(runner.pid as i32);
    assert_eq!(getsid(pid).unwrap(), pid.unwrap(), "no terminal can hang it up");
    let refusal = start(root.path()).unwrap_err();
    assert!(
        format!("{refusal:#}").contains(&format!("already being trained by process {}", runner.pid)),
        "{refusal:#}"
    );
    control::wait(&folder(root.path())).unwrap();
    assert_eq!(states(&plan(), root.path()), [State::Finished; 4]);
    wait_until_log_has("4 finished; exit code None", root.path());
}

#[test]
fn a_terminated_runner_checkpoints_and_leaves_with_the_code_of_the_signal() {
    for (signal, code) in [(Signal::INT, "130"), (Signal::TERM, "143")] {
        let root = tempdir().unwrap();
        start_and_signal(root.path(), 3, signal);
        wait_until_log_has(&format!("2 stopped, 2 left; exit code Some({code})"), root.path());
        assert!(states(&plan(), root.path()).contains(&State::Stopped));
    }
}

/// As schedulers send them: again and again, and others than SIGTERM.
#[test]
fn any_number_of_signals_is_one_request() {
    let (term, one, two, int) = (Signal::TERM, Signal::USR1, Signal::USR2, Signal::INT);
    for (signals, code) in [
        (vec![term; 2], "143"),
        (vec![one], "143"),
        (vec![two], "143"),
        (vec![term, one, two, term, one], "143"),
        (vec![term, int], "130"),
    ] {
        let root = tempdir().unwrap();
        let runner = start(root.path()).unwrap().expect("there is something to train");
        wait_until("it trains", || read(root.path()).runs.values().any(|run| run.step >= 3));
        for signal in signals {
            kill_process(Pid::from_raw(runner.pid as i32).unwrap(), signal).unwrap();
            sleep(Duration::from_millis(2));
        }
        control::wait(&folder(root.path())).unwrap();
        wait_until_log_has(&format!("2 stopped, 2 left; exit code Some({code})"), root.path());
        for run in read(root.path()).runs.values() {
            assert!(run.log.iter().rev().any(|record| record.event.what == What::Checkpointed));
            assert_eq!(run.log.last().unwrap().event.what, What::Stopped);
        }
    }
}

#[test]
fn a_second_interrupt_is_final() {
    let root = tempdir().unwrap();
    let runner = start(root.path()).unwrap().expect("there is something to train");
    wait_until("it trains", || read(root.path()).runs.values().any(|run| run.step >= 3));
    for _ in 0..2 {
        kill_process(Pid::from_raw(runner.pid as i32).unwrap(), Signal::INT).unwrap();
        // Two that come at once are one to the kernel.
        sleep(Duration::from_millis(5));
    }
    control::wait(&folder(root.path())).unwrap();
    assert!(!fs::read_to_string(folder(root.path()).log()).unwrap().contains("exit code"), "it has said no more");
}

#[test]
fn a_runner_killed_in_mid_epoch_is_known_to_be_dead_and_run_again_ends_with_the_same_numbers() {
    let (plan, root) = (plan(), tempdir().unwrap());
    for step in [3, 7] {
        start_and_signal(root.path(), step, Signal::KILL);
        assert!(states(&plan, root.path()).contains(&State::Interrupted));
    }
    assert_eq!(Scene::new(&plan, root.path()).run().unwrap(), ALL);
    assert_eq!(numbers_of(&read(root.path())), numbers_of(&undisturbed(&plan)));
}

#[test]
fn what_the_device_does_is_kept_with_every_trial_that_it_trains() {
    let (plan, root) = (plan(), tempfile::tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    scene.sample = |now| {
        let due = now.as_second() % 5 == 0;
        due.then(|| ("process.cpu".to_string(), 0.5)).into_iter().collect()
    };
    scene.run().unwrap();
    for run in read(root.path()).runs.values() {
        assert!(run.series["process.cpu"].iter().all(|(step, share)| *step > 0 && *share == 0.5));
        assert!(!run.log.iter().any(|record| matches!(record.event.what, What::Sampled { .. })));
        assert_eq!(run.state, State::Finished);
    }
}

/// Of the mock, whose numbers go by the batch alone: one claim that every seed supports, and one that none ever will.
const CLAIMS: &str = r#"
[[claim]]
text    = "the batch matters"
metric  = "knn.top1"
greater = [{ "train.batch" = 32 }, { "train.batch" = 16 }]
at      = { method = "byol" }

[[claim]]
text    = "the method matters"
metric  = "knn.top1"
greater = [{ method = "byol" }, { method = "simclr" }]
at      = { "train.batch" = 16 }
"#;

#[test]
fn seeds_are_trained_until_every_claim_is_decided_or_given_up() {
    let until = Some(UntilDecided { most_seeds: 9, budget: None });
    let (plan, root) = (plan_claiming(CLAIMS, &Overrides { until, ..Overrides::default() }), tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    let counts = scene.run().unwrap();
    let (heats, said) = (scene.mock.heats.len(), scene.said.join("\n"));
    assert_eq!(counts, RunCounts { finished: 16, failed: 0, stopped: 0, left: 0 }, "four equal values decide: {said}");
    assert_eq!((heats, counts.word(), plan.heats.len()), (8, "finished", 18));
    let end = scene.said.last().unwrap();
    assert!(end.starts_with("1 of 2 claims decided, 1 given up\n"), "{end}");
    assert!(end.contains("the batch matters: ") && end.contains(", decided after 4 seeds\n"), "{end}");
    assert!(end.contains("the method matters: given up after "), "{end}");
    assert!(scene.said[0].contains("0 of 2 claims decided; next: seed 0, train.batch "), "{said}");
    let mut again = Scene::new(&plan, root.path());
    assert_eq!(again.run().unwrap(), counts);
    assert!(again.mock.heats.is_empty(), "what is decided stays decided");
}

#[test]
fn a_budget_of_training_time_ends_it_too() {
    let until = Some(UntilDecided { most_seeds: 9, budget: Some(150) });
    let (plan, root) = (plan_claiming(CLAIMS, &Overrides { until, ..Overrides::default() }), tempdir().unwrap());
    let mut scene = Scene::new(&plan, root.path());
    let counts = scene.run().unwrap();
    assert!(counts.finished > 0 && counts.finished < 16 && counts.left == 0, "{counts:?}");
    assert!(scene.said.last().unwrap().contains("the budget is spent"), "{:?}", scene.said);
}
