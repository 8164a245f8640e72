//! The figures of a report: the terminal's, with the words that they need on a page of their own.

use std::collections::BTreeSet;

use byolab_store::chart::{
    Axis, Figure, Metric,
    average::{Seeds, averaged, legend},
    axis::{called, worded},
    curves::CurveOptions,
    metric::{KNN, LINEAR},
    pen,
    robustness::{Robustness, RobustnessQuery, baseline, figure, robustness},
};
use byolab_values::plan::{self, Cell, Experiment, Heat, Trial};

use super::{
    Report,
    drawing::{Drawing, DrawingPage, DrawnShape, draw, font},
    file_name::Distinct,
};

/// A figure, what its file is called, and how to read it.
pub struct NamedFigure {
    pub name: String,
    /// Below its title.
    pub note: String,
    /// What a page says of it besides.
    pub caption: String,
    pub figure: Figure,
}

impl NamedFigure {
    pub fn drawing(&self, sheet: DrawingPage) -> Drawing {
        draw(&self.figure, &self.note, sheet)
    }

    /// The drawing for a file of its own.
    pub fn alone(&self, report: &Report) -> Drawing {
        Drawing { about: report.provenance().join("\n\n"), ..self.drawing(report.sheet) }
    }
}

/// Accuracy along every axis, then the curves of k-NN of every setting; none without a number.
pub fn figures(report: &Report) -> Vec<NamedFigure> {
    let axes = &report.plan.experiment.axes;
    let asked = axes.iter().filter(|axis| axis.key != "method" || axes.len() == 1);
    let along = asked.flat_map(|axis| [LINEAR, KNN].map(|metric| along(report, axis, metric)));
    // The untrained encoder alone is no curve.
    let is_curve = |named: &NamedFigure| named.figure.series.iter().any(|series| series.points.len() > 1);
    let curves = settings(report).into_iter().map(|setting| learning(report, &setting)).filter(is_curve);
    let mut distinct = Distinct::default();
    let drawn = along.chain(curves).filter(|named| !named.figure.is_empty());
    drawn.map(|named| NamedFigure { name: distinct.name(&named.name), ..named }).collect()
}

impl Report<'_> {
    /// What stands in PNG and PDF for the letters that the built-in font lacks; none where it has them all.
    pub fn stand_ins(&self) -> Option<String> {
        let drawings: Vec<Drawing> = figures(self).iter().map(|named| named.drawing(self.sheet)).collect();
        let texts = drawings.iter().flat_map(|drawing| &drawing.shapes).filter_map(|shape| match shape {
            DrawnShape::Text(text) => Some(&text.text),
            _ => None,
        });
        let lacking: BTreeSet<char> =
            texts.flat_map(|text| text.chars()).filter(|letter| font::lacks(*letter)).collect();
        let letters: Vec<String> = lacking.into_iter().map(String::from).collect();
        let said = format!(
            "the built-in font lacks {}: PNG and PDF show their Unicode numbers instead, HTML and SVG show the letters",
            letters.join(" ")
        );
        (!letters.is_empty()).then_some(said)
    }
}

/// The change of a metric along an axis; the metric itself where the experiment names no baseline.
fn along(report: &Report, axis: &plan::Axis, metric: Metric) -> NamedFigure {
    let experiment = &report.plan.experiment;
    let from = experiment.baseline.get(&axis.key);
    let question = RobustnessQuery { experiment, axis, metric, absolute: from.is_none() };
    let answer = robustness(question, report.results);
    let drawn = figure(&answer, question);
    let what = called(experiment, &axis.key);
    let title = sentence(&format!("{} accuracy along {what}{}", metric.title, elsewhere(experiment, axis)));
    let (label, note) = match from {
        Some(from) => (
            format!("change of {} top-1 (points)", metric.title),
            format!("change from {what} {}, seed by seed: {}", experiment.named(&from.to_string()), spread(&answer)),
        ),
        None => (format!("{} top-1 (%)", metric.title), spread(&answer)),
    };
    let published = report.results.published.as_ref().filter(|_| !drawn.ghosts.is_empty());
    let published =
        published.map_or(String::new(), |table| format!(" Pale: {}, under its own protocol.", table.source));
    let protocol = report.plan.protocol(&axis.key).map_or(String::new(), |words| format!(" Protocol: {words}."));
    let caption = format!("{title}; {note}.{protocol}{published}");
    let y = Axis { label, ..drawn.y.clone() };
    let figure = Figure { title, y, ..drawn.named(experiment, &axis.key) };
    NamedFigure { name: format!("{}-{}", axis.key, metric.name.trim_end_matches(".top1")), note, caption, figure }
}

