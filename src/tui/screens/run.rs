//! Run: the methods of a heat side by side, at the same step.

mod crosshair;
mod log;
mod numbers;
mod recipes;
mod tracks;

use ratatui::layout::Rect;

use log::Log;
use tracks::Tracks;

use super::{Effect, Screen, tone};
use crate::{
    chart::{
        Figure, Metric, Pen,
        across::{Across, Ruler},
        curves::{Curve, Look, seen},
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
    across: Across,
    /// Place in [`SMOOTHING`].
    smoothing: usize,
    /// The step under the crosshair, where it is on.
    crosshair: Option<u64>,
    /// Shows what the recipes differ in, in place of everything else.
    differences: bool,
    search: String,
    heading: Text,
    pace: Text,
    figures: Vec<Figure>,
    /// The place of the crosshair on their x axes.
    aim: Option<f64>,
    tracks: Tracks,
    recipes: Table,
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
const CHARTS: [Metric; 9] = [
    metric::LOSS,
    metric::KNN,
    metric::FEATURE_STD,
    metric::EFFECTIVE_RANK,
    metric::ALIGNMENT,
    metric::UNIFORMITY,
    metric::GRADIENT_NORM,
    metric::PROJECTION_STD,
    metric::RATE,
];

/// Charts that keep their place while they have nothing to show.
const USUAL: usize = 6;

/// Charts beside each other, and the rows that each further line of them needs.
const ACROSS: u16 = 3;
const TALL: u16 = 12;

/// Weights of what went before, from none on.
const SMOOTHING: [f64; 6] = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98];

impl Run {
    /// Shows a heat of the plan; none follows the one in training.
    pub fn watch(&mut self, heat: Option<usize>) {
        self.heat = heat;
        self.crosshair = None;
    }

    fn shown(&self, open: &Open) -> usize {
        self.heat.unwrap_or_else(|| open.current_heat()).min(open.plan.heats.len() - 1)
    }

    fn step(&mut self, by: isize, open: &Open) {
        self.watch(Some(self.shown(open).saturating_add_signed(by).min(open.plan.heats.len() - 1)));
    }

    fn look(&self, lanes: &[Lane]) -> Look {
        let images = lanes.first().map_or(0, |lane| lane.trial.recipe.train.optimizer_batch as u64);
        Look { log: self.log_scale, across: self.across, images, smoothing: SMOOTHING[self.smoothing] }
    }
}

impl Screen for Run {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        let name = model.open.iter().map(|open| open.plan.experiment.name.clone());
        name.chain(["run".into()]).collect()
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let heat = self.shown(open);
        let lanes = lanes(open, heat);
        let look = self.look(&lanes);
        self.heading = heading(open, heat, look);
        self.pace = match self.crosshair {
            Some(step) => aimed(step, &lanes, look),
            None => pace(open, heat, &lanes),
        };
        self.figures = figures(&lanes, look);
        self.aim = self.crosshair.and_then(|step| place(step, &lanes, look));
        self.tracks = Tracks::of(&lanes);
        self.recipes = recipes::differences(&lanes);
        self.table = numbers::table(&lanes, self.crosshair);
        self.log = Log::of(&lanes, &self.search, model);
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        match action {
            Action::PreviousHeat => self.step(-1, open),
            Action::NextHeat => self.step(1, open),
            Action::Current => self.watch(None),
            Action::Crosshair if self.crosshair.is_some() => self.crosshair = None,
            Action::Crosshair
            | Action::Left
            | Action::Right
            | Action::First
            | Action::Last
            | Action::PreviousEvaluation
            | Action::NextEvaluation => {
                self.crosshair = crosshair::moved(self.crosshair, action, &lanes(open, self.shown(open)));
            }
            Action::LogScale => self.log_scale = !self.log_scale,
            Action::Across => self.across = self.across.next(),
            Action::Smoother => self.smoothing = (self.smoothing + 1).min(SMOOTHING.len() - 1),
            Action::Rougher => self.smoothing = self.smoothing.saturating_sub(1),
            Action::Differences => self.differences = !self.differences,
            Action::Stop => return Effect::Stop,
            _ => {}
        }
        Effect::None
    }

    fn back(&mut self) -> bool {
        let inner = self.crosshair.take().is_some() | std::mem::take(&mut self.differences);
        inner | !std::mem::take(&mut self.search).is_empty()
    }

    fn search(&mut self, text: &str) {
        self.search = text.into();
    }

    fn searched(&self) -> &str {
        &self.search
    }

    fn copy(&self, _: &Model) -> Option<String> {
        let place = [&self.heading, &self.pace].map(Text::content).join("  ");
        Some(format!("{place}\n{}", self.table.tabbed(&self.table.rows)))
    }

    fn draw(&self, _: &Model, mut area: Rect, brush: &mut Brush) {
        self.heading.paint(indented(take(&mut area, 1)), brush);
        self.pace.paint(indented(take(&mut area, 1)), brush);
        let airy = u16::from(area.height >= 16);
        if self.differences {
            take(&mut area, airy);
            return self.draw_recipes(indented(area), brush);
        }
        let table = self.table.height().min(area.height.saturating_sub(6).max(2));
        let share = if self.search.is_empty() { 4 } else { 2 };
        let log = self.log.len().min(area.height.saturating_sub(table + 2 * airy) / share);
        let log_area = take_bottom(&mut area, log);
        if !self.search.is_empty() {
            self.log.found(&self.search).paint(indented(take_bottom(&mut area, 1)), brush);
        }
        take_bottom(&mut area, airy * u16::from(log > 0));
        let table_area = take_bottom(&mut area, table);
        take_bottom(&mut area, airy);
        let tracks = take_bottom(&mut area, airy * self.tracks.height());
        take(&mut area, airy);
        self.draw_figures(indented(area), brush);
        if !tracks.is_empty() {
            self.tracks.paint(self.crosshair, indented(tracks), brush);
        }
        self.table.paint(Cursor::None, indented(table_area), brush);
        for (line, y) in self.log.last(log).zip(log_area.y..) {
            line.paint(indented(Rect { y, height: 1, ..log_area }), brush);
        }
    }
}

