//! Reports opened by those who did not write them: pandas, DuckDB, SQLite, TensorBoard, a browser.

use std::{path::Path, process::Command};

use byolab::protocol::{Event, Record, What};

use crate::{cli::byolab, fixture, skip::skip};

/// `$BYOLAB_PYTHON`, or the system's, where it has `module`.
pub fn python(module: &str) -> Option<String> {
    let python = std::env::var("BYOLAB_PYTHON").unwrap_or("python3".into());
    let found = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    found.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Writes the report and hands `path`, below its folder, to a script under `tests/foreign`.
fn read(format: &str, path: &str, script: &str, module: &str) {
    let Some(python) = python(module) else { return skip(&format!("no python with {module}")) };
    let root = tempfile::tempdir().unwrap();
    let less = "less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32";
    let trials = fixture::known(root.path(), less, [0.04, 0.05, 0.045]).trials.len();
    let written = byolab(root.path(), &format!("report known.toml --format {format} -o out"));
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let script = format!("{}/tests/foreign/{script}", env!("CARGO_MANIFEST_DIR"));
    let path = root.path().join("out").join(path);
    let output = Command::new(python).arg(script).arg(path).arg(trials.to_string()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.ends_with("read\n"), "{out}{err}");
}

#[test]
fn pandas_reads_the_csv() {
    read("csv", "known.csv", "read_csv.py", "pandas");
}

/// Whole numbers first, fractions after the lines that DuckDB infers types from, and a metric that appears at the end.
#[test]
fn duckdb_and_polars_read_the_events_of_a_long_trial() {
    const LINES: u64 = 50_000;
    let Some(python) = python("duckdb, polars") else { return skip("no python with duckdb and polars") };
    let metrics = |name: &str, value: f64| [(name.to_string(), value)].into();
    let loss = |step| if step < LINES / 2 { 1.0 } else { 1.5 };
    let trained = (0..LINES).map(|step| (step, What::Trained { metrics: metrics("loss", loss(step)) }));
    let evaluated = (LINES, What::Evaluated { metrics: metrics("knn.top1", 0.5) });
    let line = |(step, what)| {
        let record = Record { time: jiff::Timestamp::UNIX_EPOCH, event: Event { step, what } };
        serde_json::to_string(&record).unwrap() + "\n"
    };
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("events.jsonl");
    std::fs::write(&path, trained.chain([evaluated]).map(line).collect::<String>()).unwrap();
    let script = format!("{}/tests/foreign/read_events.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(script).arg(path).arg(LINES.to_string()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.ends_with("read\n"), "{out}{err}");
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_and_pandas_read_the_database() {
    read("sqlite", "known.sqlite", "read_sqlite.py", "pandas");
}

#[cfg(feature = "parquet")]
#[test]
fn duckdb_reads_the_parquet_file() {
    read("parquet", "known.parquet", "read_parquet.py", "duckdb");
}

#[test]
fn tensorboard_reads_the_event_files() {
    read("tensorboard", "known-tensorboard", "read_tensorboard.py", "tensorboard");
}

/// `$BYOLAB_BROWSER`, or Chromium by its usual names, where it starts.
fn browser() -> Option<String> {
    let named = std::env::var("BYOLAB_BROWSER").into_iter();
    let mut names = named.chain(["chromium", "chromium-browser", "google-chrome"].map(String::from));
    names.find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// A picture of `page`, `size` in CSS pixels, each of which has `scale` of the screen's; none where there is no browser.
fn photographed(root: &Path, page: &Path, size: [u32; 2], scale: u32) -> Option<image::RgbImage> {
    let picture = root.join("page.png");
    let flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
                 --disable-component-update --disable-sync --hide-scrollbars";
    let output = Command::new(browser()?)
        .args(flags.split_whitespace())
        .arg(format!("--window-size={},{}", size[0], size[1]))
        .arg(format!("--force-device-scale-factor={scale}"))
        .arg(format!("--user-data-dir={}", root.join("profile").display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(picture.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(image::open(&picture).unwrap().into_rgb8())
}

/// A report of drops with the pictures of `formats` under `out`.
fn reported(root: &Path, formats: &str) {
    fixture::known(root, "less = ['byol', 'simclr']\nalong = 'train.batch'\nto = 32", [0.04, 0.05, 0.045]);
    assert!(byolab(root, &format!("report known.toml --format {formats} -o out")).status.success());
}

#[test]
fn a_browser_shows_the_page_with_its_figures() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "html");
    let page = root.path().join("out/known.html");
    let Some(shown) = photographed(root.path(), &page, [1000, 2400], 1) else { return skip("no Chromium") };
    assert_eq!(shown.dimensions(), (1000, 2400));
    // The two methods' colours in the figures, on paper that is not all there is.
    for colour in [[0x00, 0x72, 0xb2], [0xd5, 0x5e, 0x00]] {
        let pixels = shown.pixels().filter(|pixel| pixel.0 == colour).count();
        assert!(pixels > 50, "{pixels} pixels of {colour:02x?}");
    }
    let ground = shown.get_pixel(2, 2).0;
    let ink = shown.pixels().filter(|pixel| pixel.0 != ground).count();
    assert!(ink > 50_000, "{ink} pixels differ from the ground");
}

/// But for the edges of letters, which another renderer smooths in another way.
#[test]
fn a_browser_draws_the_svg_as_our_png_is() {
    let root = tempfile::tempdir().unwrap();
    reported(root.path(), "svg,png");
    let [svg, png] = ["svg", "png"].map(|kind| root.path().join(format!("out/known-train.batch-knn.{kind}")));
    let Some(theirs) = photographed(root.path(), &svg, [640, 400], 3) else { return skip("no Chromium") };
    let ours = image::open(png).unwrap().into_rgb8();
    assert_eq!(theirs.dimensions(), ours.dimensions());
    let far = |(a, b): (&image::Rgb<u8>, &image::Rgb<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 96);
    let differing = theirs.pixels().zip(ours.pixels()).filter(|pair| far(*pair)).count();
    let ink = ours.pixels().filter(|pixel| pixel.0 != [0xff; 3]).count();
    assert!(differing * 20 < ink, "{differing} pixels differ, of {ink} that are not white");
}
