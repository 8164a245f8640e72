//! Results in the formats that people and programs read. A format is a function from a [`Report`] to text and its line
//! in [`FORMATS`]; nothing here computes a number or writes a file.

mod again;
mod changes;
mod columns;
mod csv;
mod differences;
mod json;
mod markdown;
mod number;
mod plain;
mod recipe;
mod scores;
mod words;

use crate::{
    plan::{Overrides, Plan},
    results::Results,
};

pub use plain::{claims, table};

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub plan: &'a Plan,
    pub results: &'a Results,
    /// What the command line changed in the experiment: part of the command that makes the report again.
    pub overrides: &'a Overrides,
}

/// A way to write a report.
pub struct Format {
    /// What `--format` takes.
    pub name: &'static str,
    /// Of its files, without the dot.
    pub extension: &'static str,
    /// What it is for.
    pub line: &'static str,
    pub render: fn(&Report) -> String,
}

/// Every format.
pub const FORMATS: [Format; 3] = [markdown::FORMAT, json::FORMAT, csv::FORMAT];

/// The format that people call `name`: its name or its extension.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name || format.extension == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_name_and_by_extension() {
        for name in ["markdown", "md"] {
            assert_eq!(format(name).unwrap().name, "markdown");
        }
        assert!(format("docx").is_none());
    }
}
