//! Reports for a paper: figures of a column's width, tables that fit it, names of one's own.

use std::{fs, path::Path, process::Command};

use crate::{
    cli::byolab,
    fixture,
    markup::{has, report_of},
    skip::skip,
};

/// Two methods, three batch sizes, three seeds, with names of their own.
const EXPERIMENT: &str = r#"
question = "Does BYOL lose less?"
seeds    = [0, 1, 2]
baseline = { "train.batch" = 64 }
[names]
byol          = "BYOL"
simclr        = "SimCLR (τ = 0.5)"
"train.batch" = "batch size"
[recipe]
data  = { name = "synthetic", limit = 128, held_out = 64 }
train = { optimizer_batch = 64, epochs = 4, warmup_epochs = 1 }
probes = { knn_k = 5 }
[[axis]]
key    = "method"
values = ["byol", "simclr"]
[[axis]]
key    = "train.batch"
values = [64, 32, 16]
[[claim]]
text   = "BYOL's drop from 64 to 32 is smaller than SimCLR's, as the paper has it in its third figure"
metric = "knn.top1"
less   = ["byol", "simclr"]
along  = "train.batch"
to     = 32
"#;

fn reported(root: &Path, flags: &str) {
    let knn = |trial: &byolab::plan::Trial| {
        let batch = trial.cell["train.batch"].number().unwrap();
        0.4 + 0.02 * batch.log2() + 0.01 * trial.seed as f64
    };
    report_of(root, "paper", EXPERIMENT, knn, flags);
}

fn said(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_figure_is_as_wide_as_the_column_that_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "--format pdf,svg,png --width 84mm --untitled");
    let figure = |extension: &str| root.path().join(format!("out/paper-train.batch-knn.{extension}"));
    let pdf = fs::read(figure("pdf")).unwrap();
    assert!(String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 238.11"), "84 mm are 238.11 points");
    let svg = fs::read_to_string(figure("svg")).unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let width: f32 = tree.root_element().attribute("width").unwrap().parse().unwrap();
    assert!((width - 317.48).abs() < 0.01, "84 mm are {width} pixels of CSS");
    let texts: Vec<&str> =
        tree.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
    assert!(texts.contains(&"batch size") && texts.contains(&"BYOL"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("accuracy along") || text.contains("seed by seed")), "{texts:?}");
    let shown = image::open(figure("png")).unwrap();
    assert_eq!(shown.width(), 953, "three pixels to each of CSS");
}

#[test]
fn text_of_a_pdf_is_text_in_a_font_that_goes_with_it() {
    if !has("pdffonts") || !has("pdftotext") {
        return skip("no pdffonts, or no pdftotext");
    }
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "--format pdf");
    let folder = root.path().join("out");
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let fonts = said("pdffonts", &[&name], &folder);
        let lines: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(
            !lines.is_empty() && lines.iter().all(|line| line.contains("CID TrueType") && line.contains("yes yes yes")),
            "{fonts}"
        );
        let text = said("pdftotext", &["-layout", &name, "-"], &folder);
        for part in ["BYOL", "SimCLR (τ = 0.5)", "k-NN"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(entry.metadata().unwrap().len() < 60_000, "only the letters that it uses");
    }
}

#[test]
fn tables_fit_the_columns_of_a_paper() {
    if !has("pdflatex") {
        return skip("no pdflatex");
    }
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "--format latex");
    let folder = root.path().join("out");
    let paper = "\\documentclass[twocolumn]{article}\\usepackage[T1]{fontenc}\\usepackage{array,booktabs,graphicx}\n\
                 \\begin{document}\\input{paper.tex}\nTable~\\ref{tab:paper-accuracy}.\\end{document}\n";
    fs::write(folder.join("main.tex"), paper).unwrap();
    let flags = ["-interaction=nonstopmode", "-halt-on-error", "main.tex"];
    said("pdflatex", &flags, &folder);
    said("pdflatex", &flags, &folder);
    let log = String::from_utf8_lossy(&fs::read(folder.join("main.log")).unwrap()).into_owned();
    for fault in ["Overfull", "undefined", "multiply", "too large"] {
        assert!(!log.contains(fault), "{fault}: {log}");
    }
}

