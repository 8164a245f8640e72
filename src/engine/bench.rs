//! The speed of whole training steps of one recipe on a device.

use std::{collections::BTreeMap, time::Instant};

use burn::tensor::Device;
use serde::Serialize;

use super::{learner::Learner, maker::Maker};
use crate::{data::Dataset, plan::Recipe};

/// Steps before the clock starts: first-use tuning, first allocations.
const WARM_UP: usize = 3;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Images of the batch, not views; the median of the repetitions.
    pub images_per_second: f64,
    /// Slowest and fastest repetition.
    pub spread: [f64; 2],
    pub repetitions: usize,
    /// Of a step's time: `views`, `gradients` (forward and backward), `update` (optimizer and target).
    pub shares: BTreeMap<String, f64>,
    /// The process's peak resident memory, where the system tells it.
    pub peak_bytes: Option<u64>,
}

/// Seconds of the three parts of one step.
type Parts = [f64; 3];
const NAMES: [&str; 3] = ["views", "gradients", "update"];

/// Times `repetitions` optimizer steps of `recipe`, each part waited for.
///
/// # Panics
/// Where there are fewer images than one micro-batch takes.
pub fn measure(recipe: &Recipe, data: &Dataset, device: &Device, repetitions: usize) -> Speed {
    let mut learner = Learner::new(recipe, data.classes.len(), device);
    let maker = Maker::new(recipe, data, device);
    let mut steps: Vec<Parts> =
        (0..WARM_UP + repetitions).map(|step| one_step(recipe, &maker, device, &mut learner, step as u64)).collect();
    steps.drain(..WARM_UP);
    let rate = |parts: &Parts| recipe.train.optimizer_batch as f64 / parts.iter().sum::<f64>();
    let mut rates: Vec<f64> = steps.iter().map(rate).collect();
    rates.sort_by(f64::total_cmp);
    let total: f64 = steps.iter().flatten().sum();
    let share = |part: usize| steps.iter().map(|parts| parts[part]).sum::<f64>() / total;
    Speed {
        images_per_second: rates[rates.len() / 2],
        spread: [rates[0], rates[rates.len() - 1]],
        repetitions,
        shares: (0..NAMES.len()).map(|part| (NAMES[part].to_string(), share(part))).collect(),
        peak_bytes: peak_bytes(),
    }
}

fn one_step(recipe: &Recipe, maker: &Maker, device: &Device, learner: &mut Learner, step: u64) -> Parts {
    let mut parts = [0.0; 3];
    let indices: Vec<usize> = (0..recipe.train.batch).collect();
    for micro in 0..recipe.train.optimizer_batch / recipe.train.batch {
        let epoch = step * 1000 + micro as u64;
        let batch = timed(&mut parts[0], device, || maker.batch(&indices, epoch));
        timed(&mut parts[1], device, || learner.accumulate(batch));
    }
    let decay = learner.architecture.target.map(|target| target.decay);
    timed(&mut parts[2], device, || learner.step(1e-3, decay));
    parts
}

fn timed<T>(seconds: &mut f64, device: &Device, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    device.sync().expect("the device answers");
    *seconds += begin.elapsed().as_secs_f64();
    result
}

/// `VmHWM` of Linux.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| 1024 * kib)
}
