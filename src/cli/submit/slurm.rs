//! Slurm: an array of interchangeable workers. The number of a task means nothing, so that no limit of arrays matters.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{
    cli::args::SubmitArgs,
    runner::job::{answer, seconds},
};
use byolab_store::store::ExperimentFolder;
use byolab_values::plan::words::{self, quoted};

/// Before a time limit: time for a step and a checkpoint.
pub const NOTICE: u64 = 120;

/// What a task is doing.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Task {
    /// `ARRAY_TASK`.
    pub job: String,
    /// As Slurm says it, in small letters.
    pub state: String,
    /// How long it has run, of how long it may.
    pub elapsed: String,
    /// Its time limit.
    pub limit: String,
    /// Where it runs, or why it does not.
    pub place: String,
}

/// Everything that is wrong with what Slurm is to be asked for.
///
/// # Errors
/// With all of it.
pub fn check(asked: &SubmitArgs, logs: &Path) -> Result<()> {
    let mut wrong: Vec<String> = options(asked).into_iter().filter_map(|(name, value)| bad(name, &value)).collect();
    if let Some(time) = &asked.time {
        match seconds(time) {
            None => wrong.push(format!("--time {time}: write minutes, H:M:S or D-H:M:S")),
            Some(limit) if limit < 2 * NOTICE => wrong.push(format!(
                "--time {time}: workers leave {NOTICE} s before the limit, which must be {} s at least",
                2 * NOTICE
            )),
            Some(_) => {}
        }
    }
    let told = logs.to_string_lossy();
    if told.contains(|letter: char| letter.is_control() || "\"\\".contains(letter)) {
        wrong.push(format!("Slurm cannot write its logs to {told}: --runs names another folder"));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Names and values of sbatch's options.
fn options(asked: &SubmitArgs) -> Vec<(&'static str, String)> {
    let all = [
        ("partition", &asked.partition),
        ("time", &asked.time),
        ("gres", &asked.gres),
        ("account", &asked.account),
        ("qos", &asked.qos),
        ("constraint", &asked.constraint),
        ("mem", &asked.mem),
        ("cpus-per-task", &asked.cpus_per_task),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

/// What is wrong with a value: they stand in lines that Slurm reads, and nothing of them may become another line.
fn bad(name: &str, value: &str) -> Option<String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_.,:=+@%/*()[]&|-".contains(letter);
    let good = !value.is_empty() && value.chars().all(fits);
    (!good).then(|| format!("--{name} {value:?}: letters, digits and _.,:=+@%/*()[]&|- alone"))
}

/// The script of an array of `workers`, each of which runs `program`.
pub fn script(asked: &SubmitArgs, name: &str, workers: usize, logs: &Path, program: &[String]) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "_.-".contains(letter) { letter } else { '_' };
    let logs = logs.to_string_lossy().replace('%', "%%");
    let mut lines = vec![
        "#!/bin/bash".to_string(),
        format!("#SBATCH --job-name=byolab-{}", name.chars().map(plain).collect::<String>()),
        format!("#SBATCH --array=0-{}", workers - 1),
        format!("#SBATCH --output=\"{logs}/%A_%a.log\""),
        "#SBATCH --open-mode=append".into(),
        "#SBATCH --requeue".into(),
        format!("#SBATCH --signal=B:USR1@{NOTICE}"),
    ];
    lines.extend(options(asked).into_iter().map(|(name, value)| format!("#SBATCH --{name}={value}")));
    lines.push(
        "# The workers are alike: each takes what nobody else is at. By `exec` the program hears Slurm's signals."
            .into(),
    );
    lines.push(format!("exec {}", program.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")));
    lines.join("\n") + "\n"
}

/// Whether Slurm would take a script.
///
/// # Errors
/// Where it would not: with what it says.
pub fn try_out(script: &str) -> Result<()> {
    sbatch(&["--test-only"], script).map(drop)
}

/// Submits a script; the number of the array.
///
/// # Errors
/// Where Slurm refuses.
pub fn submit(script: &str) -> Result<String> {
    let said = sbatch(&["--parsable"], script)?;
    Ok(said.split(';').next().unwrap_or_default().trim().to_owned())
}

fn sbatch(flags: &[&str], script: &str) -> Result<String> {
    let mut command = Command::new("sbatch");
    command.args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().context("there is no Slurm here: cannot run sbatch; --dry-run prints the script")?;
    // Where it has left before, its own words say why.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(script.as_bytes()));
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().replace("sbatch: ", "").replace('\n', "; ");
    ensure!(output.status.success(), "Slurm refuses: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What the tasks that were submitted are doing, as far as Slurm still knows of them; nothing where there is no Slurm.
pub fn tasks(folder: &ExperimentFolder) -> Vec<Task> {
    let jobs: Vec<String> = folder.jobs().unwrap_or_default().into_iter().map(|jobs| jobs.job).collect();
    // Of several numbers squeue refuses all where one is forgotten.
    jobs.iter().flat_map(|job| tasks_of(job)).collect()
}

fn tasks_of(job: &str) -> Vec<Task> {
    let format = "%F_%K|%T|%M|%l|%N|%r";
    let asked = answer(Command::new("squeue").args(["--noheader", "--array", "--jobs", job, "--format", format]));
    let task = |line: &str| {
        let [job, state, elapsed, limit, node, reason] = line.split('|').collect::<Vec<_>>()[..] else { return None };
        let place = if node.is_empty() { reason } else { node };
        let [job, elapsed, limit, place] = [job, elapsed, limit, place].map(String::from);
        Some(Task { job, state: state.to_lowercase(), elapsed, limit, place })
    };
    asked.unwrap_or_default().lines().filter_map(task).collect()
}

/// Cancels the tasks that no live worker belongs to: the others hear of it by themselves, and leave with a checkpoint.
///
/// # Errors
/// Where Slurm refuses.
pub fn cancel(folder: &ExperimentFolder) -> Result<Vec<String>> {
    let workers = folder.workers()?;
    let lives = |task: &Task| workers.iter().any(|worker| worker.job.as_ref() == Some(&task.job));
    let tasks: Vec<String> = tasks(folder)
        .into_iter()
        .filter(|task| !lives(task) && task.state != "completing")
        .map(|task| task.job)
        .collect();
    if !tasks.is_empty() {
        answer(Command::new("scancel").args(&tasks))?;
    }
    Ok(tasks)
}

/// The tasks as a table.
pub fn table(tasks: &[Task]) -> String {
    if tasks.is_empty() {
        return String::new();
    }
    let heading = ["job", "state", "time", "limit", "where or why"].map(String::from).to_vec();
    let row =
        |task: &Task| [&task.job, &task.state, &task.elapsed, &task.limit, &task.place].map(String::clone).to_vec();
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(tasks.iter().map(row)).collect();
    format!("\n{}", words::columns(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_a_path_or_a_value_becomes_shell_or_another_line() {
        let asked = SubmitArgs { partition: Some("main".into()), ..SubmitArgs::default() };
        let program = ["/a b/byolab", "work", "$(touch x)`y`.toml", "--set", "a='b'\n#SBATCH --x"].map(String::from);
        let text = script(&asked, "a\n#SBATCH b; rm", 3, Path::new("/r 1/50%"), &program);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "#SBATCH --job-name=byolab-a__SBATCH_b__rm");
        assert_eq!(lines[3], "#SBATCH --output=\"/r 1/50%%/%A_%a.log\"");
        assert_eq!(lines.iter().filter(|line| line.starts_with("#SBATCH")).count(), 7);
        let expected = r"exec '/a b/byolab' work '$(touch x)`y`.toml' --set $'a=\'b\'\012#SBATCH --x'";
        assert_eq!(lines.last(), Some(&expected));
        let echoed = text.replace("exec ", "printf '%s\\n' ");
        let output = Command::new("bash").args(["-c", &echoed]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), program.join("\n") + "\n");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let asked = SubmitArgs {
            partition: Some("a\n#SBATCH --wrap=x".into()),
            gres: Some(String::new()),
            time: Some("3:00".into()),
            ..SubmitArgs::default()
        };
        let said = check(&asked, Path::new("/r\"")).unwrap_err().to_string();
        assert_eq!(said.lines().count(), 4, "{said}");
        for (time, good) in [("4", true), ("1-0", true), ("3:59", false), ("soon", false)] {
            let asked = SubmitArgs { time: Some(time.into()), ..SubmitArgs::default() };
            assert_eq!(check(&asked, Path::new("/r")).is_ok(), good, "{time}");
        }
    }
}
