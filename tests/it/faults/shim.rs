//! A program whose requests to the disk are counted, written down and refused: [preload.c](preload.c), compiled once.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use crate::skip::skip;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// It fails with this number of the system's.
    Error(i32),
    /// So does every later one that takes space.
    Full,
    /// A write takes half of what it was given.
    Short,
    /// The process is killed before it.
    Kill,
    /// The process is killed behind it.
    After,
    /// A write takes half, then the process is killed.
    Tear,
    /// The folder is gone from here on.
    Lost,
}

impl How {
    /// Whether the process does not live to say anything.
    pub fn kills(self) -> bool {
        matches!(self, Self::Kill | Self::After | Self::Tear)
    }
}

/// The request with this number, counted from 1, ends so.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub at: usize,
    pub how: How,
}

/// The compiled library; where there is no C compiler for it, that is said as a skip. Linux alone is watched.
pub fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    LIBRARY.get_or_init(compile).as_deref()
}

fn compile() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/preload.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.so", std::process::id()));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source).arg("-ldl");
    match cc.output() {
        _ if !cfg!(target_os = "linux") => skip("requests to the disk are watched on Linux alone"),
        Err(error) => skip(&format!("a C compiler for the faults: {error}")),
        Ok(made) if !made.status.success() => panic!("{}", String::from_utf8_lossy(&made.stderr)),
        Ok(_) => return Some(library),
    }
    None
}

/// Has the requests of `command` below `folder` watched.
pub fn watched<'a>(command: &'a mut Command, folder: &Path, library: &Path) -> &'a mut Command {
    command.env("LD_PRELOAD", library).env("FAULTS_UNDER", folder.canonicalize().unwrap())
}

/// Lets a fault happen in what `command` starts.
pub fn inject(command: &mut Command, Fault { at, how }: Fault) {
    let word = match how {
        How::Error(number) => number.to_string(),
        How::Full => libc::ENOSPC.to_string(),
        How::Short => "short".into(),
        How::Kill => "kill".into(),
        How::After => "after".into(),
        How::Tear => "tear".into(),
        How::Lost => "lost".into(),
    };
    command.env("FAULTS_AT", at.to_string()).env("FAULTS_HOW", word);
    if how == How::Full {
        command.env("FAULTS_ON", "1");
    }
}

/// How a process ended: its exit code, or minus the signal.
pub fn end(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or_default())
}
