//! Two trials or experiments side by side, as plain text.

use byolab_store::results::{Compared, Diff, Level, SCORES};

use super::{
    columns::{Align, Columns},
    number,
};

/// No line is wider.
const WIDTH: usize = 120;

/// A table each for recipes and environments, of what differs, and one of results, cell by cell.
pub fn difference(a: &str, b: &str, diff: &Diff) -> String {
    let mut text = String::new();
    for (title, changed) in [("recipe", &diff.recipe), ("environment", &diff.environment)] {
        let mut columns = titled(title, Align::Left, [a, b].into_iter());
        for line in changed {
            let value = |value: &Option<String>| value.clone().unwrap_or("–".into());
            columns.push(vec![line.key.clone(), value(&line.a), value(&line.b)]);
        }
        text += &if columns.is_empty() { format!("{title}: no difference\n") } else { columns.plain(WIDTH) };
        text += "\n";
    }
    text + &results(a, b, &diff.results)
}

fn titled<'a>(first: &str, align: Align, sides: impl Iterator<Item = &'a str>) -> Columns {
    let sides = sides.map(|title| (title.to_string(), align));
    Columns::new([(first.to_string(), Align::Left)].into_iter().chain(sides))
}

/// The numbers of each cell below its name; of a cell that only one side has, the scores alone.
fn results(a: &str, b: &str, results: &[Compared]) -> String {
    let is_shared = |cell: &str| results.iter().any(|line| line.cell == cell && line.a.is_some() && line.b.is_some());
    let shown = results.iter().filter(|line| is_shared(&line.cell) || SCORES.contains(&line.metric.as_str()));
    let shown: Vec<&Compared> = shown.collect();
    let mut columns = titled("results", Align::Right, [a, b, "difference"].into_iter());
    for line in &shown {
        let change = line.difference.map_or("–".into(), |change| number::change(&line.metric, change));
        let indent = if line.cell.is_empty() { "" } else { "  " };
        let title = format!("{indent}{}", number::title(&line.metric));
        columns.push(vec![title, level(&line.metric, line.a), level(&line.metric, line.b), change]);
    }
    if shown.is_empty() {
        return "results: none yet\n".into();
    }
    let table = columns.plain(WIDTH);
    let mut lines = table.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    let mut cell = "";
    for (line, compared) in lines.zip(shown) {
        if compared.cell != cell {
            cell = &compared.cell;
            text += &format!("{cell}\n");
        }
        text += &format!("{line}\n");
    }
    text + "\nAccuracies in per cent, differences in points; seeds are not paired.\n"
}

fn level(metric: &str, level: Option<Level>) -> String {
    level.map_or("–".into(), |level| format!("{} (n {})", number::mean(metric, level.mean, level.std), level.n))
}
