//! One heat: opens its records, hands it to the trainer, and gives every trial an end.

use std::{collections::BTreeSet, slice};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;

use super::{
    Surroundings, Trainer,
    afresh::{self, Afresh},
    environment::Environment,
    queue::Queue,
    share::Share,
};
use byolab_store::store::{Checkpoint, Recorder, Revoked, State};
use byolab_values::{
    augment,
    data::Dataset,
    plan::Trial,
    process,
    protocol::{Control, Event, Features, Metrics, Observe, Record, Resume, What},
};

/// What `views.png` shows.
const SHOWN_IMAGES: usize = 8;
const SHOWN_EPOCHS: usize = 3;

/// Trains `trials` (places in the plan) together. A trainer that fails or panics ends this heat only; behind a panic a fresh
/// process goes on, where there can be one and it is the first for these trials.
///
/// # Errors
/// [`Revoked`] where another worker has taken the heat over. Where the store cannot be read or written: then no other heat could
/// be recorded either.
pub fn train<'plan>(
    share: &Share<'plan>,
    environment: &Environment,
    trainer: &mut dyn Trainer,
    data: &Dataset,
    trials: &[usize],
    queue: &mut Queue<'plan>,
    around: &mut Surroundings,
) -> Result<()> {
    let mut observer = HeatObserver {
        members: Vec::new(),
        share,
        queue,
        listen: around.listen,
        now: around.now,
        sample: around.sample,
        leaving: false,
        broken: None,
    };
    let resume = observer.open(environment, data, trials)?;
    if observer.members.is_empty() {
        return Ok(());
    }
    let plan = observer.queue.plan();
    let together: Vec<&Trial> = observer.members.iter().map(|member| &plan.trials[member.trial]).collect();
    let result = process::attempt(|| trainer.train(&together, data, resume, &mut observer));
    if let Some(error) = observer.broken.take() {
        return Err(error);
    }
    let reason = match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(said) => Some(observer.again(afresh::sentence(&said), around.afresh.as_mut())?),
    };
    observer.end_all(reason)
}

/// Hears the trainer: records, passes on, and answers whether to stop.
struct HeatObserver<'a, 'plan> {
    members: Vec<RecordedTrial>,
    share: &'a Share<'plan>,
    queue: &'a mut Queue<'plan>,
    listen: &'a mut dyn FnMut(usize, &Record),
    now: &'a dyn Fn() -> Timestamp,
    sample: &'a mut dyn FnMut(Timestamp) -> Metrics,
    /// Whether the trainer was asked to stop.
    leaving: bool,
    /// What the store said when it could not be written; the trainer hears of it in other words.
    broken: Option<anyhow::Error>,
}

/// One trial of the heat.
struct RecordedTrial {
    /// Its place in the plan.
    trial: usize,
    recorder: Recorder,
    step: u64,
    /// Numbers of which it was told that they are not finite.
    told: BTreeSet<String>,
}

impl Observe for HeatObserver<'_, '_> {
    fn event(&mut self, trial: usize, event: Event) -> Result<Control> {
        self.still_ours(trial)?;
        let now = (self.now)();
        let trains = matches!(event.what, What::Trained { .. });
        let recorded = self.record(trial, now, event);
        let recorded = recorded.and_then(|()| if trains { self.sample(now) } else { Ok(()) });
        let answer = recorded.and_then(|()| self.answer());
        self.unbroken(answer)
    }

    fn checkpoint(&mut self, trial: usize, step: u64, bytes: Vec<u8>) -> Result<()> {
        let written = self.members[trial].recorder.checkpoint(step, &bytes);
        self.unbroken(written)
    }

    fn encoder(&mut self, trial: usize, bytes: Vec<u8>) -> Result<()> {
        let written = self.members[trial].recorder.encoder(&bytes);
        self.unbroken(written)
    }

    fn features(&mut self, trial: usize, features: Features) -> Result<()> {
        let written = self.members[trial].recorder.features(&features);
        self.unbroken(written)
    }
}

impl HeatObserver<'_, '_> {
    /// Opens a member for each trial and reads where it goes on. A trial whose checkpoints are all damaged fails at once.
    fn open(&mut self, environment: &Environment, data: &Dataset, trials: &[usize]) -> Result<Vec<Option<Resume>>> {
        let environment = Environment { started: (self.now)(), ..environment.clone() };
        let (mut resumes, claim) = (Vec::new(), self.share.claim());
        for trial in trials.iter().copied() {
            let planned = &self.queue.plan().trials[trial];
            let recorder = Recorder::open(claim, planned, &environment)?;
            recorder.views(&sheet(planned, data))?;
            let checkpoint = claim.folder().checkpoint(&planned.id, planned.recipe.steps());
            let member = self.members.len();
            self.members.push(RecordedTrial { trial, recorder, step: 0, told: BTreeSet::new() });
            match checkpoint {
                Ok(None) => resumes.push(None),
                Ok(Some(Checkpoint { resume, note })) => {
                    self.members[member].step = resume.step;
                    for text in note.into_iter().chain(self.share.taken_over(&planned.id).cloned()) {
                        let event = Event { step: resume.step, what: What::Noted { text } };
                        self.record(member, (self.now)(), event)?;
                    }
                    resumes.push(Some(resume));
                }
                Err(error) => {
                    let what = What::Failed { reason: format!("{error:#}") };
                    self.record(member, (self.now)(), Event { step: 0, what })?;
                    self.members.pop();
                }
            }
        }
        Ok(resumes)
    }

