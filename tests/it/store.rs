//! What is written is read again, whatever happens in between.

mod index;

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use byolab::{
    data::Purpose,
    protocol::{AlarmKind, Event, Features, Record, What},
    store::{Checkpoint, Claim, ExperimentFolder, Recorder, Run, RunnerInfo, Snapshot, State, Store, Watch},
};
use jiff::Timestamp;
use safetensors::SafeTensors;
use tempfile::{TempDir, tempdir};

use crate::mock::{Scene, bytes, features, folder, numbers, plan, sum_of};

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn runner(started: i64) -> RunnerInfo {
    RunnerInfo { pid: 4711, host: "node7".into(), device: "mock".into(), started: second(started) }
}

fn started(step: u64) -> Event {
    let what = What::Started { steps: 100, steps_per_epoch: 10, device: "mock".into(), commit: "0.1.0 (abc)".into() };
    Event { step, what }
}

fn trained(step: u64, loss: f64) -> Event {
    Event { step, what: What::Trained { metrics: numbers(&[("loss", loss), ("learning_rate", 0.1)]) } }
}

fn failed(step: u64) -> Event {
    Event { step, what: What::Failed { reason: "because".into() } }
}

/// One of each kind.
fn life() -> Vec<Event> {
    let metrics = numbers(&[("knn.top1", 1.0 / 3.0), ("feature_std", 1e-30)]);
    let text = || "a \"quoted\" line\nand another — \u{1F600}".to_string();
    vec![
        started(0),
        Event { step: 0, what: What::Evaluated { metrics: metrics.clone() } },
        trained(5, 4.25),
        Event { step: 5, what: What::Alarm { kind: AlarmKind::FeatureRank, text: text(), remedy: text() } },
        Event { step: 5, what: What::Spectrum { values: vec![0.7, 0.1 + 0.2] } },
        Event { step: 10, what: What::Checkpointed },
        Event { step: 12, what: What::Stopped },
        started(10),
        trained(15, 0.1 + 0.2),
        Event { step: 100, what: What::Finished { metrics, probes: None } },
    ]
}

/// An experiment with the lock held, and one trial of it.
struct Desk {
    root: TempDir,
    claim: Claim,
    recorder: Recorder,
    events: PathBuf,
    id: String,
}

impl Desk {
    fn new() -> Self {
        let root = tempdir().unwrap();
        let claim = Claim::take(&folder(root.path()), &runner(0)).unwrap();
        let trial = &plan().trials[0];
        claim.write_trains(vec![trial.id.clone()]).unwrap();
        let recorder = Recorder::open(&claim, trial, &"here").unwrap();
        let events = claim.folder().trial(&trial.id).join("events.jsonl");
        Self { root, claim, recorder, events, id: trial.id.clone() }
    }

    /// Records one event a second, the first at `begin`.
    fn record(&mut self, begin: i64, events: impl IntoIterator<Item = Event>) {
        for (passed, event) in events.into_iter().enumerate() {
            self.recorder.event(second(begin + passed as i64), event).unwrap();
        }
    }

    fn reopen(&mut self) {
        self.recorder = Recorder::open(&self.claim, &plan().trials[0], &"here").unwrap();
    }

    fn folder(&self) -> ExperimentFolder {
        folder(self.root.path())
    }

    fn read(&self) -> Snapshot {
        self.folder().snapshot().unwrap()
    }

    fn append(&self, bytes: &[u8]) {
        OpenOptions::new().append(true).open(&self.events).unwrap().write_all(bytes).unwrap();
    }
}

/// Readings have no equality of their own: states, series and logs in words.
fn told(snapshot: &Snapshot) -> String {
    format!("{snapshot:#?}")
}

#[test]
fn every_kind_of_event_is_read_as_it_was_written() {
    let mut desk = Desk::new();
    desk.record(1, life());
    let lines = fs::read_to_string(&desk.events).unwrap();
    let read: Vec<Event> = lines.lines().map(|line| serde_json::from_str::<Record>(line).unwrap().event).collect();
    assert_eq!(read, life());
}

