//! `byolab plan`.

use anyhow::Result;

use super::{Exit, args::AskedArgs, found, pace, print, print_json};
use byolab_store::{results, store::Store};

/// Lists trials and heats, with what they cost and can see.
///
/// # Errors
/// Every problem of the file, the flags and the cells.
pub fn run(store: &Store, asked: &AskedArgs) -> Result<Exit> {
    let plan = found::plan(store, &asked.chosen)?;
    let time = pace::time(store, &plan);
    let snapshot = store.experiment(&plan.experiment.name).snapshot_for(&plan)?;
    let power = results::power(&plan, &snapshot);
    match asked.answer.json {
        true => print_json(&plan.document(time.as_ref(), &power)),
        false => print(&plan.describe(time.as_ref(), &power)),
    }
}
