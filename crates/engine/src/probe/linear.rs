//! A linear classifier on cached features: softmax regression by SGD with Nesterov momentum 0.9 and a cosine rate
//! (BYOL appendix C.1), or at its minimum ([`super::logistic`]). Features are standardised by the training images' mean
//! and deviation first, a change of coordinates that makes one learning rate fit every encoder and width.

use burn::tensor::{Int, Tensor, TensorData, activation::softmax};

use crate::{
    kernel::{mean_of_rows, rows_times_rows},
    method, one_hot,
    probe::logistic,
    values,
};
use byolab_values::{
    data::Label,
    plan::{
        recipe::{LinearSolver, ProbesRecipe},
        schedule,
        streams::{Draws, Stream},
    },
};

const MOMENTUM: f64 = 0.9;

/// The class predicted for each row of `query`, `[m, d]`, after learning from `bank`, `[n, d]`, and its labels.
pub fn predict(
    bank: Tensor<2>,
    labels: &[Label],
    query: Tensor<2>,
    classes: usize,
    recipe: &ProbesRecipe,
    seed: u64,
) -> Vec<Label> {
    let (mean, deviation) = standard(&bank);
    let bank = with_one((bank - mean.clone()) / deviation.clone());
    let query = with_one((query - mean) / deviation);
    let weight = match recipe.linear_solver {
        LinearSolver::Sgd => descend(bank, labels, classes, recipe, seed),
        LinearSolver::Lbfgs => logistic::fit(bank, labels, classes, seed),
    };
    largest(&values(rows_times_rows(query, weight)), classes).collect()
}

/// The class of the largest logit in each row.
pub fn largest(logits: &[f32], classes: usize) -> impl Iterator<Item = Label> {
    let largest =
        move |row: &[f32]| (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("there are classes") as Label;
    logits.chunks(classes).map(largest)
}

/// `[classes, d + 1]`: weights and, in the last column, biases.
fn descend(x: Tensor<2>, labels: &[Label], classes: usize, recipe: &ProbesRecipe, seed: u64) -> Tensor<2> {
    let ([n, d], device) = (x.dims(), x.device());
    let batch = recipe.linear_batch.min(n);
    let peak = recipe.linear_lr * batch as f64 / 256.0;
    let steps_per_epoch = n / batch;
    let total = (recipe.linear_epochs * steps_per_epoch) as u64;
    let targets = one_hot(method::classes(labels, &device), classes);
    let mut weight = Tensor::<2>::zeros([classes, d], &device);
    let mut moment = weight.zeros_like();
    for epoch in 0..recipe.linear_epochs {
        let order = Draws::new(seed, Stream::Probe, epoch as u64, 0, 0).permutation(n);
        for (index, rows) in order.chunks_exact(batch).enumerate() {
            let rows: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
            let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [batch]), &device);
            let (x, target) = (x.clone().select(0, rows.clone()), targets.clone().select(0, rows));
            let error = softmax(rows_times_rows(x.clone(), weight.clone()), 1) - target;
            let gradient = rows_times_rows(error.transpose(), x.transpose()) / batch as f64;
            let lr = schedule::learning_rate((epoch * steps_per_epoch + index) as u64, total, 0, peak);
            moment = moment * MOMENTUM + gradient.clone();
            weight = weight - (moment.clone() * MOMENTUM + gradient) * lr;
        }
    }
    weight
}

/// Mean and standard deviation of each column, `[1, d]`; a column that does not vary is left as it is.
pub fn standard(x: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let mean = mean_of_rows(x.clone());
    let centred = x.clone() - mean.clone();
    let deviation = mean_of_rows(centred.clone() * centred).sqrt();
    let constant = deviation.clone().lower_elem(1e-6);
    (mean, deviation.mask_fill(constant, 1.0))
}

/// A last column of ones, for the bias: `[n, d]` to `[n, d + 1]`.
pub fn with_one(x: Tensor<2>) -> Tensor<2> {
    let ones = Tensor::ones([x.dims()[0], 1], &x.device());
    Tensor::cat(vec![x, ones], 1)
}