#[test]
fn a_reading_tells_where_a_trial_stands() {
    let mut desk = Desk::new();
    desk.record(1, life());
    let run = &desk.read().runs[&desk.id];
    assert_eq!((run.state, run.step, run.steps, run.steps_per_epoch), (State::Finished, 100, 100, 10));
    assert_eq!((run.device.as_str(), run.commit.as_str()), ("mock", "0.1.0 (abc)"));
    assert_eq!((run.started, run.last), (Some(second(1)), Some(second(10))));
    assert_eq!(run.series["loss"], [(5, 4.25), (15, 0.1 + 0.2)]);
    assert_eq!(run.results["feature_std"], 1e-30);
    assert_eq!(run.spectra, [(5, vec![0.7, 0.1 + 0.2])].into());
    assert!(run.log.iter().all(|record| !matches!(record.event.what, What::Trained { .. } | What::Spectrum { .. })));
}

#[test]
fn numbers_that_are_not_finite_are_left_out() {
    let mut desk = Desk::new();
    let metrics = numbers(&[("loss", f64::NAN), ("gradient_norm", f64::INFINITY), ("learning_rate", 0.5)]);
    desk.record(1, [started(0), Event { step: 1, what: What::Trained { metrics } }]);
    let run = &desk.read().runs[&desk.id];
    assert_eq!(run.series.keys().collect::<Vec<_>>(), ["learning_rate"]);
}

#[test]
fn going_on_from_a_checkpoint_voids_what_came_after_it() {
    let mut desk = Desk::new();
    let spectrum = |step, share| Event { step, what: What::Spectrum { values: vec![share, f32::NAN] } };
    desk.record(1, [started(0), spectrum(0, 1.0), trained(10, 1.0), trained(20, 2.0), spectrum(20, 0.5), failed(25)]);
    desk.record(9, [started(10), trained(20, 3.0)]);
    let run = &desk.read().runs[&desk.id];
    assert_eq!(run.series["loss"], [(10, 1.0), (20, 3.0)]);
    assert_eq!(run.spectra, [(0, vec![1.0])].into());
    assert_eq!((run.state, run.step, run.log.len()), (State::Running, 20, 2));
}

#[test]
fn beginning_again_measures_the_untrained_network_once() {
    let mut desk = Desk::new();
    let untrained = |value| Event { step: 0, what: What::Evaluated { metrics: numbers(&[("knn.top1", value)]) } };
    desk.record(1, [started(0), untrained(0.1), trained(5, 1.0), started(0), untrained(0.2)]);
    let run = &desk.read().runs[&desk.id];
    assert_eq!(run.series["knn.top1"], [(0, 0.2)]);
    assert!(!run.series.contains_key("loss"));
}

#[test]
fn a_torn_last_line_is_passed_over_and_cut_off_by_the_next_writer() {
    let mut desk = Desk::new();
    desk.record(1, [started(0), trained(5, 1.0)]);
    let whole = told(&desk.read());
    desk.append(b"{\"time\":\"1970-01-01T00:00:09Z\",\"event\":{\"st");
    assert_eq!(told(&desk.read()), whole);
    desk.reopen();
    assert_eq!(told(&desk.read()), whole);
    desk.record(3, [trained(6, 2.0)]);
    assert_eq!(desk.read().runs[&desk.id].series["loss"], [(5, 1.0), (6, 2.0)]);
}

#[test]
fn a_damaged_line_raises_an_alarm_and_leaves_the_others_readable() {
    let mut desk = Desk::new();
    desk.record(1, [started(0), trained(5, 1.0)]);
    desk.append(b"\0\0\0\n");
    desk.record(3, [trained(6, 2.0)]);
    let run = &desk.read().runs[&desk.id];
    assert_eq!(run.series["loss"], [(5, 1.0), (6, 2.0)]);
    assert!(matches!(&run.log[1].event.what, What::Alarm { text, .. } if text.contains("events.jsonl")));
    assert_eq!(run.state, State::Running);
}

#[test]
fn an_alarm_from_before_there_were_kinds_is_that_of_the_projections() {
    let mut desk = Desk::new();
    desk.record(1, [started(0)]);
    desk.append(
        b"{\"time\":\"2026-01-01T00:00:02Z\",\"event\":{\"step\":5,\"what\":{\"alarm\":{\"text\":\"a\",\"remedy\":\"b\"}}}}\n",
    );
    let what = &desk.read().runs[&desk.id].log[1].event.what;
    assert_eq!(what, &What::Alarm { kind: AlarmKind::ProjectionSpread, text: "a".into(), remedy: "b".into() });
}

