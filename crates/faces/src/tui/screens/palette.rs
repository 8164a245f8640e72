//! Palette: everything that can be done, found by typing a part of its name. Made from the table of bindings and the
//! list of experiments.

use ratatui::layout::Rect;

use crate::tui::{
    edit::UNTIL,
    glossary::GLOSSARY,
    keys::{self, Action, KeyContext},
    model::{Model, Open},
    theme::Tone,
    widgets::{Brush, table::window, take, text::Text},
};
use byolab_values::plan::catalog;

/// The palette over a screen.
pub struct Palette {
    entries: Vec<PaletteLine>,
    typed: String,
    cursor: usize,
}

/// A line of the palette.
struct PaletteLine {
    /// What stands before it: its key, the name of a command, or nothing.
    keys: String,
    words: String,
    /// What else it is called, not shown.
    also: Vec<String>,
    pick: Pick,
}

/// What vi calls things; a name that is typed whole comes before everything that only holds it.
const COMMANDS: &[(&[&str], Action)] = &[
    (&["q", "quit", "q!", "qa", "qa!", "wq", "wq!", "quit!", "exit"], Action::Leave),
    (&["h", "help"], Action::Help),
    (&["w", "write"], Action::Write),
];

/// What the field calls what a screen or an action is about.
const ALSO: &[(Action, &[&str])] = &[
    (Action::Go(KeyContext::Robustness), &["results", "plot", "linear probe", "compare"]),
    (Action::Go(KeyContext::Features), &["embedding", "representation", "pca", "t-sne", "umap", "nearest neighbours"]),
    (Action::Go(KeyContext::Views), &["augmentations", "transforms", "crop", "jitter", "blur"]),
    (Action::Go(KeyContext::Run), &["loss", "curves", "learning curves", "tensorboard"]),
    (Action::Go(KeyContext::Grid), &["sweep", "ablation", "cells", "matrix"]),
    (Action::Findings, &["collapse", "warnings", "hypotheses"]),
    (Action::NextMetric, &["linear probe", "linear evaluation", "knn"]),
    (Action::Rerun, &["retry", "again"]),
    (Action::Start, &["run", "fit", "launch"]),
    (Action::Judge, &["probe", "evaluate", "linear evaluation", "knn"]),
    (Action::Stop, &["kill", "cancel", "abort"]),
    (Action::AddAxis, &["ablate", "ablation", "sweep", "vary", "grid search"]),
    (Action::Save, &["save as", "export"]),
    (Action::WriteFigures, &["export", "pdf", "svg", "png", "figures"]),
    (Action::Copy, &["clipboard", "yank"]),
];

/// What the field calls keys of a recipe.
const KEYS_ALSO: &[(&str, &[&str])] = &[
    ("method.target_decay", &["ema", "momentum", "tau", "momentum encoder", "target network"]),
    ("optimizer.lr", &["lr", "learning rate", "base lr"]),
    ("optimizer.momentum", &["sgd momentum"]),
    ("optimizer.weight_decay", &["wd", "l2"]),
    ("method.stop_gradient", &["stop gradient", "stopgrad", "stop grad", "detach", "sg"]),
    ("method.temperature", &["tau of the softmax", "nt-xent", "infonce"]),
    ("method.predictor", &["asymmetry"]),
    ("method.small_crops", &["multi-crop", "local crops", "local views"]),
    ("method.target_temperature", &["teacher temperature", "sharpening"]),
    ("method.centre_momentum", &["center momentum", "centering"]),
    ("method.frozen_epochs", &["freeze last layer"]),
    ("train.batch", &["batch size", "bs"]),
    ("train.optimizer_batch", &["gradient accumulation", "accumulate"]),
    ("train.precision", &["amp", "mixed precision", "bf16", "fp16"]),
    ("probes.linear_epochs", &["linear probe", "linear evaluation"]),
    ("probes.linear_lr", &["linear probe", "linear evaluation"]),
    ("encoder.name", &["backbone", "architecture", "resnet"]),
    ("data.name", &["dataset"]),
];

/// What is done when an entry is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    Do(Action),
    Open(String),
    /// Edits a key of the recipe, which may be an axis.
    Set(String),
    /// Edits the seeds.
    Seeds,
    /// Says what a word means.
    Explain(&'static str),
}

/// Columns of the keys.
const KEYS: usize = 12;

impl Palette {
    /// What can be done at a place.
    pub fn of(place: KeyContext, model: &Model) -> Self {
        let bindings = keys::at(place).filter(|binding| !binding.action.moves() && binding.action != Action::Palette);
        let bound = bindings.map(|binding| {
            let also = ALSO.iter().filter(|(action, _)| *action == binding.action).flat_map(|(_, also)| *also);
            PaletteLine::new(&binding.keys[0].label(), binding.help.into(), also, Pick::Do(binding.action))
        });
        let sound = model.entries.iter().filter(|entry| entry.problems.is_none());
        let open = sound.map(|entry| {
            let words = format!("open {}: {}", entry.name, entry.question);
            PaletteLine::new("", words, [], Pick::Open(entry.name.clone()))
        });
        let words = GLOSSARY.iter().map(|term| {
            let words = format!("what {} is: {}", term.word, term.meaning);
            PaletteLine::new("", words, [&term.word].into_iter().chain(term.also), Pick::Explain(term.word))
        });
        let keys = model.open.iter().flat_map(keys_of);
        Self { entries: bound.chain(keys).chain(words).chain(open).collect(), typed: String::new(), cursor: 0 }
    }

