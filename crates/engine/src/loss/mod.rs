//! The objectives, on projections `[n, d]` that need not be normalised. All return `[1]`, a mean over the batch.

mod assignment;
mod contrast;
mod sigreg;
mod whitening;

use burn::tensor::{Tensor, activation::relu};

pub use assignment::{entropy, of_others, shares, swapped_assignments};
pub use contrast::{decoupled, info_nce_of_keys};
pub use sigreg::lejepa;
pub use whitening::{w_mse, whitened};

pub use super::kernel::normalize;
use super::{
    kernel::{self, log_sum_exp, mean_of_rows, rows_times_rows, sum_of_rows},
    one_hot,
};
use byolab_values::plan::recipe::{Normalization, VarianceViews, VicregRecipe};

/// PyTorch's, of batch and layer normalisation.
const NORMALISATION_EPSILON: f64 = 1e-5;

/// `mean_i |n(p_i) - n(z_i)|^2`, `n` the normalisation: one direction of BYOL's loss (equation 2), which sums both.
/// Normalised to mean 0 and deviation 1, over rows or columns, it is divided by d, so that its scale is that of l2.
///
/// # Shapes
/// `p` and `z` are `[n, d]`; the output is `[1]`.
pub fn squared_distance(p: Tensor<2>, z: Tensor<2>, normalization: Normalization) -> Tensor<1> {
    let distance = |p: Tensor<2>, z: Tensor<2>| mean(square(p - z).sum_dim(1));
    let d = p.dims()[1] as f64;
    match normalization {
        Normalization::L2 => mean(cosine(p, z) * -2.0 + 2.0),
        Normalization::LayerNorm => distance(standardize(p, 1), standardize(z, 1)) * (1.0 / d),
        Normalization::BatchNorm => distance(standardize(p, 0), standardize(z, 0)) * (1.0 / d),
        Normalization::None => distance(p, z),
    }
}

/// `mean_i cos(p_i, z_i)` of `p` and `z`, `[n, d]`: `[1]`.
pub fn cosine_similarity(p: Tensor<2>, z: Tensor<2>) -> Tensor<1> {
    mean(cosine(p, z))
}

/// A loss, `[1]`, times a factor that is often 1.
pub fn scaled(loss: Tensor<1>, scale: f64) -> Tensor<1> {
    if scale == 1.0 { loss } else { loss * scale }
}

/// NT-Xent (SimCLR equation 1), the mean over the 2n rows of both views.
///
/// # Shapes
/// `a` and `b` are `[n, d]`, row i of both from the same image; the output is `[1]`.
pub fn nt_xent(a: Tensor<2>, b: Tensor<2>, temperature: f64) -> Tensor<1> {
    let one = info_nce_in_batch(a.clone(), b.clone(), a.clone(), temperature);
    (one + info_nce_in_batch(b.clone(), a, b, temperature)) * 0.5
}

/// One direction of NT-Xent: row i of `q` is told `other_i` apart from all other rows of `other` and `own`.
///
/// # Shapes
/// All are `[n, d]`; the output is `[1]`.
pub fn info_nce_in_batch(q: Tensor<2>, other: Tensor<2>, own: Tensor<2>, temperature: f64) -> Tensor<1> {
    let positive = cosine(q.clone(), other.clone()) / temperature;
    mean(log_partition(q, other, own, temperature) - positive)
}

/// MoCo's InfoNCE (v1 equation 1): query i is told key i apart from the `queue`, whose rows have length 1.
///
/// # Shapes
/// `queries` and `keys` are `[n, d]`, `queue` is `[k, d]`; the output is `[1]`.
pub fn info_nce(queries: Tensor<2>, keys: Tensor<2>, queue: Tensor<2>, temperature: f64) -> Tensor<1> {
    let positive = cosine(queries.clone(), keys) / temperature;
    let negative = rows_times_rows(normalize(queries), queue) / temperature;
    mean(log_sum_exp(Tensor::cat(vec![positive.clone(), negative], 1)) - positive)
}

/// Barlow Twins (equation 1): `sum_i (1 - c_ii)^2 + lambda sum_(i != j) c_ij^2` of the views' cross-correlation c.
///
/// # Shapes
/// `a` and `b` are `[n, d]`; the output is `[1]`.
pub fn redundancy(a: Tensor<2>, b: Tensor<2>, lambda: f64) -> Tensor<1> {
    let [n, d] = a.dims();
    let c = rows_times_rows(standardize(a, 0).transpose(), standardize(b, 0).transpose()) * (1.0 / n as f64);
    let identity = eye(d, &c);
    let on = square(identity.clone() - c.clone() * identity.clone());
    let off = square(c.clone() - c * identity) * lambda;
    total(on + off)
}

