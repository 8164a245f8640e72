//! Robustness: how far each method falls from the baseline along an axis, and what that says about the claims.

mod findings;
mod map;

use ratatui::layout::Rect;

use map::HeatMapScreen;

use super::{Effect, Screen};
use crate::tui::{
    keys::Action,
    model::Model,
    theme::{Tone, mark},
    widgets::{
        Brush, ClickTarget, claims, figure, indented, strips,
        table::{Column, Cursor, Table},
        take, take_bottom,
        text::{Text, paint_lines},
    },
};
use byolab_store::{
    chart::{
        Figure, Metric,
        axis::called,
        heat_map,
        metric::{self, LINEAR},
        robustness::{self as chart, Response, RobustnessQuery},
    },
    results::{Doubt, Estimate, Results},
};
use byolab_values::plan::{Axis, Experiment};

/// The question that is asked, and its answer.
pub struct Robustness {
    axis: usize,
    metric: Metric,
    absolute: bool,
    /// Draws each seed in place of their mean.
    single: bool,
    /// Row of the numbers.
    cursor: usize,
    /// The claims and doubts in full, from that one on, in place of the figure.
    findings: Option<usize>,
    /// Place of the axis across among those beside the one asked about; their map stands in place of the figure.
    across: Option<usize>,
    map: HeatMapScreen,
    heading: Text,
    /// The heading with what follows the batch, for where there is room.
    protocol: Text,
    figure: Option<Figure>,
    numbers: Table,
}

impl Default for Robustness {
    fn default() -> Self {
        Self {
            axis: 0,
            metric: LINEAR,
            absolute: false,
            single: false,
            cursor: 0,
            findings: None,
            across: None,
            map: HeatMapScreen::default(),
            heading: Text::default(),
            protocol: Text::default(),
            figure: None,
            numbers: Table::default(),
        }
    }
}

impl Screen for Robustness {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        super::crumbs(model, "robustness")
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let experiment = &open.plan.experiment;
        let axes = axes(experiment);
        self.axis = self.axis.min(axes.len().saturating_sub(1));
        self.figure = None;
        let told = open.reading.as_ref().map_or(0, |reading| findings::count(&reading.results));
        self.findings = self.findings.map(|first| first.min(told.saturating_sub(1)));
        let Some((axis, reading)) = axes.get(self.axis).zip(open.reading.as_ref()) else { return };
        let question = RobustnessQuery { experiment, axis, metric: self.metric, absolute: self.absolute };
        let answer = chart::robustness(question, &reading.results);
        self.heading = heading(experiment, &axes, self.axis, self.metric, &answer);
        let protocol = open.plan.protocol(&axis.key);
        self.protocol = protocol.map_or(Text::default(), |words| self.heading.clone().then(words, Tone::Dim));
        self.numbers = numbers(experiment, &axis.key, &answer, self.metric, self.absolute);
        self.cursor = self.cursor.min(self.numbers.rows.len().saturating_sub(1));
        let figure = if self.single { chart::each_seed } else { chart::figure };
        self.figure = Some(figure(&answer, question).named(experiment, &axis.key));
        let Some(across) = self.across.map(|place| axes[(self.axis + 1 + place) % axes.len()]) else { return };
        let (metric, absolute) = (self.metric, self.absolute);
        let question = heat_map::HeatMapQuery { experiment, axes: [axis, across], metric, absolute };
        self.map = HeatMapScreen::of(question, &reading.results);
        let what = match absolute {
            true => "",
            false if self.metric.is_share() => ", points from the baseline",
            false => ", change from the baseline",
        };
        self.heading = Text::new(
            format!("{} by {}", called(experiment, &axis.key), called(experiment, &across.key)),
            Tone::Strong,
        )
        .then(metric.in_full() + what, Tone::Dim);
        self.protocol = Text::default();
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        let axes = axes(&open.plan.experiment).len().max(1);
        if let Some(first) = &mut self.findings {
            scroll(first, action);
        }
        match action {
            Action::Findings => self.findings = if self.findings.is_some() { None } else { Some(0) },
            _ if self.findings.is_some() => {}
            Action::Across if axes < 2 => return Effect::Say("a map needs two axes beside the method".into()),
            Action::Across => {
                let next = self.across.map_or(0, |place| place + 1);
                self.across = (next < axes - 1).then_some(next);
            }
            Action::NextPart => self.axis = (self.axis + 1) % axes,
            Action::PreviousPart => self.axis = (self.axis + axes - 1) % axes,
            Action::Single => self.single = !self.single,
            Action::Absolute => self.absolute = !self.absolute,
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor += 1,
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = self.numbers.rows.len(),
            Action::NextMetric => {
                if let Some(reading) = &open.reading {
                    self.metric = metric::after(self.metric, &reading.results);
                }
            }
            _ => {}
        }
        Effect::None
    }

    fn point(&mut self, target: ClickTarget) {
        if let ClickTarget::Cell(row, _) = target {
            self.cursor = row;
        }
    }

    fn figures(&self) -> Vec<&Figure> {
        self.figure.iter().filter(|figure| self.across.is_none() && !figure.is_empty()).collect()
    }

    fn back(&mut self) -> bool {
        self.findings.take().is_some() || self.across.take().is_some()
    }

    fn copy(&self, _: &Model) -> Option<String> {
        let row = self.figure.as_ref().and(self.numbers.rows.get(self.cursor))?;
        if self.across.is_some() {
            return Some(format!("{}\n{}", self.heading.content(), self.map.tabbed()));
        }
        Some(format!("{}\n{}", self.heading.content(), self.numbers.tabbed([row])))
    }

    fn draw(&self, model: &Model, mut area: Rect, brush: &mut Brush) {
        let Some(open) = &model.open else { return };
        let line = indented(take(&mut area, 1));
        let fits = (1..=line.width).contains(&self.protocol.width());
        if fits { &self.protocol } else { &self.heading }.paint(line, brush);
        let airy = u16::from(area.height >= 16);
        take(&mut area, airy);
        let results = open.reading.as_ref().map(|reading| &reading.results);
        if let Some((first, results)) = self.findings.zip(results) {
            return findings::paint(results, &open.plan.experiment, first, area, brush);
        }
        let mut verdicts =
            results.map(|results| verdicts(results, &open.plan.experiment, area.width)).unwrap_or_default();
        let map = self.across.map(|_| self.map.height(area.width)).filter(|rows| rows + airy < area.height);
        let numbers = map.unwrap_or(self.numbers.height() + strips::AROUND - 1);
        let room = area.height.saturating_sub(numbers + airy).clamp(1, (area.height / 2).max(1));
        let lines = take_bottom(&mut area, room.min(verdicts.len() as u16));
        let (shown, hidden) = (usize::from(lines.height), verdicts.len().saturating_sub(lines.height.into()));
        if shown >= NAMED && hidden > 0 {
            verdicts[shown - 1] = Text::new(format!(" ! {} more lines", hidden + 1), Tone::Doubtful);
        }
        paint_lines(&verdicts, lines, brush);
        take_bottom(&mut area, airy);
        self.draw_answer(indented(area), brush);
    }
}

