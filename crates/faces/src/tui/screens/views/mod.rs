//! Views: what two augmentation sets make of the same image, with the same random numbers; and a contact sheet, of many
//! images by all sets.

mod sheet;

use ratatui::layout::Rect;

use super::{Effect, READING, Screen};
use crate::tui::{
    keys::Action,
    lab::{Sample, Viewed, ViewsQuery},
    model::Model,
    theme::Tone,
    widgets::{Brush, indented, pixels, take, text::Text},
};
use byolab_values::plan::{Plan, Problems, recipe::Augmentation};

/// What is looked at, and how it looks.
#[derive(Default)]
pub struct ViewsScreen {
    image: usize,
    epoch: u64,
    /// Places of the two sets among those of the plan.
    sets: Option<[usize; 2]>,
    /// The set at the right with other parameters, which its user tries.
    changed: Option<Changed>,
    /// What was changed before the change that is being typed.
    before: Option<Changed>,
    /// Many images at once, by all sets.
    is_sheet: bool,
    answer: Option<Result<Sample, String>>,
}

#[derive(Clone)]
struct Changed {
    /// `OPERATION.KEY=VALUE` each.
    changes: Vec<String>,
    set: Augmentation,
}

/// Columns between pictures.
const GAP: u16 = 2;

impl ViewsScreen {
    /// What to draw of a plan.
    pub fn asked(&self, plan: &Plan) -> ViewsQuery {
        let sets = self.shown(plan).into_iter().cloned().collect();
        let count = if self.is_sheet { sheet::IMAGES } else { 1 };
        ViewsQuery { image: self.image, count, epoch: self.epoch, sets }
    }

    /// Takes what was drawn; nothing while the images are being read.
    pub fn show(&mut self, answer: Result<Option<Sample>, String>) {
        if let Ok(Some(sample)) = &answer {
            self.image = sample.image;
        }
        self.answer = answer.transpose();
    }

    /// The sets beside each other: the first two, or the only one.
    fn chosen(&self, sets: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = self.sets.unwrap_or([0, 1]).into_iter().filter(|i| *i < sets).collect();
        chosen.dedup();
        chosen
    }

    /// The sets that are shown: the two beside each other, in a sheet the others after them. One that is changed stands in
    /// the place of the second.
    fn shown<'a>(&'a self, plan: &'a Plan) -> Vec<&'a Augmentation> {
        let sets = plan.augmentations();
        let places = self.chosen(sets.len());
        let mut shown: Vec<&Augmentation> = places.iter().map(|place| sets[*place]).collect();
        if let Some(changed) = &self.changed {
            shown.truncate(1);
            shown.push(&changed.set);
        }
        if self.is_sheet {
            shown.extend((0..sets.len()).filter(|set| !places.contains(set)).map(|set| sets[set]));
        }
        shown
    }

    /// Changes a parameter of the set at the right, beside what was changed before it was typed; nothing typed takes all of
    /// it back.
    ///
    /// # Errors
    /// What is wrong with what was typed; everything stays as it was.
    pub fn change(&mut self, typed: &str, plan: &Plan) -> Result<(), Problems> {
        if typed.is_empty() {
            self.changed = None;
            return Ok(());
        }
        let key = |change: &str| change.split('=').next().map(|key| key.trim().to_owned());
        let old = self.before.iter().flat_map(|changed| &changed.changes).filter(|change| key(change) != key(typed));
        let changes: Vec<String> = old.cloned().chain([typed.into()]).collect();
        let sets = plan.augmentations();
        let right = self.chosen(sets.len()).last().map_or(sets[0], |place| sets[*place]);
        let mut set = changes.iter().try_fold(right.clone(), |set, change| set.changed(change))?;
        plan.admits(&set, typed)?;
        set.name = format!("{} {}", right.name, changes.join(" "));
        self.changed = Some(Changed { changes, set });
        Ok(())
    }

    /// What can be changed about the set at the right, as it would be typed.
    pub fn parameters(&self, plan: &Plan) -> String {
        self.shown(plan).last().map(|set| set.parameters().join("  ")).unwrap_or_default()
    }

    /// The set that is tried, under a name that a file may have.
    fn used(&self) -> Effect {
        let Some(Changed { set, .. }) = &self.changed else {
            return Effect::Say("e tries another parameter first".into());
        };
        let part = |char: char| if char.is_ascii_alphanumeric() || char == '_' { char } else { '-' };
        let parts: String = set.name.chars().map(part).collect();
        let parts: Vec<&str> = parts.split('-').filter(|part| !part.is_empty()).collect();
        Effect::Use(Augmentation { name: parts.join("-"), ..set.clone() })
    }

    /// Drops the change that is being typed.
    pub fn drop_change(&mut self) {
        self.changed = self.before.take();
    }

    /// Another set at the left or the right, never the one beside it; of two, each in the other's place.
    fn turn(&mut self, side: usize, sets: usize) {
        let mut chosen = self.sets.unwrap_or([0, 1]);
        if sets < 3 {
            // Those beside each other change places.
            chosen.reverse();
            self.sets = Some(chosen).filter(|_| sets == 2);
            self.changed = None;
            return;
        }
        chosen[side] = (chosen[side] + 1) % sets;
        if chosen[side] == chosen[1 - side] {
            chosen[side] = (chosen[side] + 1) % sets;
        }
        self.changed = self.changed.take().filter(|_| side == 0);
        self.sets = Some(chosen);
    }

