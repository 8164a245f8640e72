//! The objectives, on projections `[n, d]` that need not be normalised. All return `[1]`, a mean over the batch.

use burn::tensor::Tensor;

use super::kernel::rows_times_rows;

/// The 1e-12 of the BYOL authors' `l2_normalize`.
const NORM_EPSILON: f32 = 1e-12;
/// Large enough that its exponential is 0, small enough for f32.
const NEVER: f32 = 1e9;

/// Rows of length 1.
pub fn normalize(x: Tensor<2>) -> Tensor<2> {
    let square = (x.clone() * x.clone()).sum_dim(1);
    x / square.clamp_min(NORM_EPSILON).sqrt()
}

/// `mean_i 2 - 2 cos(p_i, z_i)`: one direction of BYOL's loss (equation 2), which sums both.
pub fn regression(p: Tensor<2>, z: Tensor<2>) -> Tensor<1> {
    mean(cosine(p, z) * -2.0 + 2.0)
}

/// NT-Xent (SimCLR equation 1), the mean over the 2n rows of both views.
pub fn nt_xent(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    let direction = |a: Tensor<2>, b: Tensor<2>| {
        let positive = cosine(a.clone(), b.clone()) / temperature;
        mean(log_partition(a.clone(), b, a, temperature) - positive)
    };
    (direction(a.clone(), b.clone()) + direction(b, a)) * 0.5
}

/// `mean_i ln(sum_j exp(cos(p_i, other_j) / t) + sum_(j != i) exp(cos(p_i, own_j) / t))`: the negative term of
/// BYOL appendix F.4, where `own` are the projections of the view that `p` was predicted from.
pub fn negatives(p: Tensor<2>, other: Tensor<2>, own: Tensor<2>, temperature: f64) -> Tensor<1> {
    mean(log_partition(p, other, own, temperature))
}

/// Row by row, `[n, 1]`.
fn log_partition(p: Tensor<2>, other: Tensor<2>, own: Tensor<2>, temperature: f64) -> Tensor<2> {
    let n = p.dims()[0];
    let p = normalize(p);
    let other = rows_times_rows(p.clone(), normalize(other)) / temperature;
    let itself = Tensor::eye(n, &p.device()) * NEVER;
    let own = rows_times_rows(p, normalize(own)) / temperature - itself;
    let logits = Tensor::cat(vec![other, own], 1);
    let largest = logits.clone().max_dim(1).detach();
    (logits - largest.clone()).exp().sum_dim(1).log() + largest
}

/// Row by row, `[n, 1]`.
fn cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    (normalize(a) * normalize(b)).sum_dim(1)
}

/// `sum_dim` and not `sum`: the latter may add in any order on a GPU.
fn mean(rows: Tensor<2>) -> Tensor<1> {
    rows.mean_dim(0).reshape([1])
}
