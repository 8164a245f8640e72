//! The cells of an experiment laid out as a table: methods down the side and the first other axis across, or the
//! other way round where that axis has many values, or the axis across that the user wants; further axes make more rows.

use std::collections::HashSet;

use crate::tui::{
    model::{Open, worded},
    theme::{self, Tone, level},
    widgets::{
        progress,
        sparkline::sparkline,
        table::{Column, Table},
        text::Text,
    },
};
use byolab_store::{
    chart::{Metric, curves, metric::KNN, pen},
    results::Group,
    store::State,
};
use byolab_values::plan::{Axis, Trial, Value};

/// Rows and columns, and in each cell its trials: indices into the plan, one for each seed.
pub struct GridTable {
    rows: Vec<Vec<Step>>,
    columns: Vec<Vec<Step>>,
    pub trials: Vec<Vec<Vec<usize>>>,
}

/// A value of an axis, and the tone it is written in.
#[derive(Clone)]
struct Step {
    key: String,
    value: Value,
    tone: Tone,
}

impl Step {
    fn new(key: &str, value: &Value) -> Self {
        Self { key: key.into(), value: value.clone(), tone: Tone::Plain }
    }
}

/// An axis with more values than this lies down the side.
const ACROSS: usize = 5;

/// The first axis that is not the method; the method where that axis has many values; none where there is no other.
pub fn usual(axes: &[Axis]) -> Option<usize> {
    let first = axes.iter().position(|axis| axis.key != "method")?;
    let method = axes.iter().position(|axis| axis.key == "method");
    if axes[first].values.len() > ACROSS { method } else { Some(first) }
}

impl GridTable {
    /// The cells with the axis of that place across; none chooses one.
    pub fn of(open: &Open, across: Option<usize>) -> Self {
        let axes = &open.plan.experiment.axes;
        let across = across.filter(|axis| *axis < axes.len()).or_else(|| usual(axes));
        let steps = |i: usize| match axes[i].key.as_str() {
            "method" => methods(open),
            key => axes[i].values.iter().map(|value| Step::new(key, &value.label)).collect(),
        };
        // What turns fastest stands first in a row: the methods, unless they stand across.
        let mut down: Vec<usize> = (0..axes.len()).filter(|i| Some(*i) != across).collect();
        down.sort_by_key(|i| axes[*i].key == "method");
        let rows = product(down.into_iter().map(steps));
        let columns = product(across.map(steps));
        let cell = |row: &Vec<Step>, column: &Vec<Step>| {
            let agrees = |step: &Step, i: usize| open.plan.trials[i].cell.get(&step.key) == Some(&step.value);
            let here = |i: &usize| row.iter().chain(column).all(|step| agrees(step, *i));
            (0..open.plan.trials.len()).filter(here).collect()
        };
        let trials = rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
        Self { rows, columns, trials }
    }

    /// The table that shows `metric`, and in each cell a k-NN curve if asked for.
    pub fn table(&self, open: &Open, metric: Metric, has_curves: bool) -> Table {
        let (chosen, range, curves) = (open.chosen_ids(), range(open, metric), has_curves.then(|| scale(open)));
        let scores = Scores { open, metric, chosen, range, curves };
        let title = |column: &Vec<Step>| column.first().map_or("score".into(), |step| worded(&step.key, &step.value));
        let titles = [format!("{} ± sd", metric.with_unit())].into_iter().chain(self.columns.iter().map(title));
        let row = |(label, cells): (Text, &Vec<Vec<usize>>)| {
            [label].into_iter().chain(cells.iter().map(|trials| scores.text(trials))).collect()
        };
        Table {
            columns: titles.map(Column::words).collect(),
            rows: labels(&self.rows).into_iter().zip(&self.trials).map(row).collect(),
        }
    }
}

/// The methods of the plan in its order, in the tones of their series.
fn methods(open: &Open) -> Vec<Step> {
    let mut values: Vec<&Value> = Vec::new();
    for value in open.plan.trials.iter().filter_map(|trial| trial.cell.get("method")) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let names: Vec<String> = values.iter().map(|value| value.to_string()).collect();
    let step =
        |(value, pen): (&&Value, _)| Step { key: "method".into(), value: (*value).clone(), tone: Tone::Series(pen) };
    values.iter().zip(pen::pens(names.iter().map(String::as_str))).map(step).collect()
}

/// Every way to take one step from each list, the last list's turning fastest.
fn product(lists: impl IntoIterator<Item = Vec<Step>>) -> Vec<Vec<Step>> {
    lists.into_iter().fold(vec![Vec::new()], |rows, list| {
        let longer = |row: &Vec<Step>| {
            let row = row.clone();
            list.iter().map(move |step| row.iter().chain([step]).cloned().collect())
        };
        rows.iter().flat_map(longer).collect()
    })
}

/// The rows' values, the fastest first, in columns of their own.
fn labels(rows: &[Vec<Step>]) -> Vec<Text> {
    let words =
        |row: &Vec<Step>| row.iter().rev().map(|step| (worded(&step.key, &step.value), step.tone)).collect::<Vec<_>>();
    let rows: Vec<_> = rows.iter().map(words).collect();
    let width = |part: usize| rows.iter().map(|row| row[part].0.chars().count()).max().unwrap_or(0);
    let label = |row: &Vec<(String, Tone)>| {
        row.iter().enumerate().fold(Text::default(), |text, (i, (word, tone))| {
            let padding = if i + 1 < row.len() { width(i) } else { 0 };
            text.then(format!("{word:<padding$}"), *tone)
        })
    };
    rows.iter().map(label).collect()
}

