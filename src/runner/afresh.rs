//! What can be done about a device that failed: what is said of it, and a fresh process in the place of this one, whose
//! memory and connection to the driver nobody can trust any more.

use std::{env, fs, os::unix::process::CommandExt, path::Path, process::Command};

use anyhow::{Error, anyhow};
use jiff::Timestamp;

use byolab_values::plan::Experiment;

/// By which a process tells the one in its place what it has tried: ids, with commas between them.
const TRIED: &str = "BYOLAB_TRIED";

/// By which it tells when the first of them began.
const BEGAN: &str = "BYOLAB_BEGAN";

/// Words of a panic, and what helps.
const REMEDIES: [(&[&str], &str); 3] = [
    (
        &["out of memory", "outofmemory", "out_of_memory", "allocat"],
        "free memory of the device, or lower train.batch and leave train.optimizer_batch; then run again",
    ),
    (
        &["compil", "nvrtc", "shader"],
        "`byolab doctor` looks at the driver and its compiler; --device cpu needs neither",
    ),
    (
        &["device", "driver", "cuda", "vulkan", "thread", "resource"],
        "look at what the system says of it (dmesg, nvidia-smi, ulimit -a), then run again",
    ),
];
const OTHER: &str = "run again, or report it: it is no mistake of yours";

/// What a panic of the trainer said, and what helps.
pub fn sentence(said: &str) -> String {
    format!("the trainer panicked: {said}; {}", remedy(said))
}

fn remedy(text: &str) -> &'static str {
    let text = text.to_lowercase();
    let found = REMEDIES.iter().find(|(words, _)| words.iter().any(|word| text.contains(word)));
    found.map_or(OTHER, |(_, remedy)| remedy)
}

/// Who goes on where a device failed.
pub struct Afresh<'a> {
    /// Trials that were tried again already.
    pub tried: Vec<String>,
    /// Has a fresh process go on, which knows that these trials were tried; returns where that cannot be.
    pub hand_over: &'a mut dyn FnMut(&[String]) -> Error,
}

/// What the process before this one has tried again.
pub fn tried() -> Vec<String> {
    let ids = env::var(TRIED).unwrap_or_default();
    ids.split(',').filter(|id| !id.is_empty()).map(String::from).collect()
}

/// When the first of the processes began whose place this one has taken; `now` where it is the first itself.
pub fn began(now: Timestamp) -> Timestamp {
    env::var(BEGAN).ok().and_then(|told| told.parse().ok()).unwrap_or(now)
}

/// Puts a fresh process in the place of this one, with the same arguments, where they still mean this experiment.
pub fn exec(experiment: &Experiment, tried: &[String], began: Timestamp) -> Error {
    let changed = |text: String| text != experiment.text;
    if fs::read_to_string(Path::new(&experiment.origin)).is_ok_and(changed) {
        return anyhow!("{} has changed", experiment.origin);
    }
    match env::current_exe() {
        Ok(program) => {
            let mut fresh = Command::new(program);
            fresh.args(env::args_os().skip(1)).env(TRIED, tried.join(",")).env(BEGAN, began.to_string());
            fresh.exec().into()
        }
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_what_helps() {
        for (text, remedy) in [
            ("CUDA_ERROR_OUT_OF_MEMORY", "lower train.batch"),
            ("Failed to allocate 3 GiB", "lower train.batch"),
            ("nvrtc: error: cannot open source file", "byolab doctor"),
            ("the device answers: DeviceLost", "dmesg"),
            ("failed to spawn thread: Resource temporarily unavailable", "ulimit"),
            ("index out of bounds", "report it"),
        ] {
            let said = sentence(text);
            assert!(said.starts_with(&format!("the trainer panicked: {text}; ")) && said.contains(remedy), "{said}");
        }
    }
}
