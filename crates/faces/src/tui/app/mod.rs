//! The workbench without a terminal: takes keys and readings, draws into a buffer.

mod deeds;
mod edits;
mod memory;
mod mouse;
mod pictures;
mod typing;

use anyhow::Result;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use deeds::Confirmation;
use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect};
use typing::{Typing, TypingPurpose};

use super::{
    graphics::Graphics,
    guard,
    keys::{self, Action, KeyContext},
    lab::{Lab, StoreReading},
    model::{Model, Open},
    screens::{Effect, Screens, grid::plural, help::Help, palette::Palette},
    theme::{Theme, Tone},
    widgets::{
        Brush, ClickSpot, ascii, bars, indented, take, take_bottom,
        text::{Text, paint_lines, wrap},
    },
};
use byolab_values::plan::{Overrides, Problems};

/// The whole state of the workbench.
pub struct App {
    lab: Box<dyn Lab>,
    model: Model,
    theme: Theme,
    graphics: Sight,
    at: KeyContext,
    screens: Screens,
    overlay: Option<Overlay>,
    /// What to say once the runner that is being started has begun.
    starting: Option<String>,
    notice: Option<String>,
    status: Text,
    /// Images of the screen are still being read.
    awaits_images: bool,
    /// Runs still to be read before what is on screen is whole.
    unread: Option<usize>,
    /// Nothing that is new is shown until the user lets it go on.
    frozen: bool,
    /// No key starts or stops anything.
    read_only: bool,
    /// Where the picture was drawn last, and what in it can be pointed at.
    area: Rect,
    spots: Vec<ClickSpot>,
    /// Bytes a second of a terminal that is slow.
    link: Option<u64>,
    wish: Wish,
    changed: bool,
}

/// What lies over a screen and takes its keys.
enum Overlay {
    Help(Help),
    Palette(Palette),
    Typing(Typing),
    Question(Confirmation),
}

/// Rows that a notice takes at most.
const NOTICE: u16 = 3;

/// Whether the terminal draws pictures.
enum Sight {
    Unasked,
    Known(Option<Graphics>),
}

/// What the app wants of the terminal that it is shown on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    GoOn,
    /// To be stopped as by Ctrl-Z.
    Suspend,
    /// Puts this on the clipboard.
    Copy(String),
    /// Asks the terminal how it draws pictures, for [`App::take_graphics`].
    Graphics,
    /// To leave; training goes on.
    Leave,
}

impl App {
    /// A workbench on the list of experiments, its log in the time of `zone`.
    pub fn new(lab: Box<dyn Lab>, theme: Theme, zone: TimeZone) -> Self {
        let now = lab.now();
        let mut app = Self {
            lab,
            model: Model {
                entries: Vec::new(),
                open: None,
                zone,
                now,
                looks: Default::default(),
                edits: Default::default(),
                switches: Default::default(),
                faults: Default::default(),
            },
            theme,
            graphics: Sight::Unasked,
            at: KeyContext::Home,
            screens: Screens::default(),
            overlay: None,
            starting: None,
            notice: None,
            status: Text::default(),
            awaits_images: false,
            unread: None,
            frozen: false,
            read_only: false,
            area: Rect::default(),
            spots: Vec::new(),
            link: None,
            wish: Wish::GoOn,
            changed: true,
        };
        app.look();
        app
    }

    /// The same workbench for looking only: no key starts or stops anything.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Opens the experiment of that name (or path) on its grid; what is wrong with it becomes a notice.
    pub fn open(&mut self, name: &str) {
        self.guarded(|app| app.open_on_grid(name));
    }

    fn open_on_grid(&mut self, name: &str) {
        let left = self.model.edits.get(name).cloned().unwrap_or_default();
        match self.open_as_left(name) {
            Ok(open) if open.plan.trials.is_empty() => self.notice = Some(format!("{name} plans no trials")),
            Ok(mut open) => {
                let is_as_run = open.edits != left || !open.choice.is_all();
                if let Some(switches) = self.model.switches.get(name).filter(|_| !is_as_run) {
                    open.choice = open.choice.switched_like(switches);
                }
                let is_edited = open.edits != Overrides::default();
                let changed = [(is_edited, "edited"), (!open.choice.is_all(), "switched off")].into_iter();
                let changed: Vec<&str> = changed.filter_map(|(is, word)| is.then_some(word)).collect();
                let whose = if is_as_run { "as it was run last" } else { "as you left it" };
                self.notice =
                    (!changed.is_empty()).then(|| format!("{} {whose}; E takes that back", changed.join(" and ")));
                self.model.open = Some(open);
                self.screens.forget();
                self.at = KeyContext::Grid;
                self.plan();
                self.look();
            }
            Err(problems) => self.notice = Some(first_of(&problems)),
        }
        self.refresh();
    }

