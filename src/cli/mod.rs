//! The command line: what can be typed, how it is answered. Standard output carries data only, messages go to
//! standard error.
//!
//! | file | holds |
//! |---|---|
//! | `args` | every command and flag |
//! | `train` | `run`, `resume`, `demo` |
//! | `work`, `submit` | workers beside others; workers under a scheduler |
//! | `watch`, `lab` | the workbench, over the real store, results and runner |
//! | `plan`, `list`, `show`, `findings`, `diff`, `views` | questions: what would be trained, what is there, what it says |
//! | `runs`, `remarks`, `probe` | `wait` and `stop`; `tag`, `note` and `rm`; judging again |
//! | `encoder`, `eval`, `export` | which encoder is meant; judging it; writing it for others |
//! | `catalog`, `data`, `fetch`, `doctor`, `bench` | `methods` and its like; data sets; this machine; speed |
//! | `shell`, `about` | completions, manual pages; version |
//! | `found`, `pace`, `keep` | which experiment is meant; how long it takes; what is kept outside the store |

mod about;
pub mod args;
pub mod bench;
pub mod catalog;
pub mod data;
pub mod diff;
pub mod doctor;
pub mod encoder;
pub mod eval;
pub mod export;
pub mod fetch;
pub mod findings;
pub mod found;
mod keep;
pub mod lab;
pub mod list;
mod pace;
pub mod plan;
pub mod probe;
pub mod remarks;
pub mod runs;
pub mod shell;
pub mod show;
pub mod submit;
pub mod train;
pub mod views;
pub mod watch;
pub mod work;

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::Result;
use serde::Serialize;

pub use args::{Cli, Command};
use byolab_values::{data::Unusable, plan::Problems, text};

/// What a build without an engine answers to a command that needs one.
#[cfg(not(feature = "engine"))]
const NO_ENGINE: &str = "this build has no engine: it shows and reports what others have trained";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Good = 0,
    /// Something went wrong.
    Failed = 1,
    /// Bad use or bad input; nothing was written.
    BadInput = 2,
    /// Finished, and some cells failed.
    FailedCells = 3,
    /// A claim does not hold or is undecided.
    ClaimFails = 4,
    /// Ended by SIGINT.
    Interrupted = 130,
    /// Ended by SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The worse of this end and that of another process, which has none where it was killed.
    #[must_use]
    pub fn worse(self, other: Option<i32>) -> Self {
        let ends =
            [Self::Good, Self::FailedCells, Self::ClaimFails, Self::BadInput, Self::Interrupted, Self::Terminated];
        let other = ends.into_iter().find(|end| Some(*end as i32) == other).unwrap_or(Self::Failed);
        if self == Self::Good || other == Self::Failed { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code of a command, its error told on standard error.
pub fn exit(result: Result<Exit>) -> ExitCode {
    let exit = result.unwrap_or_else(|error| {
        let (message, exit) = match error.downcast::<Problems>() {
            Ok(problems) => (problems.to_string(), Exit::BadInput),
            Err(error) if error.is::<Unusable>() => (format!("error: {error:#}"), Exit::BadInput),
            Err(error) => (format!("error: {error:#}"), Exit::Failed),
        };
        tell(&message);
        exit
    });
    exit.into()
}

/// Tells people, on standard error; what would steer a terminal is not among it. Where nobody listens any more, there is
/// nobody to be told so.
pub fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "{}", text::lines(message));
}

/// Writes data to standard output; what would steer a terminal is not among it.
///
/// # Errors
/// Where it cannot be written; a reader that has seen enough (`| head`) is no error.
pub fn print(text: &str) -> Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text::lines(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Good),
    }
}

/// Writes one JSON document to standard output.
///
/// # Errors
/// As [`print()`].
pub fn print_json(document: &impl Serialize) -> Result<Exit> {
    print(&(text::json(&serde_json::to_string_pretty(document)?) + "\n"))
}