/// Where on the other axes it is looked at: `, at batch 64`.
fn elsewhere(experiment: &Experiment, axis: &plan::Axis) -> String {
    let others = experiment.axes.iter().filter(|other| other.key != "method" && other.key != axis.key);
    let at = |axis: &plan::Axis| worded(experiment, &axis.key, &axis.values[baseline(experiment, axis)].label);
    let at: Vec<String> = others.map(at).collect();
    if at.is_empty() { String::new() } else { format!(", at {}", at.join(", ")) }
}

/// What the marks and bars are: `mean and 95 % t interval over 3 seeds`.
fn spread(answer: &Robustness) -> String {
    let seeds = || answer.methods.iter().flat_map(|method| method.estimates.iter().flatten()).map(|found| found.n);
    match (seeds().min(), seeds().max()) {
        (_, Some(1)) => "one seed, no interval".into(),
        (Some(least), Some(most)) if least < most => format!("mean and 95 % t interval over {least} to {most} seeds"),
        (_, most) => format!("mean and 95 % t interval over {} seeds", most.unwrap_or_default()),
    }
}

/// The k-NN accuracy of the trials of one setting against the step: of each method the mean over its seeds.
fn learning(report: &Report, setting: &[&Trial]) -> NamedFigure {
    let experiment = &report.plan.experiment;
    let mut cells: Vec<&Trial> = Vec::new();
    for trial in setting {
        if cells.iter().all(|cell| cell.cell != trial.cell) {
            cells.push(trial);
        }
    }
    let pens = pen::pens(cells.iter().map(|trial| trial.recipe.method.name()));
    let shared = cells.first().map(|first| words(experiment, first, &cells, true)).unwrap_or_default();
    let names: Vec<String> = cells.iter().map(|trial| words(experiment, trial, &cells, false).join(", ")).collect();
    let of = |cell: &Trial| {
        setting.iter().filter(|trial| trial.cell == cell.cell).map(|trial| &trial.id).collect::<Vec<_>>()
    };
    let seeds = cells.iter().zip(&names).zip(pens).map(|((cell, name), pen)| Seeds {
        name,
        pen,
        runs: of(cell).into_iter().filter_map(|id| report.snapshot.runs.get(id)).collect(),
        images: cell.recipe.train.optimizer_batch as u64,
    });
    let seeds: Vec<Seeds> = seeds.collect();
    let drawn = averaged(KNN, &seeds, &[], CurveOptions::default());
    let where_ = if shared.is_empty() { String::new() } else { format!(": {}", shared.join(", ")) };
    let note = legend(&seeds);
    NamedFigure {
        name: format!("curves-{}", shared.join("-")),
        caption: format!(
            "k-NN accuracy on held-out images while training{where_}; {note}, from the untrained encoder on."
        ),
        note: format!("held-out images, {note}, from the untrained encoder on"),
        figure: Figure {
            title: format!("k-NN while training{where_}"),
            x: Axis { label: "optimizer step".into(), ..drawn.x },
            y: Axis { label: "k-NN top-1 (%)".into(), ..drawn.y },
            ..drawn
        },
    }
}

/// The trials that differ only in method and seed, in the order of the plan.
fn settings<'a>(report: &Report<'a>) -> Vec<Vec<&'a Trial>> {
    let plan = report.plan;
    let cells = |heat: &Heat| -> Vec<&Cell> { heat.trials.iter().map(|i| &plan.trials[*i].cell).collect() };
    let mut settings: Vec<(Vec<&Cell>, Vec<&Trial>)> = Vec::new();
    for heat in &plan.heats {
        let (here, trials) = (cells(heat), heat.trials.iter().map(|i| &plan.trials[*i]));
        match settings.iter_mut().find(|(known, _)| *known == here) {
            Some((_, setting)) => setting.extend(trials),
            None => settings.push((here, trials.collect())),
        }
    }
    settings.into_iter().map(|(_, trials)| trials).collect()
}

/// The values of a trial's cell that all of `trials` share, or those that they do not; of one trial nothing but the method
/// is its own.
fn words(experiment: &Experiment, trial: &Trial, trials: &[&Trial], shared: bool) -> Vec<String> {
    let alike = |key: &str| trials.iter().all(|other| other.cell.get(key) == trial.cell.get(key));
    let is_all = trial.cell.keys().all(|key| alike(key));
    let common = |key: &str| alike(key) && !(is_all && key == "method");
    let parts = trial.cell.iter().filter(|(key, _)| common(key) == shared);
    parts.map(|(key, value)| worded(experiment, key, value)).collect()
}

/// With a capital first, but for k-NN.
fn sentence(text: &str) -> String {
    match text.strip_prefix("linear") {
        Some(rest) => format!("Linear{rest}"),
        None => text.into(),
    }
}
