//! What follows the optimizer step: the learning rate and the target's decay, as pure functions of it.

use std::f64::consts::PI;

use super::{
    Recipe,
    recipe::{LrSchedule, ScheduleEnd, ScheduleStart, TargetNetwork, TargetSchedule, TrainRecipe, WarmupCount},
};

/// The counts that a training and the number of its images decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Optimizer steps of the whole training.
    pub steps: u64,
    /// What does not fill an optimizer batch is left for another epoch.
    pub steps_per_epoch: u64,
    /// Steps over which the learning rate rises.
    pub warmup: u64,
}

impl Clock {
    /// Of a training on so many images.
    pub fn new(train: &TrainRecipe, images: usize) -> Self {
        let steps_per_epoch = (images / train.optimizer_batch) as u64;
        let warmup = (train.warmup_epochs * steps_per_epoch as f64).round() as u64;
        Self { steps: steps_per_epoch.saturating_mul(train.epochs as u64), steps_per_epoch, warmup }
    }

    /// Whether `step` steps end an epoch that is a multiple of `every`, or the training.
    pub fn is_epoch(&self, step: u64, every: usize) -> bool {
        step == self.steps || step.is_multiple_of(self.steps_per_epoch * every as u64)
    }

    /// Whether `step` steps are a multiple of `every`, or end an epoch.
    pub fn is_logged(&self, step: u64, every: usize) -> bool {
        step.is_multiple_of(every as u64) || step.is_multiple_of(self.steps_per_epoch)
    }
}

impl Recipe {
    /// The counts of a training on as many images as the recipe tells.
    fn clock(&self) -> Clock {
        Clock::new(&self.train, self.images())
    }

    /// Optimizer steps in an epoch; what does not fill an optimizer batch is left for another epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.clock().steps_per_epoch
    }

    /// Optimizer steps of the whole training.
    pub fn steps(&self) -> u64 {
        self.clock().steps
    }

    /// The learning rate of the step after `step` steps.
    pub fn learning_rate_at(&self, step: u64, clock: &Clock) -> f64 {
        self.train.learning_rate_at(step, clock, self.optimizer.lr())
    }

    /// The share of the target that stays at the step after `step` steps; none where the method has no target.
    pub fn target_decay_at(&self, step: u64, clock: &Clock) -> Option<f64> {
        let (train, target) = (&self.train, self.method.target()?);
        Some(train.decay(target.decay_at(step + train.ahead(1), train.cosine_steps(clock.steps, 1))))
    }
}

impl TrainRecipe {
    /// The learning rate of the step after `step` steps, `base` being that of the reference batch.
    pub fn learning_rate_at(&self, step: u64, clock: &Clock, base: f64) -> f64 {
        let Clock { steps_per_epoch, warmup, .. } = *clock;
        let peak = self.peak_lr(base);
        if step < warmup {
            return self.warm_up(step, warmup, peak);
        }
        match self.schedule {
            LrSchedule::Cosine => self.cosine(step, 1, clock, peak),
            LrSchedule::CosineByEpoch => {
                let first = step / steps_per_epoch * steps_per_epoch;
                self.cosine(first.max(self.cosine_start(warmup)), steps_per_epoch, clock, peak)
            }
            LrSchedule::SevenSixteenths => {
                peak * (7.0 / 16.0 * PI * progress(step - warmup, clock.steps - warmup)).cos()
            }
            LrSchedule::Steps => {
                let epoch = (step / steps_per_epoch) as usize;
                falling(epoch, &self.milestones, self.milestone_factor, peak)
            }
            LrSchedule::Constant => peak,
        }
    }

    /// The rate that rises to `peak`.
    fn warm_up(&self, step: u64, warmup: u64, peak: f64) -> f64 {
        let start = peak * self.warmup_start;
        let (done, all) = match self.warmup_count {
            WarmupCount::Done => (step, warmup),
            WarmupCount::Begun => (step + 1, warmup),
            WarmupCount::Between => (step, (warmup - 1).max(1)),
        };
        start + warm_up(done, all, peak - start)
    }

    /// The rate that falls from `peak` after the warm-up, where it changes every so many steps.
    fn cosine(&self, step: u64, every: u64, clock: &Clock, peak: f64) -> f64 {
        let (start, end) = (self.cosine_start(clock.warmup), peak * self.lr_end);
        let total = self.cosine_steps(clock.steps, every).max(start);
        end + learning_rate(step + self.ahead(every), total, start, peak - end)
    }

    /// The step at which the rate's cosine starts.
    fn cosine_start(&self, warmup: u64) -> u64 {
        match self.schedule_start {
            ScheduleStart::AfterWarmup => warmup,
            ScheduleStart::WithWarmup => 0,
        }
    }

    /// By how many steps cosines that change every so many are ahead.
    fn ahead(&self, every: u64) -> u64 {
        if self.schedule_end == ScheduleEnd::Ahead { every } else { 0 }
    }

    /// The step at which cosines over `steps` end that change every so many.
    fn cosine_steps(&self, steps: u64, every: u64) -> u64 {
        match self.schedule_end {
            ScheduleEnd::After | ScheduleEnd::Ahead => steps,
            ScheduleEnd::Last => steps.saturating_sub(every),
        }
    }
}

impl TargetNetwork {
    /// How much of the target stays at `step` of `total`. 0 and 1 hold throughout: they are the fixed points of the
    /// ablation (BYOL Table 5a), where the target is the online network itself or never moves.
    pub fn decay_at(&self, step: u64, total: u64) -> f64 {
        let fixed = self.schedule == TargetSchedule::Constant || self.decay == 0.0 || self.decay == 1.0;
        if fixed { self.decay } else { target_decay(step, total, self.decay) }
    }
}

