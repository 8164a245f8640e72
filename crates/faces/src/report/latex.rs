//! The tables of the page in LaTeX, set with booktabs, to be put into a paper with `\\input`. Doubts go along as comments.

use super::{
    Format, Render, Report,
    columns::Align,
    inline::{Style, parts},
    page::{Block, Table, page},
};

pub const FORMAT: Format = Format {
    name: "latex",
    extension: "tex",
    line: "every table, for a paper that uses booktabs",
    render: Render::Text(render),
};

fn render(report: &Report) -> String {
    let head = "% \\usepackage{booktabs}; a table that is too wide fits with \\resizebox of graphicx.\n".to_string();
    head + &page(report).iter().map(block).collect::<String>()
}

fn block(block: &Block) -> String {
    match block {
        Block::Title(text) | Block::Text(text) => comment(text),
        Block::Quotes(quotes) => quotes.iter().map(|(title, text)| comment(&format!("{title}: {text}"))).collect(),
        Block::Items(items) => items.iter().map(|item| comment(item)).collect(),
        Block::Code(code) => comment(code),
        Block::Table(table) => self::table(table),
        Block::Folded(_, inner) => inner.iter().map(self::block).collect(),
        Block::Heading(text) => format!("\n% {text}\n"),
        Block::Figures(_) => String::new(),
    }
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("% {line}\n")).collect()
}

fn table(table: &Table) -> String {
    let columns = &table.columns;
    let spec: String = columns.aligns().iter().map(|align| if *align == Align::Left { 'l' } else { 'r' }).collect();
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| inline(cell)).collect();
        format!("    {} \\\\\n", cells.join(" & "))
    };
    let body: String = columns.rows().iter().map(|cells| row(cells)).collect();
    let caption = [table.title.as_str(), table.note.as_str()].map(inline);
    let caption = caption.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". ");
    format!(
        "\\begin{{table}}[t]\n  \\centering\n  \\caption{{{caption}}}\n  \\begin{{tabular}}{{{spec}}}\n    \\toprule\n{}    \
         \\midrule\n{body}    \\bottomrule\n  \\end{{tabular}}\n\\end{{table}}\n",
        row(columns.titles())
    )
}

fn inline(text: &str) -> String {
    let part = |(style, text)| match (style, escaped(text)) {
        (Style::Plain, text) => text,
        (Style::Strong, text) => format!("\\textbf{{{text}}}"),
        (Style::Emphasis, text) => format!("\\emph{{{text}}}"),
        (Style::Code, text) => format!("\\texttt{{{text}}}"),
    };
    parts(text).into_iter().map(part).collect()
}

/// Text in which TeX sees nothing but text; signs that its fonts lack as it spells them.
fn escaped(text: &str) -> String {
    let text = ["✓ ", "✗ ", "? "].iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text);
    let letter = |letter: char| match letter {
        '%' | '&' | '_' | '#' | '$' | '{' | '}' => format!("\\{letter}"),
        '\\' => r"\textbackslash{}".into(),
        '~' => r"\textasciitilde{}".into(),
        '^' => r"\textasciicircum{}".into(),
        '−' => "$-$".into(),
        '±' => r"$\pm$".into(),
        '×' => r"$\times$".into(),
        '·' => r"$\cdot$".into(),
        '→' => r"$\rightarrow$".into(),
        '<' | '>' => format!("${letter}$"),
        '–' => "--".into(),
        '\n' => " ".into(),
        other => other.to_string(),
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tex_sees_nothing_but_text() {
        assert_eq!(inline("**✓ holds**"), r"\textbf{holds}");
        assert_eq!(inline("−2.1 ± 0.4 % of a_b & {c}\\"), r"$-$2.1 $\pm$ 0.4 \% of a\_b \& \{c\}\textbackslash{}");
    }
}
