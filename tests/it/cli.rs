//! The program as a process: what goes to which stream, and the exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use byolab::{cli::lab::StoreLab, store::Store, tui::Lab};

use crate::{
    fixture,
    mock::{self, Scene},
};

/// The program in `folder`, without what the environment would have it do.
pub fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_byolab"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BYOLAB_")) {
        command.env_remove(name);
    }
    command
}

pub fn byolab(folder: &Path, arguments: &str) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_plan_is_data_on_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let output = byolab(folder.path(), "plan smoke --json");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["schema_version"], 1);
    assert_eq!(plan["trials"].as_array().unwrap().len(), 19);
    assert_eq!(plan["heats"][0][0], plan["trials"][0]["trial"]);
    assert_eq!(plan["trials"][1]["axes"]["method"], "simclr");
}

#[test]
fn problems_are_messages_with_exit_code_2_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("typo.toml"), "[recipe.train]\nbacth = 64\nepochs = 0\n").unwrap();
    let output = byolab(folder.path(), "plan typo.toml");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    let expected = "\
typo.toml:2:1: there is no recipe key `train.bacth`
    bacth = 64
    ^^^^^
    did you mean `train.batch`?

typo.toml:3:10: `train.epochs` cannot be 0
    epochs = 0
             ^
    use a whole number, at least 1

2 problems; nothing was written
";
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_experiment_in_the_readme_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let readme = include_str!("../../README.md");
    let (_, from_toml) = readme.split_once("```toml\n").unwrap();
    fs::write(folder.path().join("readme.toml"), from_toml.split_once("```").unwrap().0).unwrap();
    let output = byolab(folder.path(), "plan readme.toml");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn an_experiment_is_a_path_or_a_file_in_the_folder_or_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let code = |name: &str| byolab(folder.path(), &format!("plan {name}")).status.code();
    assert_eq!((code("smoke"), code("mine")), (Some(0), Some(2)));
    fs::create_dir(folder.path().join("experiments")).unwrap();
    fs::write(folder.path().join("experiments/mine.toml"), "question = 'Mine?'\n").unwrap();
    assert_eq!((code("mine"), code("experiments/mine.toml")), (Some(0), Some(0)));
}