#[test]
fn reading_along_at_any_byte_ends_as_reading_once() {
    let mut desk = Desk::new();
    desk.record(1, life());
    let all = fs::read(&desk.events).unwrap();
    let whole = told(&desk.read());
    for split in 0..all.len() {
        fs::write(&desk.events, &all[..split]).unwrap();
        let mut watch = Watch::new(desk.folder());
        watch.poll().unwrap();
        assert_eq!(told(watch.snapshot()), told(&desk.read()), "before byte {split}");
        desk.append(&all[split..]);
        assert!(watch.poll().unwrap(), "something is new after byte {split}");
        assert_eq!(told(watch.snapshot()), whole, "after byte {split}");
        assert!(!watch.poll().unwrap(), "nothing is new after the last byte");
    }
}

#[test]
fn a_reading_that_is_given_up_goes_on_the_next_time() {
    let mut desk = Desk::new();
    desk.record(1, life());
    let mut watch = Watch::new(desk.folder());
    watch.poll_while(&|| false).unwrap();
    assert_eq!(watch.snapshot().runs[&desk.id].step, 0);
    assert!(watch.poll().unwrap());
    assert_eq!(told(watch.snapshot()), told(&desk.read()));
}

#[test]
fn a_watch_follows_trials_that_come_go_and_begin_anew() {
    let mut desk = Desk::new();
    let mut watch = Watch::new(desk.folder());
    let mut poll = || {
        let changed = watch.poll().unwrap();
        (changed, watch.snapshot().runs.values().map(|run| (run.state, run.step)).collect::<Vec<_>>())
    };
    assert_eq!(poll(), (true, vec![(State::Waiting, 0)]));
    desk.record(1, [started(0), trained(7, 1.0)]);
    assert_eq!(poll(), (true, vec![(State::Running, 7)]));
    assert!(!poll().0, "nothing has happened");
    let mut other = Recorder::open(&desk.claim, &plan().trials[1], &"here").unwrap();
    other.event(second(3), started(0)).unwrap();
    assert_eq!(poll().1.len(), 2);
    fs::remove_dir_all(desk.claim.folder().trial(&plan().trials[1].id)).unwrap();
    assert_eq!(poll(), (true, vec![(State::Running, 7)]));
    fs::write(&desk.events, "").unwrap();
    assert_eq!(poll(), (true, vec![(State::Waiting, 0)]));
    desk.reopen();
    desk.record(4, [started(0), failed(1)]);
    assert_eq!(poll(), (true, vec![(State::Failed, 1)]));
    drop(desk);
    assert_eq!(poll(), (true, vec![]));
}

/// Whatever the clocks say: one that was set back makes the trial seem older than its runner.
#[test]
fn a_trial_runs_where_a_live_runner_says_that_it_trains_it() {
    for (begun, lives, trains, state) in [
        (10, true, true, State::Running),
        (3, true, true, State::Running),
        (10, true, false, State::Interrupted),
        (10, false, true, State::Interrupted),
    ] {
        let root = tempdir().unwrap();
        let claim = Claim::take(&folder(root.path()), &runner(5)).unwrap();
        let trial = &plan().trials[0];
        claim.write_trains(if trains { vec![trial.id.clone()] } else { Vec::new() }).unwrap();
        Recorder::open(&claim, trial, &"here").unwrap().event(second(begun), started(0)).unwrap();
        let claim = lives.then_some(claim);
        let snapshot = folder(root.path()).snapshot().unwrap();
        assert_eq!(snapshot.runs[&trial.id].state, state, "begun at {begun}, lives {lives}, trains {trains}");
        assert_eq!(snapshot.runner, lives.then(|| runner(5)));
        drop(claim);
    }
}