/// VICReg, its three terms weighted: equation 6 where `variance_views` is a sum. The authors' code has half of both hinges.
///
/// # Shapes
/// `a` and `b` are `[n, d]`; the output is `[1]`.
pub fn vicreg(a: Tensor<2>, b: Tensor<2>, recipe: &VicregRecipe) -> Tensor<1> {
    let variance = match recipe.variance_views {
        VarianceViews::Mean => recipe.variance / 2.0,
        VarianceViews::Sum => recipe.variance,
    };
    let spread = (variance_hinge(a.clone()) + variance_hinge(b.clone())) * variance;
    let redundancy = (covariance(a.clone()) + covariance(b.clone())) * recipe.covariance;
    mean_squared(a, b) * recipe.invariance + spread + redundancy
}

/// VICReg's invariance term (equation 5): the mean squared difference of all numbers of `[n, d]`: `[1]`.
pub fn mean_squared(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    mean(square(a - b).mean_dim(1))
}

/// VICReg's variance term (equation 1): how far the standard deviations of the columns of
/// `[n, d]` are below 1, on average: `[1]`.
pub fn variance_hinge(x: Tensor<2>) -> Tensor<1> {
    let n = x.dims()[0] as f64;
    let centred = x.clone() - mean_of_rows(x);
    let deviation = (sum_of_rows(square(centred)) * (1.0 / (n - 1.0)) + 1e-4).sqrt();
    relu(deviation * -1.0 + 1.0).mean_dim(1).reshape([1])
}

/// VICReg's covariance term (equation 4): squared covariances of different columns of `[n, d]`, summed, over the number of
/// columns: `[1]`.
pub fn covariance(x: Tensor<2>) -> Tensor<1> {
    let [n, d] = x.dims();
    let centred = (x.clone() - mean_of_rows(x)).transpose();
    let c = rows_times_rows(centred.clone(), centred) * (1.0 / (n as f64 - 1.0));
    let off = c.clone() - c.clone() * eye(d, &c);
    total(square(off)) * (1.0 / d as f64)
}

/// Cross-entropy of `logits`, `[n, classes]`, against the classes of the rows: `[1]`.
///
/// # Shapes
/// `labels`, `[n]`, are the classes as numbers.
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1>) -> Tensor<1> {
    mean(cross_entropies(logits, labels))
}

/// The same row by row, `[n, 1]`.
pub(crate) fn cross_entropies(logits: Tensor<2>, labels: Tensor<1>) -> Tensor<2> {
    let [_, classes] = logits.dims();
    let hot = one_hot(labels, classes).cast(logits.dtype());
    log_sum_exp(logits.clone()) - (logits * hot).sum_dim(1)
}

/// `mean_i ln(sum_j exp(cos(p_i, other_j) / t) + sum_(j != i) exp(cos(p_i, own_j) / t))`: the negative term of
/// BYOL appendix F.4, where `own` are the projections of the view that `p` was predicted from. All are `[n, d]`;
/// the output is `[1]`.
pub fn negatives(p: Tensor<2>, other: Tensor<2>, own: Tensor<2>, temperature: f64) -> Tensor<1> {
    mean(log_partition(p, other, own, temperature))
}

/// Row by row: `[n, d]` each to `[n, 1]`.
fn log_partition(p: Tensor<2>, other: Tensor<2>, own: Tensor<2>, temperature: f64) -> Tensor<2> {
    let p = normalize(p);
    let other = rows_times_rows(p.clone(), normalize(other));
    let own = rows_times_rows(p, normalize(own));
    kernel::log_partition(other, own, 1.0 / temperature)
}

/// Row by row: `[n, d]` each to `[n, 1]`.
pub(crate) fn cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    (normalize(a) * normalize(b)).sum_dim(1)
}

/// Mean 0 and deviation 1 (biased) along `dim` of `[n, d]`, as normalisation layers without parameters do.
fn standardize(x: Tensor<2>, dim: usize) -> Tensor<2> {
    let mean = |x: Tensor<2>| if dim == 0 { mean_of_rows(x) } else { x.mean_dim(dim) };
    let centred = x.clone() - mean(x);
    let variance = mean(square(centred.clone()));
    centred / (variance + NORMALISATION_EPSILON).sqrt()
}

/// The squared length of each row, `[n, d]` to `[n, 1]`.
pub(crate) fn squared_rows(x: Tensor<2>) -> Tensor<2> {
    square(x).sum_dim(1)
}

fn square(x: Tensor<2>) -> Tensor<2> {
    x.clone() * x
}

/// The identity, `[side, side]`, of the device and type of `like`.
fn eye(side: usize, like: &Tensor<2>) -> Tensor<2> {
    Tensor::<2>::eye(side, &like.device()).cast(like.dtype())
}

/// The sum of all numbers, `[1]`.
fn total(x: Tensor<2>) -> Tensor<1> {
    sum_of_rows(x.sum_dim(1)).reshape([1])
}

/// The mean of `[n, 1]`, `[1]`. `sum_dim` and not `sum`: the latter may add in any order on a GPU.
pub(crate) fn mean(rows: Tensor<2>) -> Tensor<1> {
    mean_of_rows(rows).reshape([1])
}
