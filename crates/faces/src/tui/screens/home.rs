//! Home: the experiments, how far each is, and what they say so far.

use ratatui::layout::Rect;

use super::{
    Effect, Screen,
    grid::{plural, remarked},
};
use crate::tui::{
    keys::Action,
    lab::{ExperimentEntry, LastSeen},
    model::Model,
    theme::Tone,
    widgets::{
        Brush, ClickTarget, claims, indented, progress,
        table::{Column, Cursor, Table},
        take,
        text::{Text, wrap},
    },
};
use byolab_store::{chart::metric::count, results::Verdict};
use byolab_values::plan::words;

/// The list of experiments with the cursor on one of them.
#[derive(Default)]
pub struct Home {
    /// Place among those shown.
    cursor: usize,
    filter: String,
    /// Places in the model of those that the filter leaves.
    shown: Vec<usize>,
    table: Table,
    /// What happened to the one under the cursor since it was seen last.
    news: Option<String>,
}

impl Home {
    /// Puts the cursor on the experiment of that name.
    pub fn point_at(&mut self, name: &str, model: &Model) {
        let place = model.entries.iter().position(|entry| entry.name == name);
        self.cursor = place.unwrap_or(self.cursor);
    }

    /// The experiment under the cursor.
    pub fn entry<'a>(&self, model: &'a Model) -> Option<&'a ExperimentEntry> {
        model.entries.get(*self.shown.get(self.cursor)?)
    }
}

/// Rows kept for the description of the experiment under the cursor.
const DETAIL: u16 = 7;

/// Columns of the bar that shows the finished share.
const BAR: usize = 8;

impl Screen for Home {
    fn crumbs(&self, _: &Model) -> Vec<String> {
        Vec::new()
    }

    fn status(&self, model: &Model) -> Text {
        let running = model.entries.iter().filter(|entry| entry.runner.is_some()).count();
        let text = Text::dim(format!("{} experiments", model.entries.len()));
        let text = if running > 0 { text.and(format!(", {running} running"), Tone::Dim) } else { text };
        match self.filter.as_str() {
            "" => text,
            filter => Text::new(format!("/{filter}"), Tone::Strong)
                .then(format!("{} of ", self.shown.len()), Tone::Dim)
                .and(text.content(), Tone::Dim),
        }
    }

    fn refresh(&mut self, model: &Model) {
        let holds = |entry: &ExperimentEntry| {
            let text = format!("{} {} {}", entry.name, entry.question, entry.said.tagged()).to_lowercase();
            self.filter.to_lowercase().split_whitespace().all(|word| text.contains(word))
        };
        self.shown = (0..model.entries.len()).filter(|i| holds(&model.entries[*i])).collect();
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
        self.news = self.entry(model).and_then(|entry| news(entry, model));
        self.table = Table {
            columns: vec![
                Column::words("experiment"),
                Column::numbers("trials done", 0),
                Column { rank: 2, ..Column::words("") },
                Column { rank: 1, ..Column::words("claims") },
                Column { rank: 3, ..Column::words("question") },
            ],
            rows: self.shown.iter().map(|i| row(&model.entries[*i], model)).collect(),
        };
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let last = self.shown.len().saturating_sub(1);
        match action {
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = last,
            Action::Open => return self.entry(model).map_or(Effect::None, open),
            Action::Remark => return Effect::Remark(Vec::new()),
            _ => {}
        }
        Effect::None
    }

    fn draw(&self, model: &Model, mut area: Rect, brush: &mut Brush) {
        let Some(entry) = self.entry(model) else {
            return empty(&self.filter, area, brush);
        };
        let airy = u16::from(area.height > 16);
        take(&mut area, airy);
        let room = area.height.saturating_sub(DETAIL).max(3);
        let list = take(&mut area, self.table.height().min(room));
        self.table.paint(Cursor::Row(self.cursor), indented(list), brush);
        let hidden = self.table.height().saturating_sub(list.height);
        if hidden > 0 && area.height > 0 {
            Text::dim(format!(" … {hidden} more; arrows scroll, / filters")).paint(Rect { height: 1, ..area }, brush);
        }
        detail(entry, self.news.as_deref(), trouble(entry, model), area, brush);
    }

    fn point(&mut self, target: ClickTarget) {
        if let ClickTarget::Cell(row, _) = target {
            self.cursor = row;
        }
    }

    fn back(&mut self) -> bool {
        !std::mem::take(&mut self.filter).is_empty()
    }

    fn search(&mut self, text: &str) {
        self.filter = text.into();
    }
}

/// What happened to an experiment since it was seen last.
fn news(entry: &ExperimentEntry, model: &Model) -> Option<String> {
    let before = model.looks.get(&entry.name).filter(|_| entry.is_read)?;
    LastSeen::at_entry(entry, model.now).since(before)
}

