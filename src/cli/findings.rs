//! `report` and `check`: what the runs say.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow};

use super::{Exit, args, plan, print, print_json};
use crate::{
    plan::Plan,
    report::{self, Format, Report},
    results::{self, Results, Verdict},
    store::Store,
};

/// What the store says about a plan now.
///
/// # Errors
/// Where the store cannot be read.
pub fn results(plan: &Plan, store: &Store) -> Result<Results> {
    Ok(results::judge(plan, &store.experiment(&plan.experiment.name).snapshot()?))
}

/// Writes the report in each format: to standard output where one is asked for and no folder is named, else into the
/// folder, `reports/<experiment>` where none is named.
///
/// # Errors
/// A bad experiment, a format that does not exist, a folder that cannot be written.
pub fn report(store: &Store, asked: &args::Report) -> Result<Exit> {
    let plan = plan::load(&asked.chosen)?;
    let results = results(&plan, store)?;
    let overrides = asked.chosen.changes.overrides();
    let report = Report { plan: &plan, results: &results, overrides: &overrides };
    let names = if asked.answer.json { &["json".to_string()][..] } else { &asked.format };
    let formats = names.iter().map(|name| format(name)).collect::<Result<Vec<_>>>()?;
    if let ([format], None) = (formats.as_slice(), &asked.output) {
        return print(&(format.render)(&report));
    }
    let name = &plan.experiment.name;
    let folder = asked.output.clone().unwrap_or_else(|| Path::new("reports").join(name));
    fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display()))?;
    for format in formats {
        let path = folder.join(name).with_added_extension(format.extension);
        fs::write(&path, (format.render)(&report)).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("{}", path.display());
    }
    Ok(Exit::Good)
}

fn format(name: &str) -> Result<&'static Format> {
    let known = || report::FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    report::format(name).ok_or_else(|| anyhow!("there is no report format `{name}`; there is {}", known()))
}

/// Prints each claim with its verdict.
///
/// # Errors
/// A bad experiment, a store that cannot be read.
pub fn check(store: &Store, asked: &args::Asked) -> Result<Exit> {
    let plan = plan::load(&asked.chosen)?;
    let results = results(&plan, store)?;
    if asked.answer.json {
        print_json(&results.claims)?;
    } else {
        print(&report::claims(&plan, &results))?;
    }
    let all = results.claims.iter().all(|claim| claim.verdict == Verdict::Holds);
    Ok(if all { Exit::Good } else { Exit::ClaimFails })
}
