//! Judges what is trained again: probes read the stored encoders, and one more event says what they found.

use std::{fmt, fs, io};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;

use super::{Datasets, environment::Environment};
use byolab_engine::{device::Opened, evaluation};
use byolab_store::store::{Claim, ExperimentFolder, Recorder, Run, State};
use byolab_values::{
    data::Dataset,
    plan::{Plan, Recipe, Trial},
    protocol::{Event, Metrics, OF_TRAINING, What},
};

/// What surrounds the judging.
pub struct Around<'a> {
    /// As [`super::Surroundings::load`].
    pub load: &'a mut dyn FnMut(&Recipe) -> Result<Dataset>,
    /// Hears what is to be said of a trial, by its place in the plan.
    pub tell: &'a mut dyn FnMut(usize, &str),
    pub now: &'a dyn Fn() -> Timestamp,
}

/// Counts of the plan's trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub judged: usize,
    /// Judged by these probes before.
    pub left: usize,
    /// Not finished: nothing to judge yet.
    pub unfinished: usize,
    /// Finished, without an encoder that can be judged.
    pub refused: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let counts = [
            (self.judged, "judged"),
            (self.left, "judged by these probes before"),
            (self.unfinished, "not finished"),
            (self.refused, "without an encoder to judge"),
        ];
        let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// # Errors
/// Where nothing of the plan's experiment was trained.
pub fn ensure_trained(folder: &ExperimentFolder, plan: &Plan) -> Result<()> {
    let name = &plan.experiment.name;
    let (path, known) = (folder.path().display(), !folder.snapshot()?.runs.is_empty());
    ensure!(known, "nothing of {name} is in {path} yet: `byolab run {name}` trains it");
    Ok(())
}

/// Judges every finished trial of the plan whose numbers are by other probes than the plan's. The claim on the experiment
/// is held meanwhile.
///
/// # Errors
/// Another runner at this experiment, a store that cannot be read or written, images that cannot be read.
pub fn again(plan: &Plan, folder: &ExperimentFolder, device: &Opened, around: &mut Around) -> Result<Outcome> {
    let runner = Environment::here(device.name.clone(), (around.now)()).runner();
    let claim = Claim::take(folder, &runner)?;
    let snapshot = folder.snapshot()?;
    let (mut datasets, mut outcome) = (Datasets::default(), Outcome::default());
    for (place, trial) in plan.trials.iter().enumerate() {
        let finished = snapshot.runs.get(&trial.id).filter(|run| run.state == State::Finished);
        let Some(run) = finished else {
            outcome.unfinished += 1;
            continue;
        };
        if run.probes.as_ref() == Some(&trial.recipe.probes) {
            outcome.left += 1;
            continue;
        }
        let data = datasets.get(&trial.recipe, around.load)?;
        match judged(folder, trial, data, device) {
            Ok(metrics) => {
                record(&claim, trial, run, metrics.clone(), (around.now)())?;
                outcome.judged += 1;
                (around.tell)(place, &told(&metrics));
            }
            Err(error) => {
                outcome.refused += 1;
                (around.tell)(place, &format!("not judged: {error:#}"));
            }
        }
    }
    Ok(outcome)
}

/// What the trial's stored encoder is worth.
fn judged(folder: &ExperimentFolder, trial: &Trial, data: &Dataset, device: &Opened) -> Result<Metrics> {
    let path = folder.trial(&trial.id).join("encoder.safetensors");
    let encoder = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("it has no encoder.safetensors; training it again, with `R` in the grid, writes one")
        }
        encoder => encoder.with_context(|| format!("cannot read {}", path.display()))?,
    };
    evaluation::again(&trial.recipe, &encoder, data, &device.device)
        .with_context(|| format!("{} is not an encoder of this trial", path.display()))
}

/// One event alone, so that no kill leaves the trial without an end.
fn record(claim: &Claim, trial: &Trial, run: &Run, probed: Metrics, now: Timestamp) -> Result<()> {
    let mut metrics: Metrics =
        OF_TRAINING.iter().filter_map(|name| Some((name.to_string(), *run.results.get(*name)?))).collect();
    metrics.extend(probed);
    let what = What::Finished { metrics, probes: Some(trial.recipe.probes.clone()) };
    Recorder::again(claim, &trial.id)?.event(now, Event { step: run.step, what })?;
    Ok(())
}

fn told(metrics: &Metrics) -> String {
    let shown = |(name, word): (&str, &str)| Some(format!("{word} {:.1} %", 100.0 * metrics.get(name)?));
    let parts = [("knn.top1", "k-NN"), ("linear.top1", "linear"), ("finetune.top1", "fine-tuned")];
    format!("judged   {}", parts.into_iter().filter_map(shown).collect::<Vec<_>>().join("   "))
}
