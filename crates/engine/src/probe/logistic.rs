//! Multinomial logistic regression at its minimum (Kornblith et al. 2019, appendix A.4): L-BFGS, and a penalty on the
//! weights that is chosen on images left out of the training images. Rows have a last column of ones for the bias, which is
//! not penalised.

use burn::tensor::{Int, Tensor, TensorData, activation::log_softmax};

use super::{
    lbfgs::{self, Valued},
    left_out::left_out,
};
use crate::{kernel::rows_times_rows, method, one_hot, values};
use byolab_values::data::Label;

/// Penalties that are tried, the strongest first, so that each fit begins where the one before ended: shares of the squared
/// weights beside the mean loss of an image; scikit-learn's `C` is 1 / (penalty * images).
const PENALTIES: [f64; 8] = [1.0, 1e-1, 3e-2, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// The largest part of the gradient of the mean loss that counts as none.
const TOLERANCE: f64 = 1e-5;
/// Steps of a fit: as in the paper's code, too many for what can be learnt at all.
const STEPS: usize = 500;

/// Rows to learn from, and which class each is of.
struct Sample {
    /// `[n, d + 1]`
    x: Tensor<2>,
    /// `[n, classes]`
    targets: Tensor<2>,
}

/// Weights and, in the last column, biases, `[classes, d + 1]`, learnt from standardised rows `x`, `[n, d + 1]`.
pub fn fit(x: Tensor<2>, labels: &[Label], classes: usize, seed: u64) -> Tensor<2> {
    let device = x.device();
    let all = Sample { targets: one_hot(method::classes(labels, &device), classes), x };
    let (chosen, start) = chosen(&all, seed);
    all.tensor(&all.fit(chosen, start))
}

/// The weights of the smallest loss under `penalty`, `[classes * (d + 1)]`, from standardised rows `x`, `[n, d + 1]`.
pub fn fit_under(x: Tensor<2>, labels: &[Label], classes: usize, penalty: f64) -> Vec<f64> {
    let all = Sample { targets: one_hot(method::classes(labels, &x.device()), classes), x };
    all.fit(penalty, all.nothing())
}

/// The penalty under which those left out are told best, by their loss, and the weights learnt under it from the others.
fn chosen(all: &Sample, seed: u64) -> (f64, Vec<f64>) {
    let rows = all.x.dims()[0];
    let [left_out, others] = left_out(rows, seed);
    let mut weights = all.nothing();
    if left_out.is_empty() {
        return (PENALTIES[2], weights);
    }
    let [left_out, others] = [left_out, others].map(|rows| all.select(&rows));
    let mut best = (f64::INFINITY, PENALTIES[0], weights.clone());
    for penalty in PENALTIES {
        weights = others.fit(penalty, weights);
        let loss = left_out.loss(&weights);
        if loss < best.0 {
            best = (loss, penalty, weights.clone());
        }
    }
    (best.1, best.2)
}

impl Sample {
    fn select(&self, rows: &[usize]) -> Self {
        let places: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [rows.len()]), &self.x.device());
        Self { x: self.x.clone().select(0, places.clone()), targets: self.targets.clone().select(0, places) }
    }

    fn shape(&self) -> [usize; 2] {
        [self.targets.dims()[1], self.x.dims()[1]]
    }

    fn nothing(&self) -> Vec<f64> {
        vec![0.0; self.shape().iter().product()]
    }

    /// Weights as the device has them, `[classes, d + 1]`.
    fn tensor(&self, weights: &[f64]) -> Tensor<2> {
        let numbers = weights.iter().map(|weight| *weight as f32).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(numbers, self.shape()), &self.x.device())
    }

    fn fit(&self, penalty: f64, start: Vec<f64>) -> Vec<f64> {
        lbfgs::minimum(|weights| self.penalised(weights, penalty), start, TOLERANCE, STEPS)
    }

    /// Cross-entropy, the mean over the rows.
    fn loss(&self, weights: &[f64]) -> f64 {
        mean_loss(self.log_shares(weights), &self.targets)
    }

    /// `[n, classes]`
    fn log_shares(&self, weights: &[f64]) -> Tensor<2> {
        log_softmax(rows_times_rows(self.x.clone(), self.tensor(weights)), 1)
    }

    /// The mean loss and half the penalty's share of the squared weights, biases left out.
    fn penalised(&self, weights: &[f64], penalty: f64) -> Valued {
        let ([rows, columns], log_shares) = (self.x.dims(), self.log_shares(weights));
        let error = log_shares.clone().exp() - self.targets.clone();
        let gradient = values(rows_times_rows(error.transpose(), self.x.clone().transpose()) / rows as f64);
        let held = |place: usize| if place % columns + 1 == columns { 0.0 } else { penalty * weights[place] };
        let gradient = gradient.into_iter().enumerate().map(|(place, part)| f64::from(part) + held(place)).collect();
        let squares: f64 = weights.iter().enumerate().map(|(place, weight)| held(place) * weight).sum();
        Valued { value: mean_loss(log_shares, &self.targets) + squares / 2.0, gradient }
    }
}

/// Summed in double precision: a line search compares losses that differ by little.
fn mean_loss(log_shares: Tensor<2>, targets: &Tensor<2>) -> f64 {
    let rows = log_shares.dims()[0];
    let losses = values((log_shares * targets.clone()).sum_dim(1));
    -losses.into_iter().map(f64::from).sum::<f64>() / rows as f64
}
