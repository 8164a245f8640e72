//! `byolab plan`.

use anyhow::Result;
use serde::Serialize;

use super::{Exit, args::PlanArgs, found, pace, print, print_json};
use byolab_store::{results, store::Store};
use byolab_values::plan::{describe::PlanDocument, words};

/// Lists trials and heats, with what they cost and can see.
///
/// # Errors
/// Every problem of the file, the flags and the cells.
pub fn run(store: &Store, asked: &PlanArgs) -> Result<Exit> {
    let plan = found::plan(store, &asked.chosen)?;
    let time = pace::time(store, &plan);
    let snapshot = store.experiment(&plan.experiment.name).snapshot_for(&plan)?;
    let power = results::power(&plan, &snapshot);
    let shared = asked.workers.and_then(|workers| pace::shared(store, &plan, workers));
    match (asked.answer.json, &shared) {
        (true, None) => print_json(&plan.document(time.as_ref(), &power)),
        (true, Some(shared)) => print_json(&WithWorkers { plan: plan.document(time.as_ref(), &power), shared }),
        (false, _) => {
            print(&(plan.describe(time.as_ref(), &power) + &asked.workers.map_or(String::new(), |_| said(shared))))
        }
    }
}

/// The plan, and how long workers take.
#[derive(Serialize)]
struct WithWorkers<'a> {
    #[serde(flatten)]
    plan: PlanDocument<'a>,
    shared: &'a pace::Shared,
}

fn said(shared: Option<pace::Shared>) -> String {
    let Some(pace::Shared { workers, seconds_left, idle }) = shared else {
        return "\nworkers: not known before something has been trained here\n".into();
    };
    let (workers, idle) = (words::count(workers, "worker"), words::percent(idle, 0));
    let left = words::duration(seconds_left);
    format!(
        "\n{workers}, each on such a device: about {left} for what is not yet trained, {idle} of it idle at the end\n"
    )
}
