//! Experiments with odd values: each is planned and reported, or refused, as its user would expect.

use std::{fs, path::Path, process::Output};

use byolab::cli::Cli;
use serde_json::Value;

use crate::{cli, fixture};

const LIST_VALUES: &str = include_str!("cases/list-values.toml");
const LARGE_WHOLE_NUMBERS: &str = include_str!("cases/large-whole-numbers.toml");
const COMMAS_IN_LABELS: &str = include_str!("cases/commas-in-labels.toml");
const NAMES_AND_MARKUP: &str = include_str!("cases/names-and-markup.toml");
const UNNAMED_SETS: &str = include_str!("cases/unnamed-sets.toml");
const PROBE_OFF: &str = include_str!("cases/probe-off.toml");

/// What the program says to `arguments` in `folder`, where no variables but these are set.
fn said(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    cli::command(folder, "").args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The plan of an experiment as JSON.
fn planned(text: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case.toml"), text).unwrap();
    let output = said(folder.path(), &[&["plan", "case.toml", "--json"], arguments].concat(), variables);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The labels on an axis.
fn values(plan: &Value, axis: usize) -> Vec<String> {
    let label = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    plan["axes"][axis]["values"].as_array().unwrap().iter().map(label).collect()
}

#[test]
fn every_value_has_a_label_of_its_own() {
    for (text, axis, expected) in [
        (LIST_VALUES, 0, vec!["[1]", "[1, 2]", "[2, 3]"]),
        (LARGE_WHOLE_NUMBERS, 0, vec!["1700000000000000001", "1700000000000000002"]),
        (UNNAMED_SETS, 0, vec!["simclr-cifar", "flip 0.5", "flip 0.3 + crop 0.2-1"]),
        (
            COMMAS_IN_LABELS,
            0,
            vec!["milestones=[2] schedule=steps", "milestones=[2, 3] schedule=steps", "schedule=cosine"],
        ),
    ] {
        assert_eq!(values(&planned(text, &[], &[]), axis), expected);
    }
}

#[test]
fn flags_and_variables_part_values_outside_quotes_and_brackets_alone() {
    for (text, only, axis, expected) in [
        (NAMES_AND_MARKUP, r#"augment="full, \"all\"",'[0.2, 1.0]'"#, 1, vec!["full, \"all\"", "[0.2, 1.0]"]),
        (NAMES_AND_MARKUP, "augment=[0.2, 1.0], ../up", 1, vec!["[0.2, 1.0]", "../up"]),
        (
            NAMES_AND_MARKUP,
            "augment=w/o color,no_color & 50% #1;method=simclr",
            1,
            vec!["no_color & 50% #1", "w/o color"],
        ),
        (COMMAS_IN_LABELS, "train=milestones=[2, 3] schedule=steps", 0, vec!["milestones=[2, 3] schedule=steps"]),
        (LIST_VALUES, "train.milestones=[1,2],[2, 3]", 0, vec!["[1, 2]", "[2, 3]"]),
        (LARGE_WHOLE_NUMBERS, "data.seed=1700000000000000002", 0, vec!["1700000000000000002"]),
        (UNNAMED_SETS, "augment=flip 0.5", 0, vec!["flip 0.5"]),
    ] {
        assert_eq!(values(&planned(text, &["--only", only], &[]), axis), expected, "{only}");
        assert_eq!(values(&planned(text, &[], &[("BYOLAB_ONLY", only)]), axis), expected, "{only}");
    }
}

#[test]
fn odd_values_are_reported_in_every_format() {
    let all = [LIST_VALUES, LARGE_WHOLE_NUMBERS, COMMAS_IN_LABELS, NAMES_AND_MARKUP, UNNAMED_SETS];
    for text in all {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("case.toml"), text).unwrap();
        fixture::finished(folder.path(), "case", text, |trial| 0.3 + 0.01 * trial.recipe.train.epochs as f64);
        let formats = "md,html,latex,json,csv,svg,png,tensorboard";
        let output = said(folder.path(), &["report", "case.toml", "--format", formats, "-o", "out"], &[]);
        assert_eq!(output.status.code(), Some(0), "{text}\n{}", told(&output));
        let output = said(folder.path(), &["plan", "case.toml"], &[]);
        let plan = String::from_utf8(output.stdout).unwrap();
        assert!(plan.contains(", all of it trained; evaluations included, at the"), "{plan}");
    }
}

#[test]
fn what_nobody_measures_is_refused_by_plan_and_run_before_anything_is_written() {
    for command in ["plan", "run"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("case.toml"), PROBE_OFF).unwrap();
        let output = said(folder.path(), &[command, "case.toml"], &[]);
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        let expected = "\
case.toml:13:10: nobody measures `test.linear.top1` under this recipe
    metric = \"test.linear.top1\"
             ^^^^^^^^^^^^^^^^^^
    write probes.test = true in [recipe], or --set probes.test=true

1 problem; nothing was written
";
        assert_eq!(told(&output), expected);
        assert!(!folder.path().join("runs").exists());
    }
    planned(PROBE_OFF, &["--set", "probes.test=true"], &[]);
}

#[test]
fn an_empty_variable_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = Cli::variables().into_iter().map(|name| name.into_string().unwrap()).collect();
    for name in ["RUNS", "DATA", "DEVICE", "SEEDS", "SET", "ONLY", "AXIS", "THEME", "OUTPUT", "HEADLESS", "SWEEP"] {
        assert!(names.contains(&format!("BYOLAB_{name}")), "{name}");
    }
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let output = said(folder.path(), &["plan", "smoke", "--json"], &empty);
    assert_eq!((output.status.code(), told(&output).as_str()), (Some(0), ""));
    let plain = said(folder.path(), &["plan", "smoke", "--json"], &[]);
    assert_eq!(output.stdout, plain.stdout);
    // Each command with flags of its own, on what there is not: what is told is that, and nothing of a variable.
    for arguments in [
        vec!["run", "nothing"],
        vec!["report", "nothing"],
        vec!["views", "nothing", "-o", "x.png"],
        vec!["bench", "nothing"],
        vec!["data", "fetch", "nothing"],
        vec!["data", "verify", "nothing"],
    ] {
        let [with, without] = [&empty[..], &[]].map(|variables| told(&said(folder.path(), &arguments, variables)));
        assert_eq!(with, without, "{arguments:?}");
        assert!(with.contains("nothing"), "{with}");
    }
}
