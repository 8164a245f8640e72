//! Reports opened by those who did not write them: pandas, SQLite, TensorBoard.

use std::process::Command;

use crate::{cli::byolab, fixture, skip::skip};

/// `$BYOLAB_PYTHON`, or the system's, where it has `module`.
fn python(module: &str) -> Option<String> {
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

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_and_pandas_read_the_database() {
    read("sqlite", "known.sqlite", "read_sqlite.py", "pandas");
}

#[test]
fn tensorboard_reads_the_event_files() {
    read("tensorboard", "known-tensorboard", "read_tensorboard.py", "tensorboard");
}
