//! Run: the methods of a heat side by side, at the same step.

mod charts;
mod crosshair;
mod heading;
mod log;
mod numbers;
mod pins;
mod recipes;
mod tracks;

use ratatui::layout::Rect;

use charts::Charts;
use log::Log;
use pins::Pins;
use tracks::Tracks;

use super::{Effect, Screen};
use crate::{
    chart::{
        Figure, Pen,
        across::{Across, Ruler},
        curves::{Curve, Look},
        pen,
    },
    plan::Trial,
    store::Run as Training,
    tui::{
        keys::Action,
        model::{self, Model, Open},
        widgets::{
            Brush, indented,
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
    log_across: bool,
    /// Place in [`SMOOTHING`].
    smoothing: usize,
    /// The first line of charts shown.
    line: usize,
    /// The step under the crosshair, where it is on.
    crosshair: Option<u64>,
    /// Shows what the recipes differ in, in place of everything else.
    differences: bool,
    search: String,
    pins: Pins,
    heading: Text,
    pace: Text,
    charts: Charts,
    tracks: Tracks,
    recipes: Table,
    table: Table,
    log: Log,
}

/// A trial of the heat with its look, and what the disk holds about it.
pub struct Lane<'a> {
    pub trial: &'a Trial,
    pub name: String,
    pub pen: Pen,
    pub run: Option<&'a Training>,
}

impl Lane<'_> {
    fn curve(&self) -> Option<Curve<'_>> {
        let images = self.trial.recipe.train.optimizer_batch as u64;
        Some(Curve { name: &self.name, pen: self.pen, run: self.run?, images })
    }
}

/// Weights of what went before, from none on.
const SMOOTHING: [f64; 6] = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98];

impl Run {
    /// Shows a heat of the plan; none follows the one in training.
    pub fn watch(&mut self, heat: Option<usize>) {
        self.heat = heat;
        self.crosshair = None;
    }

    /// The heat chosen, if one is.
    pub fn watched(&self) -> Option<usize> {
        self.heat
    }

    /// The screen as it begins for another experiment: nothing but what is pinned stays.
    pub fn forget(&mut self) {
        *self = Self { pins: std::mem::take(&mut self.pins), ..Self::default() };
    }

    fn shown(&self, open: &Open) -> usize {
        open.shown_heat(self.heat)
    }

    fn step(&mut self, by: isize, open: &Open) {
        self.watch(Some(self.shown(open).saturating_add_signed(by).min(open.plan.heats.len() - 1)));
    }

    fn look(&self) -> Look {
        let smoothing = SMOOTHING[self.smoothing];
        Look { log: self.log_scale, across: self.across, log_across: self.log_across, smoothing }
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
        let look = self.look();
        self.pins.refresh(open);
        let pinned = self.pins.beside(open, heat);
        self.heading = heading::heading(open, heat, look);
        self.pace = match self.crosshair {
            Some(step) => heading::aimed(step, &lanes),
            None => heading::pace(open, heat, &lanes),
        };
        let ruler = ruler(&lanes, look);
        let aim = self.crosshair.zip(ruler).map(|(step, ruler)| ruler.place(step as f64));
        self.charts = Charts::of(&lanes, &pinned, look, aim);
        self.tracks = Tracks::of(&lanes, &pinned, look, self.crosshair);
        self.recipes = recipes::differences(&lanes);
        self.table = numbers::table(&lanes, &pinned, self.crosshair);
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
            Action::LogAcross => self.log_across = !self.log_across,
            Action::NextPart => self.line = (self.line + 1) % self.charts.lines().max(1),
            Action::PreviousPart => self.line = self.line.checked_sub(1).unwrap_or(self.charts.lines().max(1) - 1),
            Action::Smoother => self.smoothing = (self.smoothing + 1).min(SMOOTHING.len() - 1),
            Action::Rougher => self.smoothing = self.smoothing.saturating_sub(1),
            Action::Differences => self.differences = !self.differences,
            Action::Pin => return Effect::Say(self.pins.toggle(open, self.shown(open))),
            Action::Unpin => self.pins.clear(),
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

    fn figures(&self) -> Vec<&Figure> {
        self.charts.drawn()
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
        self.charts.paint(self.line, indented(area), brush);
        if !tracks.is_empty() {
            self.tracks.paint(indented(tracks), brush);
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
}

/// The trials of a heat beside each other.
pub fn lanes(open: &Open, heat: usize) -> Vec<Lane<'_>> {
    let trials = open.heat(heat);
    let names = model::names(&trials);
    let pens = pen::pens(names.iter().map(String::as_str));
    let lane = |((trial, name), pen)| Lane { trial, name, pen, run: open.run(trial) };
    trials.into_iter().zip(names).zip(pens).map(lane).collect()
}

/// From steps to places on the x axis, by the trial that got furthest.
fn ruler(lanes: &[Lane], look: Look) -> Option<Ruler> {
    let furthest = lanes.iter().filter(|lane| lane.run.is_some()).max_by_key(|lane| lane.run.map(|run| run.step))?;
    furthest.curve().map(|curve| curve.ruler(look))
}
