//! Reports of hand-made results.

use byolab::{
    plan::Overrides,
    protocol::What,
    report::{self, Report},
    results::{METRICS, Results},
    store::State,
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::judged::{Bench, greater, paired_drops, record, smaller_drop};

fn render(bench: &Bench, format: &str) -> String {
    let overrides = Overrides { set: vec!["encoder.name=\"convnet\"".into()], ..Overrides::default() };
    let report = Report { plan: &bench.plan, results: &bench.judge(), overrides: &overrides };
    (report::format(format).unwrap().render)(&report)
}

/// Three claims, one for each verdict, and a run with an alarm.
fn full() -> Bench {
    let mut bench = paired_drops()
        .claim(smaller_drop("linear.top1", 0.0))
        .claim(smaller_drop("knn.top1", 0.05))
        .claim(greater(Default::default()));
    let what = What::Alarm { text: "feature std fell to 0.0001".into(), remedy: "lower optimizer.lr".into() };
    bench.run("simclr", 64, 2).log.push(record(9, what));
    bench
}

/// One seed, half of it not yet trained.
fn begun() -> Bench {
    let mut bench = Bench::new(&[0]).finish("byol", 512, &[0.431]).claim(smaller_drop("knn.top1", 0.0));
    bench.run("simclr", 512, 0).state = State::Running;
    bench
}

#[test]
fn markdown_of_a_finished_experiment() {
    insta::assert_snapshot!(render(&full(), "markdown"));
}

#[test]
fn markdown_of_an_experiment_just_begun() {
    insta::assert_snapshot!(render(&begun(), "markdown"));
}

#[test]
fn markdown_of_an_experiment_whose_baseline_leaves_an_axis_open() {
    let markdown = render(&Bench::with_augmentations(&[0]).finish("byol", 64, &[0.4]), "markdown");
    assert!(markdown.contains("No table: the baseline does not fix augment."), "{markdown}");
}

#[test]
fn markdown_says_the_seeds_of_each_number_where_they_differ() {
    let mut bench = paired_drops();
    bench.run("simclr", 64, 2).results.remove("linear.top1");
    bench.run("byol", 64, 0).state = State::Interrupted;
    let markdown = render(&bench, "markdown");
    for expected in ["| 54.0 ± 7.1 (n 2) |", "| 2 / 3 / 2 |", "| 2 / 2 / 1 |"] {
        let squeezed = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(expected), "no {expected} in\n{markdown}");
    }
}

#[test]
fn plain_table() {
    insta::assert_snapshot!(report::table(&full().plan, &full().judge()));
}

#[test]
fn plain_table_is_at_most_100_columns_wide() {
    let mut bench = full();
    let long = "long-words-of-a-user ".repeat(12);
    bench.plan.experiment.question = long.clone();
    bench.plan.experiment.claims[0].text = long.clone();
    for trial in &mut bench.plan.trials {
        trial.cell.insert("optimizer.weight_decay".into(), byolab::plan::Value::Text(long.trim().into()));
    }
    let table = report::table(&bench.plan, &bench.judge());
    let widest = table.lines().map(UnicodeWidthStr::width).max();
    assert!(widest <= Some(100), "{widest:?} columns\n{table}");
}

#[test]
fn json_has_every_key_of_the_interface() {
    let document: Value = serde_json::from_str(&render(&full(), "json")).unwrap();
    let check = |part: &Value, keys: &[&str]| {
        for key in keys {
            assert!(part.get(*key).is_some(), "no {key} in {part}");
        }
    };
    assert_eq!(document["schema_version"], 1);
    check(&document, &["experiment", "rows", "groups", "differences", "claims", "doubts"]);
    check(&document["rows"][0], &["trial", "state", "seed", "axes", "metrics", "device", "commit"]);
    check(&document["rows"][0]["axes"], &["method", "train.batch"]);
    check(&document["rows"][0]["metrics"], &METRICS);
    check(&document["groups"][0], &["axes", "metric", "n", "mean", "std", "low", "high"]);
    check(&document["differences"][0], &["axes", "metric", "between", "n", "mean", "low", "high"]);
    check(&document["claims"][0], &["text", "verdict", "estimate", "low", "high", "n"]);
    check(&document["doubts"][0], &["about", "text", "remedy"]);
    let verdicts: Vec<&Value> = document["claims"].as_array().unwrap().iter().map(|claim| &claim["verdict"]).collect();
    assert_eq!(verdicts, ["holds", "fails", "undecided"]);
}

#[test]
fn json_has_null_for_a_metric_that_is_not_known() {
    let document: Value = serde_json::from_str(&render(&begun(), "json")).unwrap();
    assert_eq!(document["rows"][1]["state"], "waiting");
    assert!(METRICS.iter().all(|name| document["rows"][1]["metrics"].get(*name) == Some(&Value::Null)));
}

#[test]
fn json_reads_back_as_it_was() {
    for bench in [full(), begun()] {
        assert_eq!(serde_json::from_str::<Results>(&render(&bench, "json")).unwrap(), bench.judge());
    }
}

#[test]
fn csv_has_a_line_per_trial() {
    insta::assert_snapshot!(render(&begun(), "csv"));
}
