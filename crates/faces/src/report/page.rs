//! The report for people as blocks, which Markdown, HTML and LaTeX set in their own ways: what was asked, what came out,
//! why not to believe it yet, and how to make it again. Verdicts and doubts come first; whatever only some readers need is
//! folded away.

use byolab_store::{
    chart::axis::worded,
    results::{Doubt, Judged, SCORES, distinct},
    store::Remarks,
};
use byolab_values::plan::{Axis, Claim, Look, Measure};

use super::{
    Report,
    changes::Along,
    columns::{Align, Columns},
    differences,
    figures::{NamedFigure, figures},
    inline::{Words, code, emphasis, strong},
    number, published, recipe, scores, words,
};

/// A part of a page.
pub enum Block {
    Title(Words),
    Heading(Words),
    Text(Words),
    /// Title and lines.
    Quotes(Vec<(&'static str, Vec<Words>)>),
    Items(Vec<Words>),
    Table(CaptionedTable),
    /// Lines as they are typed.
    Code(Vec<String>),
    Figures(Vec<NamedFigure>),
    Folded(Words, Vec<Block>),
}

/// Numbers with the words that they need to stand alone.
pub struct CaptionedTable {
    /// What it shows.
    pub title: Words,
    /// Said before it, where several tables stand under one heading.
    pub lead: Option<Words>,
    pub columns: Columns,
    /// How to read it; empty where a later table of the section says it.
    pub note: Words,
}

/// The page in the order of this list; an empty section is left out.
pub fn page(report: &Report) -> Vec<Block> {
    const SECTIONS: [fn(&Report) -> Vec<Block>; 17] = [
        head, verdicts, doubts, remarks, pictures, accuracy, asked, stages, robustness, heights, between, tries,
        reproduced, literature, looks, setting, again,
    ];
    SECTIONS.iter().flat_map(|section| section(report)).collect()
}

fn head(report: &Report) -> Vec<Block> {
    let (experiment, results) = (&report.plan.experiment, report.results);
    let seeds = distinct(results.rows.iter().map(|row| row.seed.to_string()));
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    let (name, progress) = (&results.experiment, words::progress(results));
    let mut blocks = vec![
        Block::Title(results.question.as_str().into()),
        Block::Text(code(name) + format!(" · {progress} · {word} {}", seeds.join(", "))),
    ];
    let quotes = [("Expected beforehand", &experiment.expect), ("Source", &experiment.source)];
    let quotes = quotes
        .into_iter()
        .filter_map(|(title, quote)| Some((title, quote.as_ref()?.trim().lines().map(Words::from).collect())));
    let quotes: Vec<_> = quotes.collect();
    if !quotes.is_empty() {
        blocks.push(Block::Quotes(quotes));
    }
    blocks
}

/// A section with one table; none where the table has no rows.
fn section(heading: &str, columns: Columns, note: &str) -> Vec<Block> {
    if columns.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading(heading.into()), table(heading, None, columns, note)]
}

fn table(title: &str, lead: Option<Words>, columns: Columns, note: &str) -> Block {
    Block::Table(CaptionedTable { title: title.into(), lead, columns, note: note.into() })
}

fn verdicts(report: &Report) -> Vec<Block> {
    let titles =
        ["verdict", "claim", "estimate [95 % interval]", "margin", "n", "p", "after Holm", "what would decide it"];
    let right = [false, false, true, true, true, true, false, false];
    let aligns = right.map(|right| if right { Align::Right } else { Align::Left });
    let mut columns = Columns::new(titles.into_iter().zip(aligns));
    for (claim, judged) in report.plan.experiment.claims.iter().zip(&report.results.claims) {
        columns.push(verdict(claim, judged));
    }
    let reading = format!(
        "The estimate is by how much the drop or slope is smaller, or the value greater, than the other's, or than the \
         untrained encoder's, seed by seed. A claim holds where the whole interval lies above the margin, fails where it \
         lies below (a collapse the other way round); {}. After Holm stands the verdict that is left when p is corrected \
         for the number of claims.",
        intervals(report.results.look)
    );
    let equal = if report.plan.experiment.claims.iter().any(Claim::is_equivalence) { EQUAL } else { "" };
    section("Verdicts", columns, &(reading + equal))
}

/// How equality is judged.
const EQUAL: &str = " That two things are equal holds where the interval lies within the margin on both sides: the 90 % interval, which \
                     is two one-sided tests at 5 % (Schuirmann 1987), or the confidence sequence; it fails where the 95 % interval \
                     lies outside.";

/// By what claims are judged.
fn intervals(look: Look) -> &'static str {
    match look {
        Look::Once => "t intervals over n seeds, p of the two-sided t test",
        Look::Always => {
            "confidence sequences over n seeds and their p (Wang and Ramdas 2024), which stay valid however often one looks \
             and whenever one stops; intervals of other tables are t intervals, which do not"
        }
    }
}

