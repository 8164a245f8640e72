//! `report` and `check`: what the runs say.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow};

use super::{Exit, args, plan, print, print_json};
use crate::{
    report::{self, Format, Render, Report},
    results::{self, Verdict},
    store::Store,
};

/// Writes the report in each format: to standard output where one text is asked for and no folder is named, else into the
/// folder, `reports/<experiment>` where none is named.
///
/// # Errors
/// A bad experiment, a format that does not exist, a folder that cannot be written.
pub fn report(store: &Store, asked: &args::Report) -> Result<Exit> {
    let plan = plan::load(&asked.chosen)?;
    let name = &plan.experiment.name;
    let folder = store.experiment(name);
    let snapshot = folder.snapshot()?;
    let results = results::judge(&plan, &snapshot);
    let overrides = asked.chosen.changes.overrides();
    let report = Report { plan: &plan, results: &results, snapshot: &snapshot, folder: &folder, overrides: &overrides };
    let names = if asked.answer.json { &["json".to_string()][..] } else { &asked.format };
    let formats = names.iter().map(|name| format(name)).collect::<Result<Vec<_>>>()?;
    if let ([Format { render: Render::Text(render), .. }], None) = (formats.as_slice(), &asked.output) {
        return print(&render(&report));
    }
    let output = asked.output.clone().unwrap_or_else(|| Path::new("reports").join(name));
    for format in formats {
        for file in format.files(&report)? {
            write(&output.join(format!("{name}{}", file.name)), &file.bytes)?;
        }
    }
    Ok(Exit::Good)
}

/// Writes a file, its folders too, and tells its name.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("{}", path.display());
    Ok(())
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
    let results = results::judge(&plan, &store.experiment(&plan.experiment.name).snapshot()?);
    if asked.answer.json {
        print_json(&results.claims)?;
    } else {
        print(&report::claims(&plan, &results))?;
    }
    let all = results.claims.iter().all(|claim| claim.verdict == Verdict::Holds);
    Ok(if all { Exit::Good } else { Exit::ClaimFails })
}
