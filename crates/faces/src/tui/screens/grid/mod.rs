//! Grid: the ablation is the launcher. Cells with their state and score, below them the switches of the axes and
//! seeds, what starting would train, and the claims.

mod about;
mod sheet;
mod switches;

use ratatui::layout::Rect;

pub use about::{plural, remarked};
use sheet::GridTable;

use super::{Effect, Screen};
use crate::tui::{
    edit::Edited,
    keys::Action,
    model::{self, Model, Open},
    widgets::{
        Brush, ClickTarget, claims, figure, indented,
        table::{Cursor, Table},
        take,
        text::Text,
    },
};
use byolab_store::{
    chart::{
        Figure, Metric,
        metric::{self, LINEAR},
    },
    results::distinct,
    store::State,
};
use byolab_values::plan::{Cell, Trial};

/// Where the cursor is, and what a reading says about the cells.
pub struct GridScreen {
    part: GridHalf,
    /// Row and column; 0 is the heading, which stands for all of its column or row.
    cell: (usize, usize),
    /// Line and place in the line.
    switch: (usize, usize),
    metric: Metric,
    /// Place of the axis across; none chooses one.
    across: Option<usize>,
    table: Table,
    /// The table with a curve in each cell, for where there is room.
    wide: Table,
    /// The trials behind each cell of the table.
    trials: Vec<Vec<Vec<usize>>>,
    detail: [Text; 2],
    figure: Option<Figure>,
    plan: Text,
}

/// The two halves that Tab goes between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GridHalf {
    Cells,
    Switches,
}

/// Least rows for a figure of the cell.
const FIGURE: u16 = 10;

/// Rows from which on an empty one follows the legend under the cells.
const ROOMY: u16 = 24;

impl Default for GridScreen {
    fn default() -> Self {
        Self {
            part: GridHalf::Switches,
            cell: (1, 1),
            switch: (0, 0),
            metric: LINEAR,
            across: None,
            table: Table::default(),
            wide: Table::default(),
            trials: Vec::new(),
            detail: Default::default(),
            figure: None,
            plan: Text::default(),
        }
    }
}

