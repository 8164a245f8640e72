//! The results as they are: the document whose fields ARCHITECTURE.md keeps stable for scripts.

use super::{Format, Render, Report};

pub const FORMAT: Format = Format {
    name: "json",
    extension: "json",
    line: "everything, for scripts: rows, groups, differences, claims, doubts; accuracies between 0 and 1",
    render: Render::Text(render),
};

fn render(report: &Report) -> String {
    serde_json::to_string_pretty(report.results).expect("results are plain values") + "\n"
}