fn verdict(claim: &Claim, judged: &Judged) -> Vec<Words> {
    let corrected = |p| format!("{}, p {}", words::verdict(judged.corrected), number::p(p));
    let cells = [
        judged.text.clone(),
        words::estimate(claim, judged).unwrap_or("–".into()),
        words::margin(claim),
        judged.n.to_string(),
        judged.p.map_or("–".into(), number::p),
        judged.p_holm.map_or("–".into(), corrected),
        judged.missing.clone().unwrap_or_default(),
    ];
    [strong(words::verdict(judged.verdict))].into_iter().chain(cells.map(Words::from)).collect()
}

fn doubts(report: &Report) -> Vec<Block> {
    let line = |doubt: &Doubt| {
        let said = strong(&doubt.about) + format!(": {}. ", doubt.text);
        said + emphasis("Remedy:") + " " + Words::with_code(&format!("{}.", doubt.remedy))
    };
    let lines: Vec<Words> = report.results.doubts.iter().map(line).collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::Heading("Doubts".into()), Block::Items(lines)] }
}

/// What people said about the experiment and its trials.
fn remarks(report: &Report) -> Vec<Block> {
    let line = |about: Words, remarks: &Remarks| {
        let notes = remarks.notes.iter().map(|note| format!("{} ({})", note.text, note.time.strftime("%Y-%m-%d")));
        let tags = Some(remarks.tagged()).filter(|tags| !tags.is_empty());
        about + ": " + tags.into_iter().chain(notes).collect::<Vec<_>>().join("; ")
    };
    let (experiment, snapshot) = (&report.plan.experiment, report.snapshot);
    let whole = (!snapshot.said.is_empty()).then(|| line("the experiment".into(), &snapshot.said));
    let trials = report.plan.trials.iter().filter_map(|trial| Some((trial, snapshot.remarks.get(&trial.id)?)));
    let each = trials.map(|(trial, remarks)| {
        let cell = trial.cell.iter().map(|(key, value)| worded(experiment, key, value));
        let name = cell.chain([format!("seed {}", trial.seed)]).collect::<Vec<_>>().join(", ");
        line(strong(name) + " " + code(&trial.id), remarks)
    });
    let lines: Vec<Words> = whole.into_iter().chain(each).collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::Heading("Remarks".into()), Block::Items(lines)] }
}

fn pictures(report: &Report) -> Vec<Block> {
    let figures = figures(report);
    if figures.is_empty() { Vec::new() } else { vec![Block::Figures(figures)] }
}

fn accuracy(report: &Report) -> Vec<Block> {
    let reading = "Held-out accuracy in per cent, mean ± standard deviation over n seeds; beside it the same probe on \
                   the untrained encoder, so that the difference is what learning added.";
    section("Accuracy", scores::scores(&report.plan.experiment, report.results), reading)
}

fn asked(report: &Report) -> Vec<Block> {
    let reading = "In per cent, mean ± standard deviation over n seeds: held-out accuracy after fine-tuning, by which the untrained \
                   network is the supervised one on the same labels; accuracy on another data set; mean IoU and AP50 of masks \
                   and boxes that are read out of frozen maps of scenes.";
    section(
        "Fine-tuned, elsewhere, and where things are",
        scores::asked(&report.plan.experiment, report.results),
        reading,
    )
}

