//! The linear classifier of BYOL's paper (appendix C.1): frozen features of random crops and flips, drawn anew each epoch, as they
//! are; SGD with Nesterov momentum 0.9 and no weight decay; the rate that is best on images left out of the training images, by
//! which the classifier is learnt from all of them.

use burn::tensor::{Int, Tensor};

use super::{
    knn,
    left_out::left_out,
    linear::{Classifier, Descent, Labelled, places, with_one},
};
use crate::{method, one_hot, pixels};
use byolab_values::{
    augment::View,
    data::Label,
    plan::{
        Recipe, schedule, sets,
        streams::{Draws, Stream},
    },
};

/// Rates that are tried, for a batch of 256, each beside the others on the same features.
const RATES: [f64; 5] = [0.4, 0.3, 0.2, 0.1, 0.05];

/// The classifier of `seen`, whose features without augmentation are `bank`, `[n, d]`; `embed` makes those of crops.
pub fn learn(recipe: &Recipe, seen: &Labelled, bank: Tensor<2>, embed: impl Fn(Tensor<4>) -> Tensor<2>) -> Classifier {
    let (seed, rows) = (recipe.train.seed, seen.places.len());
    let [left_out, others] = left_out(rows, seed);
    let mut choosing = Course::begin(seen, &others, recipe, bank.dims()[1]);
    let mut whole = Course::begin(seen, &(0..rows).collect::<Vec<_>>(), recipe, bank.dims()[1]);
    for epoch in 0..recipe.probes.linear_epochs as u64 {
        let features = with_one(cropped(recipe, seen, epoch, &embed));
        [&mut choosing, &mut whole].into_iter().for_each(|course| course.learn(&features, epoch, seed));
    }
    let chosen = choosing.best(bank, &left_out, seen);
    Classifier::plain(whole.descents.swap_remove(chosen).weight)
}

/// Features of a crop of each image, `[n, d]`.
fn cropped(recipe: &Recipe, seen: &Labelled, epoch: u64, embed: impl Fn(Tensor<4>) -> Tensor<2>) -> Tensor<2> {
    let augment = sets::augmentation("crop-flip-only").expect("it is built in");
    let recipe = Recipe { augment, ..recipe.clone() };
    let crops = |images: &[usize]| pixels::augmented(&recipe, seen.data, &seen.data.train, images, View::First, epoch);
    pixels::rows(seen.places, seen.device, crops, embed)
}

/// A descent by each rate over the same batches.
struct Course {
    /// Rows that are learnt from, and their classes, `[n, classes]`.
    rows: Vec<usize>,
    targets: Tensor<2>,
    descents: Vec<Descent>,
    batch: usize,
    total: u64,
}

impl Course {
    fn begin(seen: &Labelled, rows: &[usize], recipe: &Recipe, dimensions: usize) -> Self {
        let classes = seen.data.classes.len();
        let batch = recipe.probes.linear_batch.min(rows.len());
        let begin = |_| Descent::begin(classes, dimensions + 1, seen.device);
        Self {
            rows: rows.to_vec(),
            targets: one_hot(method::classes(seen.labels, seen.device), classes),
            descents: RATES.iter().map(begin).collect(),
            batch,
            total: (recipe.probes.linear_epochs * (rows.len() / batch)) as u64,
        }
    }

    /// An epoch over features of all rows, `[n, d + 1]`.
    fn learn(&mut self, features: &Tensor<2>, epoch: u64, seed: u64) {
        let order = Draws::new(seed, Stream::Probe, epoch, 0, 0).permutation(self.rows.len());
        let steps = (self.rows.len() / self.batch) as u64;
        for (index, rows) in order.chunks_exact(self.batch).enumerate() {
            let rows: Vec<usize> = rows.iter().map(|&row| self.rows[row]).collect();
            let rows: Tensor<1, Int> = places(&rows, &features.device());
            let (x, target) = (features.clone().select(0, rows.clone()), self.targets.clone().select(0, rows));
            for (descent, rate) in self.descents.iter_mut().zip(RATES) {
                let peak = rate * self.batch as f64 / 256.0;
                let lr = schedule::learning_rate(epoch * steps + index as u64, self.total, 0, peak);
                descent.step(x.clone(), target.clone(), lr);
            }
        }
    }

    /// The rate that tells most of the rows `left_out` of `bank`, the larger of equals.
    fn best(&self, bank: Tensor<2>, left_out: &[usize], seen: &Labelled) -> usize {
        if left_out.is_empty() {
            return RATES.len() / 2;
        }
        let truth: Vec<Label> = left_out.iter().map(|&row| seen.labels[row]).collect();
        let query = bank.select(0, places(left_out, seen.device));
        let told = |descent: &Descent| {
            knn::accuracy(&Classifier::plain(descent.weight.clone()).predict(query.clone()), &truth)
        };
        let told: Vec<f64> = self.descents.iter().map(told).collect();
        (0..RATES.len()).rev().max_by(|a, b| told[*a].total_cmp(&told[*b])).expect("there are rates")
    }
}