    /// Asks the laboratory for what is new about what is on screen, unless the picture is frozen.
    pub fn read(&mut self) {
        self.guarded(Self::read_anew);
    }

    fn read_anew(&mut self) {
        if self.screens.at_mut(self.at).poll() {
            self.refresh();
        }
        self.bring_awaited();
        self.hear_start();
        if !self.frozen {
            self.look();
        }
    }

    fn look(&mut self) {
        self.model.now = self.lab.now();
        match (&mut self.model.open, self.at) {
            (_, KeyContext::Home) | (None, _) => {
                let entries = self.lab.experiments();
                if entries != self.model.entries {
                    self.model.entries = entries;
                    self.refresh();
                }
            }
            (Some(open), _) => match newest(self.lab.as_mut(), open) {
                Ok(None) => {}
                Ok(reading) => {
                    let is_first = open.reading.is_none();
                    open.reading = reading;
                    if self.at == KeyContext::Features {
                        self.bring();
                    }
                    self.refresh();
                    if is_first {
                        self.tell_what_is_new();
                    }
                }
                Err(error) => self.say(format!("{error:#}")),
            },
        }
        let unread = self.lab.waiting();
        self.changed |= unread != self.unread;
        self.unread = unread;
    }

    /// Whether something that was asked for is still being read.
    pub fn is_waiting(&self) -> bool {
        self.unread.is_some() || self.starting.is_some()
    }

    /// Whether the picture changes by itself, as time passes.
    pub fn moves(&self) -> bool {
        !self.frozen && self.screens.at(self.at).moves()
    }

    /// Brings what moves by itself to the present.
    pub fn advance(&mut self) {
        self.model.now = self.lab.now();
        self.guarded(|app| {
            app.screens.at_mut(app.at).advance(&app.model);
            app.refresh();
        });
    }

    /// Answers a key.
    pub fn press(&mut self, key: KeyEvent) {
        self.guarded(|app| app.answer_key(key));
    }

