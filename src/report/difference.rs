//! Two trials or experiments side by side, as plain text.

use crate::results::{Diff, Level};

use super::{
    columns::{Align, Columns},
    number,
};

/// No line is wider.
const WIDTH: usize = 120;

/// A table each for recipes, environments and results; what does not differ is left out, but for the results.
pub fn difference(a: &str, b: &str, diff: &Diff) -> String {
    let titled = |first: &str, align, last: Option<&str>| {
        let sides = [a, b].into_iter().chain(last).map(|title| (title.to_string(), align));
        Columns::new([(first.to_string(), Align::Left)].into_iter().chain(sides))
    };
    let mut text = String::new();
    for (title, changed) in [("recipe", &diff.recipe), ("environment", &diff.environment)] {
        let mut columns = titled(title, Align::Left, None);
        for line in changed {
            let value = |value: &Option<String>| value.clone().unwrap_or("–".into());
            columns.push(vec![line.key.clone(), value(&line.a), value(&line.b)]);
        }
        text += &if columns.is_empty() { format!("{title}: no difference\n") } else { columns.plain(WIDTH) };
        text += "\n";
    }
    let mut columns = titled("results", Align::Right, Some("difference"));
    for line in &diff.results {
        let name = [&line.cell, &line.metric].into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>();
        let level = |level: &Option<Level>| {
            level.map_or("–".into(), |level| {
                format!("{} (n {})", number::mean(&line.metric, level.mean, level.std), level.n)
            })
        };
        let change = line.difference.map_or("–".into(), |change| number::change(&line.metric, change));
        columns.push(vec![name.join(" · "), level(&line.a), level(&line.b), change]);
    }
    let note = "Accuracies in per cent, differences in points; seeds are not paired.\n";
    text + &if columns.is_empty() { "results: none yet\n".into() } else { columns.plain(WIDTH) + note }
}
