//! An experiment on disk whose numbers, and so its verdict, are known.

use std::{fs, path::Path};

use byolab::{
    plan::{Experiment, Overrides, Plan, Trial, Value},
    protocol::{Event, Record, What},
};
use jiff::Timestamp;

const EXPERIMENT: &str = r#"
question = "Does BYOL lose less?"
seeds    = [0, 1, 2]
baseline = { "train.batch" = 64 }
[recipe]
data  = { name = "synthetic", limit = 128, held_out = 64 }
train = { optimizer_batch = 64, epochs = 4, warmup_epochs = 1 }
probes = { knn_k = 5 }
[[axis]]
key    = "method"
values = ["byol", "simclr"]
[[axis]]
key    = "train.batch"
values = [64, 32]
[[claim]]
text   = "The claim"
metric = "knn.top1"
"#;

/// Writes `<root>/known.toml`, with `test` in its claim, and finished runs under `<root>/runs`. BYOL has 49 % at batch 64
/// and loses 1 point to batch 32, SimCLR has 47 % and loses what `drops` says, seed by seed.
pub fn known(root: &Path, test: &str, drops: [f64; 3]) -> Plan {
    written(root, "known", &format!("{EXPERIMENT}{test}\n"), |trial| accuracy(trial, drops))
}

/// Writes finished runs of the experiment `text` under `<root>/runs`, with the k-NN accuracies that `knn` says.
pub fn finished(root: &Path, name: &str, text: &str, knn: impl Fn(&Trial) -> f64) -> Plan {
    let experiment =
        Experiment::parse(name, &format!("{name}.toml"), text).unwrap_or_else(|problems| panic!("{problems}"));
    let plan = Plan::new(experiment, &Overrides::default()).unwrap_or_else(|problems| panic!("{problems}"));
    let folder = root.join("runs").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("experiment.toml"), text).unwrap();
    for trial in &plan.trials {
        let folder = folder.join(&trial.id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("recipe.toml"), trial.recipe.canonical()).unwrap();
        fs::write(folder.join("environment.json"), format!("{{\"host\": \"{}\"}}", trial.recipe.method.name()))
            .unwrap();
        fs::write(folder.join("events.jsonl"), events(knn(trial))).unwrap();
    }
    plan
}

/// Writes `<root>/NAME.toml` too.
pub fn written(root: &Path, name: &str, text: &str, knn: impl Fn(&Trial) -> f64) -> Plan {
    fs::write(root.join(format!("{name}.toml")), text).unwrap();
    finished(root, name, text, knn)
}

/// Gives every trial of an experiment an evaluation after its first step.
pub fn evaluate_early(root: &Path, name: &str) {
    for folder in fs::read_dir(root.join("runs").join(name)).unwrap().map(|entry| entry.unwrap().path()) {
        let events = folder.join("events.jsonl");
        let Ok(text) = fs::read_to_string(&events) else { continue };
        let line = text.lines().find(|line| line.contains("untrained.knn.top1")).unwrap();
        let line = line.replace("untrained.knn.top1", "knn.top1").replace("\"step\":0", "\"step\":1");
        let at = text.find("\"step\":2").map(|at| text[..at].rfind('\n').unwrap() + 1).unwrap();
        fs::write(&events, format!("{}{line}\n{}", &text[..at], &text[at..])).unwrap();
    }
}

/// The same in the folder where the workbench looks for it; BYOL loses less.
pub fn shown(root: &Path) -> Plan {
    let plan = known(root, "less = [\"byol\", \"simclr\"]\nalong = \"train.batch\"\nto = 32", [0.05; 3]);
    fs::create_dir(root.join("experiments")).unwrap();
    fs::rename(root.join("known.toml"), root.join("experiments/known.toml")).unwrap();
    plan
}

fn accuracy(trial: &Trial, drops: [f64; 3]) -> f64 {
    let (level, drop) = match trial.recipe.method.name() {
        "byol" => (0.49, 0.01),
        _ => (0.47, drops[trial.seed as usize]),
    };
    if trial.cell["train.batch"] == Value::Int(32) { level - drop } else { level }
}

/// Three steps, a second apart; none of them collapsed.
fn events(knn: f64) -> String {
    let metrics = |name: &str, value: f64| [(name.to_string(), value)].into();
    let (device, commit) = ("cpu (made up, 2 threads)".into(), "0.1.0 (none)".into());
    let mut told = vec![
        (0, What::Started { steps: 3, steps_per_epoch: 1, device, commit }),
        (0, What::Evaluated { metrics: metrics("untrained.knn.top1", 0.2) }),
    ];
    told.extend((1..=3).map(|step| (step, What::Trained { metrics: metrics("loss", 1.5 / step as f64) })));
    let finished = [("knn.top1".to_string(), knn), ("untrained.knn.top1".to_string(), 0.2)].into();
    told.push((3, What::Finished { metrics: finished, probes: None }));
    let line = |(step, what): (u64, What)| {
        let time = Timestamp::from_second(1_700_000_000 + (step.max(1) as i64 - 1)).unwrap();
        serde_json::to_string(&Record { time, event: Event { step, what } }).unwrap() + "\n"
    };
    told.into_iter().map(line).collect()
}
