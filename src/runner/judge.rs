//! Judges what is trained again: probes read the stored encoders, and one more event says what they found.

use std::{fmt, fs, io, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;

use super::{datasets::Datasets, environment::Environment};
use byolab_engine::{device::Opened, evaluation};
use byolab_store::store::{Claim, ExperimentFolder, Recorder, Run, State};
use byolab_values::{
    data::{Dataset, Purpose},
    plan::{Plan, Recipe, Trial, words},
    protocol::{Event, Metrics, OF_TRAINING, What},
};

/// What surrounds the judging.
pub struct Around<'a> {
    /// As [`super::Surroundings::load`].
    pub load: &'a mut dyn FnMut(&Recipe) -> Result<Dataset>,
    /// Hears what is to be said of a trial, by its place in the plan.
    pub tell: &'a mut dyn FnMut(usize, &str),
    /// What time it is.
    pub now: &'a dyn Fn() -> Timestamp,
}

/// Counts of the plan's trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgeCounts {
    /// Trials whose numbers were written.
    pub judged: usize,
    /// Judged by these probes before.
    pub left: usize,
    /// Not finished: nothing to judge yet.
    pub unfinished: usize,
    /// Finished, without an encoder that can be judged.
    pub refused: usize,
}

impl fmt::Display for JudgeCounts {
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

/// Judges every finished trial of the plan whose numbers are by other probes than the plan's, and writes the features of a
/// part of the images where one is named. The claim on the experiment is held meanwhile.
///
/// # Errors
/// Another runner at this experiment, a store that cannot be read or written, images that cannot be read.
pub fn again(
    plan: &Plan,
    folder: &ExperimentFolder,
    device: &Opened,
    written: Option<Purpose>,
    around: &mut Around,
) -> Result<JudgeCounts> {
    let runner = Environment::here(device.name.clone(), (around.now)()).runner();
    let claim = Claim::take(folder, &runner)?;
    let snapshot = folder.snapshot()?;
    let (mut datasets, mut outcome) = (Datasets::default(), JudgeCounts::default());
    for (place, trial) in plan.trials.iter().enumerate() {
        let finished = snapshot.runs.get(&trial.id).filter(|run| run.state == State::Finished);
        let Some(run) = finished else {
            outcome.unfinished += 1;
            continue;
        };
        let known = run.probes.as_ref() == Some(&trial.recipe.probes);
        if known {
            outcome.left += 1;
        }
        if known && written.is_none() {
            continue;
        }
        let data = datasets.get(&needs(trial, written), around.load)?;
        let stored = Stored { claim: &claim, trial, run, data, device };
        match stored.encoder().and_then(|encoder| stored.judge(&encoder, !known, written, (around.now)())) {
            Ok(told) => {
                outcome.judged += usize::from(!known);
                told.iter().for_each(|text| (around.tell)(place, text));
            }
            Err(error) => {
                outcome.refused += 1;
                (around.tell)(place, &format!("not judged: {error:#}"));
            }
        }
    }
    Ok(outcome)
}

/// The recipe by whose probes images are loaded: the test split too where its features are written.
fn needs(trial: &Trial, written: Option<Purpose>) -> Recipe {
    let mut recipe = trial.recipe.clone();
    recipe.probes.test |= written == Some(Purpose::Test);
    recipe
}

/// A finished trial with what judges it.
struct Stored<'a> {
    claim: &'a Claim,
    trial: &'a Trial,
    run: &'a Run,
    data: &'a Dataset,
    device: &'a Opened,
}

impl Stored<'_> {
    fn encoder(&self) -> Result<Vec<u8>> {
        let path = self.path();
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("it has no encoder.safetensors; training it again, with `R` in the grid, writes one")
            }
            encoder => encoder.with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn path(&self) -> PathBuf {
        self.claim.folder().trial(&self.trial.id).join("encoder.safetensors")
    }

    /// Judges where it is `due`, then writes features; what there is to tell.
    fn judge(&self, encoder: &[u8], due: bool, written: Option<Purpose>, now: Timestamp) -> Result<Vec<String>> {
        let (recipe, device) = (&self.trial.recipe, &self.device.device);
        let not_this = || format!("{} is not an encoder of this trial", self.path().display());
        let mut recorder = Recorder::again(self.claim, &self.trial.id)?;
        let mut told = Vec::new();
        if due {
            let metrics = evaluation::again(recipe, encoder, self.data, device).with_context(not_this)?;
            told.push(sentence(&metrics));
            recorder.event(now, Event { step: self.run.step, what: self.finished(metrics) })?;
        }
        if let Some(purpose) = written {
            let features =
                evaluation::features_of(recipe, encoder, self.data, purpose, device).with_context(not_this)?;
            told.push(recorder.features_of(purpose, &features)?.display().to_string());
        }
        Ok(told)
    }

    /// One event alone, so that no kill leaves the trial without an end.
    fn finished(&self, probed: Metrics) -> What {
        let kept = |name: &&str| Some((name.to_string(), *self.run.results.get(*name)?));
        let mut metrics: Metrics = OF_TRAINING.iter().filter_map(kept).collect();
        metrics.extend(probed);
        What::Finished { metrics, probes: Some(self.trial.recipe.probes.clone()) }
    }
}

fn sentence(metrics: &Metrics) -> String {
    let shown = |(name, word): (&str, &str)| Some(format!("{word} {}", words::percent(*metrics.get(name)?, 1)));
    let parts = [("knn.top1", "k-NN"), ("linear.top1", "linear"), ("finetune.top1", "fine-tuned")];
    format!("judged   {}", parts.into_iter().filter_map(shown).collect::<Vec<_>>().join("   "))
}