impl Robustness {
    /// The figure with its numbers at the right, or below it where they would take half of its width; where its names do
    /// not fit under it, they and the numbers stand at the left, row by row.
    fn draw_answer(&self, mut area: Rect, brush: &mut Brush) {
        let Some(figure) = self.figure.as_ref().filter(|figure| !figure.is_empty()) else {
            Text::dim("no trial has finished with this metric yet").paint(area, brush);
            return;
        };
        if self.across.is_some() {
            return self.map.paint(area, brush);
        }
        if figure::is_crowded(figure, area.width / 2) {
            return self.draw_lying(figure, area, brush);
        }
        let all = self.numbers.width_within(u16::MAX);
        if area.width < 2 * all + GAP && area.height >= self.numbers.height() + HIGH {
            let below = take_bottom(&mut area, self.numbers.height());
            self.numbers.paint(Cursor::Row(self.cursor), below, brush);
            return figure::paint(figure, area, brush);
        }
        let width = self.numbers.width_within(area.width.saturating_sub(FIGURE + GAP));
        self.numbers.paint(Cursor::Row(self.cursor), Rect { x: area.right() - width, width, ..area }, brush);
        area.width = area.width.saturating_sub(width + GAP);
        figure::paint(figure, area, brush);
    }

    /// A row of numbers for each category at the left, and beside it its marks, in a line for each method where there is
    /// room for that.
    fn draw_lying(&self, figure: &Figure, area: Rect, brush: &mut Brush) {
        let width = self.numbers.width_within(area.width.saturating_sub(STRIPS + GAP));
        let beside = area.width.saturating_sub(width + GAP);
        let room = area.height.saturating_sub(strips::AROUND);
        let (all, tall) = (self.numbers.height() - 1, strips::tall(figure));
        let tall = if all * tall <= room { tall } else { 1 };
        let rows = all.min(room / tall);
        let left = Rect { width, height: area.height.min(rows * tall + 1), ..area };
        self.numbers.paint_apart(Cursor::Row(self.cursor), tall, left, brush);
        strips::paint(figure, rows, tall, Rect { x: area.right() - beside, width: beside, ..area }, brush);
    }
}