/// Why what is on disk about an experiment cannot be shown.
fn trouble<'a>(entry: &'a ExperimentEntry, model: &'a Model) -> Option<&'a str> {
    let fault = || model.faults.get(&entry.name);
    entry.trouble.as_ref().or_else(fault).map(String::as_str)
}

fn open(entry: &ExperimentEntry) -> Effect {
    match &entry.problems {
        Some(_) => Effect::Say(format!("{} cannot be opened before its problems are mended", entry.name)),
        None => Effect::Open(entry.name.clone()),
    }
}

fn row(entry: &ExperimentEntry, model: &Model) -> Vec<Text> {
    let name = Text::new(&entry.name, Tone::Strong);
    let name = if news(entry, model).is_some() { name.and(" new", Tone::Doubtful) } else { name };
    if let Some(problems) = &entry.problems {
        return vec![name, Text::new(plural(problems.0.len(), "problem"), Tone::Bad)];
    }
    if trouble(entry, model).is_some() {
        return vec![
            name,
            Text::new("1 problem", Tone::Bad),
            Text::default(),
            Text::default(),
            Text::dim(&entry.question),
        ];
    }
    if !entry.is_read {
        return vec![name, Text::dim(format!("…/{}", count(entry.trials as u64)))];
    }
    let done = format!("{}/{}", count(entry.finished as u64), count(entry.trials as u64));
    vec![name, Text::plain(done), bar(entry), verdicts(&entry.verdicts), Text::dim(&entry.question)]
}

fn bar(entry: &ExperimentEntry) -> Text {
    let state = if entry.runner.is_some() { " running" } else { "" };
    progress::bar(entry.finished as f64 / entry.trials.max(1) as f64, BAR).and(state, Tone::Good)
}

fn verdicts(verdicts: &[Verdict]) -> Text {
    let number = |kind: Verdict| verdicts.iter().filter(|verdict| **verdict == kind).count();
    [Verdict::Holds, Verdict::Fails, Verdict::Undecided].into_iter().fold(Text::default(), |text, kind| {
        let (sign, _, tone) = claims::sign(kind);
        match number(kind) {
            0 => text,
            n => text.and(format!("{sign}{n} "), tone),
        }
    })
}

fn detail(entry: &ExperimentEntry, news: Option<&str>, trouble: Option<&str>, area: Rect, brush: &mut Brush) {
    let mut area = indented(area);
    take(&mut area, 1);
    paint_wrapped(trouble.unwrap_or_default(), Tone::Bad, &mut area, brush);
    if let Some(news) = news {
        Text::new(news, Tone::Doubtful).paint(take(&mut area, 1), brush);
    }
    if let Some(runner) = &entry.runner {
        let left = entry.seconds_left.map(|seconds| format!("{} left", words::duration(seconds)));
        Text::new("training", Tone::Good)
            .then(format!("on {}", runner.device), Tone::Plain)
            .then(left.unwrap_or_default(), Tone::Plain)
            .paint(take(&mut area, 1), brush);
    }
    for line in wrap(&entry.question, area.width).into_iter().take(2) {
        Text::plain(line).paint(take(&mut area, 1), brush);
    }
    if !entry.said.is_empty() {
        remarked(&entry.said).paint(take(&mut area, 1), brush);
    }
    if let Some(source) = &entry.source {
        Text::dim(source).paint(take(&mut area, 1), brush);
    }
    let more = (entry.more > 0).then(|| format!("{} in the store", words::count(entry.more, "more trial")));
    Text::dim(&entry.origin).then(more.unwrap_or_default(), Tone::Plain).paint(take(&mut area, 1), brush);
    for problem in entry.problems.iter().flat_map(|problems| &problems.0) {
        paint_wrapped(&format!("{}: {}", problem.place, problem.text), Tone::Bad, &mut area, brush);
        paint_wrapped(problem.remedy.as_deref().unwrap_or_default(), Tone::Dim, &mut area, brush);
    }
}

fn paint_wrapped(text: &str, tone: Tone, area: &mut Rect, brush: &mut Brush) {
    for line in wrap(text, area.width) {
        Text::new(line, tone).paint(take(area, 1), brush);
    }
}

fn empty(filter: &str, mut area: Rect, brush: &mut Brush) {
    take(&mut area, 1);
    if !filter.is_empty() {
        Text::plain(format!(" No experiment holds {filter:?}; esc shows all.")).paint(area, brush);
        return;
    }
    Text::plain(" No experiments. An experiment is a TOML file in ./experiments.").paint(take(&mut area, 1), brush);
}