#[test]
fn names_of_ones_own_are_read_by_people_and_not_by_programs() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "--format md,html,latex,svg,csv,json");
    let text = |name: &str| fs::read_to_string(root.path().join("out").join(name)).unwrap();
    for name in ["paper.md", "paper.html", "paper.tex", "paper-train.batch-knn.svg"] {
        let text = text(name);
        assert!(text.contains("BYOL") && text.contains("batch size"), "{name}: {text}");
    }
    assert!(text("paper.csv").starts_with("trial,state,seed,method,train.batch,"));
    assert!(text("paper.csv").contains(",byol,64,") && !text("paper.csv").contains("BYOL"));
    let document: serde_json::Value = serde_json::from_str(&text("paper.json")).unwrap();
    assert_eq!((&document["rows"][0]["axes"]["method"], &document["names"]["byol"]), (&"byol".into(), &"BYOL".into()));
}

/// The mean of three seeds of each method, each in its band.
#[test]
fn curves_are_means_over_seeds_in_bands() {
    let root = tempfile::tempdir().unwrap();
    fixture::written(root.path(), "paper", EXPERIMENT, |trial| 0.4 + 0.01 * trial.seed as f64);
    fixture::evaluate_early(root.path(), "paper");
    assert!(byolab(root.path(), "report paper.toml --format svg -o out").status.success());
    let svg = fs::read_to_string(root.path().join("out/paper-curves-batch-size-32.svg")).unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let bands = tree.descendants().filter(|node| node.has_attribute("fill-opacity")).count();
    assert_eq!(bands, 2, "{svg}");
    assert!(svg.contains(">BYOL<"), "{svg}");
    assert!(svg.contains("mean of 3 seeds, band: 95 % t interval"), "{svg}");
}

#[test]
fn letters_that_the_font_lacks_are_told_once() {
    let root = tempfile::tempdir().unwrap();
    let text = EXPERIMENT.replace("\"BYOL\"", "\"无颜色 größer без ąę\"");
    fixture::written(root.path(), "paper", &text, |_| 0.4);
    let output = byolab(root.path(), "report paper.toml --format png,pdf,svg -o out");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("the built-in font lacks 无 色 颜:").count(), 1, "{said}");
    let output = byolab(root.path(), "report paper.toml --format svg -o out");
    assert!(!String::from_utf8(output.stderr).unwrap().contains("lacks"));
}

#[test]
fn a_trial_of_many_axes_has_a_folder_of_a_name_that_fits() {
    let keys = [
        ("train.batch", "16"),
        ("train.warmup_epochs", "1"),
        ("optimizer.weight_decay", "0.0001"),
        ("optimizer.momentum", "0.9"),
        ("method.target_decay", "0.99"),
        ("method.projector_hidden", "16"),
        ("method.predictor_hidden", "32"),
        ("method.predictor_lr", "1.5"),
        ("train.reference_batch", "256"),
        ("probes.linear_epochs", "2"),
        ("data.label_share", "0.5"),
        ("optimizer.lr", "0.1, 0.2"),
    ];
    let axis = |(key, values): (&str, &str)| format!("[[axis]]\nkey = \"{key}\"\nvalues = [{values}]\n");
    let text = format!(
        "question = \"q?\"\nseeds = [0]\n[recipe]\ndata = {{ name = \"synthetic\", limit = 64, held_out = 32 }}\n\
         encoder = {{ name = \"convnet\", width = 8 }}\nmethod = {{ projector_hidden = 16, projector_out = 8 }}\n\
         optimizer = {{ name = \"sgd\", lr = 0.1, weight_decay = 1e-4 }}\n\
         train = {{ batch = 16, epochs = 2, warmup_epochs = 1, log_every = 1 }}\nprobes = {{ knn_k = 5, linear_epochs = 2 }}\n{}",
        keys.map(axis).concat()
    );
    let root = tempfile::tempdir().unwrap();
    report_of(root.path(), "many-axes", &text, |_| 0.4, "--format tensorboard,svg,png");
    let runs = fs::read_dir(root.path().join("out/many-axes-tensorboard")).unwrap();
    let names: Vec<String> = runs.map(|run| run.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), 3, "two trials and the report: {names:?}");
    assert!(names.iter().all(|name| name.len() < 160), "{names:?}");
}
