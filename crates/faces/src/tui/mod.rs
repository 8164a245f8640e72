//! The terminal workbench: choose an experiment, start it, watch its methods side by side, see what holds.
//!
//! `loop { read; draw; wait; react }`: [`App`] is the whole workbench without a terminal, [`terminal`] the terminal
//! without a workbench, and [`run`] the loop between them. What there is to show comes through a [`Lab`]; a key does
//! what [`keys`] says; a screen is a file in `screens`, made of `widgets`, drawn in the tones of [`theme`].
//!
//! The workbench trains nothing. It asks the laboratory to start a process of its own, reads the store, and appends
//! commands, so leaving it never touches a run.
//!
//! | file | holds |
//! |---|---|
//! | `app` | keys and readings in, pictures out |
//! | `lab` | what the workbench asks for: experiments, readings, processes |
//! | `model`, `choice` | what is shown; which values and seeds are switched on |
//! | `screens`, `widgets` | a file a screen; the pieces that they are made of |
//! | `keys`, `edit`, `glossary` | bindings, values edited in place, words explained |
//! | `theme` | tones to colours, by terminal |
//! | `terminal`, `input`, `graphics`, `clipboard`, `pace`, `picture` | the terminal itself: taken over, its bytes as keys, pictures in pixels, copying, how fast it is |
//! | `guard` | a fault of one experiment as a sentence |

pub mod app;
pub mod choice;
pub mod clipboard;
mod edit;
mod glossary;
mod graphics;
pub mod guard;
mod input;
pub mod keys;
pub mod lab;
mod model;
mod pace;
mod picture;
mod screens;
mod terminal;
pub mod theme;
mod widgets;

use std::{
    io::{IsTerminal, stdin, stdout},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
pub use app::App;
use app::Wish;
use crossterm::event::{Event, KeyEventKind};
use jiff::tz::TimeZone;
pub use lab::{
    BackgroundWork, ExperimentEntry, HeldOut, Lab, LastSeen, Sample, ShownView, StoreReading, UserMemory, Viewed,
    ViewsQuery,
};
use pace::TerminalPace;
pub use picture::Picture;
use terminal::{Session, Woken};
use theme::Theme;

/// Between two readings of the store.
const READ_EVERY: Duration = Duration::from_millis(500);

/// The same while something on screen is still being read.
const READ_SOON: Duration = Duration::from_millis(50);

/// How the workbench is opened.
#[derive(Clone, Debug, Default)]
pub struct WorkbenchOptions {
    /// The experiment to open; without one the workbench goes back to where its user was.
    pub experiment: Option<String>,
    /// No key starts or stops anything.
    pub read_only: bool,
    /// The terminal's ground is light.
    pub light: bool,
    /// Draws with ASCII alone, also where the locale does not ask for it.
    pub ascii: bool,
    /// The mouse points and scrolls, and no longer selects text.
    pub mouse: bool,
}

/// Runs the workbench on this terminal until its user leaves, then remembers where that was.
///
/// # Errors
/// The terminal cannot be taken over, drawn on or read. One that has hung up is no error.
pub fn run(lab: Box<dyn Lab>, settings: &WorkbenchOptions) -> Result<()> {
    let mut app = App::new(lab, Theme::of_environment(settings.light, settings.ascii), TimeZone::system());
    if settings.read_only {
        app = app.read_only();
    }
    app.recall();
    if let Some(name) = &settings.experiment {
        app.open(name);
    }
    let result = show(&mut app, settings.mouse);
    app.remember();
    result
}

/// The loop, until the user leaves or the terminal is gone.
fn show(app: &mut App, mouse: bool) -> Result<()> {
    let mut session = Session::open(mouse).context("cannot take over the terminal")?;
    let (mut read, mut drawn, mut pace) = (Instant::now(), None::<Instant>, TerminalPace::default());
    loop {
        let read_every = if app.is_waiting() { READ_SOON } else { READ_EVERY };
        if read.elapsed() >= read_every {
            app.read();
            read = Instant::now();
        }
        let rest = drawn.map_or(Duration::ZERO, |drawn| pace.every().saturating_sub(drawn.elapsed()));
        if app.moves() && rest.is_zero() {
            app.advance();
        }
        if app.has_changed() && rest.is_zero() {
            pace.note(session.draw(|area, buffer| app.draw(area, buffer)).context("cannot draw")?);
            app.note_link(pace.slow());
            drawn = Some(Instant::now());
        }
        let until_read = read_every.saturating_sub(read.elapsed());
        let timeout = match (app.has_changed(), app.moves()) {
            (true, _) => until_read.min(rest),
            (false, true) => until_read.min(pace.every()),
            (false, false) => until_read,
        };
        match session.wait(timeout).context("cannot read the terminal")? {
            Woken::Due => {}
            Woken::Events(events) => events.into_iter().for_each(|event| react(app, event)),
            Woken::Again => app.redraw(),
            Woken::End => return Ok(()),
        }
        match app.wish() {
            Wish::GoOn => {}
            Wish::Suspend => {
                session.suspend().context("cannot suspend")?;
                app.redraw();
            }
            Wish::Copy(text) => {
                let copied = session.copy(&text).context("cannot copy")?;
                app.tell_copied(&text, copied);
            }
            Wish::Graphics => app.take_graphics(session.graphics().context("cannot ask the terminal")?),
            Wish::Leave => return Ok(()),
        }
    }
}

/// Whether the workbench can be shown here; if not, why, so that the caller prints plain lines instead.
///
/// # Errors
/// Why it cannot.
pub fn usable() -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).ok();
    judge(stdin().is_terminal() && stdout().is_terminal(), variable("TERM"), variable("CI"))
}

fn judge(is_terminal: bool, term: Option<String>, ci: Option<String>) -> Result<(), String> {
    match (term.as_deref(), ci.as_deref()) {
        _ if !is_terminal => Err("standard input and output are not a terminal".into()),
        (None | Some("" | "dumb"), _) => Err("TERM names no terminal that can be drawn on".into()),
        (_, Some(ci)) if !ci.is_empty() => Err("CI is set".into()),
        _ => Ok(()),
    }
}

fn react(app: &mut App, event: Event) {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => app.press(key),
        Event::Mouse(mouse) => app.point(mouse),
        Event::Resize(..) => app.redraw(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workbench_wants_a_terminal_that_can_be_drawn_on() {
        let judge = |is_terminal, term: &str, ci: &str| judge(is_terminal, Some(term.into()), Some(ci.into())).is_ok();
        assert!(judge(true, "xterm-256color", ""));
        assert!(!judge(false, "xterm-256color", ""));
        assert!(!judge(true, "dumb", ""));
        assert!(!judge(true, "", ""));
        assert!(!judge(true, "xterm", "true"));
    }
}