    fn heading(&self, model: &Model) -> Text {
        let seed = model.open.as_ref().map_or(0, |open| open.plan.trials[0].seed);
        let words = format!("epoch {}  seed {seed}  the same random numbers for every set", self.epoch + 1);
        match &self.answer {
            Some(Ok(sample)) => {
                let last = sample.image + sample.rows.len();
                let place = match sample.rows.len() {
                    1 => format!("image {last} of {}", sample.images),
                    _ => format!("images from {} of {}", sample.image + 1, sample.images),
                };
                Text::new(place, Tone::Strong).then(words, Tone::Dim)
            }
            _ => Text::default(),
        }
    }
}

impl Screen for ViewsScreen {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        super::crumbs(model, "views")
    }

    fn refresh(&mut self, _: &Model) {}

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        let sets = open.plan.augmentations().len();
        match action {
            Action::Left => self.image = self.image.saturating_sub(1),
            Action::Right => self.image += 1,
            Action::First => self.image = 0,
            Action::Up => self.epoch = self.epoch.saturating_sub(1),
            Action::Down => self.epoch += 1,
            Action::NextPart => self.turn(1, sets),
            Action::PreviousPart => self.turn(0, sets),
            Action::Open => self.is_sheet = !self.is_sheet,
            Action::Use => return self.used(),
            Action::Edit => {
                self.before = self.changed.clone();
                let last = self.changed.as_ref().and_then(|changed| changed.changes.last().cloned());
                return Effect::Change(last.unwrap_or_default());
            }
            _ => return Effect::None,
        }
        Effect::Views
    }

    fn copy(&self, model: &Model) -> Option<String> {
        let open = model.open.as_ref()?;
        let right = self.shown(&open.plan).into_iter().nth(1)?;
        let name = right.name.split(' ').next().unwrap_or_default();
        Some(right.written(&format!("my-{name}")))
    }

    fn draw(&self, model: &Model, mut area: Rect, brush: &mut Brush) {
        self.heading(model).paint(indented(take(&mut area, 1)), brush);
        let airy = u16::from(area.height >= 16);
        take(&mut area, airy);
        match (&self.answer, &model.open) {
            (Some(Ok(sample)), Some(open)) => {
                let names: Vec<&str> = self.shown(&open.plan).into_iter().map(|set| set.name.as_str()).collect();
                match (self.is_sheet, sample.rows.first()) {
                    (true, _) => sheet::draw(&sample.rows, &names, indented(area), brush),
                    (false, Some(row)) => draw_row(row, &names, indented(area), brush),
                    (false, None) => {}
                }
            }
            (Some(Err(reason)), _) => drop(Text::new(reason, Tone::Bad).paint(indented(area), brush)),
            (None, Some(_)) => drop(Text::dim(READING).paint(indented(area), brush)),
            _ => {}
        }
    }
}

/// The image at the left, then a column for each set: its first view above its second, and both above the small ones.
fn draw_row(row: &Viewed, names: &[&str], area: Rect, brush: &mut Brush) {
    let columns = row.views.len() as u16 + 1;
    let lines = if row.small.iter().any(|small| !small.is_empty()) { 3 } else { 2 };
    let height = (area.height / lines).saturating_sub(1);
    let room = Rect { width: (area.width / columns).saturating_sub(GAP), height, ..area };
    let (width, height) = pixels::fitting(room);
    if height == 0 {
        return;
    }
    let place = |column: u16, line: u16| Rect {
        x: area.x + column * (room.width + GAP),
        y: area.y + line * (height + 1) + 1,
        width,
        height,
    };
    let title = |column: u16, line: u16| Rect {
        y: place(column, line).y - 1,
        height: 1,
        width: room.width,
        ..place(column, line)
    };
    Text::dim("as it is").paint(title(0, 0), brush);
    pixels::paint(&row.original, place(0, 0), brush);
    for ((views, name), column) in row.views.iter().zip(names).zip(1..) {
        for (view, line) in views.iter().zip(0..) {
            let name = if line == 0 { Text::new(*name, Tone::Strong) } else { Text::default() };
            let which = ["first view", "second view"][usize::from(line)];
            let full = name.clone().then(which, Tone::Dim).then(&view.caption, Tone::Plain);
            // What was drawn says more than which view it is: the upper one is the first.
            let short = name.then(&view.caption, Tone::Plain);
            if full.width() <= room.width { full } else { short }.paint(title(column, line), brush);
            pixels::paint(&view.picture, place(column, line), brush);
        }
    }
    for (small, column) in row.small.iter().zip(1..) {
        if let Some(first) = small.first() {
            Text::dim(format!("small views: {}", first.caption)).paint(title(column, 2), brush);
            let share = |cells: u16| (cells * first.picture.side as u16).div_ceil(row.original.side as u16);
            let cell = Rect { width: share(width), height: share(height), ..place(column, 2) };
            let fitting = (room.width + 1) / (cell.width + 1);
            for (view, place) in small.iter().zip(0..fitting) {
                pixels::paint(&view.picture, Rect { x: cell.x + place * (cell.width + 1), ..cell }, brush);
            }
        }
    }
}
