//! What curves are drawn against: steps, epochs, images, or the time that training took.

use jiff::Timestamp;

use crate::store::Run;
use byolab_values::protocol::What;

/// The quantity of the x axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Across {
    #[default]
    /// Optimizer steps.
    Step,
    /// Passes over the training images.
    Epoch,
    /// Images seen, views of one counted once.
    Images,
    /// Minutes of training; pauses between two runners do not count.
    Time,
}

impl Across {
    /// The label of the axis.
    pub fn label(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Epoch => "epoch",
            Self::Images => "images",
            Self::Time => "min",
        }
    }

    /// The one that comes after, all in turn.
    pub fn next(self) -> Self {
        match self {
            Self::Step => Self::Epoch,
            Self::Epoch => Self::Images,
            Self::Images => Self::Time,
            Self::Time => Self::Step,
        }
    }
}

/// From the steps of one run to places on the x axis.
pub struct Ruler {
    across: Across,
    steps_per_epoch: f64,
    images_per_step: f64,
    /// Step and minutes of training, both ascending.
    clock: Vec<(f64, f64)>,
}

impl Ruler {
    /// A ruler for `run`, whose optimizer steps see `images` images each.
    pub fn new(across: Across, run: &Run, images: u64) -> Self {
        let clock = if across == Across::Time { clock(run) } else { Vec::new() };
        Self { across, steps_per_epoch: run.steps_per_epoch.max(1) as f64, images_per_step: images as f64, clock }
    }

    /// Where a step stands, in the units of the axis; a time that has not come yet stands at the newest one.
    pub fn place(&self, step: f64) -> f64 {
        match self.across {
            Across::Step => step,
            Across::Epoch => step / self.steps_per_epoch,
            Across::Images => step * self.images_per_step,
            Across::Time => between(&self.clock, step),
        }
    }

    /// The step that stands at a place: what [`Ruler::place`] was asked, where one step stands there.
    pub fn step(&self, place: f64) -> f64 {
        match self.across {
            Across::Step => place,
            Across::Epoch => place * self.steps_per_epoch,
            Across::Images => place / self.images_per_step,
            Across::Time => {
                between(&self.clock.iter().map(|(step, minutes)| (*minutes, *step)).collect::<Vec<_>>(), place)
            }
        }
    }
}

/// The minutes of training at each event of the log, and now.
fn clock(run: &Run) -> Vec<(f64, f64)> {
    let mut clock: Vec<(f64, f64)> = Vec::new();
    let mut last: Option<Timestamp> = None;
    let mut minutes = 0.0;
    let events = run.log.iter().map(|record| (record.event.step, record.time, &record.event.what));
    let paused = |what: Option<&What>| matches!(what, Some(What::Started { .. }));
    let now = run.last.map(|time| (run.step, time, None));
    let mut ended = false;
    for (step, time, what) in events.map(|(step, time, what)| (step, time, Some(what))).chain(now) {
        // What is judged again after the end takes none of the training's time.
        if let Some(last) = last.filter(|_| !ended && !paused(what)) {
            minutes += time.duration_since(last).as_secs_f64().max(0.0) / 60.0;
        }
        last = Some(time);
        ended |= matches!(what, Some(What::Finished { .. }));
        if clock.last().is_none_or(|known| known.0 <= step as f64) {
            clock.push((step as f64, minutes));
        }
    }
    clock
}

/// The value at `x` on the line through `points`; beyond its ends, the value there.
pub(super) fn between(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|point| point.0 <= x);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::protocol::{Event, Record};

    fn record(second: i64, step: u64, what: What) -> Record {
        Record { time: Timestamp::from_second(second).unwrap(), event: Event { step, what } }
    }

    #[test]
    fn judging_again_days_later_takes_no_time_of_the_training() {
        let started = What::Started { steps: 10, steps_per_epoch: 10, device: String::new(), commit: String::new() };
        let finished = || What::Finished { metrics: Default::default(), probes: None };
        let mut run = Run::default();
        for record in [record(0, 0, started), record(60, 10, finished()), record(90_000, 10, finished())] {
            run.take(record);
        }
        assert_eq!(run.last, Some(Timestamp::from_second(60).unwrap()));
        assert_eq!((clock(&run).last(), run.log.len()), (Some(&(10.0, 1.0)), 3));
    }

    #[test]
    fn time_is_that_of_training_without_the_pauses() {
        let started =
            || What::Started { steps: 100, steps_per_epoch: 10, device: String::new(), commit: String::new() };
        let run = Run {
            step: 60,
            steps: 100,
            steps_per_epoch: 10,
            log: vec![record(0, 0, started()), record(240, 40, What::Checkpointed), record(9000, 40, started())],
            last: Some(Timestamp::from_second(9060).unwrap()),
            ..Run::default()
        };
        let place = |across, step| Ruler::new(across, &run, 512).place(step);
        for (step, minutes) in [(0.0, 0.0), (20.0, 2.0), (40.0, 4.0), (50.0, 4.5), (60.0, 5.0), (100.0, 5.0)] {
            assert_eq!(place(Across::Time, step), minutes, "step {step}");
            assert_eq!(Ruler::new(Across::Time, &run, 512).step(minutes), step.min(60.0), "minute {minutes}");
        }
        assert_eq!(place(Across::Step, 60.0), 60.0);
        assert_eq!(place(Across::Epoch, 60.0), 6.0);
        assert_eq!(place(Across::Images, 60.0), 60.0 * 512.0);
    }

    #[test]
    fn the_axis_goes_through_all_quantities_and_begins_again() {
        let all = std::iter::successors(Some(Across::default()), |across| Some(across.next()));
        let labels: Vec<&str> = all.take(5).map(Across::label).collect();
        assert_eq!(labels, ["step", "epoch", "images", "min", "step"]);
    }
}