    fn answer_key(&mut self, key: KeyEvent) {
        self.changed |= self.notice.take().is_some();
        if let Some(action) = keys::action(self.place(), key) {
            self.act(action);
            self.refresh();
        } else if let (true, KeyCode::Char(char)) = (self.place().takes_text(), key.code)
            && !key.modifiers.contains(KeyModifiers::CONTROL)
        {
            self.take(char);
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

    /// How many bytes a second the terminal takes, where it is slow; told with the next picture.
    pub fn note_link(&mut self, link: Option<u64>) {
        self.changed |= link.is_some() != self.link.is_some();
        self.link = link;
    }

    /// The terminal has another size, or shows something else.
    pub fn redraw(&mut self) {
        self.changed = true;
    }

    /// Paints the whole picture.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer) {
        if let Err(broken) = guard::attempt(|| self.paint(area, buffer)) {
            self.close(&broken);
            buffer.reset();
            self.paint(area, buffer);
        }
    }

    fn paint(&mut self, area: Rect, buffer: &mut Buffer) {
        self.changed = false;
        self.area = area;
        let mut rest = area;
        let graphics = if let Sight::Known(graphics) = &self.graphics { graphics.as_ref() } else { None };
        let brush = &mut Brush { buffer, theme: &self.theme, graphics, spots: Vec::new() };
        let screen = self.screens.at(self.at);
        let mut crumbs = screen.crumbs(&self.model);
        if let Some(Overlay::Help(_)) = self.overlay {
            crumbs.push("help".into());
        }
        bars::title(&crumbs, &self.marked_status(), take(&mut rest, 1), brush);
        let notice = self.notice.as_ref().map(|notice| wrap(notice, area.width.saturating_sub(2))).unwrap_or_default();
        let footer = take_bottom(&mut rest, (notice.len() as u16).clamp(1, NOTICE));
        if let Some(Overlay::Typing(typing)) = &self.overlay {
            let lines = bars::above_typing(&typing.hint, typing.problem.as_ref(), area.width);
            let place = take_bottom(&mut rest, lines.len() as u16);
            paint_lines(&lines, indented(place), brush);
        }
        match &self.overlay {
            Some(Overlay::Palette(palette)) => palette.draw(rest, brush),
            Some(Overlay::Help(help)) => help.draw(rest, brush),
            _ => screen.draw(&self.model, rest, brush),
        }
        match (&self.overlay, &self.notice) {
            (Some(Overlay::Question(question)), _) => bars::question(&question.text, footer, brush),
            (Some(Overlay::Typing(typing)), _) => bars::typing(&typing.prompt, typing.halves(), footer, brush),
            (_, Some(_)) => {
                let lines: Vec<Text> = notice.into_iter().map(|line| Text::new(line, Tone::Strong)).collect();
                paint_lines(&lines, indented(footer), brush);
            }
            (_, None) => bars::footer(self.place(), footer, brush),
        }
        if self.theme.is_ascii() {
            ascii::flatten(brush.buffer);
        }
        self.spots = std::mem::take(&mut brush.spots);
    }

    /// The status of the screen, after what is special about the whole workbench.
    fn marked_status(&self) -> Text {
        let marks = [(self.starting.is_some(), "starting…"), (self.frozen, "frozen"), (self.read_only, "read-only")];
        let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word);
        let text = marks.fold(Text::default(), |text, word| text.then(word, Tone::Doubtful));
        let text = match self.unread {
            Some(unread) => text.then(format!("reading {}", plural(unread, "run")), Tone::Dim),
            None => text,
        };
        let text = match self.link {
            Some(rate) => text.then(format!("slow link, {:.1} kB/s", rate as f64 / 1e3), Tone::Doubtful),
            None => text,
        };
        if self.status.width() > 0 { text.append(&self.status) } else { text }
    }

    /// Does something about the open experiment; where that breaks down, it is closed, and the list says why.
    fn guarded(&mut self, deed: impl FnOnce(&mut Self)) {
        if let Err(broken) = guard::attempt(|| deed(self)) {
            self.close(&broken);
        }
    }

    /// Leaves an experiment that cannot be shown.
    ///
    /// # Panics
    /// If none is open: then nothing is left to show.
    fn close(&mut self, broken: &str) {
        let Some(open) = self.model.open.take() else { panic!("{broken}") };
        let name = open.plan.experiment.name;
        self.overlay = None;
        self.screens.forget();
        self.at = KeyContext::Home;
        self.say(format!("{name} cannot be shown: {broken}"));
        self.model.faults.insert(name, format!("cannot be shown: {broken}"));
        self.look();
        self.refresh();
    }

    fn place(&self) -> KeyContext {
        match self.overlay {
            Some(Overlay::Question(_)) => KeyContext::Question,
            Some(Overlay::Typing(_)) => KeyContext::Typing,
            Some(Overlay::Palette(_)) => KeyContext::Palette,
            Some(Overlay::Help(_)) => KeyContext::Help,
            None => self.at,
        }
    }

    fn refresh(&mut self) {
        self.changed = true;
        let screen = self.screens.at_mut(self.at);
        screen.refresh(&self.model);
        self.status = screen.status(&self.model);
    }

    /// Goes up or down as often as a screen, or half of it, has lines.
    fn page(&mut self, (down, halves): (bool, usize)) {
        let is_log = self.place() == KeyContext::Run;
        let step = if down { Action::Down } else { Action::Up };
        let line = if down { Action::PageDown } else { Action::PageUp };
        // The title, the footer and a line that stays in sight.
        let lines = usize::from(self.area.height.saturating_sub(3)) * halves / 2;
        for _ in 0..lines.max(1) {
            if is_log { self.act_here(line) } else { self.act(step) }
        }
    }