fn stages(report: &Report) -> Vec<Block> {
    let reading = "Held-out accuracy in per cent of a linear classifier on the maps of each stage of the encoder, averaged over the \
                   squares of a grid, mean ± standard deviation over n seeds; beside it that on the features, and on the untrained \
                   encoder's. The last stage is not always the best.";
    section("By stage of the encoder", scores::stages(&report.plan.experiment, report.results), reading)
}

/// A section per axis that has a baseline.
fn robustness(report: &Report) -> Vec<Block> {
    let experiment = &report.plan.experiment;
    let axes =
        experiment.axes.iter().filter(|axis| axis.key != "method" && experiment.baseline.contains_key(&axis.key));
    axes.flat_map(|axis| changes(report, axis)).collect()
}

fn changes(report: &Report, axis: &Axis) -> Vec<Block> {
    let (experiment, results) = (&report.plan.experiment, report.results);
    let heading = format!("Change along {}", experiment.named(&axis.key));
    let mut blocks = vec![Block::Heading(heading.as_str().into())];
    for metric in SCORES {
        match (Along { experiment, results, axis, metric }).columns() {
            Ok(Some(columns)) => {
                let title = number::title(metric);
                let lead = strong(title) + ", the baseline in per cent, changes in points:";
                blocks.push(table(&format!("{heading}: {title}"), Some(lead), columns, ""));
            }
            Ok(None) => {}
            Err(unfixed) => return vec![blocks.remove(0), Block::Text(format!("No table: {unfixed}.").into())],
        }
    }
    if blocks.len() == 1 {
        return Vec::new();
    }
    let others = experiment.baseline.iter().filter(|(key, _)| **key != axis.key);
    let others: String = others
        .map(|(key, value)| format!("; {} {}", experiment.named(key), experiment.named(&value.to_string())))
        .collect();
    let reading = format!(
        "Value minus the same method's value at the baseline, seed by seed{others}: negative is lost. Mean \
         [95 % interval], n in the order of the columns where it differs. Where a difference of methods is above \
         zero, the first loses less."
    );
    let protocol = report.plan.protocol(&axis.key).map_or(String::new(), |words| format!(" Protocol: {words}."));
    blocks.push(Block::Text((reading + &protocol).into()));
    blocks
}

/// The drops of each claim by every measure.
fn heights(report: &Report) -> Vec<Block> {
    let titles = [("claim", Align::Left), ("measure", Align::Left), ("estimate [95 % interval]", Align::Right)];
    let mut columns = Columns::new(titles.into_iter().chain([("n", Align::Right)]));
    for (claim, judged) in report.plan.experiment.claims.iter().zip(&report.results.claims) {
        for found in judged.measures.iter().filter(|_| judged.measures.len() > 1) {
            let own = if found.measure == claim.measure() { " (the claim's)" } else { "" };
            let estimate = words::measured(claim, found).or(found.missing.clone()).unwrap_or("–".into());
            let measure = format!("{}{own}", found.measure.name());
            columns.push([judged.text.clone(), measure, estimate, found.n.to_string()].map(Words::from).to_vec());
        }
    }
    let measures = Measure::ALL.map(|measure| format!("{}: {}", measure.name(), measure.line())).join("; ");
    let reading = format!(
        "Whoever stands higher has more to lose: how much less the first method loses, by measures that take height into \
         account. {measures}. Above zero the first loses less; intervals as for verdicts. Before training ends the rate has not \
         come down, so that curves at equal height are of networks in another state than at the end."
    );
    section("Height and robustness", columns, &reading)
}

fn between(report: &Report) -> Vec<Block> {
    let reading = "In points, seed by seed: the methods saw the same images, order and views. Mean [95 % interval].";
    section("Between the methods", differences::columns(&report.plan.experiment, report.results), reading)
}

