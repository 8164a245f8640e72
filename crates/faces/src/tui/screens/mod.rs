//! A file per screen. A screen keeps where its user is; [`Screen::refresh`] computes what it shows, and
//! [`Screen::draw`] only paints that.
//!
//! | screen | holds |
//! |---|---|
//! | `home` | experiments, how far each is |
//! | `grid` | the cells of one: the launcher |
//! | `run` | a heat side by side |
//! | `views` | what augmentation sets do |
//! | `features` | held-out images in two dimensions, singular values |
//! | `robustness` | drops along an axis, claims, doubts |
//! | `help`, `palette` | keys and words; everything by name |

pub mod features;
pub mod grid;
pub mod help;
pub mod home;
pub mod palette;
pub mod robustness;
pub mod run;
pub mod views;

use ratatui::layout::Rect;

use super::{
    edit::Edited,
    keys::{Action, KeyContext},
    model::Model,
    theme::Tone,
    widgets::{Brush, ClickTarget, text::Text},
};
use byolab_store::{chart::Figure, store::State};
use byolab_values::plan::{Overrides, recipe::Augmentation, words};

/// The way to a screen of the open experiment.
fn crumbs(model: &Model, screen: &str) -> Vec<String> {
    let name = model.open.iter().map(|open| open.plan.experiment.name.clone());
    name.chain([screen.into()]).collect()
}

/// What stands in the place of images until they are there.
const READING: &str = "reading the images…";

/// A page of the workbench.
pub trait Screen {
    /// Where one is, after `byolab`.
    fn crumbs(&self, model: &Model) -> Vec<String>;

    /// What is going on, for the right end of the title.
    fn status(&self, model: &Model) -> Text {
        training(model)
    }

    /// Takes over what is new in the model.
    fn refresh(&mut self, model: &Model);

    /// Takes over what was computed beside the screen; whether there was anything.
    fn poll(&mut self) -> bool {
        false
    }

    /// Whether it changes by itself, as time passes.
    fn moves(&self) -> bool {
        false
    }

    /// Comes to the model's time.
    fn advance(&mut self, _model: &Model) {}

    /// Another screen takes its place.
    fn leave(&mut self) {}

    /// Answers an action that [`super::keys`] binds on this screen.
    fn act(&mut self, action: Action, model: &mut Model) -> Effect;

    fn draw(&self, model: &Model, area: Rect, brush: &mut Brush);

    /// Leaves what was opened within the screen; false where nothing was, so that one goes back to the screen before.
    fn back(&mut self) -> bool {
        false
    }

    /// Shows only what holds `text`.
    fn search(&mut self, _text: &str) {}

    /// Puts the cursor on what the mouse points at.
    fn point(&mut self, _target: ClickTarget) {}

    /// The charts on screen, to be written as files.
    fn figures(&self) -> Vec<&Figure> {
        Vec::new()
    }

    /// The numbers under the cursor, to be pasted elsewhere.
    fn copy(&self, _model: &Model) -> Option<String> {
        None
    }
}

/// What an action leads to beyond the screen itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    None,
    /// Opens the experiment of that name on the grid.
    Open(String),
    /// Shows a heat of the plan; none follows the one in training.
    Watch(Option<usize>),
    /// The choice has changed.
    Plan,
    Start,
    /// Judges what is finished again.
    Judge,
    Stop,
    /// Asks for the views of another image, epoch or set.
    Views,
    /// Asks for the features of another trial, or the pictures of another image.
    Features,
    /// Does something with the trials of a cell, a row or a column: indices into the plan.
    Cells(Action, Vec<usize>),
    /// Opens a line for a note or tags on trials, indices into the plan; on the experiment where there are none.
    Remark(Vec<usize>),
    /// Opens a line to edit a value in.
    Edit(Edited),
    /// Takes all edits back.
    Unedit,
    /// Opens a line, with this in it, to change a parameter of the set at the right in.
    Change(String),
    /// Makes the set a value of the axis `augment`.
    Use(Augmentation),
    /// Asks for a name to save the choice under.
    Save,
    /// Says something until the next key.
    Say(String),
}

/// Whether the experiment was edited, the time that what is chosen still takes, and the device that trains it.
fn training(model: &Model) -> Text {
    let Some(open) = &model.open else { return Text::default() };
    let is_edited = open.edits != Overrides::default();
    let text = if is_edited { Text::new("edited", Tone::Doubtful) } else { Text::default() };
    let Some(runner) = open.runner() else { return text.then("not training", Tone::Dim) };
    let left = open.time_left().map(|seconds| format!("{} left", words::duration(seconds)));
    let by = match open.workers() {
        0 | 1 => runner.device.clone(),
        several => format!("{several} workers"),
    };
    left.into_iter().fold(text, |text, left| text.then(left, Tone::Plain)).then(by, Tone::Good)
}

fn tone(state: State) -> Tone {
    match state {
        State::Waiting => Tone::Dim,
        State::Running => Tone::Good,
        State::Failed => Tone::Bad,
        State::Interrupted | State::Stopped | State::Finished => Tone::Plain,
    }
}

/// All screens, each as it was left.
#[derive(Default)]
pub struct Screens {
    pub home: home::Home,
    grid: grid::GridScreen,
    pub run: run::RunScreen,
    robustness: robustness::Robustness,
    pub views: views::ViewsScreen,
    pub features: features::Features,
}

impl Screens {
    /// The screen at a place; home where the place is none.
    pub fn at(&self, place: KeyContext) -> &dyn Screen {
        match place {
            KeyContext::Grid => &self.grid,
            KeyContext::Run => &self.run,
            KeyContext::Robustness => &self.robustness,
            KeyContext::Views => &self.views,
            KeyContext::Features => &self.features,
            _ => &self.home,
        }
    }

    /// See [`Screens::at`].
    pub fn at_mut(&mut self, place: KeyContext) -> &mut dyn Screen {
        match place {
            KeyContext::Grid => &mut self.grid,
            KeyContext::Run => &mut self.run,
            KeyContext::Robustness => &mut self.robustness,
            KeyContext::Views => &mut self.views,
            KeyContext::Features => &mut self.features,
            _ => &mut self.home,
        }
    }

    /// Another experiment is open: all but home and what is pinned begin anew.
    pub fn forget(&mut self) {
        let (home, mut run) = (std::mem::take(&mut self.home), std::mem::take(&mut self.run));
        run.forget();
        *self = Self { home, run, ..Self::default() };
    }
}