    fn act(&mut self, action: Action) {
        if let Some(pages) = action.pages() {
            return self.page(pages);
        }
        match (&mut self.overlay, action) {
            (Some(Overlay::Question(_)), _) => self.answer(action == Action::Yes),
            (Some(Overlay::Typing(_)), _) => self.type_on(action),
            (Some(Overlay::Palette(_)), Action::Accept) => self.pick(),
            (Some(Overlay::Palette(_)), Action::Cancel) => self.overlay = None,
            (Some(Overlay::Palette(palette)), _) => palette.act(action),
            (_, Action::Suspend) => self.wish = Wish::Suspend,
            (Some(Overlay::Help(_)), Action::Leave | Action::Back) => self.overlay = None,
            (Some(Overlay::Help(help)), _) => help.act(action),
            (None, _) => self.act_here(action),
        }
    }

    /// Answers an action on a screen that nothing lies over.
    fn act_here(&mut self, action: Action) {
        match action {
            _ if self.read_only && action.changes_training() => {
                self.say("read-only: nothing is started or stopped, and no remark is kept".into());
            }
            Action::Leave => self.wish = Wish::Leave,
            Action::Help => self.overlay = Some(Overlay::Help(Help::of(self.at))),
            Action::Palette => self.overlay = Some(Overlay::Palette(Palette::of(self.at, &self.model))),
            Action::Search => self.type_in(Typing::new("/", String::new(), TypingPurpose::Search)),
            Action::Freeze => self.frozen = !self.frozen,
            Action::Copy => self.copy(),
            Action::Write => self.write(),
            Action::WriteFigures => self.write_figures(),
            Action::Back if self.screens.at_mut(self.at).back() => {}
            Action::Back if self.at == KeyContext::Home => {}
            Action::Back => self.go(if self.at == KeyContext::Grid { KeyContext::Home } else { KeyContext::Grid }),
            Action::Go(place) => self.go(place),
            _ => self.act_on_screen(action),
        }
    }

    fn act_on_screen(&mut self, action: Action) {
        match self.screens.at_mut(self.at).act(action, &mut self.model) {
            Effect::None => {}
            Effect::Open(name) => self.open(&name),
            Effect::Watch(heat) => {
                self.screens.run.watch(heat);
                self.go(KeyContext::Run);
            }
            Effect::Plan => self.plan(),
            Effect::Views | Effect::Features => self.bring(),
            Effect::Start => self.ask_to_start(None),
            Effect::Judge => self.ask_to_judge(),
            Effect::Stop => self.ask_to_stop(),
            Effect::Cells(action, trials) => self.ask_about_cells(action, &trials),
            Effect::Save => self.type_in(Typing::new("save as: ", String::new(), TypingPurpose::Name)),
            Effect::Remark(trials) => self.ask_for_remark(&trials),
            Effect::Edit(edited) => self.edit(edited),
            Effect::Unedit => self.unedit(),
            Effect::Use(set) => self.use_set(&set),
            Effect::Change(text) => {
                let hint = self.model.open.as_ref().map(|open| self.screens.views.parameters(&open.plan));
                let typing = Typing::new("OPERATION.KEY=VALUE: ", text, TypingPurpose::Change);
                self.type_in(Typing { hint: hint.unwrap_or_default(), ..typing });
            }
            Effect::Say(text) => self.say(text),
        }
    }

    fn go(&mut self, place: KeyContext) {
        if (self.at, place) == (KeyContext::Run, KeyContext::Features) {
            self.screens.features.watch(self.screens.run.watched());
        }
        if place != self.at {
            self.screens.at_mut(self.at).leave();
        }
        self.at = if self.model.open.is_some() { place } else { KeyContext::Home };
        self.read();
        self.bring();
    }

    /// Plans what the choice leaves of the experiment, and keeps the choice.
    fn plan(&mut self) {
        let Some(open) = &mut self.model.open else { return };
        self.model.switches.remove(&open.name);
        if !open.choice.is_all() {
            self.model.switches.insert(open.name.clone(), open.choice.clone());
        }
        match self.lab.plan(&open.name, &open.overrides()) {
            Ok(plan) => open.chosen = plan,
            Err(problems) => self.notice = Some(first_of(&problems)),
        }
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
fn newest(lab: &mut dyn Lab, open: &Open) -> Result<Option<StoreReading>> {
    let wanted = open.reading.is_none() || lab.has_news(&open.plan)?;
    if wanted { lab.read(&open.plan) } else { Ok(None) }
}
