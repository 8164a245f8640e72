//! What Slurm knows of the job that this process is part of: its name, the time it has left, and that it is to be queued again.

use std::{env, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};

/// A job, or one task of an array of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Of a task `ARRAY_TASK`: by its own number the task that was started last would mean the whole array.
    pub name: String,
}

impl Job {
    /// The one that this process is part of.
    pub fn here() -> Option<Self> {
        Self::by(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn by(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let task = || Some(format!("{}_{}", variable("SLURM_ARRAY_JOB_ID")?, variable("SLURM_ARRAY_TASK_ID")?));
        task().or_else(|| variable("SLURM_JOB_ID")).map(|name| Self { name })
    }

    /// Until its time limit; none where it has none, or Slurm does not say.
    pub fn left(&self) -> Option<Duration> {
        seconds(self.asked("%L").ok()?.as_str()).map(Duration::from_secs)
    }

    /// Has it begin again later, unless it is being ended already: whoever cancels it wants it gone, and who preempts it queues
    /// it again himself. Whether it was asked for.
    ///
    /// # Errors
    /// Where Slurm refuses.
    pub fn requeue(&self) -> Result<bool> {
        if self.asked("%T")? != "RUNNING" {
            return Ok(false);
        }
        answer(Command::new("scontrol").args(["requeue", &self.name])).map(|_| true)
    }

    fn asked(&self, format: &str) -> Result<String> {
        answer(Command::new("squeue").args(["--noheader", "--jobs", &self.name, "--format", format]))
    }
}

/// What a program of Slurm's says.
///
/// # Errors
/// Where it is not there, or ends badly: with what it says of that.
pub fn answer(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("there is no Slurm here: cannot run {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} ended with {}: {}", output.status, said.trim().replace('\n', "; "));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Seconds of a time as Slurm writes it: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`, `D-H:M:S` (sbatch(1)).
pub fn seconds(typed: &str) -> Option<u64> {
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    let (days, rest) = typed.split_once('-').map_or((None, typed), |(days, rest)| (Some(days), rest));
    let parts: Vec<u64> = rest.split(':').map(number).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = match (days, &parts[..]) {
        (None, [minutes]) => [0, *minutes, 0],
        (None, [minutes, seconds]) => [0, *minutes, *seconds],
        (Some(_), [hours]) => [*hours, 0, 0],
        (Some(_), [hours, minutes]) => [*hours, *minutes, 0],
        (_, [hours, minutes, seconds]) => [*hours, *minutes, *seconds],
        _ => return None,
    };
    let days = days.map_or(Some(0), number)?;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_slurm_writes_them() {
        for (typed, expected) in [
            ("90", Some(5400)),
            ("1:30", Some(90)),
            ("0:00", Some(0)),
            ("2:00:00", Some(7200)),
            ("1-0", Some(86400)),
            ("1-2:30", Some(95_400)),
            ("1-02:03:04", Some(93_784)),
            ("UNLIMITED", None),
            ("INVALID", None),
            ("", None),
            ("1:2:3:4", None),
            ("-1", None),
        ] {
            assert_eq!(seconds(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_task_of_an_array_is_called_by_both_numbers() {
        let job = |variables: &[(&str, &str)]| {
            let value =
                |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_string());
            Job::by(value).map(|job| job.name)
        };
        let (own, array, task) = (("SLURM_JOB_ID", "9"), ("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_ARRAY_TASK_ID", "2"));
        assert_eq!(job(&[own, array, task]).as_deref(), Some("7_2"));
        assert_eq!(job(&[own]).as_deref(), Some("9"));
        assert_eq!(job(&[]), None);
    }
}
