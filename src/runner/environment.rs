//! Where and by what a trial was trained.

use std::{env::consts::ARCH, fs, thread::available_parallelism};

use jiff::Timestamp;
use serde::Serialize;

use byolab_store::store::{RunnerInfo, host};

/// What a result needs beside its recipe to be made again; kept as `environment.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// The program's version and commit.
    pub byolab: String,
    /// What it was trained on.
    pub device: String,
    /// The machine's name.
    pub host: String,
    /// The operating system with its version.
    pub os: String,
    /// Processor cores that this process may use.
    pub cores: usize,
    /// When training was started.
    pub started: Timestamp,
}

impl Environment {
    /// This process's.
    pub fn here(device: String, started: Timestamp) -> Self {
        Self {
            byolab: version(),
            device,
            host: host(),
            os: [kernel("ostype").as_str(), &kernel("osrelease"), ARCH].join(" "),
            cores: available_parallelism().map_or(1, usize::from),
            started,
        }
    }

    /// This process as the runner of an experiment.
    pub fn runner(&self) -> RunnerInfo {
        RunnerInfo {
            pid: std::process::id(),
            host: self.host.clone(),
            device: self.device.clone(),
            started: self.started,
        }
    }
}

/// The program's version and the commit it was built from: `0.1.0 (9bb2e48a01)`, with `+changes` where the sources
/// differed from the commit.
pub fn version() -> String {
    format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("BYOLAB_COMMIT"))
}

/// What Linux's kernel says of itself; nothing on other systems.
fn kernel(what: &str) -> String {
    fs::read_to_string(format!("/proc/sys/kernel/{what}")).unwrap_or_default().trim().to_string()
}
