//! What byolab itself has written and reads again, and what people type: runs on the disk, weights, edits.

use std::{fs, path::PathBuf};

use byolab::{
    plan::{Experiment, Overrides, Plan},
    report::{self, DrawingPage, Render, Report},
    results,
    store::{Claim, ExperimentFolder, RunnerInfo, Store, Watch},
};
use jiff::Timestamp;
use tempfile::TempDir;

use super::{MIB, Parser, parser};
use crate::{fixture, mock};

/// Finished runs of which one file is put anew again and again.
struct Runs {
    /// Removed with them.
    _root: TempDir,
    plan: Plan,
    folder: ExperimentFolder,
    file: PathBuf,
}

impl Runs {
    /// Of `file` in the first trial's folder, or beside it.
    fn of(file: &str, in_trial: bool) -> Self {
        let root = tempfile::tempdir().unwrap();
        let plan =
            fixture::known(root.path(), "less = [\"byol\", \"simclr\"]\nalong = \"train.batch\"\nto = 32", [0.05; 3]);
        let folder = Store::new(root.path().join("runs")).experiment("known");
        let file = if in_trial { folder.trial(&plan.trials[0].id) } else { folder.path().to_owned() }.join(file);
        Self { _root: root, plan, folder, file }
    }

    fn id(&self) -> &str {
        &self.plan.trials[0].id
    }

    /// Puts the file anew and sees whether all faces can tell something of it.
    fn put(&self, bytes: &[u8]) -> bool {
        fs::write(&self.file, bytes).unwrap();
        let Ok(snapshot) = self.folder.snapshot_for(&self.plan) else { return false };
        let results = results::judge(&self.plan, &snapshot);
        let (plan, results, snapshot, folder) = (&self.plan, &results, &snapshot, &self.folder);
        let overrides = &Overrides::default();
        let report = Report { plan, results, snapshot, folder, overrides, sheet: DrawingPage::default() };
        for format in report::FORMATS {
            if let Render::Text(render) = format.render {
                render(&report);
            }
        }
        folder.records(self.id()).is_ok_and(|records| !records.is_empty())
    }
}

/// A parser of a file of finished runs.
fn stored(
    name: &'static str,
    [file, place]: [&str; 2],
    seeds: Vec<Vec<u8>>,
    parse: impl Fn(&Runs) -> bool + 'static,
) -> Parser {
    let runs = Runs::of(file, place == "trial");
    parser([name, ""], seeds, 64 * MIB, move |bytes| {
        fs::write(&runs.file, bytes).unwrap();
        parse(&runs)
    })
}

pub fn parsers() -> Vec<Parser> {
    let runs = Runs::of("events.jsonl", true);
    let read = |name: &str| fs::read(runs.folder.trial(runs.id()).join(name)).unwrap();
    let (events, recipe) = (read("events.jsonl"), read("recipe.toml"));
    let long: Vec<u8> = (0..400).flat_map(|_| events.clone()).collect();
    let features = features();
    let asked = br#"{"file":"a.toml","overrides":{"set":["lr=1"],"axes":[],"only":[],"seeds":[0]},"device":"cpu"}"#;
    let remarks: &[u8] = b"{\"time\":\"2026-01-01T00:00:00Z\",\"tags\":[\"good\"],\"note\":\"a note\"}\n";
    let commands = b"\"stop\"\n{\"skip\":{\"trial\":\"0011223344\"}}\n{\"first\":{\"trial\":\"00\"}}\n";
    vec![
        parser(["events", ""], vec![events], 64 * MIB, move |bytes| runs.put(bytes)),
        index(long),
        stored("recipe", ["recipe.toml", "trial"], vec![recipe], |runs| {
            runs.folder.snapshot_for(&runs.plan).is_ok() && runs.folder.recipe(runs.id()).is_ok()
        }),
        stored("features", ["features.safetensors", "trial"], vec![features], |runs| {
            runs.folder.features(runs.id()).is_ok()
        }),
        stored("checkpoint", ["checkpoint.safetensors", "trial"], vec![mock::bytes(2, 0.5)], |runs| {
            runs.folder.checkpoint(runs.id(), 3).is_ok()
        }),
        stored("remarks", ["remarks.jsonl", "trial"], vec![remarks.into()], |runs| {
            runs.folder.remarks(Some(runs.id())).is_ok()
        }),
        stored("asked", ["asked.json", "beside"], vec![asked.into()], |runs| runs.folder.asked().is_ok()),
        commands_of(commands),
        claimed(),
    ]
}

/// Features that the store has written.
fn features() -> Vec<u8> {
    let (plan, root) = (mock::plan(), tempfile::tempdir().unwrap());
    mock::Scene::new(&plan, root.path()).run().unwrap();
    fs::read(mock::folder(root.path()).trial(&plan.trials[0].id).join("features.safetensors")).unwrap()
}