#[test]
fn an_experiment_is_not_called_as_a_folder_above() {
    let folder = tempfile::tempdir().unwrap();
    for (file, name) in [("..toml", "."), ("...toml", "..")] {
        fs::write(folder.path().join(file), "seeds = [0]\n").unwrap();
        for command in ["plan", "run"] {
            let output = byolab(folder.path(), &format!("{command} ./{file}"));
            assert_eq!(output.status.code(), Some(2), "{file}");
            let said = text(&output.stderr);
            assert!(said.contains(&format!("`{name}` is no name of an experiment\n    rename the file")), "{said}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn bad_use_ends_with_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in ["nonsense", "plan", "plan smoke --device gpu", "plan smoke --only method=dinov9"] {
        let output = byolab(folder.path(), arguments);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{arguments}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn the_trials_of_an_experiment_are_listed_with_what_tells_them_apart() {
    let (plan, root) = (mock::plan(), tempfile::tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let arguments = format!("list mock --runs {}", root.path().display());
    let plain = byolab(root.path(), &arguments);
    let lines: Vec<String> =
        text(&plain.stdout).lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[..2], ["mock 4 of 4 trials finished", "trial state step method batch seed k-NN linear"]);
    let snapshot = mock::folder(root.path()).snapshot().unwrap();
    for (trial, line) in plan.trials.iter().zip(&lines[2..]) {
        let (method, batch, steps) = (trial.recipe.method.name(), trial.recipe.train.batch, trial.recipe.steps());
        let knn = 100.0 * snapshot.runs[&trial.id].latest("knn.top1").unwrap();
        assert_eq!(*line, format!("{} finished {steps}/{steps} {method} {batch} 0 {knn:.1} -", trial.id));
    }
    let json = byolab(root.path(), &format!("{arguments} --json"));
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let listed = &document["experiments"][0];
    assert_eq!((&listed["planned"], &listed["beside"]), (&4.into(), &0.into()));
    assert_eq!(listed["runs"].as_array().unwrap().len(), 4);
    assert_eq!(listed["runs"][0]["axes"]["train.batch"], 32);
}

#[test]
fn a_trial_is_shown_with_its_cell_and_its_time_and_a_reader_may_leave() {
    let root = tempfile::tempdir().unwrap();
    let plan = fixture::known(root.path(), "learns = { method = 'byol' }", [0.04; 3]);
    let id = &plan.trials[0].id;
    let shown = byolab(root.path(), &format!("show {id}"));
    let expected = format!(
        "known {id}: finished, step 3 of 3\nbyol, train.batch 64, seed 0\n\
         trained for 2 s on cpu (made up, 2 threads), byolab 0.1.0 (none)\nruns/known/{id}\n\n"
    );
    assert!(text(&shown.stdout).starts_with(&expected), "{}", text(&shown.stdout));
    assert!(text(&shown.stdout).lines().all(|line| line.chars().count() <= 80), "{}", text(&shown.stdout));
    let json = byolab(root.path(), &format!("show {id} --json"));
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&document["seconds"], &document["axes"]["method"]), (&2.0.into(), &"byol".into()));
    let mut leaves = Command::new(env!("CARGO_BIN_EXE_byolab"));
    let mut child =
        leaves.args(["show", id]).current_dir(root.path()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// A whole id is enough, wherever the trial lies and however often.
#[test]
fn a_trial_is_found_by_its_id_wherever_it_lies() {
    let root = tempfile::tempdir().unwrap();
    let plan = fixture::known(root.path(), "learns = { method = 'byol' }", [0.04; 3]);
    let (id, other) = (&plan.trials[0].id, &plan.trials[1].id);
    let copy = root.path().join("runs/copy");
    fs::create_dir_all(copy.join(id)).unwrap();
    fs::write(copy.join("experiment.toml"), "question = 'Well?'\n").unwrap();
    for file in ["recipe.toml", "events.jsonl"] {
        let text = fs::read_to_string(root.path().join("runs/known").join(id).join(file)).unwrap();
        let begun = text.lines().next().unwrap().to_string() + "\n";
        fs::write(copy.join(id).join(file), if file == "recipe.toml" { text } else { begun }).unwrap();
    }
    let shown = byolab(root.path(), &format!("show {id}"));
    assert!(text(&shown.stdout).starts_with(&format!("known {id}: finished")), "{shown:?}");
    assert!(byolab(root.path(), &format!("diff {id} {other}")).status.success());
    let nothing = byolab(root.path(), "show zz");
    let sentence = "error: no trial in runs has an id that begins with `zz`; `byolab list EXPERIMENT` lists them\n";
    assert_eq!((nothing.status.code(), text(&nothing.stderr)), (Some(1), sentence));
}

#[test]
fn an_unreadable_recipe_costs_a_sentence() {
    let (plan, root) = (mock::plan(), tempfile::tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let id = &plan.trials[0].id;
    fs::write(root.path().join("mock").join(id).join("recipe.toml"), "no recipe").unwrap();
    for command in ["list mock".to_string(), format!("show {id}")] {
        let output = byolab(root.path(), &format!("{command} --runs ."));
        assert!(output.status.success() && text(&output.stdout).contains(id.as_str()), "{output:?}");
        assert!(text(&output.stderr).contains("is not a recipe of this version"), "{output:?}");
    }
}

#[test]
fn tags_and_notes_are_shown_and_what_is_removed_can_be_brought_back() {
    let (plan, root) = (mock::plan(), tempfile::tempdir().unwrap());
    Scene::new(&plan, root.path()).run().unwrap();
    let id = plan.trials[0].id.as_str();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byolab"));
        let output = command.args(arguments).args(["--runs", "."]).current_dir(root.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (text(&output.stdout).to_string(), text(&output.stderr).to_string())
    };
    assert_eq!(run(&["tag", id, "#best", "odd"]).1, format!("{id}  #best #odd\n"));
    assert_eq!(run(&["tag", id, "odd", "--remove"]).1, format!("{id}  #best\n"));
    assert_eq!(run(&["note", id, "looks right"]).1, format!("{id}  #best  looks right\n"));
    run(&["tag", "mock", "paper"]);
    let (listed, shown) = (run(&["list", "mock"]).0, run(&["show", id]).0);
    assert!(listed.contains("#paper") && listed.contains("#best") && !listed.contains("#odd"), "{listed}");
    assert!(shown.contains("#best") && shown.contains("looks right"), "{shown}");
    let document: serde_json::Value = serde_json::from_str(&run(&["show", id, "--json"]).0).unwrap();
    assert_eq!((&document["tags"][0], &document["notes"][0]["text"]), (&"best".into(), &"looks right".into()));
    for (name, left) in [(id, "3 of 4 trials finished"), ("mock", "")] {
        let (_, told) = run(&["rm", name]);
        assert!(run(&["list"]).0.contains(left) && run(&["list"]).0.contains("mock") != left.is_empty(), "{told}");
        let (_, back) = told.split_once('`').unwrap();
        let back = Command::new("sh").args(["-c", back.split_once('`').unwrap().0]).current_dir(root.path()).status();
        assert!(back.unwrap().success());
        assert!(run(&["list"]).0.contains("4 of 4 trials finished"), "{name}");
    }
    let nothing = byolab(root.path(), "rm nothing --runs .");
    assert_eq!(nothing.status.code(), Some(1));
}

#[test]
fn a_relative_path_in_an_xdg_variable_is_ignored() {
    let root = tempfile::tempdir().unwrap();
    let listed = |value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byolab"));
        command.args(["doctor"]).env("XDG_DATA_HOME", value).env("HOME", root.path()).env_remove("BYOLAB_DATA");
        String::from_utf8(command.current_dir(root.path()).output().unwrap().stdout).unwrap()
    };
    let home = format!("{}/.local/share/byolab", root.path().display());
    assert!(listed("here").contains(&home) && listed("").contains(&home), "{}", listed("here"));
    assert!(listed("/there").contains("/there/byolab"));
}

/// Exit code and verdicts of `byolab check`, and the reason it gives.
fn checked(test: &str, drops: [f64; 3]) -> (Option<i32>, String, String) {
    let root = tempfile::tempdir().unwrap();
    fixture::known(root.path(), test, drops);
    let output = byolab(root.path(), "check known.toml --json");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |key: &str| document["claims"][0][key].as_str().unwrap_or_default().to_string();
    (output.status.code(), of("verdict"), of("missing"))
}

#[test]
fn a_check_answers_by_its_exit_code() {
    let check = |test: &str, drops, code, verdict: &str, reason: &str| {
        assert_eq!(checked(test, drops), (Some(code), verdict.into(), reason.into()), "{test}");
    };
    let less = "less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32";
    check(less, [0.04, 0.05, 0.045], 0, "holds", "");
    check(less, [0.001, 0.002, 0.0], 4, "fails", "");
    let open = "about 13 more seeds would decide it with 80 % power";
    check(less, [0.04, 0.0, 0.05], 4, "undecided", open);
    check(&format!("{less}\nmargin = 0.05"), [0.04, 0.05, 0.045], 4, "fails", "");
    check("less_slope = ['byol', 'simclr']\nalong = 'train.batch'", [0.04, 0.05, 0.045], 0, "holds", "");
    check("greater = [{ method = 'simclr' }, { method = 'byol' }]", [0.0; 3], 4, "fails", "");
    check("learns = { method = 'byol' }", [0.0; 3], 0, "holds", "");
    check("collapses = { method = 'byol' }", [0.0; 3], 4, "fails", "");
    check("does_not_collapse = { method = 'byol' }", [0.0; 3], 0, "holds", "");
}

#[test]
fn a_check_speaks_the_doubts_too() {
    let root = tempfile::tempdir().unwrap();
    fixture::known(root.path(), "less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32", [0.04, 0.0, 0.05]);
    let (plain, json) = (byolab(root.path(), "check known.toml"), byolab(root.path(), "check known.toml --json"));
    let doubt = "spans zero in 1 of 2 comparisons: simclr at train.batch 32";
    assert!(text(&plain.stdout).split_whitespace().collect::<Vec<_>>().join(" ").contains(doubt), "{plain:?}");
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let doubts = document["doubts"].as_array().unwrap();
    assert!(doubts.iter().any(|told| told["text"].as_str().unwrap().contains(doubt)), "{document}");
}

/// A gate that has nothing to look at is not open.
#[test]
fn a_check_without_claims_fails() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("mute.toml"), "question = 'Well?'\n").unwrap();
    let output = byolab(root.path(), "check mute.toml");
    let sentence = "error: mute makes no claim, so there is nothing to check: write a [[claim]] into its file\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), sentence));
}

#[test]
fn experiments_and_trials_are_set_side_by_side() {
    let root = tempfile::tempdir().unwrap();
    let plan = fixture::known(root.path(), "learns = { method = 'byol' }", [0.04; 3]);
    let of = |method: &str| {
        let trial =
            |trial: &&byolab::plan::Trial| trial.recipe.method.name() == method && trial.recipe.train.batch == 64;
        plan.trials.iter().find(trial).unwrap().id.clone()
    };
    let arguments = format!("diff {} {}", of("byol"), of("simclr"));
    let plain = byolab(root.path(), &arguments);
    let told = text(&plain.stdout);
    for part in ["method.name", "byol", "simclr", "host", "k-NN", "49.0 (n 1)", "−2.0"] {
        assert!(told.contains(part), "no {part} in\n{told}");
    }
    assert!(!told.contains("train.epochs"), "what is alike is left out:\n{told}");
    let json = byolab(root.path(), &format!("{arguments} --json"));
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["environment"][0]["key"], "host");
    let same = byolab(root.path(), "diff known known");
    let cells =
        ["byol, train.batch 32", "  k-NN", "byol, train.batch 64", "simclr, train.batch 32", "simclr, train.batch 64"];
    let mut rest = text(&same.stdout);
    for cell in cells {
        let (_, after) = rest.split_once(&format!("\n{cell}")).unwrap_or_else(|| panic!("no {cell} in\n{rest}"));
        rest = after;
    }
    assert!(text(&same.stdout).starts_with("recipe: no difference\n\nenvironment: no difference\n"));
    let lost = byolab(root.path(), "diff known nothing");
    let sentence = "error: there is neither an experiment nor a trial `nothing` in runs; `byolab list` lists them\n";
    assert_eq!((lost.status.code(), text(&lost.stderr)), (Some(1), sentence));
}

#[test]
fn formats_of_many_files_go_into_a_folder_and_are_told() {
    let root = tempfile::tempdir().unwrap();
    fixture::known(root.path(), "learns = { method = 'byol' }", [0.04; 3]);
    let output = byolab(root.path(), "report known.toml --format svg,html,tex -o out");
    assert!(output.status.success() && output.stdout.is_empty());
    let told: Vec<&str> = text(&output.stderr).lines().collect();
    assert_eq!(told, ["out/known-train.batch-knn.svg", "out/known.html", "out/known.tex"]);
    assert!(told.iter().all(|path| root.path().join(path).exists()));
    let missing = byolab(root.path(), "report known.toml --format docx");
    assert!(text(&missing.stderr).contains("there is no report format `docx`; there is markdown, html, latex"));
}

#[test]
fn the_manual_page_and_the_list_name_every_method_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (page, list) = (byolab(folder.path(), "man"), byolab(folder.path(), "methods"));
    // Roff writes hyphens as \\-.
    let page = text(&page.stdout).replace('\\', "");
    for method in byolab::plan::catalog::METHODS {
        let keys = method.keys.iter().map(|spec| format!("method.{}", spec.key));
        for word in keys.chain([method.name.into(), method.source.into()]) {
            assert!(page.contains(&word), "the manual page lacks {word}");
            assert!(text(&list.stdout).contains(&word), "the list lacks {word}");
        }
    }
}