    pub fn act(&mut self, action: Action) {
        let last = self.found().count().saturating_sub(1);
        match action {
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Erase => {
                self.typed.pop();
                self.cursor = 0;
            }
            Action::EraseWord => {
                let end = self.typed.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.typed.truncate(end);
                self.cursor = 0;
            }
            Action::EraseLine => {
                self.typed.clear();
                self.cursor = 0;
            }
            _ => {}
        }
    }

    /// Takes a character; the cursor goes to the best entry.
    pub fn take(&mut self, char: char) {
        self.typed.push(char);
        self.cursor = 0;
    }

    /// What the entry under the cursor does; a command that is typed whole comes before all entries.
    pub fn picked(&self) -> Option<Pick> {
        self.found().nth(self.cursor).map(|entry| entry.pick.clone())
    }

    pub fn draw(&self, mut area: Rect, brush: &mut Brush) {
        Text::new(format!(" :{}", self.typed), Tone::Strong).and("▏", Tone::Dim).paint(take(&mut area, 1), brush);
        let found: Vec<&PaletteLine> = self.found().collect();
        if found.is_empty() {
            Text::dim(" nothing is called that").paint(area, brush);
        }
        for (i, y) in window(found.len(), self.cursor, area.height).zip(area.y..) {
            let row = Rect { y, height: 1, ..area };
            let keys = format!("   {:<KEYS$}", found[i].keys);
            Text::new(keys, Tone::Strong).and(&found[i].words, Tone::Plain).paint(row, brush);
            if i == self.cursor {
                brush.buffer.set_style(row, brush.theme.selected());
            }
        }
    }

    /// A command that is typed whole, then the entries that are called what is typed, then those that hold every word.
    fn found(&self) -> impl Iterator<Item = &PaletteLine> {
        let typed = plain(&self.typed);
        let command = COMMANDS.iter().find(|(names, _)| names.contains(&typed.as_str()));
        let does = move |entry: &PaletteLine| command.is_some_and(|(_, action)| entry.pick == Pick::Do(*action));
        let mut found: Vec<(u8, &PaletteLine)> = Vec::new();
        for entry in &self.entries {
            let rank = if does(entry) { Some(0) } else { entry.rank(&typed) };
            found.extend(rank.map(|rank| (rank, entry)));
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, entry)| entry)
    }
}

impl PaletteLine {
    fn new<'a>(keys: &str, words: String, also: impl IntoIterator<Item = &'a &'a str>, pick: Pick) -> Self {
        let also = also.into_iter().map(|word| plain(word)).collect();
        Self { keys: keys.into(), words, also, pick }
    }

    /// How well it answers to what is typed, the lower the better; none where it does not.
    fn rank(&self, typed: &str) -> Option<u8> {
        if !typed.is_empty() && (self.also.iter().any(|name| name == typed) || self.keys == typed) {
            return Some(1);
        }
        let text = plain(&self.words);
        let holds = |word: &str| text.contains(word) || self.also.iter().any(|name| name.contains(word));
        typed.split_whitespace().all(holds).then_some(2)
    }
}

/// The keys of an experiment's recipes, each to be edited, and its seeds.
fn keys_of(open: &Open) -> impl Iterator<Item = PaletteLine> {
    let tables: Vec<toml::Table> =
        open.plan.trials.iter().filter_map(|trial| toml::Table::try_from(&trial.recipe).ok()).collect();
    let belongs = |key: &String| match key.split_once('.') {
        Some((section, own)) => tables.iter().any(|table| table.get(section).is_some_and(|it| it.get(own).is_some())),
        None => true,
    };
    let keys: Vec<String> =
        catalog::recipe_keys().into_iter().filter(|key| key != "train.seed" && belongs(key)).collect();
    let entry = |key: String| {
        let also = KEYS_ALSO.iter().filter(|(known, _)| *known == key).flat_map(|(_, also)| *also);
        let doc = catalog::key(&key).map_or("", |spec| spec.doc);
        PaletteLine::new("", format!("set {key}: {doc}"), also, Pick::Set(key.clone()))
    };
    let seeds = PaletteLine::new("", "edit the seeds".into(), &["seeds", "seed", "repeats"], Pick::Seeds);
    let until = "train until every claim is decided".into();
    let until =
        PaletteLine::new("", until, &["until decided", "sequential", "early stopping"], Pick::Set(UNTIL.into()));
    [seeds, until].into_iter().chain(keys.into_iter().map(entry))
}

/// Text as it is compared: in small letters, a space in the place of an underscore.
fn plain(text: &str) -> String {
    text.trim().to_lowercase().replace('_', " ")
}
