//! The figures of a report: the terminal's, with the words that they need on a page of their own.

use byolab_store::chart::{
    Axis, Figure, Metric,
    axis::spoken,
    curves::{Curve, curves},
    metric::{KNN, LINEAR},
    pen,
    robustness::{Question, Robustness, baseline, figure, robustness},
};
use byolab_values::plan::{self, Experiment, Heat, Trial};

use super::{
    Report,
    drawing::{Drawing, draw},
};

/// A figure, what its file is called, and how to read it.
pub struct Named {
    pub name: String,
    /// Below its title.
    pub note: String,
    /// What a page says of it besides.
    pub caption: String,
    pub figure: Figure,
}

impl Named {
    pub fn drawing(&self) -> Drawing {
        draw(&self.figure, &self.note)
    }

    /// The drawing for a file of its own.
    pub fn alone(&self, report: &Report) -> Drawing {
        Drawing { about: report.provenance(), ..self.drawing() }
    }
}

/// Accuracy along every axis, then the curves of k-NN of the first seed's heats; none without a number.
pub fn figures(report: &Report) -> Vec<Named> {
    let axes = &report.plan.experiment.axes;
    let asked = axes.iter().filter(|axis| axis.key != "method" || axes.len() == 1);
    let along = asked.flat_map(|axis| [LINEAR, KNN].map(|metric| along(report, axis, metric)));
    let first = report.plan.trials.first().map(|trial| trial.seed);
    let heats =
        report.plan.heats.iter().filter(|heat| heat.trials.iter().any(|i| Some(report.plan.trials[*i].seed) == first));
    let curves = heats.map(|heat| learning(report, heat));
    along.chain(curves).filter(|named| !named.figure.is_empty()).collect()
}

/// The change of a metric along an axis; the metric itself where the experiment names no baseline.
fn along(report: &Report, axis: &plan::Axis, metric: Metric) -> Named {
    let experiment = &report.plan.experiment;
    let from = experiment.baseline.get(&axis.key);
    let question = Question { experiment, axis, metric, absolute: from.is_none() };
    let answer = robustness(question, report.results);
    let drawn = figure(&answer, question);
    let what = spoken(&axis.key);
    let title = sentence(&format!("{} accuracy along {what}{}", metric.title, elsewhere(experiment, axis)));
    let (label, note) = match from {
        Some(from) => (
            format!("change of {} top-1 (points)", metric.title),
            format!("change from {what} {from}, seed by seed: {}", spread(&answer)),
        ),
        None => (format!("{} top-1 (%)", metric.title), spread(&answer)),
    };
    let published = report.results.published.as_ref().filter(|_| !drawn.ghosts.is_empty());
    let published =
        published.map_or(String::new(), |table| format!(" Pale: {}, under its own protocol.", table.source));
    let protocol = report.plan.protocol(&axis.key).map_or(String::new(), |words| format!(" Protocol: {words}."));
    let caption = format!("{title}; {note}.{protocol}{published}");
    let figure = Figure { title, y: Axis { label, ..drawn.y }, ..drawn };
    Named { name: format!("{}-{}", axis.key, metric.name.trim_end_matches(".top1")), note, caption, figure }
}

/// Where on the other axes it is looked at: `, at batch 64`.
fn elsewhere(experiment: &Experiment, axis: &plan::Axis) -> String {
    let others = experiment.axes.iter().filter(|other| other.key != "method" && other.key != axis.key);
    let at = |axis: &plan::Axis| format!("{} {}", spoken(&axis.key), axis.values[baseline(experiment, axis)].label);
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

/// The k-NN accuracy of a heat's trials against the step.
fn learning(report: &Report, heat: &Heat) -> Named {
    let trials: Vec<&Trial> = heat.trials.iter().map(|i| &report.plan.trials[*i]).collect();
    let pens = pen::pens(trials.iter().map(|trial| trial.recipe.method.name()));
    let shared = trials.first().map(|first| words(first, &trials, true)).unwrap_or_default();
    let names: Vec<String> = trials.iter().map(|trial| words(trial, &trials, false).join(", ")).collect();
    let lines = trials.iter().zip(&names).zip(pens).filter_map(|((trial, name), pen)| {
        let run = report.snapshot.runs.get(&trial.id)?;
        Some(Curve { name, pen, run, images: trial.recipe.train.optimizer_batch as u64 })
    });
    let drawn = curves(KNN, &lines.collect::<Vec<_>>(), false);
    let where_ = [shared, vec![format!("seed {}", trials[0].seed)]].concat().join(", ");
    Named {
        name: format!("curves-{}", where_.replace([' ', ','], "-").replace("--", "-")),
        note: "held-out images, one run each, from the untrained encoder on".into(),
        caption: format!("k-NN accuracy on held-out images while training; {where_}."),
        figure: Figure {
            title: format!("k-NN while training: {where_}"),
            x: Axis { label: "optimizer step".into(), ..drawn.x },
            y: Axis { label: "k-NN top-1 (%)".into(), ..drawn.y },
            ..drawn
        },
    }
}

/// The values of a trial's cell that all of `trials` share, or those that they do not; of one trial nothing but the method
/// is its own.
fn words(trial: &Trial, trials: &[&Trial], shared: bool) -> Vec<String> {
    let alike = |key: &str| trials.iter().all(|other| other.cell.get(key) == trial.cell.get(key));
    let is_all = trial.cell.keys().all(|key| alike(key));
    let common = |key: &str| alike(key) && !(is_all && key == "method");
    let parts = trial.cell.iter().filter(|(key, _)| common(key) == shared);
    parts
        .map(|(key, value)| if key == "method" { value.to_string() } else { format!("{} {value}", spoken(key)) })
        .collect()
}

/// With a capital first, but for k-NN.
fn sentence(text: &str) -> String {
    match text.strip_prefix("linear") {
        Some(rest) => format!("Linear{rest}"),
        None => text.into(),
    }
}
