//! The results as they are, and how they came to be: the document whose fields stay stable for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Format, Render, Report};
use byolab_store::{results::Results, store::Remarks};
use byolab_values::{plan::Recipe, text};

pub const FORMAT: Format = Format {
    name: "json",
    extension: "json",
    line: "everything, for scripts: rows, groups, differences, claims, doubts, recipes; accuracies between 0 and 1",
    render: Render::Text(render),
};

#[derive(Serialize)]
struct ReportDocument<'a> {
    #[serde(flatten)]
    results: &'a Results,
    source: Option<&'a str>,
    expect: Option<&'a str>,
    /// What axes and values are called where people read.
    names: &'a BTreeMap<String, String>,
    /// What people said about the experiment, and by trial.
    said: &'a Remarks,
    remarks: &'a BTreeMap<String, Remarks>,
    /// What trains and reports it again.
    commands: [String; 2],
    /// By trial, every default written out.
    recipes: BTreeMap<&'a str, &'a Recipe>,
}

fn render(report: &Report) -> String {
    let experiment = &report.plan.experiment;
    let document = ReportDocument {
        results: report.results,
        source: experiment.source.as_deref(),
        expect: experiment.expect.as_deref(),
        names: &experiment.names,
        said: &report.snapshot.said,
        remarks: &report.snapshot.remarks,
        commands: ["run", "report"].map(|verb| report.command(verb)),
        recipes: report.plan.trials.iter().map(|trial| (trial.id.as_str(), &trial.recipe)).collect(),
    };
    text::json(&serde_json::to_string_pretty(&document).expect("results are plain values")) + "\n"
}
