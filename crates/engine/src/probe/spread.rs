//! How much of the feature space is used: the numbers that tell collapse from learning.

use burn::tensor::Tensor;
use nalgebra::DMatrix;

use crate::{
    kernel::{mean_of_rows, rows_times_rows, sum_of_rows},
    loss::normalize,
    values,
};
use byolab_values::collapse::FEWEST;

/// Rows whose rank is found while training: enough to tell a collapse, few enough to cost nothing beside a step.
const FEW: usize = 64;

/// Mean over the columns of the standard deviation of l2-normalised rows: about 1 / sqrt(d) where the features spread
/// over the sphere, 0 where they have collapsed (SimSiam, Chen and He 2021, section 4.1). `[1]`, on the device.
pub fn feature_std(x: Tensor<2>) -> Tensor<1> {
    let x = normalize(x);
    let centred = x.clone() - mean_of_rows(x);
    mean_of_rows(centred.clone() * centred).sqrt().mean_dim(1).reshape([1])
}

/// RankMe (Garrido et al. 2023, equation 1): exp of the entropy of the singular values' shares of `x`, `[n, d]`, to each of
/// which 1e-7 is added. stable-pretraining adds 1e-5: it tells features of rank 1 in 512 dimensions as 1.06.
pub fn effective_rank(x: Tensor<2>) -> f64 {
    let shares = shares(x);
    if shares.iter().all(|share| *share == 0.0) {
        return 0.0;
    }
    rank_of(shares)
}

/// exp of the entropy of shares that sum to 1, to each of which RankMe's 1e-7 is added.
pub fn rank_of(shares: impl IntoIterator<Item = f64>) -> f64 {
    let entropy: f64 = shares.into_iter().map(|share| share + 1e-7).map(|share| -share * share.ln()).sum();
    entropy.exp()
}

/// The [`effective_rank`] of the first rows of `x`, `[n, d]`; none where there are too few rows or columns for it to say
/// anything.
pub fn rank_of_few(x: Tensor<2>) -> Option<f64> {
    let [n, d] = x.dims();
    (n.min(d) >= FEWEST).then(|| effective_rank(x.slice(0..n.min(FEW))))
}

/// The shares of the singular values of `x`, `[n, d]`, about its mean: the largest first.
pub fn spectrum(x: Tensor<2>) -> Vec<f64> {
    let mut shares = shares(x.clone() - mean_of_rows(x));
    shares.sort_by(|a, b| b.total_cmp(a));
    shares
}

/// The variances of `x`, `[n, d]`, along its principal axes, the largest first.
pub fn variances(x: Tensor<2>) -> Vec<f64> {
    spectrum(x).into_iter().map(|share| share * share).collect()
}

/// The mean cosine between rows of `a` and of `b`. `[1]`, on the device.
pub fn cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    mean_of_rows((normalize(a) * normalize(b)).sum_dim(1)).reshape([1])
}

/// Singular values of `x`, `[n, d]`, divided by their sum; all 0 where that is 0, or where `x` is not finite.
fn shares(x: Tensor<2>) -> Vec<f64> {
    let [n, d] = x.dims();
    let x = DMatrix::from_row_iterator(n, d, values(x).into_iter().map(f64::from));
    // The squared singular values are the eigenvalues of the smaller Gram matrix. Their roots are as large as the root of
    // what is lost to rounding: in single precision features of rank 1 would be told as 1.13 at 512 x 512.
    let gram = if n < d { &x * x.transpose() } else { x.transpose() * &x };
    if !gram.iter().all(|value| value.is_finite()) {
        return vec![0.0; n.min(d)];
    }
    let singular: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|value| value.max(0.0).sqrt()).collect();
    let total: f64 = singular.iter().sum();
    singular.into_iter().map(|value| if total == 0.0 { 0.0 } else { value / total }).collect()
}

/// Mean squared distance of the normalised features of two views of the same images (Wang and Isola 2020, equation
/// 4, alpha 2): 0 is perfect. `[1]`
pub fn alignment(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let distance = normalize(a) - normalize(b);
    mean_of_rows((distance.clone() * distance).sum_dim(1)).reshape([1])
}

/// `ln mean_(i != j) exp(-2 |x_i - x_j|^2)` of normalised features (Wang and Isola 2020, equation 5, t 2): the
/// smaller, the more evenly they cover the sphere; 0 where they have collapsed. `[1]`
pub fn uniformity(x: Tensor<2>) -> Tensor<1> {
    let n = x.dims()[0];
    let x = normalize(x);
    // |x - y|^2 = 2 - 2 cos on the sphere.
    let kernel = ((rows_times_rows(x.clone(), x) - 1.0) * 4.0).exp();
    let others = kernel.sum_dim(1) - 1.0;
    (sum_of_rows(others) / (n * (n - 1)) as f64).log().reshape([1])
}
