//! The page in GitHub's Markdown. Figures are left to the formats that have pictures.

use super::{
    Format, Render, Report,
    page::{Block, Table, page},
};

pub const FORMAT: Format = Format {
    name: "markdown",
    extension: "md",
    line: "for people: verdicts, tables, doubts, recipe, and the command that makes it again",
    render: Render::Text(render),
};

fn render(report: &Report) -> String {
    blocks(&page(report))
}

fn blocks(blocks: &[Block]) -> String {
    blocks.iter().filter_map(block).collect::<Vec<_>>().join("\n")
}

/// None of a picture.
fn block(block: &Block) -> Option<String> {
    Some(match block {
        Block::Title(text) => format!("# {text}\n"),
        Block::Heading(text) => format!("## {text}\n"),
        Block::Text(text) => format!("{text}\n"),
        Block::Quotes(quotes) => {
            let quote = |(title, text): &(&str, String)| format!("> **{title}:** {}\n", text.replace('\n', "\n> "));
            quotes.iter().map(quote).collect::<Vec<_>>().join(">\n")
        }
        Block::Items(items) => items.iter().map(|item| format!("- {item}\n")).collect(),
        Block::Table(table) => self::table(table),
        Block::Code(code) => format!("```sh\n{code}\n```\n"),
        Block::Figures(_) => return None,
        Block::Folded(title, inner) => {
            format!("<details>\n<summary>{title}</summary>\n\n{}\n</details>\n", blocks(inner))
        }
    })
}

fn table(table: &Table) -> String {
    let lead = table.lead.iter().map(|lead| format!("{lead}\n"));
    let note = Some(&table.note).filter(|note| !note.is_empty()).map(|note| format!("{note}\n"));
    lead.chain([table.columns.markdown()]).chain(note).collect::<Vec<_>>().join("\n")
}
