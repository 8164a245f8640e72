//! Bakes the commit into the program, so that every result names the code that made it. Works without git.

use std::{path::Path, process::Command};

/// What the program is made of.
const SOURCES: &[&str] = &["Cargo.lock", "Cargo.toml", "assets", "build.rs", "experiments", "crates", "src", "stubs"];

fn main() {
    println!("cargo:rustc-env=BYOLAB_COMMIT={}", commit().unwrap_or("no commit".into()));
    let sources = SOURCES.iter().map(|source| source.to_string()).filter(|source| Path::new(source).exists());
    // The log of HEAD grows with every commit, checkout and reset, and with nothing else.
    let head = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|path| Path::new(path).exists());
    for path in sources.chain(head) {
        println!("cargo:rerun-if-changed={path}");
    }
}

/// The short commit, with `+changes` where the sources differ from it. None where this folder is not a repository: a
/// package unpacked inside another one must not name the other's commit.
fn commit() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR")?).canonicalize().ok()?;
    if Path::new(&top).canonicalize().ok()? != here {
        return None;
    }
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changes = git(&[&["status", "--porcelain", "--"], SOURCES].concat())?;
    Some(if changes.is_empty() { commit } else { commit + "+changes" })
}

/// What git answers, where there is git and it agrees.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_string())
}