impl Run {
    /// What the recipes differ in, with a word about the rows for which there is no room.
    fn draw_recipes(&self, mut area: Rect, brush: &mut Brush) {
        if self.recipes.rows.is_empty() {
            Text::plain("the recipes of this heat differ in nothing").paint(area, brush);
            return;
        }
        let hidden = self.recipes.height().saturating_sub(area.height);
        if hidden > 0 {
            let more = format!("and {} more in a taller terminal", hidden + 1);
            Text::dim(more).paint(take_bottom(&mut area, 1), brush);
        }
        self.recipes.paint(Cursor::None, area, brush);
    }

    fn draw_figures(&self, mut area: Rect, brush: &mut Brush) {
        let lines = (area.height / TALL).clamp(1, self.figures.len().div_ceil(ACROSS.into()).max(1) as u16);
        let (width, height) = (area.width / ACROSS, area.height / lines);
        for line in self.figures.chunks(ACROSS.into()).take(lines.into()) {
            let row = take(&mut area, height);
            for (figure, x) in line.iter().zip((row.x..).step_by(width.max(1).into())) {
                let room =
                    Rect { x, width: width.saturating_sub(2), height: row.height.saturating_sub(lines - 1), ..row };
                figure::aimed(figure, self.aim, room, brush);
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

/// What the trials share, which heat of how many this is, and what is unusual about the curves.
fn heading(open: &Open, heat: usize, look: Look) -> Text {
    let place = format!("heat {} of {}", heat + 1, open.plan.heats.len());
    let mut text = Text::new(model::shared(&open.heat(heat)), Tone::Strong).then(place, Tone::Dim);
    if look.across != Across::Step {
        text = text.then(format!("x in {}", look.across.label()), Tone::Dim);
    }
    if look.smoothing > 0.0 {
        text = text.then(format!("smoothed {}", look.smoothing), Tone::Dim);
    }
    text
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

/// Where the crosshair stands, in every unit that an axis may have.
fn aimed(step: u64, lanes: &[Lane], look: Look) -> Text {
    let unit = |across| place(step, lanes, Look { across, ..look }).unwrap_or(0.0);
    Text::new(format!("at step {}", count(step)), Tone::Strong)
        .then(format!("epoch {:.1}", unit(Across::Epoch)), Tone::Plain)
        .then(format!("{} images", count(unit(Across::Images) as u64)), Tone::Plain)
        .then(format!("after {}", words::duration(60.0 * unit(Across::Time))), Tone::Plain)
}

/// Where a step stands on the x axis, by the trial that got furthest.
fn place(step: u64, lanes: &[Lane], look: Look) -> Option<f64> {
    let run = lanes.iter().filter_map(|lane| lane.run).max_by_key(|run| run.step)?;
    Some(Ruler::new(look.across, run, look.images).place(step as f64))
}

/// The charts for which there is something to draw, the usual ones in any case.
fn figures(lanes: &[Lane], look: Look) -> Vec<Figure> {
    let begun = || lanes.iter().filter_map(|lane| Some(Curve { name: &lane.name, pen: lane.pen, run: lane.run? }));
    let trials: Vec<Curve> = begun().collect();
    let figure = |(i, metric)| (i, seen(metric, &trials, Look { log: look.log && metric == metric::LOSS, ..look }));
    let figures = CHARTS.into_iter().enumerate().map(figure);
    figures.filter(|(i, figure)| *i < USUAL || !figure.is_empty()).map(|(_, figure)| figure).collect()
}
