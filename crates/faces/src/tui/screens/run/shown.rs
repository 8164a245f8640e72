//! The trials of a heat side by side.

use std::collections::BTreeMap;

use crate::tui::model::{self, Open};
use byolab_store::{
    chart::{
        Pen,
        across::Ruler,
        average::Seeds,
        curves::{Curve, CurveOptions},
    },
    store::Run,
};
use byolab_values::plan::Trial;

/// A trial of the heat with its look, and what the disk holds about it.
pub struct ShownTrial<'a> {
    pub trial: &'a Trial,
    pub name: String,
    pub pen: Pen,
    pub run: Option<&'a Run>,
    /// What the disk holds about each seed of its cell.
    pub seeds: BTreeMap<u64, &'a Run>,
}

impl<'a> ShownTrial<'a> {
    /// All seeds of the cell, to be drawn as their mean.
    pub fn seeds(&self) -> Seeds<'_> {
        let (runs, images) = (self.seeds.values().copied().collect(), self.trial.recipe.train.optimizer_batch as u64);
        Seeds { name: &self.name, pen: self.pen, runs, images }
    }

    pub fn curve(&self) -> Option<Curve<'_>> {
        let images = self.trial.recipe.train.optimizer_batch as u64;
        Some(Curve { name: &self.name, pen: self.pen, run: self.run?, images })
    }
}

/// The trials of a heat with what the disk holds about them.
pub fn trials(open: &Open, heat: usize) -> Vec<ShownTrial<'_>> {
    let trials = open.heat(heat);
    let names = model::names(&open.plan.experiment, &trials);
    let pens = model::pens(&trials);
    let member =
        |((trial, name), pen)| ShownTrial { trial, name, pen, run: open.run(trial), seeds: seeds(open, trial) };
    trials.into_iter().zip(names).zip(pens).map(member).collect()
}

fn seeds<'a>(open: &'a Open, trial: &Trial) -> BTreeMap<u64, &'a Run> {
    let alike = open.plan.trials.iter().filter(|other| other.cell == trial.cell);
    alike.filter_map(|other| Some((other.seed, open.run(other)?))).collect()
}

/// The newest step of all members; none where nothing is on disk.
pub fn last_step(members: &[ShownTrial]) -> Option<u64> {
    members.iter().filter_map(|member| Some(member.run?.step)).max()
}

/// From steps to places on the x axis, by the trial that got furthest.
pub fn ruler(members: &[ShownTrial], look: CurveOptions) -> Option<Ruler> {
    let begun = members.iter().filter_map(|member| Some((member.run?.step, member)));
    begun.max_by_key(|(step, _)| *step)?.1.curve().map(|curve| curve.ruler(look))
}
