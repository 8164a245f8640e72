//! Which part of an experiment is this process's: heats that it has claimed before any other worker, one after the other.

use std::{
    cmp::min,
    collections::BTreeMap,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{Surroundings, environment::Environment, queue::Queue};
use byolab_store::store::{Asked, Claim, LeaseTimes, Takeover};
use byolab_values::plan::{Plan, words};

/// Between two looks at what other workers leave, at most.
const PAUSE: Duration = Duration::from_secs(2);

/// How a process takes part in an experiment.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Whether it joins others, and takes what is expected to take longest first; else it is there first and alone, and takes
    /// heats in the order of the plan.
    pub joins: bool,
    /// What a scheduler calls it.
    pub job: Option<String>,
    /// Heats that it begins.
    pub at_most: Option<usize>,
    /// When it checkpoints and leaves.
    pub deadline: Option<Instant>,
    /// How often it says that it lives, and how long others may be silent.
    pub times: LeaseTimes,
}

/// This process's part.
pub struct Share<'a> {
    claim: Claim,
    plan: &'a Plan,
    work: Work,
    /// Heats that it has begun.
    begun: usize,
    /// By the ids of the trials in training: from whom they were taken over.
    taken: BTreeMap<String, String>,
}

impl<'a> Share<'a> {
    /// Claims the experiment, or joins those who are at it.
    pub fn begin(plan: &'a Plan, environment: &Environment, around: &Surroundings) -> Result<Self> {
        let (work, info) = (around.work.clone(), environment.runner());
        let claim = match work.joins {
            true => Claim::join(around.folder, &info, work.job.clone(), work.times)?,
            false => Claim::take_with(around.folder, &info, work.times)?,
        };
        if work.joins && !claim.others()?.is_empty() {
            ensure_same(plan, around)?;
        }
        claim.write_experiment(&plan.experiment.text)?;
        claim.write_asked(around.asked)?;
        Ok(Self { claim, plan, work, begun: 0, taken: BTreeMap::new() })
    }

    /// What is written by.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The order in which it asks for heats, and until when.
    pub fn order(&self, queue: &mut Queue) {
        queue.stop_at(self.work.deadline);
        if self.work.joins {
            queue.put_longest_first();
        }
    }

    /// From whom a trial was taken over, as a sentence; none where it was nobody's.
    pub fn taken_over(&self, trial: &str) -> Option<&String> {
        self.taken.get(trial)
    }

    /// The trials to train together next, which are this worker's from now on; none where nothing is left for it. Where others
    /// have what is left, and may have been killed, it waits until it knows.
    pub fn next_heat(
        &mut self,
        queue: &mut Queue,
        mut next: impl FnMut(&mut Queue) -> Result<Option<Vec<usize>>>,
    ) -> Result<Option<Vec<usize>>> {
        // What others were at before the last heat may have been left since: it is asked for once more before leaving.
        let (mut uncertain, mut asked_again) = (false, false);
        while self.work.at_most.is_none_or(|most| self.begun < most) {
            match next(queue)? {
                // Most of what others have finished is known without a claim.
                Some(trials) if self.still_open(queue, &trials).len() < trials.len() => {}
                Some(trials) => match self.claim.ask(&self.ids(&trials))? {
                    Asked::Granted(takeovers) => {
                        let open = self.still_open(queue, &trials);
                        if !open.is_empty() {
                            self.begin_heat(&open, &takeovers)?;
                            return Ok(Some(open));
                        }
                    }
                    Asked::Busy { lives } => {
                        uncertain |= !lives;
                        queue.set_busy(&trials);
                    }
                },
                None if queue.is_to_stop() || (asked_again && !uncertain) || queue.take_busy().is_empty() => break,
                None => {
                    if asked_again {
                        sleep(min(PAUSE, self.work.times.beat / 2));
                    }
                    (uncertain, asked_again) = (false, true);
                }
            }
        }
        self.claim.sweep()?;
        self.claim.write_trains(Vec::new())?;
        Ok(None)
    }

    fn ids(&self, trials: &[usize]) -> Vec<String> {
        trials.iter().map(|trial| self.plan.trials[*trial].id.clone()).collect()
    }

    /// Others may have trained them since the store was read.
    fn still_open(&self, queue: &mut Queue, trials: &[usize]) -> Vec<usize> {
        for trial in trials {
            queue.hear_of(*trial, self.claim.folder().last(&self.plan.trials[*trial].id).as_ref());
        }
        trials.iter().copied().filter(|trial| queue.is_open(*trial)).collect()
    }

    fn begin_heat(&mut self, trials: &[usize], takeovers: &[Takeover]) -> Result<()> {
        self.begun += 1;
        self.taken = takeovers.iter().filter_map(|taken| Some((taken.trial.clone(), sentence(taken)?))).collect();
        self.claim.write_trains(self.ids(trials))
    }

    /// What is said where another worker has taken the heat over.
    pub fn lost(&self, trials: &[usize]) -> String {
        self.claim.give_back();
        let ids = self.ids(trials).join(", ");
        format!(
            "{ids}: not heard of for too long, this worker lost them to another one, which goes on from their checkpoints; what \
             was written here since lies in set-aside and harms nothing"
        )
    }

    /// What others still train, as a sentence; none where that is nothing.
    pub fn left(&self, queue: &mut Queue) -> Option<String> {
        let busy = queue.take_busy().into_iter().filter(|trial| queue.is_open(*trial)).count();
        (busy > 0).then(|| format!("{} with other workers", words::count(busy, "trial")))
    }
}

/// Trials are told apart by what they are, but the experiment's folder keeps one file.
fn ensure_same(plan: &Plan, around: &Surroundings) -> Result<()> {
    let known = std::fs::read_to_string(around.folder.experiment_file());
    let asked = around.folder.asked().ok().flatten();
    let same = known.map_or(true, |known| known == plan.experiment.text)
        && asked.is_none_or(|asked| asked.overrides == around.asked.overrides);
    ensure!(
        same,
        "other workers are at {} with another file or other flags: `{}` ends them",
        plan.experiment.name,
        around.folder.hint("stop")
    );
    Ok(())
}

/// Of a worker that was only silent: it may wake up.
fn sentence(taken: &Takeover) -> Option<String> {
    let aside = taken.aside.as_ref()?.file_name()?.to_string_lossy().into_owned();
    let from = taken.from.as_ref().map_or("a worker that left no name".into(), |info| {
        format!("process {} on {}", info.runner.pid, info.runner.host)
    });
    Some(format!("taken over from {from}, which was not heard of; what it may still write lies in set-aside/{aside}"))
}
