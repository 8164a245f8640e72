//! The figures of a report: the terminal's, with the words that they need on a page of their own.

use crate::{
    chart::{
        Axis, Figure, Metric,
        axis::spoken,
        curves::{Curve, curves},
        metric::{KNN, LINEAR},
        pen,
        robustness::{Question, figure, robustness},
    },
    plan::{self, Heat, Trial},
};

use super::Report;

/// A figure, what its file is called, and how to read it.
pub struct Named {
    pub name: String,
    pub caption: String,
    pub figure: Figure,
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
    let baseline = experiment.baseline.get(&axis.key);
    let question = Question { experiment, axis, metric, absolute: baseline.is_none() };
    let drawn = figure(&robustness(question, report.results), question);
    let what = spoken(&axis.key);
    let title = sentence(&format!("{} accuracy along {what}", metric.title));
    let label = match baseline {
        Some(from) => format!("change from {what} {from} (points)"),
        None => format!("{} top-1 (%)", metric.title),
    };
    let published = report.results.published.as_ref().filter(|_| !drawn.ghosts.is_empty());
    let published =
        published.map_or(String::new(), |table| format!(" Pale: {}, under its own protocol.", table.source));
    let caption = format!("{title}. Bars: 95 % t intervals over seeds.{published}");
    let figure = Figure { title, y: Axis { label, ..drawn.y }, ..drawn };
    Named { name: format!("{}-{}", axis.key, metric.name.trim_end_matches(".top1")), caption, figure }
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
        caption: format!("k-NN accuracy on held-out images while training; {where_}."),
        figure: Figure {
            title: format!("k-NN while training: {where_}"),
            x: Axis { label: "optimizer step".into(), ..drawn.x },
            y: Axis { label: "k-NN top-1 (%)".into(), ..drawn.y },
            ..drawn
        },
    }
}

/// The values of a trial's cell that all of `trials` share, or those that they do not; the method is never shared.
fn words(trial: &Trial, trials: &[&Trial], shared: bool) -> Vec<String> {
    let common = |key: &str| key != "method" && trials.iter().all(|other| other.cell.get(key) == trial.cell.get(key));
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
