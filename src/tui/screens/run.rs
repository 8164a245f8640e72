//! Run: the methods of a heat side by side, at the same step.

mod log;
mod numbers;

use ratatui::layout::Rect;

use log::Log;

use super::{Effect, Screen, tone};
use crate::{
    chart::{
        Figure, Metric, Pen,
        curves::{Curve, curves},
        metric::{self, count},
        pen,
    },
    plan::{Trial, words},
    store::{Run as Training, State},
    tui::{
        keys::Action,
        model::{self, Model, Open},
        theme::Tone,
        time_left,
        widgets::{
            Brush, figure, indented,
            table::{Cursor, Table},
            take, take_bottom,
            text::Text,
        },
    },
};

/// A heat of the open experiment.
#[derive(Default)]
pub struct Run {
    /// The heat chosen; none follows the one in training.
    heat: Option<usize>,
    log_scale: bool,
    heading: Text,
    pace: Text,
    figures: Vec<Figure>,
    table: Table,
    log: Log,
}

/// A trial of the heat with its look, and what the disk holds about it.
struct Lane<'a> {
    trial: &'a Trial,
    name: String,
    pen: Pen,
    run: Option<&'a Training>,
}

/// Charts in the order in which they get room.
const CHARTS: [Metric; 6] =
    [metric::LOSS, metric::KNN, metric::FEATURE_STD, metric::EFFECTIVE_RANK, metric::ALIGNMENT, metric::UNIFORMITY];

/// Charts beside each other, and the rows that a second line of them needs.
const ACROSS: u16 = 3;
const TALL: u16 = 24;

impl Run {
    /// Shows a heat of the plan; none follows the one in training.
    pub fn watch(&mut self, heat: Option<usize>) {
        self.heat = heat;
    }

    fn step(&mut self, by: isize, open: &Open) {
        let shown = self.heat.unwrap_or_else(|| open.current_heat());
        self.heat = Some(shown.saturating_add_signed(by).min(open.plan.heats.len() - 1));
    }
}

impl Screen for Run {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        let name = model.open.iter().map(|open| open.plan.experiment.name.clone());
        name.chain(["run".into()]).collect()
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let heat = self.heat.unwrap_or_else(|| open.current_heat()).min(open.plan.heats.len() - 1);
        let lanes = lanes(open, heat);
        self.heading = heading(open, heat);
        self.pace = pace(open, heat, &lanes);
        self.figures = figures(&lanes, self.log_scale);
        self.table = numbers::table(&lanes);
        self.log = Log::of(&lanes, model);
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        match action {
            Action::Left => self.step(-1, open),
            Action::Right => self.step(1, open),
            Action::Current => self.heat = None,
            Action::LogScale => self.log_scale = !self.log_scale,
            Action::Stop => return Effect::Stop,
            _ => {}
        }
        Effect::None
    }

    fn draw(&self, _: &Model, mut area: Rect, brush: &mut Brush) {
        self.heading.paint(indented(take(&mut area, 1)), brush);
        self.pace.paint(indented(take(&mut area, 1)), brush);
        let airy = u16::from(area.height >= 16);
        let table = self.table.height().min(area.height.saturating_sub(6).max(2));
        let log = self.log.len().min(area.height.saturating_sub(table + 2 * airy) / 4);
        let log_area = take_bottom(&mut area, log);
        take_bottom(&mut area, airy * u16::from(log > 0));
        let table_area = take_bottom(&mut area, table);
        take_bottom(&mut area, airy);
        take(&mut area, airy);
        self.draw_figures(indented(area), brush);
        self.table.paint(Cursor::None, indented(table_area), brush);
        for (line, y) in self.log.last(log).zip(log_area.y..) {
            line.paint(indented(Rect { y, height: 1, ..log_area }), brush);
        }
    }
}

impl Run {
    fn draw_figures(&self, mut area: Rect, brush: &mut Brush) {
        let lines = if area.height >= TALL { 2 } else { 1 };
        let (width, height) = (area.width / ACROSS, area.height / lines);
        for line in self.figures.chunks(ACROSS.into()).take(lines.into()) {
            let row = take(&mut area, height);
            for (figure, x) in line.iter().zip((row.x..).step_by(width.max(1).into())) {
                let room =
                    Rect { x, width: width.saturating_sub(2), height: row.height.saturating_sub(lines - 1), ..row };
                figure::paint(figure, room, brush);
            }
        }
    }
}

fn lanes(open: &Open, heat: usize) -> Vec<Lane<'_>> {
    let trials = open.heat(heat);
    let names = model::names(&trials);
    let pens = pen::pens(names.iter().map(String::as_str));
    let lane = |((trial, name), pen)| Lane { trial, name, pen, run: open.run(trial) };
    trials.into_iter().zip(names).zip(pens).map(lane).collect()
}

/// What the trials share, and which heat of how many this is.
fn heading(open: &Open, heat: usize) -> Text {
    let place = format!("heat {} of {}", heat + 1, open.plan.heats.len());
    Text::new(model::shared(&open.heat(heat)), Tone::Strong).then(place, Tone::Dim)
}

/// How far the heat is, by the trial that is training or got furthest: steps, epochs, learning rate, time left.
fn pace(open: &Open, heat: usize, lanes: &[Lane]) -> Text {
    let begun = lanes.iter().filter_map(|lane| Some((lane, lane.run?)));
    let Some((lane, run)) = begun.max_by_key(|(_, run)| (run.state == State::Running, run.step)) else {
        return Text::dim("waiting: nothing of this heat is on disk yet");
    };
    let steps = format!("step {}/{}", count(run.step), count(run.steps));
    let epoch = run.step.checked_div(run.steps_per_epoch).unwrap_or(0);
    let mut text = Text::new(run.state.word(), tone(run.state))
        .then(steps, Tone::Plain)
        .then(format!("epoch {epoch}/{}", lane.trial.recipe.train.epochs), Tone::Plain);
    if let Some(rate) = run.latest(metric::LEARNING_RATE.name) {
        text = text.then("lr ", Tone::Dim).and(metric::LEARNING_RATE.show(rate), Tone::Plain);
    }
    match time_left::of_heat(open, heat).filter(|_| run.state == State::Running) {
        Some(seconds) => text.then(format!("{} left", words::duration(seconds)), Tone::Strong),
        None => text,
    }
}

fn figures(lanes: &[Lane], log_scale: bool) -> Vec<Figure> {
    let begun = || lanes.iter().filter_map(|lane| Some(Curve { name: &lane.name, pen: lane.pen, run: lane.run? }));
    let trials: Vec<Curve> = begun().collect();
    CHARTS.map(|metric| curves(metric, &trials, log_scale && metric == metric::LOSS)).into()
}
