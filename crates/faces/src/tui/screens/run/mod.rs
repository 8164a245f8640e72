//! Run: the methods of a heat side by side, at the same step.
//!
//! | file | holds |
//! |---|---|
//! | `shown` | the heat's trials with what is on disk of them |
//! | `heading` | which heat, how far |
//! | `charts`, `tracks`, `numbers`, `log`, `recipes` | what fills the screen: curves, the tracks below them, the table, events, knobs |
//! | `crosshair`, `replay`, `pins` | one step in all charts, a heat played again, runs of other heats laid below |

mod charts;
mod crosshair;
mod heading;
mod log;
mod numbers;
mod pins;
mod recipes;
mod replay;
mod shown;
mod tracks;

use ratatui::layout::Rect;

use charts::Charts;
use log::Log;
use pins::Pins;
use replay::Playback;
pub use shown::{ShownTrial, trials};
use shown::{last_step, ruler};
use tracks::Tracks;

use super::{Effect, Screen};
use crate::tui::{
    keys::Action,
    model::{Model, Open},
    widgets::{
        Brush, indented,
        table::{Cursor, Table},
        take, take_bottom,
        text::Text,
    },
};
use byolab_store::chart::{Figure, across::Across, curves::CurveOptions};

/// A heat of the open experiment.
#[derive(Default)]
pub struct RunScreen {
    /// The heat chosen; none follows the one in training.
    heat: Option<usize>,
    log_scale: bool,
    across: Across,
    log_across: bool,
    /// Place in [`SMOOTHING`].
    smoothing: usize,
    /// The mean over all seeds of each cell, in a band, in place of one heat's seed.
    is_mean: bool,
    /// The first line of charts shown.
    line: usize,
    /// The step under the crosshair, where it is on.
    crosshair: Option<u64>,
    page: RunPage,
    search: String,
    pins: Pins,
    /// What is shown is past, where it is on.
    replay: Option<Playback>,
    heading: Text,
    pace: Text,
    charts: Charts,
    tracks: Tracks,
    recipes: Table,
    table: Table,
    log: Log,
}

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RunPage {
    #[default]
    Charts,
    /// What the recipes differ in.
    Differences,
    Log,
}

/// Weights of what went before, from none on.
const SMOOTHING: [f64; 6] = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98];

impl RunScreen {
    /// Shows a heat of the plan; none follows the one in training.
    pub fn watch(&mut self, heat: Option<usize>) {
        self.heat = heat;
        self.crosshair = None;
        self.replay = None;
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
        self.watch(Some(open.heat_beside(self.heat, by)));
    }

    fn look(&self) -> CurveOptions {
        let smoothing = SMOOTHING[self.smoothing];
        CurveOptions { log: self.log_scale, across: self.across, log_across: self.log_across, smoothing }
    }

    /// Takes over what there is to show of a heat, which the disk may hold or a replay makes up.
    fn take(&mut self, members: &[ShownTrial], heat: usize, model: &Model, open: &Open) {
        let look = self.look();
        let pinned = self.pins.beside(open, heat);
        // A replay is of one heat.
        let is_mean = self.is_mean && self.replay.is_none();
        let cells: Vec<_> = members.iter().map(ShownTrial::seeds).collect();
        self.heading = heading::heading(open, heat, look, self.replay.is_some(), is_mean.then_some(&cells));
        self.pace = match (self.crosshair, numbers::common_step(members).filter(|_| is_mean)) {
            (Some(step), _) => heading::aimed(step, members),
            (None, Some(step)) => heading::pace(open, members).append(&heading::numbers_at(step)),
            (None, None) => heading::pace(open, members),
        };
        let aim = self.crosshair.zip(ruler(members, look)).map(|(step, ruler)| ruler.place(step as f64));
        self.charts = Charts::of(members, &pinned, look, is_mean, aim);
        self.tracks = Tracks::of(members, &pinned, look, self.crosshair);
        self.recipes = recipes::differences(members, &pinned);
        let table = if is_mean { numbers::means } else { numbers::table };
        self.table = table(members, &pinned, self.crosshair);
        self.log = Log::of(members, &self.search, model);
    }

    /// Moves the replay where one is on, else the crosshair.
    fn go(&mut self, action: Action, members: &[ShownTrial], model: &Model) {
        let at = self.replay.as_ref().map(Playback::step).or(self.crosshair);
        let to = crosshair::moved(at, action, members, &Log::of(members, &self.search, model).steps());
        match (&mut self.replay, to) {
            (Some(replay), Some(step)) => replay.seek(step),
            _ => self.crosshair = to,
        }
    }

    /// Plays the heat from its beginning, or shows what the disk holds again.
    fn play(&mut self, heat: usize, members: &[ShownTrial]) -> Effect {
        if self.replay.take().is_some() {
            return Effect::None;
        }
        if last_step(members).is_none() {
            return Effect::Say("nothing of this heat is on disk yet".into());
        }
        self.watch(Some(heat));
        self.replay = Some(Playback::of(members));
        Effect::None
    }