/// How cells are written.
struct Scores<'a> {
    open: &'a Open,
    metric: Metric,
    chosen: HashSet<&'a str>,
    /// What the colours span.
    range: [f64; 2],
    /// What the curves span, where there are some.
    curves: Option<[f64; 2]>,
}

/// Columns of a cell's curve, and of its bar.
const CURVE: usize = 8;
const BAR: usize = 6;

impl Scores<'_> {
    /// A cell in a few characters: its state, and the mean over its finished seeds, or a bar for how far the first is.
    fn text(&self, trials: &[usize]) -> Text {
        let open = self.open;
        let trials: Vec<&Trial> = trials.iter().map(|i| &open.plan.trials[*i]).collect();
        let is_chosen = trials.iter().any(|trial| self.chosen.contains(trial.id.as_str()));
        let states: Vec<State> = trials.iter().map(|trial| open.state(trial)).collect();
        if !is_chosen && states.iter().all(|state| *state == State::Waiting) {
            return Text::dim("·");
        }
        let (sign, tone) = sign(&states);
        let finished = states.iter().filter(|state| **state == State::Finished).count();
        let group = trials.first().and_then(|trial| group(open, trial, self.metric));
        let running = trials.iter().find(|trial| open.state(trial) == State::Running).and_then(|trial| open.run(trial));
        let text = Text::new(sign, if is_chosen { tone } else { Tone::Dim });
        let text = match (group, running) {
            (Some(group), _) if finished < trials.len() => {
                self.mean(text, group).and(format!(" {finished}/{}", trials.len()), Tone::Dim)
            }
            (Some(group), _) => self.mean(text, group),
            (None, Some(run)) => text.and(" ", Tone::Plain).join(progress::bar(run.progress(), BAR)),
            (None, None) => text,
        };
        let collapsed = trials.iter().any(|trial| has_collapsed(open, trial));
        let text = if collapsed { text.and(" !", Tone::Bad) } else { text };
        match self.curves {
            Some(scale) => text.and(format!(" {}", self.curve(&trials, scale)), Tone::Dim),
            None => text,
        }
    }

    /// The mean over the finished seeds, on a colour, with its standard deviation.
    fn mean(&self, text: Text, group: &Group) -> Text {
        let spread = group.std.map(|std| format!(" ±{}", self.metric.show(std))).unwrap_or_default();
        text.and(" ", Tone::Plain)
            .and(self.metric.show(group.mean), level(group.mean, self.range))
            .and(spread, Tone::Plain)
    }

    /// The k-NN accuracy of the trial that got furthest, from that of the untrained encoder on.
    fn curve(&self, trials: &[&Trial], scale: [f64; 2]) -> String {
        let furthest = trials.iter().filter_map(|trial| self.open.run(trial)).max_by_key(|run| run.step);
        furthest.map_or(String::new(), |run| sparkline(&curves::course(KNN, run, CURVE), scale))
    }
}

/// What the colours of the plan's cells span.
fn range(open: &Open, metric: Metric) -> [f64; 2] {
    let groups = || {
        let groups = open.reading.iter().flat_map(|reading| &reading.results.groups);
        groups.filter(|group| group.metric == metric.name)
    };
    theme::range(groups().map(|group| group.mean), theme::floor(groups().filter_map(|group| group.std)))
}

/// What every curve of k-NN accuracy on the screen spans: the least and the greatest value of all trials of the plan.
pub fn scale(open: &Open) -> [f64; 2] {
    let runs = open.plan.trials.iter().filter_map(|trial| open.run(trial));
    theme::ends(runs.flat_map(|run| curves::course(KNN, run, usize::MAX)))
}

/// What colours and curves span, where there are some: `curves k-NN 28.0 to 87.1 %  colours 82.3 to 90.8 % (…)`.
pub fn legend(open: &Open, metric: Metric, has_colours: bool, has_curves: bool) -> Text {
    let span = |what: &str, metric: Metric, [low, high]: [f64; 2]| {
        (low <= high).then(|| {
            format!("{what} {} to {}{}", metric.show(low), metric.show(high), if metric.is_share() { " %" } else { "" })
        })
    };
    let colours = has_colours.then(|| span("colours", metric, range(open, metric))).flatten();
    let colours = colours.map(|words| format!("{words} ({})", theme::LEAST_WORDS));
    let curves = has_curves.then(|| span("curves k-NN", KNN, scale(open))).flatten();
    curves.into_iter().chain(colours).fold(Text::default(), |text, words| text.then(words, Tone::Dim))
}

/// What matters most about the seeds of a cell.
fn sign(states: &[State]) -> (&'static str, Tone) {
    let any = |wanted: State| states.contains(&wanted);
    if any(State::Running) {
        ("◐", Tone::Good)
    } else if any(State::Failed) {
        ("✗", Tone::Bad)
    } else if any(State::Stopped) || any(State::Interrupted) {
        ("◌", Tone::Plain)
    } else if any(State::Waiting) {
        ("○", Tone::Dim)
    } else {
        ("●", Tone::Good)
    }
}

/// Whether a trial maps all images to nearly one point.
fn has_collapsed(open: &Open, trial: &Trial) -> bool {
    let rows = open.reading.iter().flat_map(|reading| &reading.results.rows);
    rows.into_iter().any(|row| row.trial == trial.id && row.collapsed)
}

/// A metric over the finished seeds of a trial's cell.
fn group<'a>(open: &'a Open, trial: &Trial, metric: Metric) -> Option<&'a Group> {
    let groups = &open.reading.as_ref()?.results.groups;
    groups.iter().find(|group| group.metric == metric.name && group.axes == trial.cell)
}