#[test]
fn every_list_comes_as_text_and_as_json() {
    let folder = tempfile::tempdir().unwrap();
    for list in ["methods", "augmentations", "datasets", "probes", "keys"] {
        let plain = byolab(folder.path(), list);
        assert!(plain.status.success() && !plain.stdout.is_empty(), "{list}");
        let json = byolab(folder.path(), &format!("{list} --json"));
        let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(document["schema_version"], 1, "{list}");
    }
}

#[test]
fn completions_and_manual_pages_are_made() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, part) in [("completions bash", "_byolab"), ("man", ".TH byolab"), ("man plan", "--seeds")] {
        let output = byolab(folder.path(), arguments);
        assert!(text(&output.stdout).replace('\\', "").contains(part), "{arguments}");
    }
}

#[test]
fn the_workbench_finds_features_and_the_images_they_are_of() {
    let (plan, root) = (mock::plan(), tempfile::tempdir().unwrap());
    let mut lab = StoreLab::new(Store::new(root.path()), root.path().into(), Vec::new()).unwrap();
    let trial = &plan.trials[0];
    assert_eq!(lab.features(&plan, trial).unwrap(), None);
    Scene::new(&plan, root.path()).run().unwrap();
    let features = lab.features(&plan, trial).unwrap().unwrap();
    assert_eq!((features.step, features.places.len()), (trial.recipe.steps(), 32));
    let mut answer = || lab.held_out(trial, &features.places).unwrap();
    let held_out = loop {
        if let Some(held_out) = answer() {
            break held_out;
        }
    };
    assert_eq!((held_out.classes.len(), held_out.pictures.len()), (10, 32));
    assert_ne!(held_out.pictures[0], held_out.pictures[1]);
    let beyond = lab.held_out(trial, &[32]).unwrap_err().to_string();
    assert_eq!(beyond, "image 33 is not among the 32 held out here: the data has changed");
}

