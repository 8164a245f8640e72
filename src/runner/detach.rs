//! A runner as a process of its own: it outlives the terminal that started it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use byolab_store::store::{ExperimentFolder, RunnerInfo};
use byolab_values::process;

/// How long a runner may take to open its device and claim its experiment.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lines of the log that are shown when a runner does not begin.
const SHOWN: usize = 12;

/// Starts this very program with `arguments` by [`spawn`].
///
/// # Errors
/// As [`spawn`].
pub fn start(arguments: &[String], folder: &ExperimentFolder) -> Result<Option<RunnerInfo>> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    spawn(Command::new(program).args(arguments), folder)
}

/// Starts `command` in a session of its own, without a terminal, its output appended to the experiment's `runner.log`,
/// and waits until it has claimed the experiment. None where it has already ended well: nothing was left to train.
///
/// # Errors
/// Where it ends badly before it claims, or takes too long: with the last lines of its log.
pub fn spawn(command: &mut Command, folder: &ExperimentFolder) -> Result<Option<RunnerInfo>> {
    let cannot = || format!("cannot write {}", folder.log().display());
    folder.create().with_context(cannot)?;
    let log = OpenOptions::new().create(true).append(true).open(folder.log()).with_context(cannot)?;
    let begin = log.metadata().with_context(cannot)?.len();
    command.stdin(Stdio::null()).stdout(log.try_clone().with_context(cannot)?).stderr(log);
    // SAFETY: setsid is async-signal-safe, and nothing else runs between fork and exec.
    unsafe { command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?)) };
    let mut child = command.spawn().context("cannot start the runner")?;
    let claimed = until_claimed(&mut child, folder);
    // Whoever lives on beside the runner must take note of its end, or it stays behind as a zombie.
    // Where there is no thread for it, that is all that is lost.
    let _ = process::begin(move || drop(child.wait()));
    claimed.with_context(|| format!("the runner has not begun; its log ends with\n{}", last_lines(folder, begin)))
}

fn until_claimed(child: &mut Child, folder: &ExperimentFolder) -> Result<Option<RunnerInfo>> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let status = child.try_wait()?;
        let mut runners = folder.workers()?.into_iter().map(|worker| worker.runner);
        if let Some(runner) = runners.find(|runner| runner.pid == child.id()) {
            return Ok(Some(runner));
        }
        match status {
            None => sleep(Duration::from_millis(20)),
            Some(status) if status.success() => return Ok(None),
            Some(status) => bail!("it ended with {status}"),
        }
    }
    bail!("process {} still has not claimed the experiment after {} s", child.id(), PATIENCE.as_secs())
}

/// The last lines of what was appended to the log behind `begin`.
fn last_lines(folder: &ExperimentFolder, begin: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut log = File::open(folder.log())?;
        log.seek(SeekFrom::Start(begin))?;
        log.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = read().map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}
