//! What a workbench remembers from one time to the next: where its user was, and how far everything had got.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ExperimentEntry;
use crate::tui::{choice::Choice, keys::KeyContext};
use byolab_store::{
    results::{Results, Verdict},
    store::State,
};
use byolab_values::plan::{
    Overrides,
    words::{count, duration},
};

/// The view as it was left, for one store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserMemory {
    /// The open experiment, as it was asked for.
    pub experiment: Option<String>,
    /// The name of the screen; empty is home.
    pub screen: String,
    /// By experiment: what was seen of it last.
    pub looks: BTreeMap<String, LastSeen>,
    /// By experiment, as it was asked for: what was edited about it.
    pub edits: BTreeMap<String, Overrides>,
    /// By experiment, as it was asked for: what was switched off.
    pub switches: BTreeMap<String, Choice>,
}

/// What was seen of an experiment, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastSeen {
    /// When it was seen.
    pub time: Timestamp,
    /// Finished trials.
    pub finished: usize,
    /// Failed trials.
    pub failed: usize,
    /// Claims with a verdict.
    pub decided: usize,
}

impl UserMemory {
    /// The screen to begin on.
    pub fn place(&self) -> KeyContext {
        KeyContext::named(&self.screen).unwrap_or(KeyContext::Home)
    }
}

impl LastSeen {
    /// What the list says about an experiment.
    pub fn at_entry(entry: &ExperimentEntry, time: Timestamp) -> Self {
        Self { time, finished: entry.finished, failed: entry.failed, decided: decided(entry.verdicts.iter().copied()) }
    }

    /// What a reading says.
    pub fn at_results(results: &Results, time: Timestamp) -> Self {
        let in_state = |state| results.rows.iter().filter(|row| row.state == state).count();
        let verdicts = results.claims.iter().map(|claim| claim.verdict);
        Self { time, finished: in_state(State::Finished), failed: in_state(State::Failed), decided: decided(verdicts) }
    }

    /// What has happened since `before`, in words; none where nothing has.
    pub fn since(&self, before: &Self) -> Option<String> {
        let more = |now: usize, then: usize| now.checked_sub(then).filter(|more| *more > 0);
        let finished = more(self.finished, before.finished).map(|n| format!("{} finished", count(n, "trial")));
        let failed = more(self.failed, before.failed).map(|n| format!("{n} failed"));
        let decided = more(self.decided, before.decided).map(|n| format!("{} decided", count(n, "claim")));
        let happened: Vec<String> = [finished, failed, decided].into_iter().flatten().collect();
        let away = duration(self.time.duration_since(before.time).as_secs_f64().max(0.0));
        (!happened.is_empty()).then(|| format!("while you were away ({away}): {}", happened.join(", ")))
    }
}

fn decided(verdicts: impl Iterator<Item = Verdict>) -> usize {
    verdicts.filter(|verdict| *verdict != Verdict::Undecided).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(second: i64, finished: usize, failed: usize, decided: usize) -> LastSeen {
        LastSeen { time: Timestamp::from_second(second).unwrap(), finished, failed, decided }
    }

    #[test]
    fn what_happened_is_said_and_nothing_else() {
        let before = look(0, 3, 1, 0);
        let cases = [
            (look(7200, 3, 1, 0), None),
            (look(7200, 4, 1, 0), Some("while you were away (2 h 00 min): 1 trial finished")),
            (look(60, 5, 2, 1), Some("while you were away (60 s): 2 trials finished, 1 failed, 1 claim decided")),
            (look(60, 0, 0, 0), None),
        ];
        for (now, expected) in cases {
            assert_eq!(now.since(&before).as_deref(), expected);
        }
    }
}
