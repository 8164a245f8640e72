//! Grid: the ablation is the launcher. Cells with their state and score, below them the switches of the axes and
//! seeds, what starting would train, and the claims.

mod sheet;
mod switches;

use ratatui::layout::Rect;

use sheet::Sheet;

use super::{Effect, Screen, tone};
use crate::{
    chart::{
        Figure, Metric,
        curves::{self, Curve},
        metric::{FEATURE_STD, KNN, LINEAR, RATE, count},
        pen,
    },
    plan::{Trial, words},
    results::Doubt,
    store::{Run, State},
    tui::{
        keys::Action,
        model::{self, Model, Open},
        theme::Tone,
        time_left,
        widgets::{
            Brush, claims, figure, indented,
            sparkline::sparkline,
            table::{Cursor, Table},
            take,
            text::Text,
        },
    },
};

/// Where the cursor is, and what a reading says about the cells.
pub struct Grid {
    part: Part,
    cell: (usize, usize),
    switch: (usize, usize),
    metric: Metric,
    /// Place of the axis across; none chooses one.
    across: Option<usize>,
    table: Table,
    /// The trials behind each cell of the table.
    trials: Vec<Vec<Vec<usize>>>,
    detail: [Text; 2],
    figure: Option<Figure>,
    plan: Text,
}

/// The two halves that Tab goes between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Cells,
    Switches,
}

/// Least rows for a figure of the cell.
const FIGURE: u16 = 10;

impl Default for Grid {
    fn default() -> Self {
        Self {
            part: Part::Switches,
            cell: (0, 0),
            switch: (0, 0),
            metric: LINEAR,
            across: None,
            table: Table::default(),
            trials: Vec::new(),
            detail: Default::default(),
            figure: None,
            plan: Text::default(),
        }
    }
}

