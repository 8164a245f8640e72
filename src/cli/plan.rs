//! `byolab plan`.

use std::path::Path;

use anyhow::Result;

use super::{
    Exit,
    args::{Asked, Chosen, Named},
    pace, print, print_json,
};
use byolab_store::store::Store;
use byolab_values::plan::{Experiment, Plan, Problems};

/// The plan of what was chosen.
///
/// # Errors
/// Every problem of the file, the flags and the cells.
pub fn load(chosen: &Chosen) -> Result<Plan, Problems> {
    Plan::new(Experiment::find(&chosen.experiment)?, &chosen.changes.overrides())
}

/// The name under which the runs of an experiment are kept: also of one whose file is gone.
///
/// # Errors
/// Every problem of the file, where there is one.
pub fn named(named: &Named) -> Result<String, Problems> {
    if Path::new(&named.experiment).exists() {
        Ok(Experiment::find(&named.experiment)?.name)
    } else {
        Ok(named.experiment.clone())
    }
}

/// Lists trials and heats, with what they cost.
pub fn run(store: &Store, asked: &Asked) -> Result<Exit> {
    let plan = load(&asked.chosen)?;
    let time = pace::time(store, &plan);
    if asked.answer.json { print_json(&plan.document(time.as_ref())) } else { print(&plan.describe(time.as_ref())) }
}
