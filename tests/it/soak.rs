//! A store that grows for a week, watched all the time: what its reader holds and how long it reads must not grow with it.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use byolab::{
    plan::{Experiment, Overrides, Plan},
    process,
    protocol::{Event, Record, What},
    results,
    store::{ExperimentFolder, Store, Watch},
};
use jiff::Timestamp;

use crate::mock;

/// 5 methods, with 100 seeds each.
const EXPERIMENT: &str = r#"
question = "Does anything grow?"
[recipe]
data = { name = "synthetic", limit = 4096, held_out = 64 }
train = { batch = 64, epochs = 500, warmup_epochs = 1 }
[[axis]]
key    = "method"
values = ["byol", "simclr", "moco", "simsiam", "barlow-twins"]
"#;
const TRIALS: usize = 500;
/// In so many rounds the events come; after each of them the store is read.
const ROUNDS: usize = 20;
/// Of so many events one is an evaluation and one a checkpoint.
const EVALUATED: usize = 100;
const BEGAN: i64 = 1_700_000_000;

/// What the reader holds and how long it takes.
#[derive(Clone, Copy)]
struct Reading {
    held: u64,
    files: usize,
    poll: Duration,
    idle: Duration,
    judged: Duration,
}

/// `BYOLAB_SOAK=10000000 cargo test --release --test it -- --ignored soak --nocapture`
#[test]
#[ignore = "long, and alone in its process: a week of 500 trials"]
fn a_week_of_events_is_read_in_the_same_time_and_memory() {
    soak(std::env::var("BYOLAB_SOAK").map_or(10_000_000, |text| text.parse().expect("a number")));
}

fn soak(events: usize) {
    let root = tempfile::tempdir().unwrap();
    let experiment = Experiment::parse("soak", "soak.toml", EXPERIMENT).unwrap();
    let plan = Plan::new(experiment, &Overrides { seeds: Some((0..100).collect()), ..Overrides::default() }).unwrap();
    assert_eq!(plan.trials.len(), TRIALS);
    let folder = Store::new(root.path().join("runs")).experiment("soak");
    let files = begun(&folder, &plan);
    let mut watch = Watch::to_draw(folder.clone(), Some(root.path().join("index")), Default::default());
    let mut readings = Vec::new();
    for round in 0..ROUNDS {
        let steps = events / TRIALS / ROUNDS;
        files.iter().for_each(|file| grow(file, round * steps..(round + 1) * steps));
        readings.push(read(&mut watch, &plan));
        tell(&format!("{} events", (round + 1) * steps * TRIALS), readings[round]);
    }
    let known = timed(|| Watch::to_draw(folder.clone(), Some(root.path().join("index")), Default::default()).poll());
    let anew = timed(|| Watch::to_draw(folder.clone(), None, Default::default()).poll());
    println!("opened again: {:.2} s by the kept readings, {:.2} s without", known.as_secs_f64(), anew.as_secs_f64());
    let [early, late] = [readings[ROUNDS / 4], readings[ROUNDS - 1]];
    assert_eq!(early.files, late.files, "files stay open");
    let held = |reading: Reading| reading.held as f64;
    assert!(held(late) < 1.5 * held(early) + 64e6, "{} bytes held, then {}", early.held, late.held);
    for (name, time) in
        [("poll", Reading::poll as fn(&Reading) -> Duration), ("idle", Reading::idle), ("judge", Reading::judged)]
    {
        let [early, late] = [time(&early), time(&late)];
        assert!(late < 4 * early + Duration::from_millis(300), "{name}: {early:?}, then {late:?}");
    }
}

impl Reading {
    fn poll(&self) -> Duration {
        self.poll
    }

    fn idle(&self) -> Duration {
        self.idle
    }

    fn judged(&self) -> Duration {
        self.judged
    }
}

/// Every trial as its runner begins it; the files that take its events.
fn begun(folder: &ExperimentFolder, plan: &Plan) -> Vec<PathBuf> {
    fs::create_dir_all(folder.path()).unwrap();
    fs::write(folder.experiment_file(), &plan.experiment.text).unwrap();
    let begin = |trial: &byolab::plan::Trial| {
        let place = folder.trial(&trial.id);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("recipe.toml"), trial.recipe.canonical()).unwrap();
        let (steps, steps_per_epoch) = (trial.recipe.steps(), trial.recipe.steps_per_epoch());
        let what = What::Started { steps, steps_per_epoch, device: "cpu".into(), commit: "none".into() };
        let events = place.join("events.jsonl");
        write(&mut File::create(&events).unwrap(), 0, what);
        events
    };
    plan.trials.iter().map(begin).collect()
}

fn write(file: &mut impl Write, step: usize, what: What) {
    let time = Timestamp::from_second(BEGAN + step as i64).unwrap();
    let record = Record { time, event: Event { step: step as u64, what } };
    writeln!(file, "{}", serde_json::to_string(&record).unwrap()).unwrap();
}

/// Appends what happens in these steps.
fn grow(events: &Path, steps: std::ops::Range<usize>) {
    let mut file = BufWriter::new(OpenOptions::new().append(true).open(events).unwrap());
    for step in steps {
        let loss = 5.0 / (1.0 + step as f64).sqrt();
        let metrics = mock::numbers(&[("loss", loss), ("gradient_norm", 2.0 * loss), ("images_per_second", 800.0)]);
        write(&mut file, step + 1, What::Trained { metrics });
        if step % EVALUATED == EVALUATED - 1 {
            write(&mut file, step + 1, What::Evaluated { metrics: mock::numbers(&[("knn.top1", 1.0 - loss / 5.0)]) });
            write(&mut file, step + 1, What::Checkpointed);
        }
    }
}

fn read(watch: &mut Watch, plan: &Plan) -> Reading {
    let poll = timed(|| watch.poll());
    let idle = timed(|| watch.poll());
    let judged = timed(|| results::judge(plan, watch.snapshot()));
    let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    Reading { held: process::held().unwrap_or_default(), files, poll, idle, judged }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    drop(work());
    begun.elapsed()
}

fn tell(what: &str, Reading { held, files, poll, idle, judged }: Reading) {
    let [poll, idle, judged] = [poll, idle, judged].map(|time| time.as_millis());
    let held = held >> 20;
    println!("{what}: {held} MiB, {files} files, read in {poll} ms, nothing new in {idle} ms, judged in {judged} ms");
}
