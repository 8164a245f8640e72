//! The tables of the page in LaTeX, set with booktabs, to be put into a paper with `\\input`. Each fits the column of a
//! paper, or both: running text is broken into lines, and what is too wide is turned where that helps. Doubts go along as
//! comments.

use super::{
    Format, Render, Report,
    columns::{Align, Columns},
    drawing::font,
    file_name::Distinct,
    inline::{Style, Words},
    page::{Block, CaptionedTable, page},
    tex,
};

pub const FORMAT: Format = Format {
    name: "latex",
    extension: "tex",
    line: "every table, for a paper that uses booktabs",
    render: Render::Text(render),
};

/// Points of a column of a paper, and of the page with both.
const COLUMN: f32 = 225.0;
const PAGE: f32 = 470.0;
/// Points between two columns of a table.
const GAP: f32 = 6.0;
/// Of `\footnotesize`.
const SIZE: f32 = 8.0;
/// How wide TeX's letters are beside those of the built-in font, at most.
const NARROWER: f32 = 0.92;
/// Points from which on text is broken into lines, and how many it keeps at least.
const TEXT: f32 = 90.0;
const LEAST_TEXT: f32 = 60.0;
/// Columns of values that a turned table has at most.
const TURNED: usize = 12;

fn render(report: &Report) -> String {
    let head = "% Needs \\usepackage[T1]{fontenc} and \\usepackage{array,booktabs}; tables marked so, graphicx too.\n";
    let mut labels = Distinct::default();
    let body: String = page(report).iter().map(|part| block(part, &report.results.experiment, &mut labels)).collect();
    let other = if body.contains("\\byolabletter{") { format!("{}\n", tex::OTHER) } else { String::new() };
    format!("{head}{other}{body}")
}

fn block(block: &Block, experiment: &str, labels: &mut Distinct) -> String {
    match block {
        Block::Title(words) | Block::Text(words) => comment(&words.plain()),
        Block::Quotes(quotes) => quotes.iter().map(quote).collect(),
        Block::Items(items) => items.iter().map(|item| comment(&item.plain())).collect(),
        Block::Code(lines) => lines.iter().map(|line| comment(line)).collect(),
        Block::Table(table) => {
            let ascii: String = table.title.plain().chars().filter(char::is_ascii).collect();
            self::table(table, &labels.name(&format!("{experiment}-{ascii}")).to_lowercase())
        }
        Block::Folded(_, inner) => inner.iter().map(|part| self::block(part, experiment, labels)).collect(),
        Block::Heading(words) => format!("\n{}", comment(&words.plain())),
        Block::Figures(_) => String::new(),
    }
}

fn quote((title, lines): &(&str, Vec<Words>)) -> String {
    let lines: Vec<String> = lines.iter().map(Words::plain).collect();
    comment(&format!("{title}: {}", lines.join(" ")))
}

/// A line that TeX passes over.
fn comment(line: &str) -> String {
    format!("% {line}\n")
}

fn table(table: &CaptionedTable, label: &str) -> String {
    let Fitted { grid, page, scaled } = fitted(&table.columns);
    let star = if page { "*" } else { "" };
    let label: String = label.chars().filter(char::is_ascii).collect();
    let caption = [&table.title, &table.note].map(inline);
    let caption = caption.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". ");
    let [before, after] = if scaled { ["  \\resizebox{\\textwidth}{!}{% graphicx\n", "}"] } else { ["", ""] };
    format!(
        "\\begin{{table{star}}}[t]\n  \\centering\n  \\caption{{{caption}}}\n  \\label{{tab:{label}}}\n  \\footnotesize\n  \
         \\setlength{{\\tabcolsep}}{{{}pt}}\n{before}{}{after}\n\\end{{table{star}}}\n",
        GAP / 2.0,
        tabular(&grid)
    )
}

fn tabular(grid: &LatexTable) -> String {
    let row = |cells: &Vec<Words>| {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        format!("    {} \\\\\n", cells.join(" & "))
    };
    let (head, body) = grid.rows.split_at(grid.titles);
    let [head, body] = [head, body].map(|rows| rows.iter().map(row).collect::<String>());
    let spec: String = grid.columns.iter().map(LatexColumn::spec).collect();
    format!(
        "  \\begin{{tabular}}{{@{{}}{spec}@{{}}}}\n    \\toprule\n{head}    \\midrule\n{body}    \\bottomrule\n  \
         \\end{{tabular}}"
    )
}

/// How a column is set.
#[derive(Clone, Copy)]
enum LatexColumn {
    Aligned(Align),
    /// Text in lines of so many points.
    Broken(f32),
}

impl LatexColumn {
    fn spec(&self) -> String {
        match self {
            Self::Aligned(Align::Left) => "l".into(),
            Self::Aligned(Align::Right) => "r".into(),
            Self::Broken(points) => format!(">{{\\raggedright\\arraybackslash}}p{{{points:.0}pt}}"),
        }
    }
}

/// Rows, of which the first ones are titles.
struct LatexTable {
    rows: Vec<Vec<Words>>,
    titles: usize,
    columns: Vec<LatexColumn>,
}

/// A table as it is set.
struct Fitted {
    grid: LatexTable,
    /// Over both columns of the paper.
    page: bool,
    /// Smaller than it is written.
    scaled: bool,
}

/// The first that fits: as it is, its text broken into lines, turned; in one column of a paper, then over both.
fn fitted(columns: &Columns) -> Fitted {
    let (upright, turned) = (upright(columns), turned(columns));
    for (room, page) in [(COLUMN, false), (PAGE, true)] {
        for grid in [Some(&upright), turned.as_ref()].into_iter().flatten() {
            if let Some(columns) = grid.within(room) {
                let grid = LatexTable { rows: grid.rows.clone(), titles: grid.titles, columns };
                return Fitted { grid, page, scaled: false };
            }
        }
    }
    Fitted { grid: upright, page: true, scaled: true }
}