#[test]
fn a_second_runner_is_refused_by_name_and_may_come_when_the_first_has_left() {
    let root = tempdir().unwrap();
    let first = Claim::take(&folder(root.path()), &runner(0)).unwrap();
    let refusal = Claim::take(&folder(root.path()), &runner(1)).unwrap_err().to_string();
    assert!(refusal.contains("process 4711 on node7, since 1970-01-01T00:00:00Z"), "{refusal}");
    drop(first);
    Claim::take(&folder(root.path()), &runner(2)).unwrap();
}

#[test]
fn a_name_that_a_killed_runner_left_does_not_live() {
    let root = tempdir().unwrap();
    let claim = Claim::take(&folder(root.path()), &runner(0)).unwrap();
    let files =
        |claim: &Claim| fs::read_dir(claim.folder().path().join("workers")).unwrap().map(|file| file.unwrap().path());
    let left: Vec<_> = files(&claim).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    drop(claim);
    fs::create_dir(folder(root.path()).path().join("workers")).unwrap();
    left.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    assert_eq!(left.len(), 1);
    assert_eq!(folder(root.path()).runner().unwrap(), None);
    let next = Claim::take(&folder(root.path()), &runner(0)).unwrap();
    assert_eq!(files(&next).count(), 1, "its name was taken away");
}

#[test]
fn readers_never_keep_a_runner_from_its_claim() {
    let root = tempdir().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let _ = folder(root.path()).runner();
                }
            });
        }
        let claimed = (0..100).all(|_| Claim::take(&folder(root.path()), &runner(0)).is_ok());
        done.store(true, Ordering::Relaxed);
        assert!(claimed, "only another runner refuses a runner");
    });
}

/// Of trials whose steps are counted to 100.
const STEPS: u64 = 100;

/// The step and the number of the state that the trial goes on from, and what is said of it.
fn goes_on(desk: &Desk) -> (u64, f64, Option<String>) {
    let Checkpoint { resume, note } = desk.folder().checkpoint(&desk.id, STEPS).unwrap().unwrap();
    (resume.step, sum_of(&resume.bytes), note)
}

#[test]
fn a_checkpoint_survives_a_kill_between_any_two_steps_of_replacing_it() {
    let desk = Desk::new();
    let trial = desk.folder().trial(&desk.id);
    let [newest, before] = ["", ".before"].map(|which| trial.join(format!("checkpoint{which}.safetensors")));
    desk.recorder.checkpoint(10, &bytes(10, 1.0)).unwrap();
    let old = fs::read(&newest).unwrap();
    desk.recorder.checkpoint(20, &bytes(20, 2.0)).unwrap();
    let new = fs::read(&newest).unwrap();
    assert_eq!((fs::read(&before).unwrap(), goes_on(&desk)), (old.clone(), (20, 2.0, None)));
    fs::remove_file(&before).unwrap();
    fs::write(&newest, &old).unwrap();
    let beside = newest.with_added_extension("part");
    for written in 0..=new.len() {
        fs::write(&beside, &new[..written]).unwrap();
        assert_eq!(goes_on(&desk), (10, 1.0, None), "killed after {written} bytes");
    }
    fs::rename(&newest, &before).unwrap();
    assert_eq!(goes_on(&desk), (10, 1.0, None), "killed after the first renaming");
    fs::rename(&beside, &newest).unwrap();
    assert_eq!(goes_on(&desk), (20, 2.0, None), "killed after the second one");
}

#[test]
fn a_checkpoint_with_one_byte_damaged_gives_way_to_the_one_before_it() {
    let mut desk = Desk::new();
    let newest = desk.folder().trial(&desk.id).join("checkpoint.safetensors");
    desk.recorder.checkpoint(10, &bytes(10, 1.0)).unwrap();
    desk.recorder.checkpoint(20, &bytes(20, 2.0)).unwrap();
    let whole = fs::read(&newest).unwrap();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(&newest, &damaged).unwrap();
        match goes_on(&desk) {
            // Of the checksum's own name, or of white space: the numbers are those that were written.
            (20, 2.0, None) if place < whole.len() - 8 => {}
            (10, 1.0, Some(note)) => {
                let expected =
                    ["checkpoint.safetensors is damaged: ", ": goes on from the checkpoint before it, of step 10"];
                assert!(expected.iter().all(|part| note.contains(part)), "{note}");
            }
            other => panic!("byte {place}: {other:?}"),
        }
    }
    desk.recorder
        .event(second(1), Event { step: 100, what: What::Finished { metrics: numbers(&[]), probes: None } })
        .unwrap();
    assert!(desk.folder().checkpoint(&desk.id, STEPS).is_err(), "a finished trial keeps one checkpoint");
}

