//! Names and questions that mean something to TOML, shells, terminals, Markdown, HTML, LaTeX, XML, spreadsheets or file
//! systems, read back from every format by a reader of that format.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use byolab::{plan::Trial, text};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{cli::byolab, fixture, skip::skip};

const QUESTION: &str = "Is \"k*\" better than 2*3*4, or <b>a_b</b> & c|d: 50 %, cost $5 #1 ~ ^ \\ {x}; naïve — τ ≥ 0.9?\n\
                        Second line, with `code`, **bold** and \u{1b}[2Jescape #";

/// Names of augmentation sets.
const NAMES: [&str; 16] = [
    "full, \"all\"",
    "no_color & 50% #1",
    "[0.2, 1.0]",
    "无颜色 é\u{301}",
    "w/o color",
    "w o color",
    "../up",
    "=1+1",
    "\u{1b}[31mred\u{7}\u{9b}2J",
    "a`b|c",
    "<script>x</script>",
    "**bold** _it_ ~~s~~ $x^2$ [a](b)",
    "\\input{x} %",
    "-- ''ligatures''",
    "*1. one",
    "σ² ≤ 5 ½ → ∞ ąęłń",
];

fn quoted(text: &str) -> String {
    let spelt = |letter: char| match letter {
        '"' | '\\' => format!("\\{letter}"),
        letter if letter.is_control() => format!("\\u{:04x}", letter as u32),
        letter => letter.to_string(),
    };
    format!("\"{}\"", text.chars().map(spelt).collect::<String>())
}

fn experiment() -> String {
    let names: Vec<String> = NAMES.iter().map(|name| quoted(name)).collect();
    let set =
        |(i, name): (usize, &String)| format!("[augment.{name}]\nfirst = [{{ op = \"flip\", p = 0.{} }}]\n", i + 10);
    let sets: String = names.iter().enumerate().map(set).collect();
    format!(
        "question = {}\nsource = \"A, \\\"B\\\"; C_1 & D\"\nexpect = \"10 % of $x_1$ & #2\\n- *one*\\n\\n1. two\"\n\
         seeds = [0]\nbaseline = {{ augment = {} }}\n[recipe]\n\
         data = {{ name = \"synthetic\", limit = 64, held_out = 32 }}\ntrain = {{ batch = 16, epochs = 3, warmup_epochs = 1 }}\n\
         probes = {{ knn_k = 5 }}\n[[axis]]\nkey = \"method\"\nvalues = [\"byol\", \"simclr\"]\n[[axis]]\nkey = \"augment\"\n\
         values = [{}]\n{sets}[[claim]]\ntext = \"BYOL's drop_1 < 5 % & is *not* > SimCLR's | by `x`\"\n\
         metric = \"knn.top1\"\nless = [\"byol\", \"simclr\"]\nalong = \"augment\"\nto = \"../up\"\n",
        quoted(QUESTION),
        names[0],
        names.join(", ")
    )
}

/// A report with these flags, in the folder `out` below `root`, of an experiment whose trials are finished.
pub fn report_of(root: &Path, name: &str, text: &str, knn: impl Fn(&Trial) -> f64, flags: &str) {
    fixture::written(root, name, text, knn);
    fixture::evaluate_early(root, name);
    let written = byolab(root, &format!("report {name}.toml {flags} -o out"));
    let said = String::from_utf8_lossy(&written.stderr);
    assert!(written.status.success() && is_clean(&said), "{said}");
}

/// The report of names that mean something elsewhere.
fn reported(root: &Path, formats: &str) {
    report_of(root, "markup", &experiment(), |_| 0.4, &format!("--format {formats}"));
}

fn report(format: &str, extension: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), format);
    let text = fs::read_to_string(root.path().join(format!("out/markup.{extension}"))).unwrap();
    assert!(is_clean(&text), "{text}");
    text
}

/// Whether a terminal, or an editor, shows all of it as it is.
fn is_clean(text: &str) -> bool {
    text::lines(text) == text
}

/// Every set is the first cell of some row.
fn check_names<'a>(rows: impl IntoIterator<Item = &'a Vec<String>>) {
    let first: BTreeSet<&str> = rows.into_iter().filter_map(|row| row.first()).map(String::as_str).collect();
    for name in NAMES {
        assert!(first.contains(text::line(name).as_str()), "{name:?} is not among {first:?}");
    }
}

#[test]
fn html_shows_names_and_questions_as_they_are() {
    let html = report("html", "html");
    let document = html.replace("<!DOCTYPE html>", "").replace("<meta charset=\"utf-8\">", "");
    let document = document.replace("<meta name=\"viewport\" content=\"width=device-width\">", "");
    let tree = roxmltree::Document::parse(&document).unwrap();
    let texts = |tag: &str| -> Vec<String> {
        let nodes = tree.descendants().filter(|node| node.tag_name().name() == tag);
        nodes
            .map(|node| node.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect())
            .collect()
    };
    assert_eq!(texts("h1"), [text::line(QUESTION)]);
    let rows: Vec<Vec<String>> = texts("td").into_iter().map(|cell| vec![cell]).collect();
    check_names(&rows);
    assert!(texts("em").iter().all(|text| text == "Remedy:"), "{:?}", texts("em"));
    assert!(texts("blockquote")[0].contains("10 % of $x_1$ & #2\n- *one*\n\n1. two"), "{:?}", texts("blockquote"));
}

