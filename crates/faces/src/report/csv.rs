//! One line per trial, for spreadsheets and data frames (RFC 4180; lines end in a plain newline).

use byolab_store::results::metric_names;

use super::{Format, Render, Report};

pub const FORMAT: Format = Format {
    name: "csv",
    extension: "csv",
    line: "one line per trial, for spreadsheets and data frames; accuracies between 0 and 1",
    render: Render::Text(render),
};

fn render(report: &Report) -> String {
    let rows = &report.results.rows;
    let metrics = metric_names(rows);
    let axes: Vec<&str> = rows.first().into_iter().flat_map(|row| row.axes.keys().map(String::as_str)).collect();
    let mut text = line(["trial", "state", "seed"].iter().chain(&axes).chain(&metrics).chain(&["device", "commit"]));
    for row in rows {
        let axes = axes.iter().map(|key| row.axes[*key].to_string());
        let metrics = metrics.iter().map(|name| row.metrics.get(*name).map(f64::to_string).unwrap_or_default());
        let environment = [&row.device, &row.commit].map(|known| known.clone().unwrap_or_default());
        let head = [row.trial.clone(), row.state.clone(), row.seed.to_string()];
        text += &line(head.into_iter().chain(axes).chain(metrics).chain(environment));
    }
    text
}

fn line<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> String {
    fields.into_iter().map(|field| quoted(field.as_ref())).collect::<Vec<_>>().join(",") + "\n"
}

/// A field that would break its line stands between quotes, its own quotes doubled.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_would_break_a_line_are_quoted() {
        let check = |field: &str, expected: &str| assert_eq!(quoted(field), expected);
        check("byol", "byol");
        check("cuda:0 (NVIDIA H200)", "cuda:0 (NVIDIA H200)");
        check("cpu (Flex, 2 threads)", "\"cpu (Flex, 2 threads)\"");
        check("the \"best\"", "\"the \"\"best\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("", "");
    }
}