impl Screen for GridScreen {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        model.open.iter().map(|open| open.plan.experiment.name.clone()).collect()
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let sheet = GridTable::of(open, self.across);
        self.table = sheet.table(open, self.metric, false);
        self.wide = sheet.table(open, self.metric, true);
        self.trials = sheet.trials;
        self.cell = (self.cell.0.min(self.trials.len()), self.cell.1.min(self.trials[0].len()));
        self.switch.0 = self.switch.0.min(open.choice.lines.len());
        self.switch.1 = self.switch.1.min(switches::places(open, self.switch.0) - 1);
        let trial = self.trial(open);
        self.detail = trial.map(|trial| about::detail(open, trial)).unwrap_or_default();
        self.figure = self.heat(open).map(|heat| about::curve(open, heat));
        self.plan = about::plan_line(open);
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &mut model.open else { return Effect::None };
        match action {
            Action::Up | Action::Down | Action::First | Action::Last => self.move_rows(action, open),
            Action::Left => self.move_columns(-1, open),
            Action::Right => self.move_columns(1, open),
            Action::NextPart => {
                self.part = if self.part == GridHalf::Cells { GridHalf::Switches } else { GridHalf::Cells }
            }
            Action::Toggle | Action::ToggleAll => return self.toggle(action, open),
            Action::NextMetric => {
                if let Some(reading) = &open.reading {
                    self.metric = metric::after(self.metric, &reading.results);
                }
            }
            Action::Open => return self.open(open),
            Action::Across => self.turn(open),
            Action::Edit => return self.edit(open),
            Action::Unedit => return Effect::Unedit,
            Action::AddAxis => return Effect::Edit(Edited::Key(None)),
            Action::Next | Action::Skip | Action::Rerun => return self.with_cells(action),
            Action::Remark if self.part == GridHalf::Switches => return Effect::Remark(Vec::new()),
            Action::Remark => return Effect::Remark(self.under_cursor()),
            Action::Start if self.part == GridHalf::Cells => return self.with_cells(action),
            Action::Save => return Effect::Save,
            Action::Start => return Effect::Start,
            Action::Judge => return Effect::Judge,
            Action::Stop => return Effect::Stop,
            _ => {}
        }
        Effect::None
    }

    fn point(&mut self, target: ClickTarget) {
        match target {
            ClickTarget::Cell(row, column) => (self.part, self.cell) = (GridHalf::Cells, (row + 1, column)),
            ClickTarget::Heading(column) => (self.part, self.cell) = (GridHalf::Cells, (0, column)),
            ClickTarget::Switch(line, place) => (self.part, self.switch) = (GridHalf::Switches, (line, place)),
            ClickTarget::Key(_) => {}
        }
    }

    fn copy(&self, model: &Model) -> Option<String> {
        let open = model.open.as_ref()?;
        let trials = self.selected(open);
        let cells = distinct(trials.iter().map(|i| &open.plan.trials[*i].cell));
        let lines: Vec<String> = cells.into_iter().filter_map(|cell| self.copied(open, cell)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn draw(&self, model: &Model, mut area: Rect, brush: &mut Brush) {
        let Some(open) = &model.open else { return };
        let question = Text::dim(format!(" {}", open.plan.experiment.question));
        question.paint(take(&mut area, 1), brush);
        let airy = u16::from(area.height >= 18);
        take(&mut area, airy);
        self.draw_cells(area, airy, open, brush);
    }
}

impl GridScreen {
    /// Lays the parts out below each other; what matters less gives way first where it is low.
    fn draw_cells(&self, mut area: Rect, airy: u16, open: &Open, brush: &mut Brush) {
        let (lines, is_roomy) = (switches::lines(open) as u16, area.height >= ROOMY);
        let claims = open.reading.as_ref().map_or(&[][..], |reading| &reading.results.claims);
        let fixed = lines + 1 + airy * if is_roomy { 3 } else { 2 };
        let rows = self.table.height().min(area.height.saturating_sub(fixed).max(3));
        let place = indented(take(&mut area, rows));
        let table = if self.wide.width_within(u16::MAX) <= place.width { &self.wide } else { &self.table };
        table.paint(self.cursor(), place, brush);
        let words = sheet::legend(open, self.metric, brush.theme.has_scales(), std::ptr::eq(table, &self.wide));
        let legend = airy.min(words.width());
        words.paint(indented(take(&mut area, legend)), brush);
        // Where rows are few the legend alone sets the switches apart.
        take(&mut area, if is_roomy { airy } else { airy - legend });
        for line in 0..switches::lines(open) {
            let cursor = (self.part == GridHalf::Switches && self.switch.0 == line).then_some(self.switch.1);
            switches::paint(open, line, cursor, indented(take(&mut area, 1)), brush);
        }
        take(&mut area, airy);
        self.plan.paint(indented(take(&mut area, 1)), brush);
        take(&mut area, airy);
        let claims_area = take(&mut area, claims.len() as u16);
        for (claim, y) in claims.iter().zip(claims_area.y..claims_area.bottom()) {
            let row = Rect { y, height: 1, ..claims_area };
            claims::line(claim, &open.plan.experiment, row.width).paint(row, brush);
        }
        let doubts = open.reading.as_ref().map_or(&[][..], |reading| &reading.results.doubts);
        if let Some(first) = doubts.first() {
            let row = take(&mut area, 1);
            about::doubts_line(doubts.len(), first).paint(row, brush);
        }
        take(&mut area, airy * u16::from(!claims.is_empty() || !doubts.is_empty()));
        for text in self.detail.iter().filter(|text| text.width() > 0) {
            text.paint(indented(take(&mut area, 1)), brush);
        }
        if let Some(curve) = self.figure.as_ref().filter(|_| area.height > FIGURE) {
            take(&mut area, 1);
            figure::paint(curve, indented(area), brush);
        }
    }

    fn cursor(&self) -> Cursor {
        match (self.part, self.cell) {
            (GridHalf::Switches, _) => Cursor::Elsewhere,
            (GridHalf::Cells, (0, 0)) => Cursor::All,
            (GridHalf::Cells, (0, column)) => Cursor::Column(column),
            (GridHalf::Cells, (row, 0)) => Cursor::Row(row - 1),
            (GridHalf::Cells, (row, column)) => Cursor::Cell(row - 1, column),
        }
    }

    fn move_rows(&mut self, action: Action, open: &Open) {
        let cells = self.trials.len() + 1;
        let last = cells + switches::lines(open) - 1;
        let at = match self.part {
            GridHalf::Cells => self.cell.0,
            GridHalf::Switches => cells + self.switch.0,
        };
        let to = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => (at + 1).min(last),
            Action::First => 0,
            _ => last,
        };
        match to.checked_sub(cells) {
            None => (self.part, self.cell.0) = (GridHalf::Cells, to),
            Some(line) => (self.part, self.switch.0) = (GridHalf::Switches, line),
        }
    }

    fn move_columns(&mut self, by: isize, open: &Open) {
        let (column, columns) = match self.part {
            GridHalf::Cells => (&mut self.cell.1, self.table.columns.len()),
            GridHalf::Switches => (&mut self.switch.1, switches::places(open, self.switch.0)),
        };
        *column = column.saturating_add_signed(by).min(columns - 1);
    }

    fn toggle(&mut self, action: Action, open: &mut Open) -> Effect {
        if self.part == GridHalf::Cells {
            return Effect::Say("switches are below the cells: tab goes there".into());
        }
        let Some(line) = open.choice.lines.get_mut(self.switch.0) else {
            return Effect::Say("a key of the recipe is not switched; e edits it".into());
        };
        match action {
            Action::ToggleAll => line.toggle_all(self.switch.1),
            _ if !line.toggle(self.switch.1) => return Effect::Say("one value of each line stays on".into()),
            _ => {}
        }
        Effect::Plan
    }

    fn edit(&self, open: &Open) -> Effect {
        let (line, place) = self.switch;
        match self.part {
            GridHalf::Cells => Effect::Say("values are edited below the cells: tab goes there".into()),
            GridHalf::Switches => Effect::Edit(match open.choice.lines.get(line).map(|line| &line.axis) {
                Some(Some(_)) => Edited::Value(line, place),
                Some(None) => Edited::Seed(place),
                None => Edited::Key(place.checked_sub(1)),
            }),
        }
    }

    /// The next axis stands across.
    fn turn(&mut self, open: &Open) {
        let axes = open.plan.experiment.axes.len();
        let now = self.across.or_else(|| sheet::usual(&open.plan.experiment.axes));
        self.across = (axes > 0).then(|| now.map_or(0, |axis| (axis + 1) % axes));
    }

    fn with_cells(&self, action: Action) -> Effect {
        match self.part {
            GridHalf::Cells => Effect::Cells(action, self.under_cursor()),
            GridHalf::Switches => Effect::Say("put the cursor on a cell first: tab goes there".into()),
        }
    }

    /// The trials of the cell, row or column under the cursor, in the order of the plan.
    fn under_cursor(&self) -> Vec<usize> {
        let (row, column) = self.cell;
        let rows = if row == 0 { &self.trials[..] } else { &self.trials[row - 1..row] };
        let cells = rows.iter().flat_map(|row| if column == 0 { &row[..] } else { &row[column - 1..column] });
        let mut trials: Vec<usize> = cells.flatten().copied().collect();
        trials.sort_unstable();
        trials
    }

    /// The trials under the cursor, or those of the current heat.
    fn selected(&self, open: &Open) -> Vec<usize> {
        match self.part {
            GridHalf::Cells => self.under_cursor(),
            GridHalf::Switches => {
                open.plan.heats.get(open.current_heat()).map_or(Vec::new(), |heat| heat.trials.clone())
            }
        }
    }

    /// The mean of a cell with its interval.
    fn copied(&self, open: &Open, cell: &Cell) -> Option<String> {
        let groups = &open.reading.as_ref()?.results.groups;
        let group = groups.iter().find(|group| group.metric == self.metric.name && group.axes == *cell)?;
        let name = cell.iter().map(|(key, value)| model::worded(key, value)).collect::<Vec<_>>().join(" · ");
        let spread = group.std.map(|std| format!(" ±{}", self.metric.show(std))).unwrap_or_default();
        let ends = group.low.zip(group.high).map(|ends| [ends.0, ends.1].map(|end| self.metric.show(end)));
        let interval = ends.map(|[low, high]| format!(", 95 % interval [{low}, {high}]")).unwrap_or_default();
        let (title, mean) = (self.metric.title, self.metric.show(group.mean));
        Some(format!("{name}: {title} {mean}{spread} %{interval}, n {}", group.n))
    }

    fn open(&self, open: &Open) -> Effect {
        match self.part {
            GridHalf::Cells => Effect::Watch(self.heat(open)),
            GridHalf::Switches => Effect::Watch(None),
        }
    }

    /// The one of the selected trials that is running, else got furthest.
    fn trial<'a>(&self, open: &'a Open) -> Option<&'a Trial> {
        let trials = self.selected(open).into_iter().map(|i| &open.plan.trials[i]);
        trials.max_by_key(|trial| (open.state(trial) == State::Running, open.run(trial).map(|run| run.step)))
    }

    fn heat(&self, open: &Open) -> Option<usize> {
        let id = &self.trial(open)?.id;
        open.plan.heats.iter().position(|heat| heat.trials.iter().any(|i| open.plan.trials[*i].id == *id))
    }
}