    fn turn_to(&mut self, page: RunPage) {
        self.page = if self.page == page { RunPage::Charts } else { page };
    }
}

impl Screen for RunScreen {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        super::crumbs(model, "run")
    }

    fn status(&self, model: &Model) -> Text {
        self.replay.as_ref().map_or_else(|| super::training(model), Playback::status)
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        self.pins.refresh(open);
        let heat = self.shown(open);
        let mut members = trials(open, heat);
        let past = self.replay.as_ref().map(|replay| replay.runs(&members));
        for (member, run) in members.iter_mut().zip(past.iter().flatten()) {
            member.run = run.as_ref();
        }
        self.take(&members, heat, model, open);
    }

    fn moves(&self) -> bool {
        self.replay.as_ref().is_some_and(Playback::moves)
    }

    fn advance(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let members = trials(open, self.shown(open));
        if let Some(replay) = &mut self.replay {
            replay.advance(&members, model.now);
        }
    }

    fn leave(&mut self) {
        self.replay = None;
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        let heat = self.shown(open);
        let members = trials(open, heat);
        match (action, &mut self.replay) {
            (Action::Replay, _) => return self.play(heat, &members),
            (Action::Toggle, Some(replay)) => replay.toggle(&members),
            (Action::Slower, Some(replay)) => replay.slower(),
            (Action::Faster, Some(replay)) => replay.faster(),
            (Action::Crosshair, None) if self.crosshair.is_none() => self.crosshair = last_step(&members),
            (Action::Crosshair, _) => self.crosshair = None,
            (Action::PreviousHeat, _) => self.step(-1, open),
            (Action::NextHeat, _) => self.step(1, open),
            (Action::Current, _) => self.watch(None),
            (Action::LogScale, _) => self.log_scale = !self.log_scale,
            (Action::Across, _) => self.across = self.across.next(),
            (Action::LogAcross, _) => self.log_across = !self.log_across,
            (Action::NextPart, _) => self.line = (self.line + 1) % self.charts.lines().max(1),
            (Action::PreviousPart, _) => {
                self.line = self.line.checked_sub(1).unwrap_or(self.charts.lines().max(1) - 1);
            }
            (Action::Smoother, _) => self.smoothing = (self.smoothing + 1).min(SMOOTHING.len() - 1),
            (Action::Rougher, _) => self.smoothing = self.smoothing.saturating_sub(1),
            (Action::Mean, Some(_)) => return Effect::Say("a replay is of one heat: R ends it".into()),
            (Action::Mean, None) => self.is_mean = !self.is_mean,
            (Action::Differences, _) => self.turn_to(RunPage::Differences),
            (Action::Events, _) => self.turn_to(RunPage::Log),
            (Action::Pin, _) => return Effect::Say(self.pins.toggle(open, heat)),
            (Action::Unpin, _) => self.pins.clear(),
            (Action::Stop, _) => return Effect::Stop,
            (Action::Remark, _) => return Effect::Remark(open.plan.heats[heat].trials.clone()),
            _ if crosshair::moves(action) => self.go(action, &members, model),
            _ => {}
        }
        Effect::None
    }

    /// Leaves the replay, then the crosshair and the page, then the search.
    fn back(&mut self) -> bool {
        if self.replay.take().is_some() {
            return true;
        }
        let inner = self.crosshair.take().is_some() | (std::mem::take(&mut self.page) != RunPage::Charts);
        inner | !std::mem::take(&mut self.search).is_empty()
    }

    fn search(&mut self, text: &str) {
        self.search = text.into();
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
        match self.page {
            RunPage::Charts => self.draw_charts(area, airy, brush),
            RunPage::Differences => {
                take(&mut area, airy);
                self.draw_recipes(indented(area), brush);
            }
            RunPage::Log => {
                take(&mut area, airy);
                self.draw_log(area, brush);
            }
        }
    }
}

impl RunScreen {
    fn draw_charts(&self, mut area: Rect, airy: u16, brush: &mut Brush) {
        let table = self.table.height().min(area.height.saturating_sub(6).max(2));
        let share = if self.search.is_empty() { 4 } else { 2 };
        let found = u16::from(!self.search.is_empty());
        let log = self.log.len().min(area.height.saturating_sub(table + 2 * airy) / share);
        let log_area = take_bottom(&mut area, log + found);
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
        self.draw_log(log_area, brush);
    }

    /// The log, under what a search has found.
    fn draw_log(&self, mut area: Rect, brush: &mut Brush) {
        if !self.search.is_empty() {
            self.log.found(&self.search).paint(indented(take(&mut area, 1)), brush);
        }
        self.log.paint(self.crosshair, indented(area), brush);
    }

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
