//! `byolab plan`.

use anyhow::Result;

use super::{Exit, args::AskedArgs, found, pace, print, print_json};
use byolab_store::store::Store;

/// Lists trials and heats, with what they cost.
///
/// # Errors
/// Every problem of the file, the flags and the cells.
pub fn run(store: &Store, asked: &AskedArgs) -> Result<Exit> {
    let plan = found::plan(store, &asked.chosen)?;
    let time = pace::time(store, &plan);
    if asked.answer.json { print_json(&plan.document(time.as_ref())) } else { print(&plan.describe(time.as_ref())) }
}