#[cfg(feature = "cpu")]
mod judged_again {
    use super::*;

    const TINY: &str = r#"
        [recipe]
        data    = { name = "synthetic", limit = 64, held_out = 32 }
        encoder = { name = "convnet", width = 4 }
        method  = { projector_hidden = 16, projector_out = 8 }
        train   = { batch = 32, epochs = 1, warmup_epochs = 0 }
        probes  = { knn_k = 5, linear_epochs = 1 }
        [[axis]]
        key     = "method"
        values  = ["simclr", "vicreg"]
    "#;

    /// What the report has of each trial under a name.
    fn metric(root: &Path, arguments: &str, name: &str) -> Vec<Option<f64>> {
        let output = byolab(root, &format!("report tiny.toml --json {arguments}"));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["rows"].as_array().unwrap().iter().map(|row| row["metrics"][name].as_f64()).collect()
    }

    #[test]
    fn other_probes_judge_without_training_and_reports_say_where_they_differ() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("tiny.toml"), TINY).unwrap();
        let nothing = byolab(root, "probe tiny.toml --device cpu");
        assert_eq!(nothing.status.code(), Some(1));
        assert!(text(&nothing.stderr).contains("`byolab run tiny` trains it"), "{}", text(&nothing.stderr));
        assert_eq!(byolab(root, "run tiny.toml --device cpu").status.code(), Some(0));
        let loss = metric(root, "", "loss");

        let asked = "--device cpu --set probes.knn_k=1 --set probes.factors=true --only method=simclr";
        let again = byolab(root, &format!("probe tiny.toml {asked}"));
        assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
        let said = text(&again.stderr);
        assert!(said.contains("[1/1] simclr seed 0   judged   k-NN") && said.ends_with("1 judged\n"), "{said}");
        assert!(
            text(&byolab(root, &format!("probe tiny.toml {asked}")).stderr)
                .ends_with("1 judged by these probes before\n")
        );
        assert_eq!(metric(root, "", "loss"), loss, "training stays");
        assert_eq!(metric(root, "", "factor.class").iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);

        let report = byolab(root, "report tiny.toml");
        assert!(
            text(&report.stdout).contains("(the plan's ×1; probes.factors true, probes.knn_k 1 ×1)"),
            "{}",
            text(&report.stdout)
        );
        let run = byolab(root, "run tiny.toml --device cpu");
        let hint = "1 finished trial judged by other probes than the plan's; `byolab probe tiny` judges again";
        assert!(text(&run.stderr).contains(hint), "{}", text(&run.stderr));
        assert!(!text(&run.stderr).contains("begins"), "nothing is trained again");

        let back = byolab(root, "probe tiny.toml --device cpu --write-features test");
        assert!(text(&back.stderr).ends_with("1 judged, 1 judged by these probes before\n"), "{}", text(&back.stderr));
        assert_eq!(text(&back.stderr).matches("features-test.safetensors").count(), 2);
        assert_eq!(metric(root, "", "factor.class"), [None, None]);
    }

    #[test]
    fn a_trial_without_an_encoder_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("tiny.toml"), TINY).unwrap();
        byolab(root, "run tiny.toml --device cpu --only method=vicreg");
        let trial =
            Store::new(root.join("runs")).experiment("tiny").snapshot().unwrap().runs.into_keys().next().unwrap();
        fs::remove_file(root.join("runs/tiny").join(&trial).join("encoder.safetensors")).unwrap();
        let output = byolab(root, "probe tiny.toml --device cpu --set probes.knn_k=1");
        assert_eq!(output.status.code(), Some(3));
        let said = text(&output.stderr);
        assert!(said.contains("not judged: it has no encoder.safetensors"), "{said}");
        assert!(said.ends_with("1 not finished, 1 without an encoder to judge\n"), "{said}");
    }
}
