//! `probe`: judges stored encoders again, by other probes, without training again.

use anyhow::Result;

use super::{Exit, args, args::Common};

/// What is said where nothing can be judged.
///
/// # Errors
/// Always: this build has no engine.
#[cfg(not(feature = "engine"))]
pub fn run(_: &Common, _: &args::Probe) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}

/// Judges the finished trials that were chosen by the probes of the plan, where they were judged by others, and prints the
/// table of results.
///
/// # Errors
/// A bad experiment, another runner, a device or images that are not there, a disk that cannot be written.
#[cfg(feature = "engine")]
pub fn run(common: &Common, asked: &args::Probe) -> Result<Exit> {
    use byolab_faces::report;
    use byolab_store::{results, store::Store};
    use byolab_values::data;
    use jiff::Timestamp;

    use crate::runner::{judge, plain};

    let store = Store::new(&common.runs);
    let plan = super::found::plan(&store, &asked.chosen)?;
    let folder = store.experiment(&plan.experiment.name);
    judge::ensure_trained(&folder, &plan)?;
    let opened = common.open_device()?;
    let tell = |line: &str| {
        if !common.quiet {
            super::tell(line);
        }
    };
    let images = common.data_folder();
    let total = plan.trials.len();
    let outcome = judge::again(
        &plan,
        &folder,
        &opened,
        asked.write_features.map(Into::into),
        &mut judge::Around {
            load: &mut |recipe| data::load_for(recipe, &images),
            tell: &mut |place, text| {
                tell(&format!("[{}/{total}] {}   {text}", place + 1, plain::name(&plan.trials[place])));
            },
            now: &Timestamp::now,
        },
    )?;
    tell(&outcome.to_string());
    let results = results::judge(&plan, &folder.snapshot()?);
    super::print(&report::table(&plan, &results))?;
    Ok(if outcome.refused > 0 { Exit::FailedCells } else { Exit::Good })
}
