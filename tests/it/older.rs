//! Stores of other versions: what 0.1.0 has written stays readable, what a newer one has written is refused with a sentence.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::cli::{byolab, text};

/// A trial that is finished, and one that was killed after half of its steps.
const FINISHED: &str = "7eabb83b82";
const KILLED: &str = "1ed23da3e3";

/// A copy of `tests/fixtures/store-0.1.0`, which byolab 0.1.0 at 8a03215 has written.
fn store() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-0.1.0");
    assert!(Command::new("cp").arg("-a").args([&fixture, &folder.path().join("runs")]).status().unwrap().success());
    folder
}

/// What a command says on standard output and on standard error, and how it ends.
fn answer(folder: &Path, command: &str) -> (String, String, Option<i32>) {
    let output = byolab(folder, command);
    (text(&output.stdout).into(), text(&output.stderr).into(), output.status.code())
}

#[test]
fn a_store_of_0_1_0_is_read_by_every_face() {
    let folder = store();
    for (command, expected) in [
        ("list", vec!["old", "1 of 2 trials finished"]),
        ("list old", vec![FINISHED, "8/8", "12.5", KILLED, "interrupted", "4/8"]),
        ("show 7eabb83b82", vec!["finished", "0.1250"]),
        ("show 1ed2", vec!["interrupted"]),
        ("report old", vec!["Is what an older version wrote still readable?", "12.5"]),
        ("report old --format csv", vec![FINISHED, KILLED]),
    ] {
        let (out, err, code) = answer(folder.path(), command);
        assert_eq!(code, Some(0), "{command}: {err}");
        assert!(expected.iter().all(|word| out.contains(word)), "{command}: {out}");
    }
}

#[cfg(feature = "cpu")]
#[test]
fn a_trial_of_0_1_0_goes_on_from_its_checkpoint() {
    let folder = store();
    let events = folder.path().join("runs/old").join(KILLED).join("events.jsonl");
    let before = fs::read_to_string(&events).unwrap();
    fs::copy(folder.path().join("runs/old/experiment.toml"), folder.path().join("old.toml")).unwrap();
    let (_, err, code) = answer(folder.path(), "run old.toml --device cpu");
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("1 finished before") && err.contains("goes on after epoch 1/4, step 2 of 8"), "{err}");
    assert!(fs::read_to_string(&events).unwrap().starts_with(before.trim_end()));
    let (out, ..) = answer(folder.path(), "list");
    assert!(out.contains("2 of 2 trials finished"), "{out}");
}

#[test]
fn keys_that_a_newer_version_added_are_told_once_and_their_trial_is_not_taken_for_ours() {
    let folder = store();
    let [ours, theirs] = [FINISHED, "feedbeefee"].map(|name| folder.path().join("runs/old").join(name));
    fs::rename(&ours, &theirs).unwrap();
    let written = |name: &str| fs::read_to_string(theirs.join(name)).unwrap();
    fs::write(theirs.join("recipe.toml"), written("recipe.toml").replace("[train]", "[train]\nentangled = 3")).unwrap();
    fs::write(theirs.join("environment.json"), written("environment.json").replace("0.1.0 (", "7.0.0 (")).unwrap();
    for command in ["list old", "show feed", "diff feed 1ed2"] {
        let (out, err, code) = answer(folder.path(), command);
        let told = "the recipe of feedbeefee says what this version, 0.1.0, does not know and passes over: train.entangled; \
                    byolab 7.0.0 (8a032152f8) wrote it";
        assert_eq!(err.matches(told).count(), 1, "{command}: {err}");
        assert!(code == Some(0) && !out.contains(FINISHED), "{command}: {out}");
    }
    let (out, ..) = answer(folder.path(), "list");
    assert!(out.contains("0 of 2 trials finished"), "{out}");
}

#[test]
fn what_a_newer_version_has_written_is_refused_with_its_name() {
    let folder = store();
    let trial = folder.path().join("runs/old").join(FINISHED);
    let [recipe, environment, events] =
        ["recipe.toml", "environment.json", "events.jsonl"].map(|name| trial.join(name));
    let written = |path: &Path| fs::read_to_string(path).unwrap();
    fs::write(&recipe, written(&recipe).replace("\"sgd\"", "\"entangled\"")).unwrap();
    fs::write(&environment, written(&environment).replace("0.1.0 (8a032152f8)", "7.0.0 (0123456789)")).unwrap();
    let line = "{\"time\":\"2030-01-01T00:00:00Z\",\"event\":{\"step\":8,\"what\":{\"entangled\":{}}}}\n";
    fs::write(&events, written(&events) + &line.repeat(3)).unwrap();
    let (out, err, code) = answer(folder.path(), "list old");
    assert!(code == Some(0) && out.contains("12.5"), "{out}{err}");
    let (out, err, code) = answer(folder.path(), &format!("show {FINISHED}"));
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("is not a recipe of this version, 0.1.0; byolab 7.0.0 (0123456789) wrote it"), "{err}");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(out.matches("lines of events.jsonl cannot be read").count(), 1, "{out}");
    assert!(out.contains("a newer byolab may have written them"), "{out}");
}