#[test]
fn a_checkpoint_that_cannot_be_trusted_is_neither_kept_nor_handed_out() {
    let desk = Desk::new();
    assert!(desk.folder().checkpoint(&desk.id, STEPS).unwrap().is_none());
    let refusal = desk.recorder.checkpoint(11, &bytes(10, 1.0)).unwrap_err().to_string();
    assert_eq!(refusal, "the trainer's checkpoint after step 11 says that it is of step 10");
    let path = desk.folder().trial(&desk.id).join("checkpoint.safetensors");
    let whole = bytes(10, 1.0);
    let refused = |found: &[u8]| {
        fs::write(&path, found).unwrap();
        desk.folder().checkpoint(&desk.id, STEPS).err().map(|error| error.to_string())
    };
    assert_eq!(refused(&whole), None, "one of 0.1.0 has no checksum");
    let torn = refused(&whole[..whole.len() - 1]).unwrap();
    assert!(torn.contains("checkpoint.safetensors is damaged: ") && torn.contains("; delete it to train"), "{torn}");
    let ahead = refused(&bytes(u64::MAX, 1.0)).unwrap();
    assert!(ahead.contains("it says that it is of step 18446744073709551615 of 100"), "{ahead}");
}

#[test]
fn the_newest_features_are_read_as_they_were_handed_over() {
    let desk = Desk::new();
    let read = || desk.folder().features(&desk.id);
    assert_eq!(read().unwrap(), None);
    for step in [0, 10] {
        let features = Features { step, ..features(0.5, 6, 3) };
        desk.recorder.features(&features).unwrap();
        assert_eq!(read().unwrap(), Some(features));
    }
    let path = desk.folder().trial(&desk.id).join("features.safetensors");
    let before = Features { indices: Vec::new(), ..features(0.5, 6, 3) };
    desk.recorder.features(&before).unwrap();
    assert_eq!(read().unwrap(), Some(before), "as an earlier version wrote them");
    let written = desk.recorder.features_of(Purpose::Test, &features(0.5, 6, 3)).unwrap();
    assert!(written.ends_with("features-test.safetensors"), "{}", written.display());
    let (_, header) = SafeTensors::read_metadata(&fs::read(written).unwrap()).unwrap();
    assert_eq!(header.metadata().as_ref().unwrap()["split"], "test");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let refusal = format!("{:#}", read().unwrap_err());
    assert!(refusal.contains("features.safetensors is damaged; the next evaluation replaces it"), "{refusal}");
}

#[test]
fn a_trial_keeps_its_recipe_and_a_log_for_people() {
    let mut desk = Desk::new();
    desk.record(1, [started(0), trained(5, 1.0), failed(6)]);
    let file = |name: &str| fs::read_to_string(desk.folder().trial(&desk.id).join(name)).unwrap();
    assert_eq!(file("recipe.toml"), plan().trials[0].recipe.canonical());
    assert_eq!(file("environment.json"), "\"here\"");
    let lines = "1970-01-01T00:00:01Z begins: 100 steps on mock, byolab 0.1.0 (abc)\n\
                 1970-01-01T00:00:03Z failed at step 6: because\n";
    assert_eq!(file("log.txt"), lines);
}

#[test]
fn experiments_are_listed_by_name_and_a_missing_folder_is_a_sentence() {
    let root = tempdir().unwrap();
    let store = Store::new(root.path());
    for name in ["second", "first"] {
        let claim = Claim::take(&store.experiment(name), &runner(0)).unwrap();
        claim.write_experiment("question = \"?\"").unwrap();
    }
    fs::create_dir(root.path().join("not-an-experiment")).unwrap();
    assert_eq!(store.experiments().unwrap(), ["first", "second"]);
    let missing = Store::new(root.path().join("nowhere"));
    let sentence = missing.experiments().unwrap_err().to_string();
    assert!(sentence.contains("nowhere; --runs names another folder"), "{sentence}");
    assert!(missing.experiment("any").snapshot().unwrap().runs.is_empty(), "nothing was trained yet");
}

