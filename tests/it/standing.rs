//! A runs folder stands alone: what was run, and with what, is known from it; what is told of it can be pasted.

use std::{fs, path::Path, process::Command};

use byolab::{
    cli::lab::StoreLab,
    plan::{Overrides, Plan},
    store::{AskedFlags, ExperimentFolder, Store},
    tui::{ExperimentEntry, Lab},
};

use crate::{
    cli::{byolab, text},
    fixture,
    mock::{self, Scene},
};

/// A run of the mock that was asked for less than the file has, in `<root>/runs`.
fn run_part(root: &Path, overrides: Overrides) -> Plan {
    let plan = mock::plan_with(&overrides);
    let runs = root.join("runs");
    let mut scene = Scene::new(&plan, &runs);
    scene.asked = AskedFlags { overrides, ..AskedFlags::default() };
    scene.run().unwrap();
    plan
}

fn only(value: &str) -> Overrides {
    Overrides { only: vec![format!("method={value}")], ..Overrides::default() }
}

fn set(setting: &str) -> Overrides {
    Overrides { set: vec![setting.into()], ..Overrides::default() }
}

fn folder(root: &Path) -> ExperimentFolder {
    Store::new(root.join("runs")).experiment("mock")
}

/// What the workbench lists of the mock, once it is read.
fn entry(lab: &mut StoreLab) -> ExperimentEntry {
    loop {
        let entry = lab.experiments().into_iter().find(|entry| entry.name == "mock").unwrap();
        if entry.is_read {
            return entry;
        }
    }
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.trials.iter().map(|trial| trial.id.clone()).collect()
}

