//! A linear classifier on frozen features: softmax regression by SGD with Nesterov momentum 0.9 and a cosine rate on features that
//! are kept, at its minimum ([`super::logistic`]), or by the paper's protocol ([`super::crops`]; [`super::solver`] chooses). In the first two features are
//! standardised by the training images' mean and deviation, a change of coordinates that makes one learning rate fit every encoder
//! and width.

use burn::tensor::{Device, Int, Tensor, TensorData, activation::softmax};

use crate::{
    kernel::{mean_of_rows, rows_times_rows},
    method, one_hot,
    probe::logistic,
    values,
};
use byolab_values::{
    data::{Dataset, Label},
    plan::{
        recipe::{LinearSolver, ProbesRecipe},
        schedule,
        streams::{Draws, Stream},
    },
};

/// Of every descent.
pub const MOMENTUM: f64 = 0.9;

/// What a classifier learns from: images of a training split whose labels are seen.
pub struct Labelled<'a> {
    /// The experiment's images.
    pub data: &'a Dataset,
    /// Places of the images in the training split.
    pub places: &'a [usize],
    /// Their classes.
    pub labels: &'a [Label],
    /// Where it is computed.
    pub device: &'a Device,
}

/// A linear map of features to classes.
pub struct Classifier {
    /// `[classes, d + 1]`, the last column the biases.
    weight: Tensor<2>,
    /// What features are standardised by, `[1, d]` each.
    standard: Option<[Tensor<2>; 2]>,
}

impl Classifier {
    /// Of features as they are.
    pub fn plain(weight: Tensor<2>) -> Self {
        Self { weight, standard: None }
    }

    /// The class of each row of `query`, `[m, d]`.
    pub fn predict(&self, query: Tensor<2>) -> Vec<Label> {
        largest(&values(self.logits(query)), self.weight.dims()[0]).collect()
    }

    /// What speaks for each class, `[m, d]` to `[m, classes]`.
    pub fn logits(&self, query: Tensor<2>) -> Tensor<2> {
        rows_times_rows(with_one(self.standardised(query)), self.weight.clone())
    }

    /// Features as the classifier sees them, `[m, d]`.
    pub fn standardised(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.standard {
            Some([mean, deviation]) => (x - mean.clone()) / deviation.clone(),
            None => x,
        }
    }
}

/// What is learnt of features that are kept, `bank`, `[n, d]`.
///
/// # Panics
/// Where the recipe asks for views: there are none of kept features.
pub fn fit(bank: Tensor<2>, labels: &[Label], classes: usize, recipe: &ProbesRecipe, seed: u64) -> Classifier {
    let (mean, deviation) = standard(&bank);
    let bank = with_one((bank - mean.clone()) / deviation.clone());
    let weight = match recipe.linear_solver {
        LinearSolver::Sgd => descend(bank, labels, classes, recipe, seed),
        LinearSolver::Lbfgs => logistic::fit(bank, labels, classes, seed),
        LinearSolver::Byol => panic!("features that are kept have no other crops"),
    };
    Classifier { weight, standard: Some([mean, deviation]) }
}

/// The class of the largest logit in each row.
pub fn largest(logits: &[f32], classes: usize) -> impl Iterator<Item = Label> {
    let largest =
        move |row: &[f32]| (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("there are classes") as Label;
    logits.chunks(classes).map(largest)
}

/// `[classes, d + 1]`: weights and, in the last column, biases.
fn descend(x: Tensor<2>, labels: &[Label], classes: usize, recipe: &ProbesRecipe, seed: u64) -> Tensor<2> {
    let (n, device) = (x.dims()[0], x.device());
    let batch = recipe.linear_batch.min(n);
    let peak = recipe.linear_lr * batch as f64 / 256.0;
    let steps_per_epoch = n / batch;
    let total = (recipe.linear_epochs * steps_per_epoch) as u64;
    let targets = one_hot(method::classes(labels, &device), classes);
    let mut descent = Descent::begin(classes, x.dims()[1], &device);
    for epoch in 0..recipe.linear_epochs {
        let order = Draws::new(seed, Stream::Probe, epoch as u64, 0, 0).permutation(n);
        for (index, rows) in order.chunks_exact(batch).enumerate() {
            let lr = schedule::learning_rate((epoch * steps_per_epoch + index) as u64, total, 0, peak);
            let rows = places(rows, &device);
            descent.step(x.clone().select(0, rows.clone()), targets.clone().select(0, rows), lr);
        }
    }
    descent.weight
}

/// Softmax regression on its way down, by Nesterov's momentum.
pub struct Descent {
    /// `[classes, d + 1]`
    pub weight: Tensor<2>,
    moment: Tensor<2>,
}

impl Descent {
    /// From 0, for rows of `columns` numbers.
    pub fn begin(classes: usize, columns: usize, device: &Device) -> Self {
        let weight = Tensor::<2>::zeros([classes, columns], device);
        Self { moment: weight.zeros_like(), weight }
    }

    /// A step by rows `x`, `[n, d + 1]`, whose classes are `target`, `[n, classes]`.
    pub fn step(&mut self, x: Tensor<2>, target: Tensor<2>, lr: f64) {
        let error = softmax(rows_times_rows(x.clone(), self.weight.clone()), 1) - target;
        let batch = x.dims()[0] as f64;
        let gradient = rows_times_rows(error.transpose(), x.transpose()) / batch;
        self.moment = self.moment.clone() * MOMENTUM + gradient.clone();
        self.weight = self.weight.clone() - (self.moment.clone() * MOMENTUM + gradient) * lr;
    }
}

/// Rows as a device selects them.
pub fn places(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let numbers: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    Tensor::from_data(TensorData::new(numbers, [rows.len()]), device)
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