#[test]
fn markdown_shows_names_and_questions_as_they_are() {
    let markdown = report("markdown", "md");
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH;
    let (mut title, mut rows, mut row, mut text, mut emphasised) =
        (String::new(), vec![], vec![], String::new(), vec![]);
    for event in Parser::new_ext(&markdown, options | Options::ENABLE_TASKLISTS) {
        match event {
            Event::Text(part) | Event::Code(part) => text += &part,
            Event::End(TagEnd::Heading(level)) if level as u8 == 1 => title = std::mem::take(&mut text),
            Event::End(TagEnd::TableCell) => row.push(std::mem::take(&mut text)),
            Event::End(TagEnd::TableRow) => rows.push(std::mem::take(&mut row)),
            Event::End(TagEnd::TableHead) => row.clear(),
            Event::Start(Tag::Emphasis) => text.clear(),
            Event::End(TagEnd::Emphasis) => emphasised.push(text.clone()),
            Event::Html(html) => assert!(["details>", "summary>"].iter().any(|ours| html.contains(ours)), "{html}"),
            Event::InlineHtml(html) => panic!("{html}"),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough) => panic!("{event:?}"),
            Event::InlineMath(math) | Event::DisplayMath(math) => panic!("{math}"),
            Event::Start(Tag::Paragraph | Tag::TableCell | Tag::Item | Tag::Heading { .. }) => text.clear(),
            _ => {}
        }
    }
    assert_eq!(title, text::line(QUESTION));
    check_names(&rows);
    assert!(emphasised.iter().all(|text| text == "Remedy:"), "{emphasised:?}");
}

#[test]
fn spreadsheets_read_names_and_never_a_formula() {
    let csv = report("csv", "csv");
    let lines: Vec<Vec<String>> = records(&csv);
    let at = lines[0].iter().position(|title| title == "augment").unwrap();
    let found: BTreeSet<&str> = lines[1..].iter().map(|line| line[at].as_str()).collect();
    let formula = |name: &str| if name.starts_with(['=', '-']) { format!("'{name}") } else { text::line(name) };
    let expected: BTreeSet<String> = NAMES.map(formula).into();
    assert_eq!(found, expected.iter().map(String::as_str).collect());
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
}

/// The fields of each record (RFC 4180).
fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut inside) = (vec![], vec![], String::new(), false);
    let mut letters = csv.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => inside = !inside,
            ',' if !inside => record.push(std::mem::take(&mut field)),
            '\n' if !inside => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    records
}

#[test]
fn json_has_names_as_they_are_and_no_raw_escape() {
    let document: serde_json::Value = serde_json::from_str(&report("json", "json")).unwrap();
    let names: BTreeSet<&str> =
        document["rows"].as_array().unwrap().iter().map(|row| row["axes"]["augment"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES.into());
    assert_eq!(document["question"], QUESTION);
}

#[test]
fn every_figure_is_a_file_of_its_own_in_the_folder_that_was_asked_for() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "svg,png");
    let entries: Vec<_> = fs::read_dir(root.path().join("out")).unwrap().map(Result::unwrap).collect();
    assert!(entries.iter().all(|entry| entry.file_type().unwrap().is_file()));
    // k-NN along the axis, and a heat of each set.
    let figures = 1 + NAMES.len();
    assert_eq!(entries.len(), 2 * figures);
    for entry in entries {
        let bytes = fs::read(entry.path()).unwrap();
        if entry.path().extension().unwrap() == "png" {
            assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 1920);
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(is_clean(&text), "{text}");
        let tree = roxmltree::Document::parse(&text).unwrap();
        let about = tree.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text()).unwrap();
        assert!(about.starts_with(&text::line(QUESTION)), "{about}");
        let name = entry.file_name().into_string().unwrap();
        if name == "markup-augment-knn.svg" {
            let texts: BTreeSet<&str> = tree.descendants().filter_map(|node| node.text()).collect();
            assert!(NAMES.iter().all(|name| texts.contains(text::line(name).as_str())), "{texts:?}");
        }
    }
}

#[test]
fn a_terminal_is_steered_by_no_name() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "markdown");
    for command in
        ["plan markup.toml", "check markup.toml", "report markup.toml", "plan markup.toml --set train.epoch=1"]
    {
        let output = byolab(root.path(), command);
        for stream in [output.stdout, output.stderr] {
            let text = String::from_utf8(stream).unwrap();
            assert!(is_clean(&text), "{command}: {text:?}");
        }
    }
}

/// Whether there is a program of that name.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("-v").stdin(std::process::Stdio::null()).output().is_ok()
}

#[test]
fn pdflatex_sets_names_and_questions_as_they_are() {
    if !has("pdflatex") || !has("pdftotext") {
        return skip("no pdflatex, or no pdftotext");
    }
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "latex");
    let tex = fs::read_to_string(root.path().join("out/markup.tex")).unwrap();
    assert!(is_clean(&tex), "{tex}");
    let paper = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{array,booktabs,graphicx}\n\
                 \\begin{document}\\input{markup.tex}\\end{document}\n";
    let folder = root.path().join("out");
    fs::write(folder.join("paper.tex"), paper).unwrap();
    let flags = ["-interaction=nonstopmode", "-halt-on-error", "paper.tex"];
    let output = Command::new("pdflatex").args(flags).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = Command::new("pdftotext").args(["-layout", "paper.pdf", "-"]).current_dir(&folder).output().unwrap();
    let text: String = String::from_utf8_lossy(&output.stdout).split_whitespace().collect();
    for part in [
        "no_color&50%#1",
        "[0.2,1.0]",
        "[U+65E0]",
        "w/ocolor",
        "../up",
        "=1+1",
        "<script>x</script>",
        "\\input{x}%",
        "**bold**_it_~~s~~$x^2$[a](b)",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
