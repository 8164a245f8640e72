//! A store that nobody trained: finished runs of made-up numbers, and a heat that is in training for as long as asked.

use std::{
    f64::consts::PI,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process, thread,
    time::{Duration, Instant},
};

use byolab::{
    plan::{Experiment, Overrides, Plan, Trial},
    protocol::{Event, Metrics, Record, What},
    store::{Claim, Recorder, RunnerInfo, Store},
};
use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;

/// Steps between two recorded ones, and recorded ones between two evaluations.
const EVERY: u64 = 10;
const EVALUATED: u64 = 1000;

/// Recorded steps a second of the heat in training; a GPU's.
const PACE: u64 = 4;

fn experiment(seeds: usize) -> String {
    let seeds: Vec<usize> = (0..seeds).collect();
    format!(
        r#"question = "Is the workbench quick?"
seeds = {seeds:?}
baseline = {{ "train.batch" = 512 }}
[recipe]
data  = {{ name = "synthetic", limit = 1024, held_out = 64 }}
train = {{ optimizer_batch = 512, epochs = 100 }}
[[axis]]
key    = "method"
values = ["byol", "simclr"]
[[axis]]
key    = "train.batch"
values = [512, 256, 128, 64]
[[claim]]
text   = "BYOL loses less"
metric = "knn.top1"
less   = ["byol", "simclr"]
along  = "train.batch"
to     = 64
"#
    )
}

/// Writes the experiment `many` and finished runs of it below `folder`, and an experiment `live` without any; how many
/// bytes of events.
pub fn store(folder: &Path, runs: usize, steps: u64) -> u64 {
    fs::create_dir(folder.join("experiments")).expect("the folder is new");
    let plan = write(folder, "many", runs.div_ceil(8));
    write(folder, "live", 1);
    let runs = &plan.trials[..runs];
    runs.par_iter().map(|trial| run(&folder.join("runs/many").join(&trial.id), trial, steps)).sum()
}

fn write(folder: &Path, name: &str, seeds: usize) -> Plan {
    let text = experiment(seeds);
    fs::write(folder.join("experiments").join(name).with_extension("toml"), &text).expect("the disk takes it");
    plan(name, &text)
}

fn plan(name: &str, text: &str) -> Plan {
    let experiment = Experiment::parse(name, name, text).unwrap_or_else(|problems| panic!("{problems}"));
    Plan::new(experiment, &Overrides::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A finished run; how many bytes of events.
fn run(folder: &Path, trial: &Trial, steps: u64) -> u64 {
    fs::create_dir_all(folder).expect("the disk takes it");
    fs::write(folder.join("recipe.toml"), trial.recipe.canonical()).expect("the disk takes it");
    let path = folder.join("events.jsonl");
    let mut file = BufWriter::new(File::create(&path).expect("the disk takes it"));
    for event in life(trial.seed, steps) {
        let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_700_000_000 + (event.step / EVERY) as i64);
        serde_json::to_writer(&mut file, &Record { time, event }).expect("the disk takes it");
        file.write_all(b"\n").expect("the disk takes it");
    }
    file.into_inner().expect("the disk takes it").metadata().expect("it is there").len()
}

/// All that happens in a run of so many recorded steps.
fn life(seed: u64, steps: u64) -> impl Iterator<Item = Event> {
    let begin = started(steps);
    let during = (1..=steps).flat_map(move |i| happens(i, steps, seed));
    begin
        .into_iter()
        .chain(during)
        .chain([Event { step: steps * EVERY, what: What::Finished { metrics: judged(1.0, seed), probes: None } }])
}

fn started(steps: u64) -> [Event; 1] {
    let (device, commit) = ("cpu (made up)".into(), "0.1.0 (none)".into());
    [Event { step: 0, what: What::Started { steps: steps * EVERY, steps_per_epoch: 2, device, commit } }]
}

/// What happens at the `i`th recorded step.
fn happens(i: u64, steps: u64, seed: u64) -> Vec<Event> {
    let done = i as f64 / steps as f64;
    let mut events = vec![Event { step: i * EVERY, what: What::Trained { metrics: trained(i, done) } }];
    if i.is_multiple_of(EVALUATED) {
        events.push(Event { step: i * EVERY, what: What::Evaluated { metrics: judged(done, seed) } });
        events.push(Event { step: i * EVERY, what: What::Checkpointed });
    }
    events
}

fn named<const N: usize>(numbers: [(&str, f64); N]) -> Metrics {
    numbers.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// The seven numbers of a recorded step.
fn trained(i: u64, done: f64) -> Metrics {
    let noise = (i as f64 * 12.9898).sin() * 43_758.545_3 % 1.0;
    named([
        ("loss", 4.0 * (-3.0 * done).exp() + 0.2 * noise),
        ("learning_rate", 0.5 * (1.0 + (PI * done).cos())),
        ("target_decay", 1.0 - 0.01 * (1.0 + (PI * done).cos())),
        ("gradient_norm", 2.0 + noise),
        ("projection_std", 0.06 + 0.01 * noise),
        ("images_per_second", 900.0 + 50.0 * noise),
        ("data_wait", 0.01 + 0.01 * noise.abs()),
    ])
}

fn judged(done: f64, seed: u64) -> Metrics {
    let score = 0.2 + 0.5 * (1.0 - (-4.0 * done).exp()) + 0.001 * seed as f64;
    named([
        ("knn.top1", score),
        ("feature_std", 0.05),
        ("effective_rank", 40.0 + 10.0 * done),
        ("alignment", 0.5 - 0.2 * done),
        ("uniformity", -1.0 - done),
    ])
}

/// Trains the first heat of `live`, so to speak, for that long.
pub fn train(folder: &Path, time: Duration) {
    let plan = plan("live", &fs::read_to_string(folder.join("experiments/live.toml")).expect("it was written"));
    let (host, device) = ("here".into(), "cpu (made up)".into());
    let info = RunnerInfo { pid: process::id(), host, device, started: Timestamp::now() };
    let claim = Claim::take(&Store::new(folder.join("runs")).experiment("live"), &info).expect("nobody else trains");
    claim.write_experiment(&plan.experiment.text).expect("the disk takes it");
    let open = |trial: &usize| Recorder::open(&claim, &plan.trials[*trial], &"here").expect("the disk takes it");
    let mut recorders: Vec<Recorder> = plan.heats[0].trials.iter().map(open).collect();
    let mut tell = |events: &[Event]| {
        for recorder in &mut recorders {
            for event in events {
                recorder.event(Timestamp::now(), event.clone()).expect("the disk takes it");
            }
        }
    };
    let steps = 100_000;
    tell(&started(steps));
    let begin = Instant::now();
    for i in (1..).take_while(|_| begin.elapsed() < time) {
        // Far into a run, so that evaluations come every few seconds.
        let i = i * EVALUATED / (4 * PACE);
        tell(&happens(i, steps, 0));
        thread::sleep(Duration::from_secs(1) / PACE as u32);
    }
}
