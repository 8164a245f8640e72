//! One line per trial, for spreadsheets and data frames (RFC 4180; lines end in a plain newline).

use byolab_store::results::{Row, metric_names};
use byolab_values::{plan::Value, text};

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
    let real: Vec<bool> = axes.iter().map(|key| is_real(rows, key)).collect();
    for row in rows {
        let axes = axes.iter().zip(&real).map(|(key, real)| value(&row.axes[*key], *real));
        let metrics = metrics.iter().map(|name| row.metrics.get(*name).copied().map(number).unwrap_or_default());
        let environment = [&row.device, &row.commit].map(|known| words(known.as_deref().unwrap_or_default()));
        let head = [words(&row.trial), row.state.name().to_string(), row.seed.to_string()];
        text += &line(head.into_iter().chain(axes).chain(metrics).chain(environment));
    }
    text
}

/// Whether an axis has a value that is no whole number: then readers are to take none of them for one.
fn is_real(rows: &[Row], key: &str) -> bool {
    rows.iter().any(|row| matches!(row.axes[key], Value::Float(_)))
}

fn value(value: &Value, real: bool) -> String {
    match value {
        Value::Text(text) => words(text),
        Value::Float(value) => number(*value),
        Value::Int(value) if real => format!("{value}.0"),
        other => other.to_string(),
    }
}

/// With a point or an exponent, so that a column of it is one of reals.
fn number(value: f64) -> String {
    format!("{value:?}")
}

/// A user's text. One that a spreadsheet would take for a formula begins with an apostrophe, which it takes for text.
fn words(text: &str) -> String {
    let shown = text::line(text);
    let is_formula = shown.starts_with(['=', '+', '-', '@']) && shown.parse::<f64>().is_err();
    if is_formula { format!("'{shown}") } else { shown }
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

    #[test]
    fn text_is_no_formula() {
        let check = |text: &str, expected: &str| assert_eq!(words(text), expected);
        check("=1+1", "'=1+1");
        check("+cmd", "'+cmd");
        check("-x", "'-x");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'=1");
        check("-0.5", "-0.5");
        check("a=1", "a=1");
    }

    #[test]
    fn numbers_of_a_column_are_of_one_type() {
        assert_eq!([number(1.0), number(0.0), number(1e-7)], ["1.0", "0.0", "1e-7"]);
        assert_eq!(value(&Value::Int(1), true), "1.0");
        assert_eq!(value(&Value::Int(1), false), "1");
    }
}
