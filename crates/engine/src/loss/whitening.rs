//! W-MSE: whitening by the Cholesky factor of a covariance, and the distance of what is whitened.

use burn::tensor::Tensor;

use super::{eye, mean_squared, squared_distance};
use crate::kernel::{mean_of_rows, rows_times_rows};
use byolab_values::plan::recipe::{Normalization, WMseRecipe};

/// W-MSE (equations 4 and 5): the distance of both views, whitened in groups of the batch, the mean over the times that they
/// are dealt.
///
/// The order of a batch is random already: the first groups are its consecutive ones, and the next ones are dealt from
/// them like cards, so that images of a group stand in different ones.
///
/// # Shapes
/// `a` and `b` are `[n, d]`, n a multiple of the groups' size; the output is `[1]`.
pub fn w_mse(a: Tensor<2>, b: Tensor<2>, recipe: &WMseRecipe) -> Tensor<1> {
    let groups = a.dims()[0] / recipe.whitening_size;
    let mut orders = vec![[a, b]];
    for _ in 1..recipe.whitening_iterations {
        let last = orders.last().expect("there is a first order").clone();
        orders.push(last.map(|rows| dealt(rows, groups)));
    }
    let parts = orders.into_iter().flatten().flat_map(|rows| rows.chunk(groups, 0)).collect();
    let white = whitened(parts, recipe.whitening_epsilon);
    let distance = |views: &[Tensor<2>]| {
        let [a, b] = [0, 1].map(|view| Tensor::cat(views[view * groups..][..groups].to_vec(), 0));
        if recipe.normalize { squared_distance(a, b, Normalization::L2) } else { mean_squared(a, b) }
    };
    let sum = white.chunks(2 * groups).map(distance).reduce(|sum, loss| sum + loss);
    sum.expect("there is a first order") * (1.0 / recipe.whitening_iterations as f64)
}

/// Rows dealt out like cards: `[n, d]` to the same, rows `i, i + groups, ..` beside each other.
fn dealt(rows: Tensor<2>, groups: usize) -> Tensor<2> {
    let [n, d] = rows.dims();
    rows.reshape([n / groups, groups, d]).swap_dims(0, 1).reshape([n, d])
}

/// Each of `parts`, `[m, d]`, with mean 0 and, but for the share `epsilon` of the identity, covariance I.
pub fn whitened(parts: Vec<Tensor<2>>, epsilon: f64) -> Vec<Tensor<2>> {
    let centred: Vec<Tensor<2>> = parts.into_iter().map(|rows| rows.clone() - mean_of_rows(rows)).collect();
    let covariances: Vec<Tensor<2>> = centred.iter().map(|rows| covariance(rows, epsilon)).collect();
    let [d, _] = covariances[0].dims();
    let all = Tensor::stack::<3>(covariances.iter().map(|it| it.clone().detach()).collect(), 0);
    let factors = inverse_factors(all).chunk(covariances.len(), 0);
    let whiten = |((rows, covariance), factor): ((Tensor<2>, Tensor<2>), Tensor<3>)| {
        rows_times_rows(rows, tracked(factor.reshape([d, d]), covariance))
    };
    centred.into_iter().zip(covariances).zip(factors).map(whiten).collect()
}

/// Of centred rows `[m, d]`: `[d, d]`.
fn covariance(centred: &Tensor<2>, epsilon: f64) -> Tensor<2> {
    let [m, d] = centred.dims();
    let columns = centred.clone().transpose();
    let covariance = rows_times_rows(columns.clone(), columns) * ((1.0 - epsilon) / (m as f64 - 1.0));
    if epsilon == 0.0 { covariance } else { covariance.clone() + eye(d, &covariance) * epsilon }
}

/// The inverses of the lower Cholesky factors of `s`, `[g, d, d]` to the same, by elimination beside the identity: what it
/// does to `s`, which becomes an upper triangle, makes of the identity the inverse, but for the pivots' roots.
fn inverse_factors(s: Tensor<3>) -> Tensor<3> {
    let [g, d, _] = s.dims();
    let identity = Tensor::<2>::eye(d, &s.device()).cast(s.dtype()).reshape([1, d, d]).expand([g, d, d]);
    let mut rest = Tensor::cat(vec![s, identity], 2);
    let mut rows = Vec::new();
    for left in (1..=d).rev() {
        let row = rest.clone().slice([0..g, 0..1, 0..left + d]);
        let pivot = row.clone().slice([0..g, 0..1, 0..1]);
        rows.push(row.clone().slice([0..g, 0..1, left..left + d]) / pivot.clone().sqrt());
        if left > 1 {
            let share = rest.clone().slice([0..g, 1..left, 0..1]) / pivot;
            rest = rest.slice([0..g, 1..left, 1..left + d]) - share * row.slice([0..g, 0..1, 1..left + d]);
        }
    }
    Tensor::cat(rows, 1)
}

/// `factor`, the inverse W of a Cholesky factor of `covariance` S, both `[d, d]`, with its gradient: `dW = -P(W dS W') W`,
/// where P keeps the lower triangle and half of the diagonal (Murray 2016, arXiv 1602.07527, equation 8). A step of Newton's
/// towards `W S W' = I` has that gradient, and takes rounding from W besides.
fn tracked(factor: Tensor<2>, covariance: Tensor<2>) -> Tensor<2> {
    let d = factor.dims()[0];
    let identity = eye(d, &factor);
    let off = rows_times_rows(rows_times_rows(factor.clone(), covariance), factor.clone()) - identity.clone();
    let lower = identity.ones_like().tril(0) - identity * 0.5;
    factor.clone() - rows_times_rows(off * lower, factor.transpose())
}
