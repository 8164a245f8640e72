//! `report` and `check`: what the runs say.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;

use super::{Exit, args, found, print, print_json, tell};
use byolab_faces::report::{self, DrawingPage, Format, Render, Report};
use byolab_store::{
    results::{self, Doubt, Judged, Verdict},
    store::{ExperimentFolder, Snapshot, Store},
};
use byolab_values::{file, plan::Plan};

/// Writes the report in each format: to standard output where one text is asked for and no folder is named, else into the
/// folder, `reports/<experiment>` where none is named.
///
/// # Errors
/// A bad experiment, a format that does not exist, a folder that cannot be written.
pub fn report(store: &Store, asked: &args::Report) -> Result<Exit> {
    let (plan, overrides) = found::reported(store, &asked.chosen)?;
    let name = &plan.experiment.name;
    let folder = store.experiment(name);
    let snapshot = read(&folder, &plan)?;
    let results = results::judge(&plan, &snapshot);
    let sheet = DrawingPage { width: asked.width, untitled: asked.untitled };
    let (plan, results, snapshot, folder, overrides) = (&plan, &results, &snapshot, &folder, &overrides);
    let report = Report { plan, results, snapshot, folder, overrides, sheet };
    let names = if asked.answer.json { &["json".to_string()][..] } else { &asked.format };
    let formats = names.iter().map(|name| format(name)).collect::<Result<Vec<_>>>()?;
    if let ([Format { render: Render::Text(render), .. }], None) = (formats.as_slice(), &asked.output) {
        return print(&render(&report));
    }
    let output = asked.output.clone().unwrap_or_else(|| Path::new("reports").join(name));
    let events = formats.iter().any(|format| format.name == "tensorboard");
    let drawn = formats.iter().any(|format| matches!(format.name, "png" | "pdf"));
    for format in formats {
        for file in format.files(&report)? {
            write(&output.join(format!("{name}{}", file.name)), &file.bytes)?;
        }
    }
    if let Some(note) = report.stand_ins().filter(|_| drawn) {
        eprintln!("{note}");
    }
    if events && let Some(note) = report::tensorboard_remark(&report, &output.join(format!("{name}-tensorboard"))) {
        tell(&note);
    }
    Ok(Exit::Good)
}

/// What the store holds about a plan's trials; says which of them cannot be read.
fn read(folder: &ExperimentFolder, plan: &Plan) -> Result<Snapshot> {
    let snapshot = folder.snapshot_for(plan)?;
    snapshot.unreadable.values().for_each(|sentence| tell(sentence));
    Ok(snapshot)
}

/// Writes a file as a whole, its folders too, and tells its name.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| file::replace(path, bytes));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    tell(&path.display().to_string());
    Ok(())
}

fn format(name: &str) -> Result<&'static Format> {
    let known = || report::FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    report::format(name).ok_or_else(|| anyhow!("there is no report format `{name}`; there is {}", known()))
}

/// The findings as a document.
#[derive(Serialize)]
struct Findings<'a> {
    schema_version: u32,
    experiment: &'a str,
    claims: &'a [Judged],
    doubts: &'a [Doubt],
}

/// Prints each claim with its verdict, and each doubt.
///
/// # Errors
/// A bad experiment, or one without claims; a store that cannot be read.
pub fn check(store: &Store, asked: &args::AskedArgs) -> Result<Exit> {
    let (plan, _) = found::reported(store, &asked.chosen)?;
    let experiment = plan.experiment.name.as_str();
    if plan.experiment.claims.is_empty() {
        bail!("{experiment} makes no claim, so there is nothing to check: write a [[claim]] into its file");
    }
    let results = results::judge(&plan, &read(&store.experiment(experiment), &plan)?);
    let (claims, doubts) = (&results.claims, &results.doubts);
    if asked.answer.json {
        print_json(&Findings { schema_version: 1, experiment, claims, doubts })?;
    } else {
        print(&report::findings(&plan, &results))?;
    }
    let all = results.claims.iter().all(|claim| claim.verdict == Verdict::Holds);
    Ok(if all { Exit::Good } else { Exit::ClaimFails })
}
