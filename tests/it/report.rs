//! Reports of hand-made results.

use byolab::{
    plan::Overrides,
    protocol::{AlarmKind, What},
    report::{self, DrawingPage, File, Report},
    results::{METRICS, Results},
    store::{ExperimentFolder, Note, Remarks, State, Store},
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::judged::{Bench, greater, paired_drops, record, smaller_drop};

/// The report of a bench; what asks for events finds those of `folder`.
fn with_report<T>(bench: &Bench, folder: &ExperimentFolder, ask: impl Fn(&Report) -> T) -> T {
    let overrides = Overrides { set: vec!["encoder.name=\"convnet\"".into()], ..Overrides::default() };
    let (results, snapshot) = (&bench.judge(), &bench.snapshot);
    ask(&Report { plan: &bench.plan, results, snapshot, folder, overrides: &overrides, sheet: DrawingPage::default() })
}

fn nowhere() -> ExperimentFolder {
    Store::new("runs").experiment("nothing")
}

fn files(bench: &Bench, format: &str) -> Vec<File> {
    with_report(bench, &nowhere(), |report| report::format(format).unwrap().files(report).unwrap())
}

fn render(bench: &Bench, format: &str) -> String {
    String::from_utf8(files(bench, format).remove(0).bytes).unwrap()
}

/// Three claims, one for each verdict, and a run with an alarm.
fn full() -> Bench {
    let mut bench = paired_drops()
        .claim(smaller_drop("linear.top1", 0.0))
        .claim(smaller_drop("knn.top1", 0.05))
        .claim(greater(Default::default()));
    let what = What::Alarm {
        kind: AlarmKind::FeatureSpread,
        text: "feature std fell to 0.0001".into(),
        remedy: "lower optimizer.lr".into(),
    };
    bench.run("simclr", 64, 2).log.push(record(9, what));
    let note = Note { time: "2026-11-27T08:00:00Z".parse().unwrap(), text: "the rate was *tuned* here".into() };
    bench.snapshot.said = Remarks { tags: ["paper".to_string()].into(), notes: Vec::new() };
    let noted = Remarks { tags: ["best".to_string()].into(), notes: vec![note] };
    bench.snapshot.remarks = [(bench.plan.trials[0].id.clone(), noted)].into();
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
fn latex_of_a_finished_experiment() {
    insta::assert_snapshot!(render(&full(), "latex"));
}

#[test]
fn html_is_one_well_formed_document_that_needs_nothing_else() {
    let html = render(&full(), "html");
    let document = html.replace("<!DOCTYPE html>", "").replace("<meta charset=\"utf-8\">", "");
    let document = document.replace("<meta name=\"viewport\" content=\"width=device-width\">", "");
    let tree = roxmltree::Document::parse(&document).unwrap();
    let named = |name: &str| tree.descendants().filter(|node| node.tag_name().name() == name).count();
    assert_eq!((named("svg"), named("h1")), (2, 1), "a figure per score");
    assert_eq!(html.matches("http").count(), html.matches("http://www.w3.org/2000/svg").count(), "nothing is fetched");
    for part in ["holds", "Remedy", "byolab run batch-size", "Expected beforehand", "encoder.name"] {
        assert!(html.contains(part), "no {part}");
    }
}

/// Every series of the figure has its marks, its intervals and its name in the picture.
#[test]
fn svg_shows_axes_series_and_intervals() {
    let pictures = files(&full(), "svg");
    let names: Vec<&str> = pictures.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["-train.batch-linear.svg", "-train.batch-knn.svg"]);
    for picture in &pictures {
        let text = std::str::from_utf8(&picture.bytes).unwrap();
        let tree = roxmltree::Document::parse(text).unwrap();
        let texts: Vec<&str> = tree.descendants().filter_map(|node| node.text()).collect();
        let note = "change from batch 512, seed by seed: mean and 95 % t interval over 3 seeds";
        for word in ["byol", "simclr", "batch", "512", "64", note] {
            assert!(texts.contains(&word), "no {word} in {texts:?}");
        }
        let circles = tree.descendants().filter(|node| node.tag_name().name() == "circle").count();
        assert_eq!(circles, 3, "BYOL's two values and its place in the legend");
        let about =
            tree.descendants().find(|node| node.tag_name().name() == "desc").and_then(|node| node.text()).unwrap();
        for part in ["\n\nDoubt: ", "\n\nProgram: ", "byolab report "] {
            assert!(about.contains(part), "no {part:?} in {about}");
        }
    }
}

#[test]
fn png_is_the_same_figure_at_three_times_the_pixels() {
    let pictures = files(&full(), "png");
    assert_eq!(pictures.len(), 2);
    let reader = png::Decoder::new(std::io::Cursor::new(&pictures[0].bytes)).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (1920, 1200));
    let [about] = &reader.info().utf8_text[..] else { panic!("one text") };
    assert!(about.keyword == "Description" && about.get_text().unwrap().contains("byolab report "));
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
    assert_eq!(document["commands"][0], "byolab run batch-size --set 'encoder.name=\"convnet\"'");
    assert_eq!(document["recipes"]["byol-512-0"]["train"]["epochs"], 20);
    assert!(document["expect"].as_str().unwrap().starts_with("BYOL loses about a point"));
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