impl Screen for Grid {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        model.open.iter().map(|open| open.plan.experiment.name.clone()).collect()
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        let sheet = Sheet::of(open, self.across);
        self.table = sheet.table(open, self.metric);
        self.trials = sheet.trials;
        self.cell = (self.cell.0.min(self.trials.len() - 1), self.cell.1.min(self.trials[0].len() - 1));
        self.switch.0 = self.switch.0.min(open.choice.lines.len() - 1);
        self.switch.1 = self.switch.1.min(open.choice.lines[self.switch.0].values.len() - 1);
        let trial = self.trial(open);
        self.detail = trial.map(|trial| detail(open, trial)).unwrap_or_default();
        self.figure = self.heat(open).map(|heat| curve(open, heat));
        self.plan = plan_line(open);
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &mut model.open else { return Effect::None };
        match action {
            Action::Up | Action::Down | Action::First | Action::Last => self.move_rows(action, open),
            Action::Left => self.move_columns(-1, open),
            Action::Right => self.move_columns(1, open),
            Action::NextPart => self.part = if self.part == Part::Cells { Part::Switches } else { Part::Cells },
            Action::Toggle | Action::ToggleAll => return self.toggle(action, open),
            Action::NextMetric => self.metric = if self.metric == LINEAR { KNN } else { LINEAR },
            Action::Open => return self.open(open),
            Action::Across => self.turn(open),
            Action::Next | Action::Skip | Action::Rerun => return self.with_cell(action),
            Action::Save => return Effect::Save,
            Action::Start => return Effect::Start,
            Action::Stop => return Effect::Stop,
            _ => {}
        }
        Effect::None
    }

    fn copy(&self, model: &Model) -> Option<String> {
        let open = model.open.as_ref()?;
        let cell = &self.trial(open)?.cell;
        let groups = &open.reading.as_ref()?.results.groups;
        let group = groups.iter().find(|group| group.metric == self.metric.name && group.axes == *cell)?;
        let name = cell.iter().map(|(key, value)| model::worded(key, value)).collect::<Vec<_>>().join(" · ");
        let spread = group.std.map(|std| format!(" ±{}", self.metric.show(std))).unwrap_or_default();
        let ends = group.low.zip(group.high).map(|ends| [ends.0, ends.1].map(|end| self.metric.show(end)));
        let interval = ends.map(|[low, high]| format!(", 95 % interval [{low}, {high}]")).unwrap_or_default();
        let (title, mean) = (self.metric.title, self.metric.show(group.mean));
        Some(format!("{name}: {title} {mean}{spread} %{interval}, n {}", group.n))
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

impl Grid {
    /// Lays the parts out below each other; what matters less gives way first where it is low.
    fn draw_cells(&self, mut area: Rect, airy: u16, open: &Open, brush: &mut Brush) {
        let lines = open.choice.lines.len() as u16;
        let claims = open.reading.as_ref().map_or(&[][..], |reading| &reading.results.claims);
        let fixed = lines + 1 + 2 * airy;
        let table = self.table.height().min(area.height.saturating_sub(fixed).max(3));
        let cursor = match self.part {
            Part::Cells => Cursor::Cell(self.cell.0, self.cell.1 + 1),
            Part::Switches => Cursor::None,
        };
        self.table.paint(cursor, indented(take(&mut area, table)), brush);
        take(&mut area, airy);
        for line in 0..open.choice.lines.len() {
            let cursor = (self.part == Part::Switches && self.switch.0 == line).then_some(self.switch.1);
            switches::paint(&open.choice, line, cursor, indented(take(&mut area, 1)), brush);
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
            doubts_line(doubts.len(), first).paint(row, brush);
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

    fn move_rows(&mut self, action: Action, open: &Open) {
        let (cells, lines) = (self.trials.len(), open.choice.lines.len());
        let at = match self.part {
            Part::Cells => self.cell.0,
            Part::Switches => cells + self.switch.0,
        };
        let to = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => (at + 1).min(cells + lines - 1),
            Action::First => 0,
            _ => cells + lines - 1,
        };
        match to.checked_sub(cells) {
            None => (self.part, self.cell.0) = (Part::Cells, to),
            Some(line) => (self.part, self.switch.0) = (Part::Switches, line),
        }
    }

    fn move_columns(&mut self, by: isize, open: &Open) {
        let (column, columns) = match self.part {
            Part::Cells => (&mut self.cell.1, self.table.columns.len() - 1),
            Part::Switches => (&mut self.switch.1, open.choice.lines[self.switch.0].values.len()),
        };
        *column = column.saturating_add_signed(by).min(columns - 1);
    }

    fn toggle(&mut self, action: Action, open: &mut Open) -> Effect {
        if self.part == Part::Cells {
            return Effect::Say("switches are below the cells: tab goes there".into());
        }
        let line = &mut open.choice.lines[self.switch.0];
        match action {
            Action::ToggleAll => line.toggle_all(self.switch.1),
            _ if !line.toggle(self.switch.1) => return Effect::Say("one value of each line stays on".into()),
            _ => {}
        }
        Effect::Plan
    }

    /// The next axis stands across.
    fn turn(&mut self, open: &Open) {
        let axes = open.plan.experiment.axes.len();
        let now = self.across.or_else(|| sheet::usual(&open.plan.experiment.axes));
        self.across = (axes > 0).then(|| now.map_or(0, |axis| (axis + 1) % axes));
    }

    fn with_cell(&self, action: Action) -> Effect {
        match (self.part, self.trials.get(self.cell.0).and_then(|row| row.get(self.cell.1))) {
            (Part::Cells, Some(trials)) => Effect::Cell(action, trials.clone()),
            _ => Effect::Say("put the cursor on a cell first: tab goes there".into()),
        }
    }

    fn open(&self, open: &Open) -> Effect {
        match self.part {
            Part::Cells => Effect::Watch(self.heat(open)),
            Part::Switches => Effect::Watch(None),
        }
    }

    /// The trial of the cell under the cursor, or of the current heat, that is running, else got furthest.
    fn trial<'a>(&self, open: &'a Open) -> Option<&'a Trial> {
        let here = match self.part {
            Part::Cells => self.trials.get(self.cell.0)?.get(self.cell.1)?,
            Part::Switches => &open.plan.heats.get(open.current_heat())?.trials,
        };
        let trials = here.iter().map(|i| &open.plan.trials[*i]);
        trials.max_by_key(|trial| (open.state(trial) == State::Running, open.run(trial).map(|run| run.step)))
    }

    fn heat(&self, open: &Open) -> Option<usize> {
        let id = &self.trial(open)?.id;
        open.plan.heats.iter().position(|heat| heat.trials.iter().any(|i| open.plan.trials[*i].id == *id))
    }
}

