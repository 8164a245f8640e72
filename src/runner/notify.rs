//! A command of the user's that is run at the end, at a failure, at a collapse and at other alarms.

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use byolab_values::protocol::{AlarmKind, Record, What};

/// How long the last words may take; whoever still speaks then is left alone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the command. The sentence is its `$1` and `$BYOLAB_SENTENCE`; `$BYOLAB_EVENT` is `finished`, `stopped`, `failed`,
/// `collapse` or `alarm`; `$BYOLAB_EXPERIMENT` and `$BYOLAB_RUNS` say of what. Nothing of it is ever part of a shell's text.
pub struct Notifier {
    /// Run by the shell; none where nobody asked.
    pub command: Option<String>,
    /// Whose runs.
    pub experiment: String,
    /// Where they are.
    pub runs: PathBuf,
    /// Trials, and of what kind an alarm was told: more of the same say nothing new.
    alarmed: BTreeSet<(usize, AlarmKind)>,
    children: Vec<Child>,
}

impl Notifier {
    /// Runs `command`, where there is one, when something happens to an experiment.
    pub fn new(command: Option<String>, experiment: String, runs: PathBuf) -> Self {
        Self { command, experiment, runs, alarmed: BTreeSet::new(), children: Vec::new() }
    }

    /// Tells what was recorded of a trial, where it is worth a word.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn hear(&mut self, trial: usize, name: &str, record: &Record) -> io::Result<()> {
        match &record.event.what {
            What::Failed { reason } => self.run("failed", &format!("{name} failed: {reason}")),
            What::Alarm { kind, text, .. } if self.alarmed.insert((trial, *kind)) => {
                self.run(if kind.is_collapse() { "collapse" } else { "alarm" }, &format!("{name}: {text}"))
            }
            _ => Ok(()),
        }
    }

    /// Tells how everything ended, and gives the command a moment.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn end(&mut self, event: &str, outcome: &str) -> io::Result<()> {
        self.run(event, &format!("{} has ended: {outcome}", self.experiment))?;
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && self.children.iter_mut().any(|child| matches!(child.try_wait(), Ok(None))) {
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn run(&mut self, event: &str, sentence: &str) -> io::Result<()> {
        let Some(command) = &self.command else { return Ok(()) };
        let experiment = &self.experiment;
        self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let child = Command::new("sh")
            .args(["-c", command, "byolab", sentence])
            .envs([("BYOLAB_EVENT", event), ("BYOLAB_SENTENCE", sentence), ("BYOLAB_EXPERIMENT", experiment)])
            .env("BYOLAB_RUNS", &self.runs)
            .stdin(Stdio::null())
            // Standard output is for the table of results.
            .stdout(io::stderr())
            .spawn()?;
        self.children.push(child);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::protocol::Event;
    use jiff::Timestamp;

    fn record(what: What) -> Record {
        Record { time: Timestamp::UNIX_EPOCH, event: Event { step: 3, what } }
    }

    #[test]
    fn the_command_is_told_in_its_first_argument_and_in_variables_and_no_text_becomes_a_shells() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let command = format!("echo \"$BYOLAB_EVENT $BYOLAB_EXPERIMENT: $1\" >> {}", told.display());
        let mut notifier = Notifier::new(Some(command), "mine".into(), "runs".into());
        let alarm = || {
            record(What::Alarm {
                kind: AlarmKind::FeatureRank,
                text: "std $(touch gone) `x`".into(),
                remedy: String::new(),
            })
        };
        notifier.hear(0, "byol", &alarm()).unwrap();
        notifier.hear(0, "byol", &alarm()).unwrap();
        notifier.hear(0, "byol", &record(What::Checkpointed)).unwrap();
        notifier.end("finished", "4 finished").unwrap();
        let mut lines: Vec<String> = std::fs::read_to_string(told).unwrap().lines().map(String::from).collect();
        lines.sort();
        assert_eq!(lines, ["collapse mine: byol: std $(touch gone) `x`", "finished mine: mine has ended: 4 finished"]);
    }

    #[test]
    fn without_a_command_nothing_is_run() {
        let mut notifier = Notifier::new(None, "mine".into(), "runs".into());
        notifier.hear(0, "byol", &record(What::Failed { reason: "because".into() })).unwrap();
        assert!(notifier.children.is_empty());
    }
}
