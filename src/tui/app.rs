//! The workbench without a terminal: takes keys and readings, draws into a buffer.

use anyhow::Result;
use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    keys::{self, Action, Place},
    lab::{Lab, Reading},
    model::{Model, Open},
    screens::{Effect, Screens, grid::plural, help::Help},
    theme::{Theme, Tone},
    widgets::{Brush, bars, take, take_bottom, text::Text},
};
use crate::plan::{Overrides, Problems};

/// The whole state of the workbench.
pub struct App {
    lab: Box<dyn Lab>,
    model: Model,
    theme: Theme,
    at: Place,
    screens: Screens,
    help: Option<Help>,
    question: Option<Question>,
    notice: Option<String>,
    status: Text,
    wish: Wish,
    changed: bool,
}

/// A question before something that cannot be taken back.
struct Question {
    text: String,
    yes: Deed,
}

#[derive(Clone, Copy)]
enum Deed {
    Start,
    Stop,
}

/// What the app wants of the terminal that it is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    Suspend,
    Leave,
}

impl App {
    /// A workbench on the list of experiments, its log in the time of `zone`.
    pub fn new(lab: Box<dyn Lab>, theme: Theme, zone: TimeZone) -> Self {
        let mut app = Self {
            lab,
            model: Model { entries: Vec::new(), open: None, zone },
            theme,
            at: Place::Home,
            screens: Screens::default(),
            help: None,
            question: None,
            notice: None,
            status: Text::default(),
            wish: Wish::GoOn,
            changed: true,
        };
        app.read();
        app
    }

    /// Opens the experiment of that name (or path) on its grid; what is wrong with it becomes a notice.
    pub fn open(&mut self, name: &str) {
        match self.lab.plan(name, &Overrides::default()) {
            Ok(plan) if plan.trials.is_empty() => self.notice = Some(format!("{name} plans no trials")),
            Ok(plan) => {
                self.model.open = Some(Open::new(name, plan));
                self.screens.forget();
                self.at = Place::Grid;
                self.read();
            }
            Err(problems) => self.notice = Some(first_of(&problems)),
        }
        self.refresh();
    }

    /// Asks the laboratory for what is new about what is on screen.
    pub fn read(&mut self) {
        match (&mut self.model.open, self.at) {
            (_, Place::Home) | (None, _) => {
                let entries = self.lab.experiments();
                if entries != self.model.entries {
                    self.model.entries = entries;
                    self.refresh();
                }
            }
            (Some(open), _) => match newest(self.lab.as_mut(), open) {
                Ok(None) => {}
                Ok(reading) => {
                    open.reading = reading;
                    self.refresh();
                }
                Err(error) => self.say(format!("{error:#}")),
            },
        }
    }

    /// Answers a key.
    pub fn press(&mut self, key: KeyEvent) {
        self.changed |= self.notice.take().is_some();
        if let Some(action) = keys::action(self.place(), key) {
            self.act(action);
            self.refresh();
        }
    }

    /// Whether the picture is no longer the one last drawn.
    pub fn has_changed(&self) -> bool {
        self.changed
    }

    /// What the terminal should do now; asked once, said once.
    pub fn wish(&mut self) -> Wish {
        std::mem::replace(&mut self.wish, Wish::GoOn)
    }

    /// The terminal has another size, or shows something else.
    pub fn redraw(&mut self) {
        self.changed = true;
    }