/// How many doubts there are, and the one that weighs most.
fn doubts_line(n: usize, first: &Doubt) -> Text {
    let lead = Text::new(format!(" ! {:<10}", plural(n, "doubt")), Tone::Doubtful);
    lead.and(format!("{}: {}", first.about, first.text), Tone::Plain)
}

/// How the plan line counts states.
const COUNTED: [(&str, &[State], Tone); 5] = [
    ("finished", &[State::Finished], Tone::Plain),
    ("training", &[State::Running], Tone::Good),
    ("failed", &[State::Failed], Tone::Bad),
    ("stopped", &[State::Stopped, State::Interrupted], Tone::Plain),
    ("waiting", &[State::Waiting], Tone::Plain),
];

/// What starting would train, and how long it would take; while it trains, the title says that.
fn plan_line(open: &Open) -> Text {
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
    match time_left::of_choice(open).filter(|seconds| *seconds > 0.0 && open.runner().is_none()) {
        Some(seconds) => text.and(format!("; about {}", words::duration(seconds)), Tone::Dim),
        None => text,
    }
}

/// A number of things: `1 trial`, `12 heats`.
pub fn plural(n: usize, word: &str) -> String {
    format!("{} {word}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

/// The trial in words: where it stands, and its newest numbers.
fn detail(open: &Open, trial: &Trial) -> [Text; 2] {
    let cell = trial.cell.iter().map(|(key, value)| model::worded(key, value));
    let name = cell.chain([format!("seed {}", trial.seed)]);
    let name = Text::new(name.collect::<Vec<_>>().join(" · "), Tone::Strong);
    let Some(run) = open.run(trial) else { return [name.then(State::Waiting.word(), Tone::Dim), Text::default()] };
    let mut first = name.then(run.state.word(), tone(run.state));
    if let Some(epoch) = run.step.checked_div(run.steps_per_epoch) {
        first = first.then(format!("epoch {epoch}/{}", trial.recipe.train.epochs), Tone::Plain);
    }
    if let Some(rate) = run.latest(RATE.name).filter(|_| run.state == State::Running) {
        first = first.then(format!("{} img/s", RATE.show(rate)), Tone::Plain);
    }
    [first, newest(run)]
}

fn newest(run: &Run) -> Text {
    let curve: Vec<f64> = run.series.get(KNN.name).into_iter().flatten().map(|point| point.1).collect();
    let mut text = Text::default();
    for metric in [KNN, LINEAR, FEATURE_STD] {
        if let Some(value) = run.latest(metric.name).or_else(|| run.results.get(metric.name).copied()) {
            text = text.then(format!("{} ", metric.title), Tone::Dim);
            text =
                if metric == KNN { text.and(sparkline(&curve, 16), Tone::Plain).and(" ", Tone::Plain) } else { text };
            text = text.and(metric.show(value), Tone::Plain);
        }
    }
    text
}

/// The k-NN accuracy of all trials of a heat.
fn curve(open: &Open, heat: usize) -> Figure {
    let trials = open.heat(heat);
    let names = model::names(&trials);
    let pens = pen::pens(names.iter().map(String::as_str));
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
