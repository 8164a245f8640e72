//! Text in aligned columns, for terminals and for Markdown that can also be read as it is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::inline::Words;

/// Which side of a column its text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A title row and the rows below it.
pub struct Columns {
    aligns: Vec<Align>,
    /// The titles first; every row as long as `aligns`.
    rows: Vec<Vec<Words>>,
}

impl Columns {
    pub fn new<T: Into<Words>>(titles: impl IntoIterator<Item = (T, Align)>) -> Self {
        let (titles, aligns) = titles.into_iter().map(|(title, align)| (title.into(), align)).unzip();
        Self { aligns, rows: vec![titles] }
    }

    /// # Panics
    /// If there are not as many cells as titles.
    pub fn push<T: Into<Words>>(&mut self, cells: Vec<T>) {
        assert!(cells.len() == self.aligns.len(), "a row has {} cells, its table {}", cells.len(), self.aligns.len());
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The side of each column.
    pub fn aligns(&self) -> &[Align] {
        &self.aligns
    }

    /// The titles.
    pub fn titles(&self) -> &[Words] {
        &self.rows[0]
    }

    /// All rows below the titles.
    pub fn rows(&self) -> &[Vec<Words>] {
        &self.rows[1..]
    }

    /// For a terminal of `width` columns: the widest text is cut where the table would be wider.
    pub fn plain(&self, width: usize) -> String {
        const GAP: &str = "  ";
        let rows = self.texts(Words::plain);
        let mut widths = self.widths(&rows);
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width.max(2 * widths.len() + gaps) {
            let widest = widths.iter_mut().max().expect("what is too wide has a column");
            *widest -= 1;
        }
        let line = |row: &Vec<String>| {
            let cut: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| cut(cell, *width)).collect();
            self.cells(&cut, &widths).join(GAP).trim_end().to_string() + "\n"
        };
        rows.iter().map(line).collect()
    }

    /// A table of GitHub's Markdown, whose cells `set` writes. A last column of running text is as wide as its title: no
    /// line is padded to the longest text.
    pub fn markdown(&self, set: impl Fn(&Words) -> String) -> String {
        let rows = self.texts(set);
        let mut widths: Vec<usize> = self.widths(&rows).into_iter().map(|width| width.max(3)).collect();
        if let (Some(Align::Left), Some(last)) = (self.aligns.last(), widths.last_mut()) {
            *last = rows[0].last().map_or(3, |title| title.width().max(3));
        }
        let rule = |(align, width): (&Align, &usize)| match align {
            Align::Left => "-".repeat(*width),
            Align::Right => "-".repeat(width - 1) + ":",
        };
        let rule: Vec<String> = self.aligns.iter().zip(&widths).map(rule).collect();
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut lines: Vec<String> = rows.iter().map(|row| line(self.cells(row, &widths))).collect();
        lines.insert(1, line(rule));
        lines.concat()
    }

    fn texts(&self, set: impl Fn(&Words) -> String) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.iter().map(&set).collect()).collect()
    }

    fn widths(&self, rows: &[Vec<String>]) -> Vec<usize> {
        (0..self.aligns.len()).map(|i| rows.iter().map(|row| row[i].width()).max().unwrap_or(0)).collect()
    }

    fn cells(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let columns = row.iter().zip(widths).zip(&self.aligns);
        columns.map(|((cell, width), align)| padded(cell, *width, *align)).collect()
    }
}

/// Lines of at most `width` columns, broken between words; a word that is longer has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        match line.is_empty() {
            true => line.push_str(word),
            false if line.width() + 1 + word.width() <= width => *line += &format!(" {word}"),
            false => lines.push(word.to_string()),
        }
    }
    lines
}

fn padded(text: &str, width: usize, align: Align) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    match align {
        Align::Left => format!("{text}{space}"),
        Align::Right => format!("{space}{text}"),
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut left = width.saturating_sub(1);
    let fits = |letter: &char| left.checked_sub(letter.width().unwrap_or(0)).map(|rest| left = rest).is_some();
    text.chars().take_while(fits).collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Columns {
        let mut columns = Columns::new([("method", Align::Left), ("k-NN %", Align::Right)]);
        columns.push(vec!["byol", "43.1 ± 0.4"]);
        columns.push(vec!["a | b", "9.0"]);
        columns
    }

    #[test]
    fn plain_columns_keep_to_their_sides() {
        assert_eq!(sample().plain(80), "method      k-NN %\nbyol    43.1 ± 0.4\na | b          9.0\n");
    }

    #[test]
    fn plain_columns_are_cut_where_the_terminal_is_narrow() {
        let text = sample().plain(14);
        assert!(text.lines().all(|line| line.width() <= 14), "{text}");
        assert!(text.contains('…'), "{text}");
    }

    #[test]
    fn markdown_marks_right_columns() {
        let expected =
            "| method |     k-NN % |\n| ------ | ---------: |\n| byol   | 43.1 ± 0.4 |\n| A | B  |        9.0 |\n";
        assert_eq!(sample().markdown(|cell| cell.plain().replace("a | b", "A | B")), expected);
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("extraordinary one", 5), ["extraordinary", "one"]);
    }
}