    /// Paints the whole picture.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer) {
        self.changed = false;
        let mut rest = area;
        let brush = &mut Brush { buffer, theme: &self.theme };
        let screen = self.screens.at(self.at);
        let mut crumbs = screen.crumbs(&self.model);
        crumbs.extend(self.help.iter().map(|_| "help".into()));
        bars::title(&crumbs, &self.status, take(&mut rest, 1), brush);
        let footer = take_bottom(&mut rest, 1);
        match &self.help {
            Some(help) => help.draw(rest, brush),
            None => screen.draw(&self.model, rest, brush),
        }
        match (&self.question, &self.notice) {
            (Some(question), _) => bars::question(&question.text, footer, brush),
            (None, Some(notice)) => drop(Text::new(format!(" {notice}"), Tone::Strong).paint(footer, brush)),
            (None, None) => bars::footer(self.place(), footer, brush),
        }
    }

    fn place(&self) -> Place {
        match (&self.question, &self.help) {
            (Some(_), _) => Place::Question,
            (None, Some(_)) => Place::Help,
            (None, None) => self.at,
        }
    }

    fn refresh(&mut self) {
        self.changed = true;
        let screen = self.screens.at_mut(self.at);
        screen.refresh(&self.model);
        self.status = screen.status(&self.model);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Leave if self.help.is_none() => self.wish = Wish::Leave,
            Action::Suspend => self.wish = Wish::Suspend,
            Action::Help => self.help = Some(Help::of(self.at)),
            Action::Leave | Action::Back if self.help.is_some() => self.help = None,
            Action::Back => self.go(if self.at == Place::Grid { Place::Home } else { Place::Grid }),
            Action::Yes | Action::No => self.answer(action == Action::Yes),
            Action::Go(place) => self.go(place),
            _ => match &mut self.help {
                Some(help) => help.act(action),
                None => self.act_on_screen(action),
            },
        }
    }

    fn act_on_screen(&mut self, action: Action) {
        match self.screens.at_mut(self.at).act(action, &mut self.model) {
            Effect::None => {}
            Effect::Open(name) => self.open(&name),
            Effect::Watch(heat) => {
                self.screens.run.watch(heat);
                self.go(Place::Run);
            }
            Effect::Plan => self.plan(),
            Effect::Start => self.ask_to_start(),
            Effect::Stop => self.ask_to_stop(),
            Effect::Say(text) => self.say(text),
        }
    }

    fn go(&mut self, place: Place) {
        self.at = place;
        self.read();
    }

    /// Plans what the choice leaves of the experiment.
    fn plan(&mut self) {
        let Some(open) = &mut self.model.open else { return };
        match self.lab.plan(&open.name, &open.choice.overrides()) {
            Ok(plan) => open.chosen = plan,
            Err(problems) => self.notice = Some(first_of(&problems)),
        }
    }

    fn ask_to_start(&mut self) {
        let Some(open) = &self.model.open else { return };
        let missing = plural(open.missing(), "trial");
        match open.runner() {
            _ if open.missing() == 0 => self.say("all that is switched on is finished".into()),
            None => self.act_upon(Deed::Start),
            Some(runner) => {
                let text = format!("Training already (pid {}). Stop it and train these {missing}?", runner.pid);
                self.question = Some(Question { text, yes: Deed::Start });
            }
        }
    }

    fn ask_to_stop(&mut self) {
        match self.model.open.as_ref().and_then(Open::runner) {
            None => self.say("nothing is training".into()),
            Some(_) => {
                let text = "Stop training? Starting again goes on from the checkpoints.".into();
                self.question = Some(Question { text, yes: Deed::Stop });
            }
        }
    }

    fn answer(&mut self, yes: bool) {
        if let Some(question) = self.question.take().filter(|_| yes) {
            self.act_upon(question.yes);
        }
    }

    fn act_upon(&mut self, deed: Deed) {
        let Some(open) = &self.model.open else { return };
        let (done, said) = match deed {
            Deed::Start => {
                let said = format!("started: {} to train; o watches", plural(open.missing(), "trial"));
                (self.lab.start(&open.chosen, &open.choice.overrides()), said)
            }
            Deed::Stop => (self.lab.stop(&open.plan), "asked to stop; checkpoints are being written".into()),
        };
        self.say(done.err().map_or(said, |error| format!("{error:#}")));
        self.read();
    }

    fn say(&mut self, text: String) {
        self.notice = Some(text);
        self.changed = true;
    }
}

/// The first problem in one line, and how many there are beside it.
fn first_of(problems: &Problems) -> String {
    let first = problems.0.first().map(|problem| format!("{}: {}", problem.place, problem.text)).unwrap_or_default();
    match problems.0.len().saturating_sub(1) {
        0 => first,
        more => format!("{first} (and {})", plural(more, "more problem")),
    }
}

/// A reading where there is none yet, or where it could differ.
fn newest(lab: &mut dyn Lab, open: &Open) -> Result<Option<Reading>> {
    let wanted = open.reading.is_none() || lab.has_news(&open.plan)?;
    wanted.then(|| lab.read(&open.plan)).transpose()
}