/// Linear from 0 to `peak` over `warmup` steps (Goyal et al. 2017).
pub fn warm_up(step: u64, warmup: u64, peak: f64) -> f64 {
    peak * step as f64 / warmup as f64
}

/// Linear from 0 to `peak` over `warmup` steps, then cosine to 0 at `total` (BYOL section 3.3, SimCLR section 2.1).
pub fn learning_rate(step: u64, total: u64, warmup: u64, peak: f64) -> f64 {
    if step < warmup {
        return warm_up(step, warmup, peak);
    }
    peak * 0.5 * (1.0 + (PI * progress(step - warmup, total - warmup)).cos())
}

/// The share of `total` steps that are done, at most all.
fn progress(step: u64, total: u64) -> f64 {
    if step >= total { 1.0 } else { step as f64 / total as f64 }
}

/// `peak`, multiplied by `factor` at each of the `milestones`, which are epochs (MoCo v1 section 3.3).
pub fn falling(epoch: usize, milestones: &[usize], factor: f64, peak: f64) -> f64 {
    let passed = milestones.iter().filter(|milestone| **milestone <= epoch).count();
    peak * factor.powi(passed as i32)
}

/// tau_k = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2 (BYOL section 3.3).
pub fn target_decay(step: u64, total: u64, base: f64) -> f64 {
    1.0 - (1.0 - base) * ((PI * progress(step, total)).cos() + 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::plan::recipe::{ByolRecipe, MethodRecipe};

    /// Computed by an independent program; see tests/reference.
    #[derive(Deserialize)]
    struct Reference {
        target_decay: Vec<Decay>,
        learning_rate: Vec<Rate>,
    }

    #[derive(Deserialize)]
    struct Decay {
        base: f64,
        total_steps: u64,
        step: u64,
        value: f64,
    }

    #[derive(Deserialize)]
    struct Rate {
        peak: f64,
        warmup_steps: u64,
        total_steps: u64,
        step: u64,
        value: f64,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("../../../../tests/reference/schedules.json")).unwrap()
    }

    fn check(found: f64, expected: f64, step: u64) {
        assert!((found - expected).abs() < 1e-9, "step {step}: {found}, not {expected}");
    }

    #[test]
    fn target_decay_agrees_with_the_reference() {
        for Decay { base, total_steps, step, value } in reference().target_decay {
            check(target_decay(step, total_steps, base), value, step);
        }
    }

    #[test]
    fn learning_rate_agrees_with_the_reference() {
        for Rate { peak, warmup_steps, total_steps, step, value } in reference().learning_rate {
            check(learning_rate(step, total_steps, warmup_steps, peak), value, step);
        }
    }

    /// 10 steps an epoch, 4 epochs of which the first warms up.
    #[test]
    fn every_schedule_warms_up_and_then_goes_its_way() {
        let train = TrainRecipe {
            optimizer_batch: 256,
            reference_batch: 256,
            epochs: 4,
            warmup_epochs: 1.0,
            milestones: vec![2, 3],
            milestone_factor: 0.1,
            ..TrainRecipe::default()
        };
        let clock = Clock::new(&train, 2600);
        assert_eq!(clock, Clock { steps: 40, steps_per_epoch: 10, warmup: 10 });
        let half = 0.5;
        for (schedule, expected) in [
            (LrSchedule::Cosine, [0.0, half, 1.0, 0.75, 0.25]),
            (LrSchedule::CosineByEpoch, [0.0, half, 1.0, 0.75, 0.25]),
            (LrSchedule::SevenSixteenths, [0.0, half, 1.0, 0.896_872_741_532_688_4, 0.608_761_429_008_720_7]),
            (LrSchedule::Steps, [0.0, half, 1.0, 0.1, 0.01]),
            (LrSchedule::Constant, [0.0, half, 1.0, 1.0, 1.0]),
        ] {
            let train = TrainRecipe { schedule, ..train.clone() };
            for (step, expected) in [0, 5, 10, 20, 30].into_iter().zip(expected) {
                check(train.learning_rate_at(step, &clock, 1.0), expected, step);
            }
        }
        let train = TrainRecipe { schedule: LrSchedule::CosineByEpoch, ..train };
        check(train.learning_rate_at(29, &clock, 1.0), 0.75, 29);
    }

    #[test]
    fn the_decay_is_fixed_at_0_and_1_and_follows_its_schedule_between() {
        let of = |decay: f64, schedule| {
            let method = MethodRecipe::Byol(ByolRecipe {
                target_decay: decay,
                target_schedule: schedule,
                ..ByolRecipe::default()
            });
            method.target().unwrap().decay_at(50, 100)
        };
        assert_eq!((of(0.0, TargetSchedule::Cosine), of(1.0, TargetSchedule::Cosine)), (0.0, 1.0));
        assert_eq!((of(0.5, TargetSchedule::Cosine), of(0.5, TargetSchedule::Constant)), (0.75, 0.5));
    }

    #[test]
    fn the_rate_falls_at_the_milestones() {
        for (epoch, expected) in [(0, 1.0), (119, 1.0), (120, 0.1), (159, 0.1), (160, 0.01), (199, 0.01)] {
            assert!((falling(epoch, &[120, 160], 0.1, 1.0) - expected).abs() < 1e-12, "epoch {epoch}");
        }
    }
}