/// The trials of `byolab report mock`, and what it says beside.
fn reported(root: &Path, arguments: &str) -> (Vec<String>, String) {
    let output = byolab(root, &format!("report --json {arguments}"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["rows"].as_array().unwrap();
    let ids = rows.iter().map(|row| row["trial"].as_str().unwrap().to_string()).collect();
    (ids, text(&output.stderr).to_string())
}

#[test]
fn a_run_keeps_what_it_was_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let overrides = Overrides { seeds: Some(vec![3]), ..only("byol") };
    run_part(root.path(), overrides.clone());
    assert_eq!(folder(root.path()).asked().unwrap().unwrap().overrides, overrides);
    let kept = fs::read_to_string(root.path().join("runs/mock/asked.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!((&kept["only"][0], &kept["seeds"][0]), (&"method=byol".into(), &3.into()));
}

#[test]
fn an_experiment_of_which_only_the_store_knows_is_planned_reported_and_listed_in_the_workbench() {
    let root = tempfile::tempdir().unwrap();
    let plan = run_part(root.path(), Overrides::default());
    let planned = byolab(root.path(), "plan mock --json");
    let document: serde_json::Value = serde_json::from_slice(&planned.stdout).unwrap();
    assert_eq!(document["trials"].as_array().unwrap().len(), plan.trials.len());
    assert_eq!(reported(root.path(), "mock"), (ids(&plan), String::new()));
    let moved = root.path().join("moved");
    fs::rename(root.path().join("runs"), &moved).unwrap();
    assert_eq!(reported(root.path(), "mock --runs moved").0, ids(&plan));
    assert_eq!(reported(root.path(), "moved/mock/experiment.toml --runs moved").0, ids(&plan));
    let mut lab = StoreLab::new(Store::new(&moved), root.path().into(), Vec::new()).unwrap();
    let entries = lab.experiments();
    let entry = entries.iter().find(|entry| entry.name == "mock").unwrap();
    assert_eq!((entry.trials, entry.problems.is_none()), (plan.trials.len(), true));
    assert_eq!(ids(&lab.plan("mock", &Overrides::default()).unwrap()), ids(&plan));
}

/// What a file alone has is reported whole; what it has not, as it was run.
#[test]
fn a_report_is_of_what_was_run_where_the_file_alone_does_not_name_it() {
    let whole = mock::plan();
    for (overrides, expected, said) in [
        (only("byol"), ids(&whole), ""),
        (
            set("train.epochs=3"),
            ids(&mock::plan_with(&set("train.epochs=3"))),
            "as it was run last: --set train.epochs=3\n",
        ),
    ] {
        let root = tempfile::tempdir().unwrap();
        run_part(root.path(), overrides);
        assert_eq!(reported(root.path(), "mock"), (expected, said.into()));
        let (flagged, said) = reported(root.path(), "mock --only method=simclr");
        assert_eq!((flagged.len(), said.as_str()), (2, ""), "flags of one's own are heeded");
    }
}

#[test]
fn where_the_file_has_changed_since_what_was_run_stands_beside_its_results_and_that_is_said() {
    let root = tempfile::tempdir().unwrap();
    let plan = fixture::shown(root.path());
    let file = root.path().join("experiments/known.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("[64, 32]", "[64, 32, 16]")).unwrap();
    let (trials, said) = reported(root.path(), "known");
    assert_eq!(trials, ids(&plan));
    let expected = "experiments/known.toml has changed since known was run; \
                    this is of what was run, runs/known/experiment.toml\n";
    assert_eq!(said, expected);
    let (trials, said) = reported(root.path(), "experiments/known.toml");
    assert_eq!((trials.len(), said.as_str()), (18, ""), "a path means that file");
}

#[test]
fn the_workbench_opens_what_was_run_last_where_the_file_does_not_name_it() {
    let root = tempfile::tempdir().unwrap();
    let epochs = set("train.epochs=3");
    let plan = run_part(root.path(), epochs.clone());
    let mut lab = StoreLab::new(Store::new(root.path().join("runs")), root.path().into(), Vec::new()).unwrap();
    assert_eq!(lab.opened("mock", Overrides::default()), epochs);
    assert_eq!(lab.opened("mock", only("byol")), only("byol"), "what its user left is more to the point");
    let entry = self::entry(&mut lab);
    assert_eq!((entry.finished, entry.trials, entry.more), (4, plan.trials.len(), 0));
    run_part(root.path(), only("byol"));
    assert_eq!(lab.opened("mock", Overrides::default()), Overrides::default());
    let entry = self::entry(&mut lab);
    assert_eq!((entry.finished, entry.trials, entry.more), (2, 4, 4), "those of three epochs are told too");
}

#[test]
fn the_workbench_opens_what_is_in_training() {
    let root = tempfile::tempdir().unwrap();
    run_part(root.path(), only("byol"));
    let info = byolab::store::RunnerInfo {
        pid: std::process::id(),
        host: "here".into(),
        device: "mock".into(),
        started: jiff::Timestamp::now(),
    };
    let claim = byolab::store::Claim::take(&folder(root.path()), &info).unwrap();
    let mut lab = StoreLab::new(Store::new(root.path().join("runs")), root.path().into(), Vec::new()).unwrap();
    assert_eq!(lab.opened("mock", set("train.epochs=3")), only("byol"));
    let entry = self::entry(&mut lab);
    assert_eq!((entry.finished, entry.trials), (2, 2));
    drop(claim);
    assert_eq!(lab.opened("mock", set("train.epochs=3")), set("train.epochs=3"));
}

/// Pastes what was told between backquotes, or after `name: `, into a shell.
fn paste(folder: &Path, hint: &str) -> std::process::Output {
    let program = Path::new(env!("CARGO_BIN_EXE_byolab")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    Command::new("sh").args(["-c", hint]).env("PATH", path).current_dir(folder).output().unwrap()
}

#[test]
fn hints_name_the_store_and_can_be_pasted() {
    let root = tempfile::tempdir().unwrap();
    let output = byolab(root.path(), "show ffff --runs runs");
    assert!(text(&output.stderr).contains("cannot read the runs in runs"), "{output:?}");
    run_part(root.path(), Overrides::default());
    fs::rename(root.path().join("runs"), root.path().join("my runs")).unwrap();
    let asked = Command::new(env!("CARGO_BIN_EXE_byolab"))
        .args(["list", "nothing", "--runs", "my runs"])
        .current_dir(root.path())
        .output()
        .unwrap();
    let told = text(&asked.stderr);
    let (_, hint) = told.split_once('`').unwrap();
    assert_eq!(hint.split_once('`').unwrap().0, "byolab run nothing --runs 'my runs'");
    let listed = paste(root.path(), "byolab list mock --runs 'my runs'");
    assert!(text(&listed.stdout).contains("4 of 4 trials finished"), "{listed:?}");
}

/// The whole way, with the engine: run in part, stopped, and gone on with.
#[cfg(feature = "cpu")]
#[test]
fn resuming_goes_on_with_exactly_what_was_stopped() {
    const LONG: &str = "question = 'Long?'\n[recipe]\ndata = { name = 'synthetic', limit = 64, held_out = 32 }\n\
                        encoder = { name = 'convnet', width = 8 }\nprobes = { knn_k = 5 }\n\
                        train = { batch = 16, epochs = 3000, warmup_epochs = 0, evaluate_every = 1000 }\n\
                        [[axis]]\nkey = 'method'\nvalues = ['byol', 'simclr']\n\
                        [[axis]]\nkey = 'train.batch'\nvalues = [16, 8]\n";
    let root = tempfile::tempdir().unwrap();
    let elsewhere = root.path().join("else where");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("long.toml"), LONG).unwrap();
    let run = "byolab run 'else where/long.toml' --only method=byol --set train.epochs=2000 --detach --device cpu --runs 'my runs'";
    let begun = paste(root.path(), run);
    assert!(begun.status.success(), "{begun:?}");
    let folder = Store::new(root.path().join("my runs")).experiment("long");
    let hint = |output: &std::process::Output, before: &str, after: &str| {
        let told = text(&output.stderr).to_string();
        told.split_once(before)
            .and_then(|(_, rest)| rest.split_once(after))
            .unwrap_or_else(|| panic!("{told}"))
            .0
            .to_string()
    };
    let stopped = paste(root.path(), &hint(&begun, "stop: ", "   log"));
    byolab::runner::control::wait(&folder).unwrap();
    let trials: Vec<String> = folder.snapshot().unwrap().runs.into_keys().collect();
    let asked = folder.asked().unwrap().unwrap();
    assert_eq!(asked.file.as_deref(), Some(Path::new("else where/long.toml")));
    assert_eq!(asked.overrides, Overrides { set: vec!["train.epochs=2000".into()], ..only("byol") });
    assert!(stopped.status.success(), "{stopped:?}");
    let resumed = paste(root.path(), &folder.hint("resume"));
    assert!(resumed.status.success(), "{resumed:?}");
    let again = folder.asked().unwrap();
    paste(root.path(), &hint(&resumed, "stop: ", "   log"));
    assert_eq!(again.unwrap(), asked);
    let experiment = byolab::plan::Experiment::parse("long", "long.toml", LONG).unwrap();
    let plan = ids(&Plan::new(experiment, &asked.overrides).unwrap());
    let all: Vec<String> = folder.snapshot().unwrap().runs.into_keys().collect();
    assert!(all.iter().chain(&trials).all(|id| plan.contains(id)), "{all:?} are of the plan {plan:?}");
}
