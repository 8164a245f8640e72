//! The speed of whole training steps of one recipe on a device, and where their time goes.

use std::{collections::BTreeMap, thread, time::Instant};

use burn::tensor::{Device, Distribution, Tensor};
use serde::Serialize;

use super::{
    augmenter::Augmenter,
    evaluation,
    learner::Learner,
    loader::{DataLoader, ImageOrder},
    method::Batch,
};
use byolab_values::{
    data::Dataset,
    plan::{Recipe, cost::Shape},
    process,
};

/// Steps before the clock starts: kernels are compiled, memory is taken.
const WARM_UP: usize = 3;
/// Steps whose parts are timed apart.
const APART: usize = 3;
/// Images that pass as in an evaluation.
const PASSED: usize = 512;
/// Rows and columns of the matrices, and numbers of the vectors, that a device's ceilings are measured with.
const SIDE: usize = 2048;
const COPIED: usize = 1 << 25;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepSpeed {
    /// Images of the batch, not views, of steps that overlap as in training; the median of the repetitions.
    pub images_per_second: f64,
    /// Slowest and fastest repetition.
    pub spread: [f64; 2],
    /// Of the measurement.
    pub repetitions: usize,
    /// Where the device replays steps: the same rate without.
    pub launch_by_launch: Option<f64>,
    /// Of the time of a step whose parts wait for each other: `views`, `forward` (student and teacher), `backward`,
    /// `update` (optimizer and target).
    pub shares: BTreeMap<String, f64>,
    /// Of a step's time: there were no views yet.
    pub waiting: f64,
    /// Of the training's time: the passes of evaluations.
    pub probes: f64,
    /// Floating-point operations of the networks in a second.
    pub operations_per_second: f64,
    /// The process's peak resident memory, where the system tells it.
    pub peak_bytes: Option<u64>,
}

/// What the device can do at best, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ceilings {
    /// Floating-point operations a second of a product of two matrices.
    pub operations_per_second: f64,
    /// Bytes read and written a second by an operation on every number of a large vector.
    pub bytes_per_second: f64,
}

/// Times `repetitions` optimizer steps of `recipe` as they are in training, then the parts of some.
///
/// # Panics
/// Where there are fewer images than one optimizer batch takes.
pub fn measure(recipe: &Recipe, data: &Dataset, device: &Device, repetitions: usize) -> StepSpeed {
    let mut learner = Learner::new(recipe, data.classes.len(), device);
    let (mut rates, mut waiting) = whole_steps(recipe, data, device, &mut learner, repetitions);
    let mut launch_by_launch = None;
    if learner.record() {
        let replayed = whole_steps(recipe, data, device, &mut learner, repetitions);
        if learner.replays() {
            launch_by_launch = Some(median(&rates));
            (rates, waiting) = replayed;
        }
    }
    let rate = median(&rates);
    let peak_bytes = process::peak();
    let shares = shares(recipe, data, device, &mut learner);
    StepSpeed {
        images_per_second: rate,
        spread: [rates[0], rates[rates.len() - 1]],
        repetitions,
        launch_by_launch,
        shares,
        waiting,
        probes: probes(recipe, data, device, &mut learner, rate),
        operations_per_second: rate * Shape::of(recipe).operations(),
        peak_bytes,
    }
}

/// Of rates in their order.
fn median(rates: &[f64]) -> f64 {
    rates[rates.len() / 2]
}

