//! The page as one HTML file that needs nothing else: figures inside as SVG, the look inside as CSS.

use super::{
    Format, Render, Report,
    columns::{Align, Columns},
    drawing::DrawingPage,
    figures::NamedFigure,
    inline::{Style, Words},
    page::{Block, CaptionedTable, page},
    svg::{escaped, svg},
};

pub const FORMAT: Format = Format {
    name: "html",
    extension: "html",
    line: "for people: the same with figures, in one file that needs nothing else",
    render: Render::Text(render),
};

const STYLE: &str = include_str!("page.css");

fn render(report: &Report) -> String {
    let title = escaped(&report.results.question);
    let body: String = page(report).iter().map(block).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Title(text) => format!("<h1>{}</h1>\n", inline(text)),
        Block::Heading(text) => format!("<h2>{}</h2>\n", inline(text)),
        Block::Text(text) => format!("<p>{}</p>\n", inline(text)),
        Block::Quotes(quotes) => {
            let quote = |(title, lines): &(&str, Vec<Words>)| {
                let lines: Vec<String> = lines.iter().map(inline).collect();
                format!("<p><strong>{title}:</strong> {}</p>\n", lines.join("\n"))
            };
            format!("<blockquote>\n{}</blockquote>\n", quotes.iter().map(quote).collect::<String>())
        }
        Block::Items(items) => {
            let item = |item: &Words| format!("<li>{}</li>\n", inline(item));
            format!("<ul>\n{}</ul>\n", items.iter().map(item).collect::<String>())
        }
        Block::Table(table) => self::table(table),
        Block::Code(code) => format!("<pre><code>{}</code></pre>\n", escaped(&code.join("\n"))),
        Block::Figures(figures) => {
            format!("<section class=\"figures\">\n{}</section>\n", figures.iter().map(figure).collect::<String>())
        }
        Block::Folded(title, inner) => {
            let inner: String = inner.iter().map(self::block).collect();
            format!("<details>\n<summary>{}</summary>\n{inner}</details>\n", inline(title))
        }
    }
}

fn figure(named: &NamedFigure) -> String {
    let picture = svg(&named.drawing(DrawingPage::default()));
    format!("<figure>\n{picture}<figcaption>{}</figcaption>\n</figure>\n", escaped(&named.caption))
}

fn table(table: &CaptionedTable) -> String {
    let lead = table.lead.as_ref().map_or(String::new(), |lead| format!("<p>{}</p>\n", inline(lead)));
    let note =
        if table.note.is_empty() { String::new() } else { format!("<p class=\"note\">{}</p>\n", inline(&table.note)) };
    format!("{lead}<div class=\"wide\"><table>\n{}</table></div>\n{note}", rows(&table.columns))
}

fn rows(columns: &Columns) -> String {
    let row = |tag: &str, cells: &[Words]| {
        let cells = cells.iter().zip(columns.aligns()).map(|(cell, align)| {
            let class = match (align, verdict(cell)) {
                (Align::Right, _) => " class=\"number\"",
                (_, Some('✓')) => " class=\"good\"",
                (_, Some('✗')) => " class=\"bad\"",
                (_, Some('?')) => " class=\"open\"",
                _ => "",
            };
            format!("<{tag}{class}>{}</{tag}>", inline(cell))
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let body: String = columns.rows().iter().map(|cells| row("td", cells)).collect();
    format!("<thead>{}</thead>\n<tbody>\n{body}</tbody>\n", row("th", columns.titles()).trim_end())
}

/// The sign of a verdict, which alone in a table stands out.
fn verdict(cell: &Words) -> Option<char> {
    cell.parts().find(|(style, _)| *style == Style::Strong).and_then(|(_, text)| text.chars().next())
}

fn inline(words: &Words) -> String {
    words.set(|style, text| match (style, escaped(text)) {
        (Style::Plain, text) => text,
        (Style::Strong, text) => format!("<strong>{text}</strong>"),
        (Style::Emphasis, text) => format!("<em>{text}</em>"),
        (Style::Code, text) => format!("<code>{text}</code>"),
    })
}