/// What methods make of the values of the optimizer's axes.
fn tries(report: &Report) -> Vec<Block> {
    let tunings = &report.results.tunings;
    let most = tunings.iter().map(|tuning| tuning.tries.len()).max().unwrap_or(0);
    let budgets =
        (1..=most).map(|tries| (if tries == 1 { "1 try".into() } else { format!("{tries} tries") }, Align::Right));
    let left = ["axis", "cell", "score", "best at"].map(|title| (title.to_string(), Align::Left));
    let mut columns = Columns::new(left.into_iter().chain(budgets));
    for tuning in tunings {
        let cell = tuning.at.iter().map(|(key, value)| worded(&report.plan.experiment, key, value));
        let cell = cell.collect::<Vec<_>>().join(", ");
        let expected = tuning.expected.iter().map(|score| number::value(&tuning.metric, *score));
        let words = [tuning.along.clone(), cell, number::title(&tuning.metric).into(), tuning.best.to_string()];
        let mut line: Vec<Words> = words.into_iter().chain(expected).map(Words::from).collect();
        line.resize_with(4 + most, || "".into());
        columns.push(line);
    }
    let reading = "Held-out accuracy in per cent that is to be expected of the best of so many values, drawn from those of the axis \
                   (Dodge et al. 2019): the last column but a little less than the best. Whoever is compared at one value for all \
                   is compared untuned.";
    section("Best of so many tries", columns, reading)
}

/// The protocols of each claim to have reproduced a number.
fn reproduced(report: &Report) -> Vec<Block> {
    let mut blocks = Vec::new();
    for found in &report.results.reproductions {
        let titles = ["", "published", "here", ""].map(|title| (title, Align::Left));
        let mut columns = Columns::new(titles);
        for part in &found.protocol {
            let differs = if part.differs { "differs" } else { "" };
            columns.push([part.what.as_str(), &part.there, &part.here, differs].map(Words::from).to_vec());
        }
        let published = number::mean(number::SHARE, found.published, found.spread);
        let lead = strong(&found.claim) + format!(": published {published} %, {}.", found.source);
        blocks.push(table(&format!("Protocols: {}", found.claim), Some(lead), columns, ""));
    }
    if !blocks.is_empty() {
        blocks.insert(0, Block::Heading("Protocols of what is reproduced".into()));
    }
    blocks
}

fn literature(report: &Report) -> Vec<Block> {
    let Some(comparison) = &report.results.published else { return Vec::new() };
    let note = comparison.note.as_ref().map_or(String::new(), |note| format!(" {note}."));
    let reading = format!(
        "{} in per cent, changes in points from the baseline that the experiment names. Published: {}.{note} Protocol \
         there: {}. Another protocol gives other numbers: what can be compared are signs and orders.",
        number::title(&comparison.metric),
        comparison.source,
        comparison.protocol
    );
    section("Published beside ours", published::columns(&report.plan.experiment, comparison), &reading)
}

fn looks(report: &Report) -> Vec<Block> {
    let reading = "Mean ± standard deviation over n seeds. A loss compares only within its method.";
    let title = "Features, loss and speed";
    vec![Block::Folded(
        title.into(),
        vec![table(title, None, scores::features(&report.plan.experiment, report.results), reading)],
    )]
}

fn setting(report: &Report) -> Vec<Block> {
    let reading = "Where trials differ, their values stand side by side with a slash between them.";
    let title = "Recipe, defaults written out";
    vec![Block::Folded(title.into(), vec![table(title, None, recipe::columns(&report.plan.trials), reading)])]
}

fn again(report: &Report) -> Vec<Block> {
    let by = report.made_by().into_iter();
    let by: Vec<Words> = by.map(|(title, names)| format!("{title}: {}", names.join("; ")).into()).collect();
    let mut blocks = vec![Block::Heading("Made by".into())];
    if !by.is_empty() {
        blocks.push(Block::Items(by));
    }
    blocks.push(Block::Code(["run", "report"].map(|verb| report.command(verb)).into()));
    blocks
}
