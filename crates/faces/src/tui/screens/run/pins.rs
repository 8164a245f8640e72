//! Runs laid under the charts of whichever heat is shown, to compare it with.

use std::collections::BTreeMap;

use super::shown::ShownTrial;
use crate::tui::model::{Open, worded};
use byolab_store::{
    chart::{curves::Curve, pen},
    store::Run,
};
use byolab_values::plan::Trial;

/// Pinned runs, in the order in which they were pinned.
#[derive(Default)]
pub struct Pins(Vec<Pin>);

/// A run as it was read last.
struct Pin {
    experiment: String,
    trial: Trial,
    run: Run,
}

/// A pinned run beside a heat, with the letter that stands for it.
pub struct Pinned<'a> {
    pub letter: String,
    pub member: ShownTrial<'a>,
}

impl Pinned<'_> {
    pub fn curve(&self) -> Option<Curve<'_>> {
        Some(Curve { name: &self.letter, ..self.member.curve()? })
    }
}

impl Pins {
    /// Pins what the disk holds about the trials of a heat, or lets go of it where all of it is pinned; says which.
    pub fn toggle(&mut self, open: &Open, heat: usize) -> String {
        let experiment = &open.plan.experiment.name;
        let begun = open.heat(heat).into_iter().filter_map(|trial| Some((trial, open.run(trial)?)));
        let begun: Vec<(&Trial, &Run)> = begun.collect();
        let known = self.0.len();
        for (trial, run) in &begun {
            if !self.0.iter().any(|pin| pin.is(experiment, trial)) {
                self.0.push(Pin { experiment: experiment.clone(), trial: (*trial).clone(), run: (*run).clone() });
            }
        }
        if begun.is_empty() {
            return "nothing of this heat is on disk yet".into();
        }
        if self.0.len() > known {
            return "pinned: these runs lie under the charts of other heats until P takes them off".into();
        }
        self.0.retain(|pin| !begun.iter().any(|(trial, _)| pin.is(experiment, trial)));
        "these runs are no longer pinned".into()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes over what is new about the runs of the open experiment.
    pub fn refresh(&mut self, open: &Open) {
        for pin in self.0.iter_mut().filter(|pin| pin.experiment == open.plan.experiment.name) {
            if let Some(run) = open.run(&pin.trial)
                && (run.last, run.state) != (pin.run.last, pin.run.state)
            {
                pin.run = run.clone();
            }
        }
    }

    /// The pinned runs that are not of the heat itself, named by what sets them apart from it.
    pub fn beside(&self, open: &Open, heat: usize) -> Vec<Pinned<'_>> {
        let experiment = &open.plan.experiment.name;
        let shown = open.heat(heat);
        let elsewhere = |pin: &&Pin| !shown.iter().any(|trial| pin.is(experiment, trial));
        let letters = ('a'..='z').cycle().map(String::from);
        let pins = self.0.iter().filter(elsewhere).zip(letters);
        pins.map(|(pin, letter)| Pinned { letter, member: pin.member(pin.apart(experiment, &shown)) }).collect()
    }
}

impl Pin {
    fn is(&self, experiment: &str, trial: &Trial) -> bool {
        self.experiment == experiment && self.trial.id == trial.id
    }

    fn member(&self, name: String) -> ShownTrial<'_> {
        let pen = pen::pens([self.trial.recipe.method.name()])[0];
        ShownTrial { trial: &self.trial, name, pen, run: Some(&self.run), seeds: BTreeMap::new() }
    }

    /// The method, and what else is not as in the heat shown: `byol batch 512`.
    fn apart(&self, experiment: &str, shown: &[&Trial]) -> String {
        let here = |key: &String| shown.iter().any(|trial| trial.cell.get(key) == self.trial.cell.get(key));
        let parts = self.trial.cell.iter().filter(|(key, _)| *key == "method" || !here(key));
        let seed = (shown.first().map(|trial| trial.seed) != Some(self.trial.seed))
            .then(|| format!("seed {}", self.trial.seed));
        let elsewhere = (self.experiment != experiment).then(|| format!("of {}", self.experiment));
        let parts = parts.map(|(key, value)| worded(key, value)).chain(seed).chain(elsewhere);
        parts.collect::<Vec<_>>().join(" ")
    }
}
