//! The reports under `experiments/results`: the commands that they state would make them again.

use std::{collections::BTreeSet, fs, path::Path};

use crate::cli::byolab;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a report says that was made before the sets of BYOL's paper enlarged crops as its code does.
const BEFORE: &str = "now `interpolation = \"bicubic-keys\"`";

/// Name and text of each committed report.
fn reports() -> Vec<(String, String)> {
    let files = fs::read_dir(Path::new(ROOT).join("experiments/results")).unwrap();
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    let named = files.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path));
    named.filter(|(name, _)| name != "README").map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

/// The commands of a report, without the program's name.
fn commands(report: &str) -> [&str; 2] {
    let (_, block) = report.split_once("```sh\n").expect("a report states its commands");
    let lines: Vec<&str> = block.lines().take(2).map(|line| line.strip_prefix("byolab ").unwrap()).collect();
    lines.try_into().expect("one trains, one reports")
}

/// Every part of the recipe with every knob that is written out.
fn knobs(report: &str) -> BTreeSet<(&str, &str)> {
    let (_, recipe) = report.split_once("<summary>Recipe, defaults written out</summary>").unwrap();
    let (recipe, _) = recipe.split_once("</details>").unwrap();
    let rows = recipe.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.flat_map(|(part, knobs)| knobs.split(" · ").map(move |knob| (part.trim(), knob.trim()))).collect()
}

#[test]
fn every_committed_report_states_what_trains_it_again() {
    let nothing = tempfile::tempdir().unwrap();
    let all = reports();
    assert!(all.len() >= 5, "there are {}", all.len());
    for (name, committed) in &all {
        let [run, report] = commands(committed);
        assert!(run.starts_with("run ") && report.starts_with("report "), "{name}: {run}, {report}");
        let asked = run.strip_prefix("run ").unwrap();
        let plan = byolab(Path::new(ROOT), &format!("plan {asked} --json --runs {}", nothing.path().display()));
        let plan: serde_json::Value =
            serde_json::from_slice(&plan.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
        let trials = plan["trials"].as_array().unwrap().len();
        assert!(committed.contains(&format!("{trials} of {trials} trials finished")), "{name} has {trials} trials now");

        let again = byolab(Path::new(ROOT), &format!("{report} --runs {}", nothing.path().display()));
        let again = String::from_utf8(again.stdout).unwrap();
        let again = if committed.contains(BEFORE) { again.replace("bicubic-keys", "bicubic") } else { again };
        let changed: Vec<_> = knobs(committed).difference(&knobs(&again)).cloned().collect();
        assert!(changed.is_empty(), "{name}: these knobs have another value now: {changed:?}");
        let there = |command: &str| format!("{command} --runs {}", nothing.path().display());
        assert_eq!(commands(&again), [run, report].map(there), "{name}");
    }
}

#[test]
fn every_picture_that_is_shown_is_there() {
    let folder = Path::new(ROOT).join("experiments/results");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let shown: Vec<&str> =
        text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(path, _)| path).collect();
    assert!(shown.iter().all(|path| folder.join(path).exists()), "{shown:?}");
    assert!(shown.iter().any(|path| path.ends_with(".svg")), "{shown:?}");
}