#[test]
fn a_folder_that_cannot_be_written_is_a_sentence() {
    let root = tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let sentence = Claim::take(&folder(Path::new(&file)), &runner(0)).unwrap_err().to_string();
    assert!(sentence.starts_with("cannot write in ") && sentence.contains("--runs"), "{sentence}");
}

#[test]
fn a_trial_that_is_set_aside_is_trained_again_and_what_it_was_is_kept() {
    let (plan, root) = (plan(), tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let place = folder(root.path());
    let id = plan.trials[0].id.clone();
    for n in [1, 2] {
        let before = fs::read(place.trial(&id).join("events.jsonl")).unwrap();
        place.set_aside(&[id.clone(), "never-trained".into()]).unwrap();
        assert!(!place.snapshot().unwrap().runs.contains_key(&id));
        let kept = place.path().join(format!("set-aside/{id}-{n}/events.jsonl"));
        assert_eq!(fs::read(kept).unwrap(), before);
        let mut scene = Scene::new(&plan, root.path());
        scene.run().unwrap();
        assert_eq!(scene.mock.heats, [[id.clone()]]);
    }
}

#[test]
fn nothing_is_set_aside_under_a_runner() {
    let (plan, root) = (plan(), tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let place = folder(root.path());
    let _claim = Claim::take(&place, &runner(0)).unwrap();
    let id = plan.trials[0].id.clone();
    let refusal = place.set_aside(std::slice::from_ref(&id)).unwrap_err().to_string();
    assert!(refusal.contains("already being trained by process 4711"), "{refusal}");
    assert!(place.trial(&id).exists());
}

#[test]
fn a_run_can_be_seen_as_it_stood_at_a_step() {
    let ends = |step| Event { step, what: What::Finished { metrics: numbers(&[("loss", 0.2)]), probes: None } };
    let checkpoint = Event { step: 4, what: What::Checkpointed };
    let told = [(0, started(0)), (10, trained(4, 0.5)), (10, checkpoint), (900, started(4)), (940, trained(8, 0.2))];
    let mut run = Run { state: State::Finished, ..Run::default() };
    for (time, event) in told.into_iter().chain([(940, ends(8))]) {
        run.take(Record { time: second(time), event });
    }
    for (step, state, points, lines, time) in [
        (0, State::Running, 0, 1, 0),
        (2, State::Running, 0, 1, 5),
        (6, State::Running, 1, 3, 920),
        (8, State::Finished, 2, 4, 940),
        (99, State::Finished, 2, 4, 940),
    ] {
        let then = run.at(step);
        let losses = then.series.get("loss").map_or(0, Vec::len);
        assert_eq!(
            (then.state, losses, then.log.len(), then.last),
            (state, points, lines, Some(second(time))),
            "{step}"
        );
        assert_eq!((then.step, then.results.len()), (step.min(8), usize::from(step >= 8)), "{step}");
    }
    assert_eq!(run.seconds, 50.0, "the pause between two runners is no training");
}

#[test]
fn a_clock_that_was_set_back_takes_no_time_away() {
    let mut run = Run::default();
    for (time, event) in [(100, started(0)), (110, trained(1, 0.5)), (20, trained(2, 0.5)), (25, trained(3, 0.5))] {
        run.take(Record { time: second(time), event });
    }
    assert_eq!(run.seconds, 15.0);
}

/// As a run leaves it that was killed before its first checkpoint, and run again; and one that went on from a checkpoint.
#[test]
fn raw_events_hold_each_measurement_once() {
    let evaluated =
        |step, value| Event { step, what: What::Evaluated { metrics: numbers(&[("untrained.knn.top1", value)]) } };
    let spectrum = |step| Event { step, what: What::Spectrum { values: vec![1.0] } };
    let note = Event { step: 0, what: What::Noted { text: "activations are computed again".into() } };
    let again = [started(0), note.clone(), spectrum(0), evaluated(0, 0.2), trained(5, 2.0)];
    let cases: [(Vec<Event>, Vec<Event>); 3] = [
        (
            [vec![started(0), spectrum(0), evaluated(0, 0.1), trained(5, 1.0), failed(6)], again.to_vec()].concat(),
            [vec![started(0)], again.to_vec()].concat(),
        ),
        (
            vec![
                started(0),
                evaluated(0, 0.1),
                trained(5, 1.0),
                evaluated(10, 0.3),
                trained(15, 9.0),
                started(10),
                trained(15, 2.0),
            ],
            vec![started(0), evaluated(0, 0.1), trained(5, 1.0), evaluated(10, 0.3), started(10), trained(15, 2.0)],
        ),
        (vec![started(0), evaluated(0, 0.1), started(0)], vec![started(0), evaluated(0, 0.1), started(0)]),
    ];
    for (recorded, expected) in cases {
        let mut desk = Desk::new();
        desk.record(1, recorded);
        let read = desk.folder().records(&desk.id).unwrap();
        assert_eq!(read.into_iter().map(|record| record.event).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_is_wrong_with_one_trial_is_a_sentence_and_no_harm_to_the_others() {
    let (plan, root) = (plan(), tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let id = &plan.trials[0].id;
    let events = folder(root.path()).trial(id).join("events.jsonl");
    fs::remove_file(&events).unwrap();
    fs::create_dir(&events).unwrap();
    let snapshot = folder(root.path()).snapshot().unwrap();
    assert_eq!(snapshot.runs.values().filter(|run| run.state == State::Finished).count(), 3);
    assert_eq!(snapshot.unreadable.keys().collect::<Vec<_>>(), [id]);
    assert!(snapshot.unreadable[id].starts_with("cannot read ") && snapshot.unreadable[id].contains(id));
}

#[test]
fn what_a_kill_left_of_a_file_is_taken_away_by_the_next_writer() {
    let mut desk = Desk::new();
    let part = desk.folder().trial(&desk.id).join("checkpoint.safetensors.part");
    fs::write(&part, "half of it").unwrap();
    desk.reopen();
    assert!(!part.exists());
}

/// The mock's trials under another experiment's name.
fn renamed(root: &Path, name: &str) -> ExperimentFolder {
    let store = Store::new(root);
    fs::rename(folder(root).path(), store.experiment(name).path()).unwrap();
    store.experiment(name)
}

#[test]
fn a_trial_that_another_experiment_has_finished_is_read_from_there_and_not_trained_again() {
    let (plan, root) = (plan(), tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let other = renamed(root.path(), "other");
    let unfinished = other.trial(&plan.trials[0].id).join("events.jsonl");
    let all = fs::read_to_string(&unfinished).unwrap();
    fs::write(&unfinished, &all[..all.trim_end().rfind('\n').unwrap() + 1]).unwrap();
    let here = folder(root.path());
    let mut watch = Watch::new(here.clone());
    watch.seek(&plan);
    watch.poll().unwrap();
    let ids: Vec<&String> = plan.trials[1..].iter().map(|trial| &trial.id).collect();
    assert!(ids.iter().all(|id| watch.snapshot().runs[*id].state == State::Finished));
    assert_eq!(watch.snapshot().runs.len(), 3, "what is not finished there is none of ours");
    assert!(!watch.poll().unwrap(), "nothing is new");
    assert!(!here.records(ids[0]).unwrap().is_empty() && here.features(ids[0]).unwrap().is_some());
    assert_eq!(here.recipe(ids[0]).unwrap(), plan.trials[1].recipe);
    let mut scene = Scene::new(&plan, root.path());
    assert_eq!(scene.run().unwrap().finished, 4);
    assert_eq!(scene.mock.heats, [[plan.trials[0].id.clone()]]);
    assert!(here.has(&plan.trials[0].id) && !here.has(ids[0]));
    assert_eq!(here.snapshot_for(&plan).unwrap().runs.len(), 4);
    here.set_aside(&[ids[0].clone()]).unwrap();
    assert!(!here.snapshot_for(&plan).unwrap().runs.contains_key(ids[0]), "it is to be trained again");
    assert!(other.path().join(format!("set-aside/{}-1", ids[0])).exists());
}