/// Images a second of steps in the order of the rates, fed by a thread of its own, and the share of all their time that was
/// waited for it.
fn whole_steps(
    recipe: &Recipe,
    data: &Dataset,
    device: &Device,
    learner: &mut Learner,
    repetitions: usize,
) -> (Vec<f64>, f64) {
    let train = &recipe.train;
    let steps_per_epoch = (data.train.len() / train.optimizer_batch) as u64;
    assert!(steps_per_epoch > 0, "an optimizer batch fits into the training images");
    thread::scope(|scope| {
        let steps = WARM_UP + repetitions;
        let loader = DataLoader::start(scope, Augmenter::new(recipe, data, device), steps_per_epoch, 0..steps as u64);
        let mut rates = Vec::new();
        let (mut all, mut waited) = (0.0, 0.0);
        for step in 0..steps {
            loader.take_waited();
            let seconds = seconds(device, || {
                for _ in 0..train.optimizer_batch / train.batch {
                    learner.accumulate(loader.next());
                }
                update(learner);
            });
            if step >= WARM_UP {
                rates.push(train.optimizer_batch as f64 / seconds);
                all += seconds;
                waited += loader.take_waited().as_secs_f64();
            }
        }
        rates.sort_by(f64::total_cmp);
        (rates, waited / all)
    })
}

/// The shares of a step's parts, each waited for.
fn shares(recipe: &Recipe, data: &Dataset, device: &Device, learner: &mut Learner) -> BTreeMap<String, f64> {
    let augmenter = Augmenter::new(recipe, data, device);
    let steps_per_epoch = (data.train.len() / recipe.train.optimizer_batch) as u64;
    let demand = recipe.demand();
    let mut order = ImageOrder::new(recipe, data, &demand, steps_per_epoch);
    let mut parts = [("views", 0.0), ("forward", 0.0), ("backward", 0.0), ("update", 0.0)];
    for step in 0..APART {
        for micro in 0..recipe.train.optimizer_batch / recipe.train.batch {
            let mut batch: Option<Batch> = None;
            let taken = order.take(step as u64, micro);
            parts[0].1 += seconds(device, || batch = Some(augmenter.batch(&taken)));
            let mut passed = None;
            parts[1].1 += seconds(device, || passed = batch.take().map(|batch| learner.forward(batch)));
            parts[2].1 += seconds(device, || drop(passed.take().map(|passed| learner.backward(passed))));
        }
        parts[3].1 += seconds(device, || update(learner));
    }
    let total: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    parts.into_iter().map(|(name, seconds)| (name.to_string(), seconds / total)).collect()
}

/// The share of a training's time that evaluations take, by how long some of their images pass the encoder.
fn probes(recipe: &Recipe, data: &Dataset, device: &Device, learner: &mut Learner, rate: f64) -> f64 {
    let train = &recipe.train;
    let some: Vec<usize> = (0..PASSED.min(data.train.len())).collect();
    let passed = seconds(device, || drop(evaluation::plain(learner, data, &data.train, &some, device)));
    let images = data.train.len() + data.held_out.len();
    let evaluation = passed * images as f64 / some.len() as f64;
    let between = (train.evaluate_every as u64 * recipe.steps_per_epoch()) as f64 * train.optimizer_batch as f64 / rate;
    evaluation / (evaluation + between)
}

fn update(learner: &mut Learner) {
    let decay = learner.architecture.target.map(|target| target.decay);
    learner.step(1e-3, decay, false);
}

/// What the device can do at best.
pub fn ceilings(device: &Device) -> Ceilings {
    let random = |shape| Tensor::<2>::random(shape, Distribution::Uniform(-1.0, 1.0), device);
    let [a, b] = [random([SIDE, SIDE]), random([SIDE, SIDE])];
    let product = fastest(device, || drop(a.clone().matmul(b.clone())));
    let copied = random([COPIED / SIDE, SIDE]);
    let copy = fastest(device, || drop(copied.clone() + 1.0));
    Ceilings {
        operations_per_second: 2.0 * (SIDE * SIDE * SIDE) as f64 / product,
        bytes_per_second: 8.0 * COPIED as f64 / copy,
    }
}

/// Seconds of the fastest of a few runs of `work`.
fn fastest(device: &Device, work: impl Fn()) -> f64 {
    (0..WARM_UP + APART).map(|_| seconds(device, &work)).fold(f64::INFINITY, f64::min)
}

/// Seconds that `work` takes, the device's part too.
fn seconds(device: &Device, work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    device.sync().expect("the device answers");
    begin.elapsed().as_secs_f64()
}