    /// Writes an event, and once for each number that it is not finite.
    fn record(&mut self, member: usize, now: Timestamp, event: Event) -> Result<()> {
        let told = &mut self.members[member].told;
        let new: Vec<&str> = not_finite(&event.what).filter(|name| told.insert(name.to_string())).collect();
        if !new.is_empty() {
            let text = format!("not finite at step {}, and left out where it is so: {}", event.step, new.join(", "));
            self.write(member, now, Event { step: event.step, what: What::Noted { text } })?;
        }
        self.write(member, now, event)
    }

    fn write(&mut self, member: usize, now: Timestamp, event: Event) -> Result<()> {
        let RecordedTrial { trial, recorder, step, .. } = &mut self.members[member];
        let record = recorder.event(now, event)?;
        *step = record.event.step;
        match record.event.what {
            What::Finished { .. } => self.queue.set(*trial, State::Finished),
            What::Failed { .. } => self.queue.set(*trial, State::Failed),
            What::Stopped => self.queue.set(*trial, State::Stopped),
            _ => self.queue.set(*trial, State::Running),
        }
        (self.listen)(*trial, &record);
        Ok(())
    }

    /// Records what the device is doing, where there is something to tell, with every trial that it trains: all have
    /// begun once one is told to have trained.
    fn sample(&mut self, now: Timestamp) -> Result<()> {
        let metrics = (self.sample)(now);
        let members = if metrics.is_empty() { 0 } else { self.members.len() };
        for member in 0..members {
            let RecordedTrial { trial, step, .. } = self.members[member];
            if !self.has_end(trial) {
                self.record(member, now, Event { step, what: What::Sampled { metrics: metrics.clone() } })?;
            }
        }
        Ok(())
    }

    /// Whether nothing more is to be recorded of a trial.
    fn has_end(&self, trial: usize) -> bool {
        self.queue.has_ended(trial) || (self.leaving && self.queue.is_stopped(trial))
    }

    fn answer(&mut self) -> Result<Control> {
        let trials: Vec<usize> = self.members.iter().map(|member| member.trial).collect();
        self.leaving |= self.queue.interrupts(&trials)?;
        Ok(if self.leaving { Control::Stop } else { Control::Continue })
    }

    /// Nothing is recorded any more of what another worker has taken over.
    fn still_ours(&mut self, member: usize) -> Result<()> {
        let id = || self.queue.plan().trials[self.members[member].trial].id.clone();
        let revoked = self.share.claim().is_revoked().then(|| Revoked { trial: id() });
        self.unbroken(revoked.map_or(Ok(()), |revoked| Err(revoked.into())))
    }

    /// Keeps the store's error, so that it ends the run and not just the heat.
    fn unbroken<T>(&mut self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.broken.get_or_insert(error);
            anyhow!("the store cannot be written")
        })
    }

    /// The device has failed: hands over to a fresh process, or says why not.
    fn again(&mut self, reason: String, afresh: Option<&mut Afresh>) -> Result<String> {
        let plan = self.queue.plan();
        let open = |member: &&RecordedTrial| !self.has_end(member.trial);
        let ids: Vec<String> =
            self.members.iter().filter(open).map(|member| plan.trials[member.trial].id.clone()).collect();
        let Some(afresh) = afresh.filter(|afresh| !self.leaving && ids.iter().any(|id| !afresh.tried.contains(id)))
        else {
            return Ok(reason);
        };
        for member in 0..self.members.len() {
            let RecordedTrial { trial, step, .. } = self.members[member];
            if !self.has_end(trial) {
                let text = format!("{reason}. A fresh process tries it once more, from its checkpoint");
                self.record(member, (self.now)(), Event { step, what: What::Noted { text } })?;
            }
        }
        afresh.tried.extend(ids);
        let why = (afresh.hand_over)(&afresh.tried);
        Ok(format!("{reason} (a fresh process cannot try it: {why:#})"))
    }

    /// The trainer has left, with an error or without one: gives an end to the trials that have none.
    fn end_all(&mut self, error: Option<String>) -> Result<()> {
        for member in 0..self.members.len() {
            let RecordedTrial { trial, step, .. } = self.members[member];
            let what = match (&error, self.leaving) {
                (Some(error), _) => What::Failed { reason: error.clone() },
                (None, true) => What::Stopped,
                (None, false) => What::Failed { reason: "the trainer left before the last step".into() },
            };
            if !self.has_end(trial) {
                self.record(member, (self.now)(), Event { step, what }).context("cannot record the end of a trial")?;
            }
        }
        Ok(())
    }
}

/// The first images with the views of them that this trial learns from, as PNG.
fn sheet(trial: &Trial, data: &Dataset) -> Vec<u8> {
    let shown: Vec<usize> = (0..data.train.len().min(SHOWN_IMAGES)).collect();
    let small: Vec<_> = trial.recipe.demand().small().map(|(view, _)| view).collect();
    let made = (slice::from_ref(&trial.recipe.augment), &small[..]);
    augment::sheet(&data.train, &shown, made, SHOWN_EPOCHS, trial.seed).png()
}

/// Names of an event's numbers that are not finite.
fn not_finite(what: &What) -> impl Iterator<Item = &str> {
    let metrics = match what {
        What::Trained { metrics } | What::Evaluated { metrics } | What::Finished { metrics, .. } => Some(metrics),
        _ => None,
    };
    let numbers = metrics.into_iter().flatten().filter(|(_, value)| !value.is_finite()).map(|(name, _)| name.as_str());
    let spectrum = matches!(what, What::Spectrum { values } if values.iter().any(|value| !value.is_finite()));
    numbers.chain(spectrum.then_some("singular values"))
}
