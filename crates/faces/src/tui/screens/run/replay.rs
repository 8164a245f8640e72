//! A stored heat played again: its runs as they stood at a step, which a clock moves on.

use jiff::Timestamp;

use super::shown::{ShownTrial, last_step, ruler};
use crate::tui::{theme::Tone, widgets::text::Text};
use byolab_store::{
    chart::{
        across::{Across, Ruler},
        curves::CurveOptions,
        metric::count,
    },
    store::Run,
};

/// How many times faster than it was recorded.
const SPEEDS: [u32; 5] = [1, 10, 60, 600, 6_000];

/// Seconds that a heat is played for at least, at the speed that it begins with.
const LASTS: f64 = 8.0;

/// More seconds than this between two looks at the clock mean that nobody was looking.
const LOOK: f64 = 1.0;

/// Where a heat is played, and how fast.
pub struct Playback {
    /// The step shown, and what is done of the next.
    step: f64,
    /// Place in [`SPEEDS`].
    speed: usize,
    paused: bool,
    /// When the clock was looked at last while it moved.
    looked: Option<Timestamp>,
}

impl Playback {
    /// From the beginning, no faster than can be followed.
    pub fn of(members: &[ShownTrial]) -> Self {
        let seconds =
            time(members).zip(last_step(members)).map_or(0.0, |(ruler, last)| 60.0 * ruler.place(last as f64));
        let lasts = |speed: &u32| seconds / f64::from(*speed) >= LASTS;
        Self { step: 0.0, speed: SPEEDS.iter().rposition(lasts).unwrap_or(0), paused: false, looked: None }
    }

    pub fn moves(&self) -> bool {
        !self.paused
    }

    pub fn step(&self) -> u64 {
        self.step.round() as u64
    }

    /// Moves on to `now`; pauses at the last step that is on disk.
    pub fn advance(&mut self, members: &[ShownTrial], now: Timestamp) {
        let looked = self.looked.replace(now).unwrap_or(now);
        let seconds = now.duration_since(looked).as_secs_f64().min(LOOK);
        let Some((ruler, last)) = time(members).zip(last_step(members)) else { return };
        let minutes = ruler.place(self.step) + seconds * f64::from(SPEEDS[self.speed]) / 60.0;
        self.step = ruler.step(minutes).max(self.step).min(last as f64);
        self.paused = self.step() >= last;
    }

    pub fn seek(&mut self, step: u64) {
        self.step = step as f64;
    }

    /// Pauses, or goes on; from the beginning where it has come to the end.
    pub fn toggle(&mut self, members: &[ShownTrial]) {
        if self.paused && last_step(members).is_some_and(|last| self.step() >= last) {
            self.step = 0.0;
        }
        self.paused = !self.paused;
        self.looked = None;
    }

    pub fn slower(&mut self) {
        self.speed = self.speed.saturating_sub(1);
    }

    pub fn faster(&mut self) {
        self.speed = (self.speed + 1).min(SPEEDS.len() - 1);
    }

    /// What the disk held about each trial.
    pub fn runs(&self, members: &[ShownTrial]) -> Vec<Option<Run>> {
        members.iter().map(|member| Some(member.run?.at(self.step()))).collect()
    }

    /// `replay 60x at step 7 994`.
    pub fn status(&self) -> Text {
        let pause = if self.paused { " paused" } else { "" };
        let speed = count(SPEEDS[self.speed].into());
        Text::new(format!("replay {speed}x{pause} at step {}", count(self.step())), Tone::Doubtful)
    }
}

/// From steps to minutes of training.
fn time(members: &[ShownTrial]) -> Option<Ruler> {
    ruler(members, CurveOptions { across: Across::Time, ..CurveOptions::default() })
}
