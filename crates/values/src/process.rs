//! What this process has of the system: its threads, and its memory where the kernel tells it, as Linux's `/proc` (proc(5)); and
//! what becomes of a panic in code of others.

use std::{
    any::Any,
    error::Error,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::OnceLock,
    thread,
};

use anyhow::{Context, Result, anyhow};
use rayon::{ThreadPoolBuilder, prelude::*};
use serde::{Deserialize, Serialize};

use crate::limits;

/// Begins the threads that share the CPU's work, if they have not begun: one for each processor, or as many as
/// `RAYON_NUM_THREADS` says. Their first work would begin them otherwise, and panic where it cannot.
///
/// # Errors
/// Where the system refuses one; it is not asked again.
pub fn begin_threads() -> Result<()> {
    static BEGUN: OnceLock<Result<(), String>> = OnceLock::new();
    let remedy = "the system gives no threads: raise its limit (ulimit -u), or set RAYON_NUM_THREADS=1";
    let begun = BEGUN.get_or_init(|| match ThreadPoolBuilder::new().build_global() {
        Err(error) if error.source().is_some() => Err(error.to_string()),
        // Those that somebody else in this process has begun are as good.
        _ => Ok(()),
    });
    begun.clone().map_err(|why| anyhow!(why).context(remedy))
}

/// What `work` makes of each: on all cores where there are several, or on this one where the system gives no threads.
pub fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    if items.len() > 1 && begin_threads().is_ok() {
        items.into_par_iter().map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}

/// Begins a thread of its own for `work`.
///
/// # Errors
/// Where the system refuses it.
pub fn begin(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let begun =
        thread::Builder::new().spawn(work).context("the system gives no thread: raise its limit (ulimit -u)")?;
    drop(begun);
    Ok(())
}

/// Does what may panic. Whoever keeps what `deed` has changed half drops or renews it.
///
/// # Errors
/// What the panic said, for a list.
pub fn attempt<T>(deed: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(deed)).map_err(|panic| said(panic.as_ref()))
}

fn said(panic: &dyn Any) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("something went wrong").lines().collect::<Vec<_>>().join(" ")
}

/// What tells a process from all others, on whatever machine and whenever they run: numbers of processes are used again, by each
/// machine and by each container. Empty where there is no `/proc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The kernel's, drawn anew whenever the machine starts.
    pub boot: String,
    /// In which the process has its number.
    pub namespace: String,
    /// Its number.
    pub process: u32,
    /// When it began, in the kernel's ticks since the machine started.
    pub begun: u64,
}

impl ProcessIdentity {
    /// This process's.
    pub fn own() -> Self {
        let process = std::process::id();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_string();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default().display().to_string();
        Self { boot, namespace, process, begun: begun(process).unwrap_or_default() }
    }

    /// Whether the process lives; none where that cannot be known from here. A process that another one has taken the place of
    /// (`exec`) lives.
    pub fn lives(&self) -> Option<bool> {
        let own = Self::own();
        let here = !own.boot.is_empty() && (&own.boot, &own.namespace) == (&self.boot, &self.namespace);
        here.then(|| begun(self.process) == Some(self.begun))
    }

    /// Whether somebody has stopped the process (SIGSTOP), so that it does nothing until it is woken.
    pub fn is_frozen(&self) -> bool {
        self.lives() == Some(true) && stat(self.process).is_some_and(|(state, _)| matches!(state, 'T' | 't'))
    }
}

/// When a process began; none where there is none, or it has ended and nobody has taken note of it yet.
fn begun(process: u32) -> Option<u64> {
    stat(process).filter(|(state, _)| !matches!(state, 'Z' | 'X')).map(|(_, begun)| begun)
}

/// What a process is doing, as a letter, and when it began: proc_pid_stat(5).
fn stat(process: u32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name, in brackets, may hold whatever it likes.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.first()?.chars().next()?, fields.get(19)?.parse().ok()?))
}

/// Bytes that it holds.
pub fn held() -> Option<u64> {
    bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most bytes that it has held.
pub fn peak() -> Option<u64> {
    bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Bytes that it could hold: its own and what is free, or the limit of its control groups.
pub fn could_hold() -> Option<u64> {
    let free = bytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")? + held()?;
    Some(limits::memory(Path::new("/")).map_or(free, |limit| free.min(limit)))
}

/// What a file of such lines says after `name`, whose "kB" are 1024 bytes.
fn bytes(text: &str, name: &str) -> Option<u64> {
    let number = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(1024 * number.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_words_on_one_line() {
        let (text, more) = ("one", "lines");
        for (deed, expected) in [
            (Box::new(|| ()) as Box<dyn FnOnce()>, Ok(())),
            (Box::new(|| panic!("as they stand")), Err("as they stand".to_string())),
            (Box::new(move || panic!("{text},\ntwo {more}")), Err("one, two lines".into())),
            (Box::new(|| std::panic::panic_any(3)), Err("something went wrong".into())),
        ] {
            assert_eq!(attempt(deed), expected);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_lives_until_it_ends_and_is_no_other_one_of_its_number() {
        let own = ProcessIdentity::own();
        assert_eq!(own.lives(), Some(true));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let begun = begun(child.id()).unwrap();
        let other = ProcessIdentity { process: child.id(), begun, ..own.clone() };
        assert_eq!(other.lives(), Some(true));
        child.kill().unwrap();
        while other.lives() == Some(true) {
            thread::yield_now();
        }
        assert_eq!(other.lives(), Some(false), "one that nobody has waited for has ended too");
        child.wait().unwrap();
        for (identity, lives) in [
            (ProcessIdentity { begun: own.begun + 1, ..own.clone() }, Some(false)),
            (ProcessIdentity { boot: "another".into(), ..own.clone() }, None),
            (ProcessIdentity { namespace: "another".into(), ..own.clone() }, None),
            (ProcessIdentity::default(), None),
        ] {
            assert_eq!(identity.lives(), lives, "{identity:?}");
        }
    }

    #[test]
    fn memory_is_read_by_its_name() {
        assert_eq!(bytes("Name:\ta\nVmPeak:\t 9 kB\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2_097_152));
        assert_eq!(bytes("Name:\ta\n", "VmRSS:"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_holds_no_more_than_at_its_peak_and_than_it_could() {
        let (held, peak, could) = (held().unwrap(), peak().unwrap(), could_hold().unwrap());
        assert!(1_000_000 < held && held <= peak && held <= could, "{held} {peak} {could}");
    }
}
