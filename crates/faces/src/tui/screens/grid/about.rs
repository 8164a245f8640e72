//! What the grid says below its cells: what starting would train, and where the trial under the cursor stands.

use super::sheet;
use crate::tui::{
    model::{self, Open},
    screens::tone,
    theme::Tone,
    widgets::{sparkline::sparkline, text::Text},
};
use byolab_store::{
    chart::{
        Figure,
        curves::{self, Curve},
        metric::{FEATURE_STD, KNN, LINEAR, RATE, count, is_unhealthy},
    },
    results::Doubt,
    store::{Remarks, Run, State},
};
use byolab_values::plan::{Trial, cost, words};

/// How the plan line counts states.
const COUNTED: [(&str, &[State], Tone); 5] = [
    ("finished", &[State::Finished], Tone::Plain),
    ("training", &[State::Running], Tone::Good),
    ("failed", &[State::Failed], Tone::Bad),
    ("stopped", &[State::Stopped, State::Interrupted], Tone::Plain),
    ("waiting", &[State::Waiting], Tone::Plain),
];

/// What starting would train, and how long it would take; while it trains, the title says that.
pub fn plan_line(open: &Open) -> Text {
    let trials = &open.chosen.trials;
    let size = format!("{} in {}:", plural(trials.len(), "trial"), plural(open.chosen.heats.len(), "heat"));
    let mut text = Text::new("plan", Tone::Strong).then(size, Tone::Plain);
    let mut comma = " ";
    for (word, states, tone) in COUNTED {
        let n = trials.iter().filter(|trial| states.contains(&open.state(trial))).count();
        if n > 0 {
            text = text.and(comma, Tone::Plain).and(format!("{n} {word}"), tone);
            comma = ", ";
        }
    }
    match open.time_left().filter(|seconds| *seconds > 0.0 && open.runner().is_none()) {
        Some(seconds) => text.and(format!("; about {}", words::duration(seconds)), Tone::Dim),
        None => text,
    }
}

/// How many doubts there are, and the one that weighs most.
pub fn doubts_line(n: usize, first: &Doubt) -> Text {
    let lead = Text::new(format!(" ! {:<10}", plural(n, "doubt")), Tone::Doubtful);
    lead.and(format!("{}: {}", first.about, first.text), Tone::Plain)
}

/// A number of things: `1 trial`, `12 heats`.
pub fn plural(n: usize, word: &str) -> String {
    format!("{} {word}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

/// The trial in words: where it stands, and its newest numbers.
pub fn detail(open: &Open, trial: &Trial) -> [Text; 2] {
    let cell = trial.cell.iter().map(|(key, value)| model::worded(key, value));
    let name = cell.chain([format!("seed {}", trial.seed)]);
    let name = Text::new(name.collect::<Vec<_>>().join(" · "), Tone::Strong);
    let Some(run) = open.run(trial) else { return [name.then(State::Waiting.word(), Tone::Dim), Text::default()] };
    let said = open.reading.as_ref().and_then(|reading| reading.snapshot.remarks.get(&trial.id));
    let mut first = name.then(run.state.word(), tone(run.state));
    if let Some(epoch) = run.step.checked_div(run.steps_per_epoch) {
        first = first.then(format!("epoch {epoch}/{}", trial.recipe.train.epochs), Tone::Plain);
    }
    if let Some(rate) = run.latest(RATE.name).filter(|_| run.state == State::Running) {
        first = first.then(format!("{} img/s", RATE.show(rate)), Tone::Plain);
    }
    [
        said.map_or(first.clone(), |remarks| first.append(&remarked(remarks))),
        newest(run, cost::features(&trial.recipe), sheet::scale(open)),
    ]
}

/// The tags, and the newest note: `#keep  “the rate was too high”`.
pub fn remarked(remarks: &Remarks) -> Text {
    let note = remarks.notes.last().map(|note| format!("“{}”", note.text)).unwrap_or_default();
    Text::new(remarks.tagged(), Tone::Strong).then(note, Tone::Dim)
}

/// The newest numbers, the curve of k-NN accuracy on the scale of all, and what an untrained encoder has; features have
/// so many channels.
fn newest(run: &Run, width: usize, scale: [f64; 2]) -> Text {
    let mut text = Text::default();
    for metric in [KNN, LINEAR, FEATURE_STD] {
        let Some(value) = run.latest(metric.name).or_else(|| run.results.get(metric.name).copied()) else { continue };
        let unit = if metric.is_share() { " %" } else { "" };
        text = text.then(format!("{} ", metric.title), Tone::Dim);
        if metric == KNN {
            text = text.and(sparkline(&curves::course(KNN, run, CURVE), scale), Tone::Plain).and(" ", Tone::Plain);
        }
        let tone = if is_unhealthy(metric, value, width) { Tone::Bad } else { Tone::Plain };
        let sign = if tone == Tone::Bad { "! " } else { "" };
        text = text.and(format!("{sign}{}{unit}", metric.show(value)), tone);
        if let Some(before) = run.latest(&format!("untrained.{}", metric.name)) {
            text = text.and(format!(" (untrained {})", metric.show(before)), Tone::Dim);
        }
    }
    text
}

/// Columns of the curve.
const CURVE: usize = 16;

/// The k-NN accuracy of all trials of a heat.
pub fn curve(open: &Open, heat: usize) -> Figure {
    let trials = open.heat(heat);
    let names = model::names(&open.plan.experiment, &trials);
    let pens = model::pens(&trials);
    let begun = trials
        .iter()
        .zip(&names)
        .zip(pens)
        .filter_map(|((trial, name), pen)| Some((trial, name, pen, open.run(trial)?)));
    let curves: Vec<Curve> = begun
        .map(|(trial, name, pen, run)| Curve { name, pen, run, images: trial.recipe.train.optimizer_batch as u64 })
        .collect();
    let figure = curves::curves(KNN, &curves, false);
    Figure { title: format!("{}  {}", figure.title, model::shared(&trials)), ..figure }
}