fn scroll(first: &mut usize, action: Action) {
    match action {
        Action::Up => *first = first.saturating_sub(1),
        Action::Down => *first += 1,
        Action::First => *first = 0,
        Action::Last => *first = usize::MAX,
        _ => {}
    }
}

/// Columns that the figure keeps at least, upright and lying, and between it and the numbers.
const FIGURE: u16 = 24;
const STRIPS: u16 = 14;
/// Rows that the figure keeps at least above the numbers.
const HIGH: u16 = 9;
const GAP: u16 = 2;

/// Lines of verdicts and doubts from which on the last tells of those that do not fit.
const NAMED: usize = 3;

/// The axes to ask about: all but the method, or the method where there is no other.
fn axes(experiment: &Experiment) -> Vec<&Axis> {
    let others: Vec<&Axis> = experiment.axes.iter().filter(|axis| axis.key != "method").collect();
    if others.is_empty() { experiment.axes.iter().collect() } else { others }
}

/// The axes with the one asked about, the metric, and over how many seeds.
fn heading(experiment: &Experiment, axes: &[&Axis], asked: usize, metric: Metric, answer: &chart::Robustness) -> Text {
    let text = axes.iter().enumerate().fold(Text::default(), |text, (i, axis)| {
        let tone = if i == asked { Tone::Strong } else { Tone::Dim };
        text.and(if i == 0 { "along " } else { " · " }, Tone::Dim).and(called(experiment, &axis.key), tone)
    });
    let estimates = || answer.methods.iter().flat_map(|response| response.estimates.iter().flatten());
    let n = match (estimates().map(|e| e.n).min(), estimates().map(|e| e.n).max()) {
        (Some(low), Some(high)) if low < high => format!(", n {low} to {high}"),
        (Some(n), _) => format!(", n {n}"),
        _ => String::new(),
    };
    text.then(format!("{}, ± 95 % interval{n}", metric.in_full()), Tone::Dim)
}

/// A row for each value of the axis: the estimate of each method, and of what the first is ahead of the second.
fn numbers(experiment: &Experiment, key: &str, answer: &chart::Robustness, metric: Metric, absolute: bool) -> Table {
    let method = |response: &Response| Column {
        tone: Tone::Series(response.pen),
        ..Column::numbers(format!("{} {}", mark(response.pen), experiment.named(&response.method)), 0)
    };
    let mut columns = vec![Column::words(called(experiment, key))];
    columns.extend(answer.methods.iter().map(method));
    if !answer.differences.is_empty() {
        let names: Vec<&str> = answer.methods.iter().map(|response| experiment.named(&response.method)).collect();
        columns.push(Column::numbers(names.join(" - "), 1));
    }
    let row = |i: usize| {
        let is_level = !absolute && i == answer.baseline;
        let cells = answer.methods.iter().map(|response| match is_level {
            true => estimate(response.level, metric, |value| metric.show(value)),
            false if absolute => estimate(response.estimates[i], metric, |value| metric.show(value)),
            false => estimate(response.estimates[i], metric, |value| metric.show_change(value)),
        });
        let difference = answer.differences.get(i).filter(|_| !is_level);
        let difference = difference.map(|difference| estimate(*difference, metric, |value| metric.show_change(value)));
        let value = Text::plain(experiment.named(&answer.values[i].to_string()));
        [value].into_iter().chain(cells).chain(difference).collect()
    };
    Table { columns, rows: (0..answer.values.len()).map(row).collect() }
}

fn estimate(estimate: Option<Estimate>, metric: Metric, show: impl Fn(f64) -> String) -> Text {
    let Some(estimate) = estimate else { return Text::dim("-") };
    let half = estimate.interval().map(|[low, high]| format!(" ±{}", metric.show((high - low) / 2.0)));
    Text::plain(show(estimate.mean)).and(half.unwrap_or_default(), Tone::Dim)
}

/// The claims, then the doubts.
fn verdicts(results: &Results, experiment: &Experiment, width: u16) -> Vec<Text> {
    let claims = results.claims.iter().flat_map(|claim| {
        let missing = claim.missing.as_ref().map(|missing| Text::dim(format!("              {missing}")));
        [claims::line(claim, experiment, width)].into_iter().chain(missing)
    });
    claims.chain(results.doubts.iter().map(doubt)).collect()
}

fn doubt(doubt: &Doubt) -> Text {
    Text::new(" ! doubt      ", Tone::Doubtful)
        .and(format!("{}: {}", doubt.about, doubt.text), Tone::Plain)
        .then(&doubt.remedy, Tone::Dim)
}
