//! The report for people: what was asked, what came out, why not to believe it yet, and how to make it again. Verdicts
//! and doubts come first; whatever only some readers need is folded away.

use crate::{
    plan::{Axis, Claim},
    results::{Doubt, Judged, SCORES, distinct},
};

use super::{
    Format, Report,
    changes::Along,
    columns::{Align, Columns},
    differences, number, recipe,
    scores::{features, scores},
    words,
};

pub const FORMAT: Format = Format {
    name: "markdown",
    extension: "md",
    line: "for people: verdicts, tables, doubts, recipe, and the command that makes it again",
    render,
};

/// A page is its sections in the order of this list; an empty one is left out.
fn render(report: &Report) -> String {
    const SECTIONS: [fn(&Report) -> String; 9] =
        [head, verdicts, doubts, accuracy, robustness, between, looks, setting, again];
    let sections = SECTIONS.iter().map(|section| section(report)).filter(|section| !section.is_empty());
    sections.collect::<Vec<_>>().join("\n")
}

fn head(report: &Report) -> String {
    let (experiment, results) = (&report.plan.experiment, report.results);
    let seeds = distinct(results.rows.iter().map(|row| row.seed.to_string()));
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    let (name, progress) = (&results.experiment, words::progress(results));
    let text = format!("# {}\n\n`{name}` · {progress} · {word} {}\n", results.question, seeds.join(", "));
    let quotes = [("Expected beforehand", &experiment.expect), ("Source", &experiment.source)];
    let quotes = quotes.into_iter().filter_map(|(title, quote)| Some((title, quote.as_ref()?)));
    let quoted = quotes.map(|(title, quote)| format!("> **{title}:** {}\n", quote.trim().replace('\n', "\n> ")));
    let quoted = quoted.collect::<Vec<_>>().join(">\n");
    if quoted.is_empty() { text } else { text + "\n" + &quoted }
}

fn verdicts(report: &Report) -> String {
    let titles = ["verdict", "claim", "estimate [95 % interval]", "margin", "n", "what would decide it"];
    let aligns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right, Align::Left];
    let mut columns = Columns::new(titles.into_iter().zip(aligns));
    for (claim, judged) in report.plan.experiment.claims.iter().zip(&report.results.claims) {
        columns.push(verdict(claim, judged));
    }
    if columns.is_empty() {
        return String::new();
    }
    let reading = "The estimate is by how much the drop is smaller, or the value greater, than the other's, seed by \
                   seed. A claim holds where the whole interval lies above the margin, fails where it lies below; \
                   t intervals over n seeds, not corrected for the number of claims.";
    format!("## Verdicts\n\n{}\n{reading}\n", columns.markdown())
}

fn verdict(claim: &Claim, judged: &Judged) -> Vec<String> {
    vec![
        format!("**{}**", words::verdict(judged.verdict)),
        judged.text.clone(),
        words::estimate(claim, judged).unwrap_or("–".into()),
        number::change(&claim.metric, claim.margin),
        judged.n.to_string(),
        judged.missing.clone().unwrap_or_default(),
    ]
}

fn doubts(report: &Report) -> String {
    let line = |doubt: &Doubt| format!("- **{}**: {}. *Remedy: {}.*\n", doubt.about, doubt.text, doubt.remedy);
    let lines: String = report.results.doubts.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("## Doubts\n\n{lines}") }
}

fn accuracy(report: &Report) -> String {
    let reading = "Held-out accuracy in per cent, mean ± standard deviation over n seeds; beside it the same probe on \
                   the untrained encoder, so that the difference is what learning added.";
    format!("## Accuracy\n\n{}\n{reading}\n", scores(report.results).markdown())
}

/// A section per axis that has a baseline.
fn robustness(report: &Report) -> String {
    let experiment = &report.plan.experiment;
    let axes =
        experiment.axes.iter().filter(|axis| axis.key != "method" && experiment.baseline.contains_key(&axis.key));
    let sections = axes.map(|axis| changes(report, axis)).filter(|section| !section.is_empty());
    sections.collect::<Vec<_>>().join("\n")
}

fn changes(report: &Report, axis: &Axis) -> String {
    let (experiment, results) = (&report.plan.experiment, report.results);
    let mut tables = String::new();
    for metric in SCORES {
        match (Along { experiment, results, axis, metric }).columns() {
            Ok(Some(columns)) => tables += &change_table(metric, &columns),
            Ok(None) => {}
            Err(unfixed) => return format!("## Change along {}\n\nNo table: {unfixed}.\n", axis.key),
        }
    }
    if tables.is_empty() {
        return tables;
    }
    let others = experiment.baseline.iter().filter(|(key, _)| **key != axis.key);
    let others: String = others.map(|(key, value)| format!("; {key} {value}")).collect();
    let reading = format!(
        "Value minus the same method's value at the baseline, seed by seed{others}: negative is lost. Mean \
         [95 % interval], n in the order of the columns where it differs. Where a difference of methods is above \
         zero, the first loses less."
    );
    let protocol = report.plan.protocol(&axis.key).map_or(String::new(), |words| format!(" Protocol: {words}."));
    format!("## Change along {}\n\n{tables}{reading}{protocol}\n", axis.key)
}

fn change_table(metric: &str, columns: &Columns) -> String {
    let title = number::title(metric);
    format!("**{title}**, the baseline in per cent, changes in points:\n\n{}\n", columns.markdown())
}

fn between(report: &Report) -> String {
    let columns = differences::columns(report.results);
    if columns.is_empty() {
        return String::new();
    }
    let reading = "In points, seed by seed: the methods saw the same images, order and views. Mean [95 % interval].";
    format!("## Between the methods\n\n{}\n{reading}\n", columns.markdown())
}

fn looks(report: &Report) -> String {
    let reading = "Mean ± standard deviation over n seeds. A loss compares only within its method.";
    folded("Features, loss and speed", &format!("{}\n{reading}\n", features(report.results).markdown()))
}

fn setting(report: &Report) -> String {
    let reading = "Where trials differ, their values stand side by side with a slash between them.";
    folded("Recipe, defaults written out", &format!("{}\n{reading}\n", recipe::columns(&report.plan.trials).markdown()))
}

fn folded(title: &str, text: &str) -> String {
    format!("<details>\n<summary>{title}</summary>\n\n{text}\n</details>\n")
}

fn again(report: &Report) -> String {
    let rows = &report.results.rows;
    let devices = distinct(rows.iter().filter_map(|row| row.device.clone()));
    let commits = distinct(rows.iter().filter_map(|row| row.commit.clone()));
    let by = [("Device", devices), ("Program", commits)].into_iter().filter(|(_, names)| !names.is_empty());
    let by: String = by.map(|(title, names)| format!("- {title}: {}\n", names.join("; "))).collect();
    let commands = ["run", "report"].map(|verb| report.command(verb)).join("\n");
    format!("## Made by\n\n{by}\n```sh\n{commands}\n```\n")
}