fn upright(columns: &Columns) -> LatexTable {
    let rows = [columns.titles().to_vec()].into_iter().chain(columns.rows().iter().cloned());
    LatexTable {
        rows: rows.collect(),
        titles: 1,
        columns: columns.aligns().iter().copied().map(LatexColumn::Aligned).collect(),
    }
}

/// Columns as rows, where there are not too many of them: those that say what is measured are the titles.
fn turned(columns: &Columns) -> Option<LatexTable> {
    let upright = upright(columns);
    let n = upright.rows.len();
    let rows = (0..upright.columns.len()).map(|i| upright.rows.iter().map(|row| row[i].clone()).collect()).collect();
    let titles = columns.aligns().iter().take_while(|align| **align == Align::Left).count();
    let aligned = |i| LatexColumn::Aligned(if i == 0 { Align::Left } else { Align::Right });
    (n <= TURNED + 1 && titles > 0 && titles < upright.columns.len()).then(|| LatexTable {
        rows,
        titles,
        columns: (0..n).map(aligned).collect(),
    })
}

impl LatexTable {
    /// How its columns are set in so much room, if they can be: the widest texts share what the others leave.
    fn within(&self, room: f32) -> Option<Vec<LatexColumn>> {
        let natural: Vec<f32> = (0..self.columns.len()).map(|i| self.natural(i)).collect();
        let gaps = GAP * natural.len().saturating_sub(1) as f32;
        if natural.iter().sum::<f32>() + gaps <= room {
            return Some(self.columns.clone());
        }
        let is_text = |i: usize| matches!(self.columns[i], LatexColumn::Aligned(Align::Left)) && natural[i] > TEXT;
        let of = |text: bool| (0..natural.len()).filter(move |i| is_text(*i) == text).map(|i| natural[i]);
        let left = room - gaps - of(false).sum::<f32>();
        let share = left / of(true).sum::<f32>().max(1.0);
        let broken =
            |i: usize| if is_text(i) { LatexColumn::Broken((share * natural[i]).floor()) } else { self.columns[i] };
        let fits = of(true).all(|width| share * width >= LEAST_TEXT) && of(true).count() > 0;
        fits.then(|| (0..natural.len()).map(broken).collect())
    }

    /// Points of a column's widest cell.
    fn natural(&self, i: usize) -> f32 {
        let width = |row: &Vec<Words>| {
            let parts = row[i].parts().map(|(style, text)| font::width(text, SIZE, style == Style::Strong));
            NARROWER * parts.sum::<f32>()
        };
        self.rows.iter().map(width).fold(0.0, f32::max)
    }
}

/// A cell, whose first sign does not become an option of the end of the line before it.
fn cell(words: &Words) -> String {
    let text = inline(words);
    if text.starts_with(['[', '*']) { format!("{{}}{text}") } else { text }
}

fn inline(words: &Words) -> String {
    words.set(|style, text| match style {
        Style::Plain => tex::escaped(text),
        Style::Strong => format!("\\textbf{{{}}}", tex::escaped(without_sign(text))),
        Style::Emphasis => format!("\\emph{{{}}}", tex::escaped(text)),
        Style::Code => format!("\\texttt{{{}}}", tex::escaped(text)),
    })
}

/// The sign of a verdict is for the eye: the word says it.
fn without_sign(text: &str) -> &str {
    ["✓ ", "✗ ", "? "].iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(titles: &[(&str, Align)], rows: &[&[&str]]) -> Columns {
        let mut columns = Columns::new(titles.iter().copied());
        rows.iter().for_each(|row| columns.push(row.to_vec()));
        columns
    }

    #[test]
    fn a_narrow_table_stays_as_it_is() {
        let narrow = columns(&[("method", Align::Left), ("k-NN %", Align::Right)], &[&["byol", "43.1 ± 0.4"]]);
        let Fitted { grid, page, scaled } = fitted(&narrow);
        assert_eq!((page, scaled, grid.titles, grid.rows.len()), (false, false, 1, 2));
    }

    #[test]
    fn a_wide_table_of_few_rows_is_turned() {
        let titles: Vec<String> = (0..12).map(|i| format!("a title of column {i}")).collect();
        let titles: Vec<(&str, Align)> = titles
            .iter()
            .enumerate()
            .map(|(i, title)| (title.as_str(), if i == 0 { Align::Left } else { Align::Right }))
            .collect();
        let wide = columns(&titles, &[&["43.1"; 12], &["43.1"; 12]]);
        let Fitted { grid, page, scaled } = fitted(&wide);
        assert_eq!((page, scaled, grid.titles, grid.rows.len()), (false, false, 1, 12));
        assert_eq!(grid.rows[3].iter().map(Words::plain).collect::<Vec<_>>(), ["a title of column 3", "43.1", "43.1"]);
    }

    #[test]
    fn running_text_is_broken_into_lines() {
        let text = "words that go on for longer than any column of a paper has room for, and then some more of them";
        let wide = columns(&[("verdict", Align::Left), ("claim", Align::Left)], &[&["holds", text]]);
        let Fitted { grid, page, .. } = fitted(&wide);
        assert!(!page && matches!(grid.columns[1], LatexColumn::Broken(points) if points > LEAST_TEXT));
    }

    #[test]
    fn a_cell_is_no_option_of_the_line_before_it() {
        let check = |text: &str, expected: &str| assert_eq!(cell(&text.into()), expected);
        check("[0.2, 1.0]", "{}[0.2, 1.0]");
        check("*", "{}*");
        check("byol", "byol");
    }
}