/// What is said to a runner.
fn commands_of(seed: &[u8]) -> Parser {
    let runs = Runs::of("commands.jsonl", false);
    parser(["commands", ""], vec![seed.into()], MIB, move |bytes| {
        // All of them, so that the folder stays.
        let runs = &runs;
        fs::write(&runs.file, b"").unwrap();
        let mut commands = runs.folder.commands().unwrap();
        fs::write(&runs.file, bytes).unwrap();
        commands.poll().is_ok_and(|commands| !commands.is_empty())
    })
}

/// What a worker says of itself.
fn claimed() -> Parser {
    let runs = Runs::of("workers", false);
    let info = RunnerInfo { pid: 7, host: "a".into(), device: "d".into(), started: Timestamp::UNIX_EPOCH };
    let claim = Claim::take(&runs.folder, &info).unwrap();
    let seed = fs::read(fs::read_dir(&runs.file).unwrap().next().unwrap().unwrap().path()).unwrap();
    parser(["worker", ""], vec![seed], MIB, move |bytes| {
        // All of them, so that the folder stays.
        let runs = &runs;
        fs::write(runs.file.join("0123456789abcdef.json"), bytes).unwrap();
        claim.folder().workers().is_ok()
    })
}

/// A kept reading, of events that are long enough to be worth it.
fn index(events: Vec<u8>) -> Parser {
    let runs = Runs::of("events.jsonl", true);
    fs::write(&runs.file, &events).unwrap();
    let kept = runs.folder.path().join("kept");
    let watch = move |runs: &Runs| {
        let mut watch = Watch::to_draw(runs.folder.clone(), Some(kept.clone()), Default::default());
        watch.poll().unwrap();
        (kept.join(runs.id()), watch.into_snapshot())
    };
    let (path, _) = watch(&runs);
    let seed = fs::read(&path).unwrap();
    parser(["index", ""], vec![seed], 64 * MIB, move |bytes| {
        fs::write(&path, bytes).unwrap();
        let (_, snapshot) = watch(&runs);
        results::judge(&runs.plan, &snapshot).rows.len() == runs.plan.trials.len()
    })
}

/// Flags of the command line and answers to the grid's prompts: a line for `--set`, one for `--axis`, one for `--only`.
pub fn typed() -> Parser {
    let experiment = Experiment::parse("fuzz", "fuzz.toml", include_str!("../../../experiments/demo.toml")).unwrap();
    let seeds = [
        "optimizer.lr=0.1;train.batch=64",
        "data.limit=256\noptimizer.lr=1e-3..1e-1:log4;train.seed=0..6:2\nmethod=byol",
        "encoder={ name = \"convnet\", width = 8 }\nmethod=byol,{ name = \"moco\", queue = 128 }",
        "augment=[{ crop = { area = [0.2, 1] } }, \"flip\"]\naugment=simclr-cifar,\"a, b\"",
    ];
    let seeds = seeds.map(|seed| seed.as_bytes().to_vec()).to_vec();
    parser(["typed", ""], seeds, 64 * MIB, move |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let line = |place| text.lines().nth(place).map(str::to_owned).into_iter().collect::<Vec<_>>();
        let overrides = Overrides::typed(&line(0), &line(1), &line(2), None);
        overrides.flags();
        Plan::new(experiment.clone(), &overrides).map(|plan| plan.trials.len()).is_ok() || text.len() > 1
    })
}

/// An encoder and a whole state, as a trial of this recipe would load them.
#[cfg(feature = "cpu")]
pub fn weights() -> [Parser; 2] {
    use std::{cell::RefCell, collections::BTreeMap};

    use byolab::engine::{burn::tensor::Device, learner::Learner, state};

    let recipe = mock::plan_of(&["encoder.width=4"]).trials[0].recipe.clone();
    let (device, classes) = (Device::flex(), 10);
    let learner = Learner::new(&recipe, classes, &device);
    let encoder = state::encoder(&learner, BTreeMap::from([("format".into(), "pt".into())]));
    let whole = state::save(&learner, &state::TrialProgress::default());
    let [one, other] = [0; 2].map(|_| RefCell::new(Learner::new(&recipe, classes, &device)));
    let same = device.clone();
    [
        parser(["encoder", ""], vec![encoder], 64 * MIB, move |bytes| {
            state::load_encoder(&mut one.borrow_mut(), bytes, &device).is_ok()
        }),
        parser(["state", ""], vec![whole], 64 * MIB, move |bytes| {
            state::restore(&mut other.borrow_mut(), bytes, &same).is_ok()
        }),
    ]
}
