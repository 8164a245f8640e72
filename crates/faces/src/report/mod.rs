//! Results in the formats that people and programs read. A format is a function from a [`Report`] to text or files and its
//! line in [`FORMATS`]; nothing here computes a number or writes a file. What people read is one [`page`] of blocks, set
//! in Markdown, HTML and LaTeX; figures are one [`drawing`] of shapes, written as SVG and PDF or painted as PNG.
//!
//! | file | holds |
//! |---|---|
//! | `page` | the blocks that people read |
//! | `scores`, `changes`, `differences`, `published`, `recipe` | its parts: tables, robustness, methods in pairs, a paper's numbers, every knob |
//! | `again`, `words`, `columns`, `inline`, `number` | commands that make it again; words, columns, styles and numbers that formats share |
//! | `markdown`, `html`, `latex`, `plain`, `tex` | how a page is set, and text as LaTeX takes it |
//! | `figures`, `drawing` | which figures, and their shapes |
//! | `svg`, `pdf`, `png` | how shapes are written or painted |
//! | `json`, `csv`, `sqlite`, `parquet`, `tensorboard`, `events` | numbers for programs |
//! | `difference` | two trials side by side |
//! | `file_name` | what files are called |

mod again;
mod changes;
mod columns;
mod csv;
mod difference;
mod differences;
mod drawing;
mod events;
mod figures;
mod file_name;
mod html;
mod inline;
mod json;
mod latex;
mod markdown;
mod number;
mod page;
#[cfg(feature = "parquet")]
mod parquet;
mod pdf;
mod plain;
mod png;
mod published;
mod recipe;
mod scores;
#[cfg(feature = "sqlite")]
mod sqlite;
mod svg;
mod tensorboard;
mod tex;
mod words;

use anyhow::Result;

use byolab_store::{
    chart::Figure,
    results::Results,
    store::{ExperimentFolder, Snapshot},
};
use byolab_values::{
    plan::{Overrides, Plan},
    protocol::Record,
};

pub use difference::difference;
pub use drawing::DrawingPage;
pub use file_name::Distinct;
pub use plain::{findings, table};
pub use tensorboard::remark as tensorboard_remark;

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// What was asked.
    pub plan: &'a Plan,
    /// What follows from the runs.
    pub results: &'a Results,
    /// What the store holds.
    pub snapshot: &'a Snapshot,
    /// Where the formats that hold every event read them.
    pub folder: &'a ExperimentFolder,
    /// What the command line changed in the experiment: part of the command that makes the report again.
    pub overrides: &'a Overrides,
    /// What its figures are drawn on.
    pub sheet: DrawingPage,
}

impl Report<'_> {
    /// The events of a trial; none of one whose events cannot be read, which whoever read the store has told.
    ///
    /// # Errors
    /// Where they can no longer be read.
    fn records(&self, id: &str) -> Result<Vec<Record>> {
        let told = self.snapshot.unreadable.contains_key(id);
        if told { Ok(Vec::new()) } else { self.folder.records(id) }
    }
}

/// A way to write a report.
pub struct Format {
    /// What `--format` takes.
    pub name: &'static str,
    /// Of its files, without the dot.
    pub extension: &'static str,
    /// What it is for.
    pub line: &'static str,
    /// Makes its files.
    pub render: Render,
}

/// What a format makes of a report.
pub enum Render {
    /// One text, which may go to standard output.
    Text(fn(&Report) -> String),
    /// Files, which may be many and need not be text.
    Files(fn(&Report) -> Result<Vec<File>>),
}

/// A file of a report.
pub struct File {
    /// What follows the experiment's name in its path.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Format {
    /// The report as files, of a text as of many pictures.
    ///
    /// # Errors
    /// Where the events cannot be read.
    pub fn files(&self, report: &Report) -> Result<Vec<File>> {
        match self.render {
            Render::Text(render) => {
                Ok(vec![File { name: format!(".{}", self.extension), bytes: render(report).into_bytes() }])
            }
            Render::Files(render) => render(report),
        }
    }
}

/// A figure as a document of SVG, without words on how to read it.
pub fn svg(figure: &Figure) -> String {
    svg::svg(&drawing::draw(figure, "", DrawingPage::default()))
}

/// A figure as the bytes of a PNG.
///
/// # Errors
/// Where it cannot be encoded.
pub fn png(figure: &Figure) -> Result<Vec<u8>> {
    png::painted(&drawing::draw(figure, "", DrawingPage::default()))
}

/// Every format.
pub const FORMATS: &[Format] = &[
    markdown::FORMAT,
    html::FORMAT,
    latex::FORMAT,
    json::FORMAT,
    csv::FORMAT,
    svg::FORMAT,
    png::FORMAT,
    pdf::FORMAT,
    tensorboard::FORMAT,
    #[cfg(feature = "sqlite")]
    sqlite::FORMAT,
    #[cfg(feature = "parquet")]
    parquet::FORMAT,
];

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
