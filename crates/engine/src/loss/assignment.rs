//! Cross-entropies against what is assigned: SwAV and DINO.

use burn::tensor::Tensor;

use super::mean;
use crate::kernel::{log_sum_exp, sum_of_rows};
use byolab_values::plan::recipe::SwavRecipe;

/// SwAV's swapped prediction (equations 2 and 6): the scores of each view against the assignment of each other one that is large,
/// through which no gradient flows; the mean over them.
///
/// # Shapes
/// `scores`, cosines, are `[n, prototypes]` of each view, the two large ones first; the output is `[1]`.
pub fn swapped_assignments(scores: Vec<Tensor<2>>, recipe: &SwavRecipe) -> Tensor<1> {
    let shares = scores[..2].iter().map(|scores| assigned(scores.clone().detach(), recipe)).collect();
    of_others(shares, scores, recipe.temperature)
}

/// The mean of the cross-entropies of each view's scores against the shares of each large view but itself; the large ones come first.
///
/// # Shapes
/// All are `[n, k]`; the output is `[1]`.
pub fn of_others(shares: Vec<Tensor<2>>, scores: Vec<Tensor<2>>, temperature: f64) -> Tensor<1> {
    let terms = shares.len() * (scores.len() - 1);
    let of = |(large, shares): (usize, Tensor<2>)| {
        let others = scores.iter().enumerate().filter(move |(view, _)| *view != large);
        let each = others.map(move |(_, scores)| cross_entropy_of_shares(shares.clone(), scores.clone(), temperature));
        each.collect::<Vec<_>>()
    };
    let all = shares.into_iter().enumerate().flat_map(of);
    all.reduce(|one, other| one + other).expect("there are other views") * (1.0 / terms as f64)
}

/// The softmax of each row, `[n, k]` to the same.
pub fn shares(logits: Tensor<2>) -> Tensor<2> {
    let partition = log_sum_exp(logits.clone());
    (logits - partition).exp()
}

/// The mean entropy of rows of shares, `[n, k]` to `[1]`: 0 where each has one dimension, ln k where it has all alike.
pub fn entropy(shares: Tensor<2>) -> Tensor<1> {
    // What is 0 counts as 0, whatever its logarithm.
    mean((shares.clone() * shares.clamp_min(f32::MIN_POSITIVE).log()).sum_dim(1) * -1.0)
}

/// `mean_i -sum_k shares_ik ln softmax(scores_i / temperature)_k`, rows of `shares` summing to 1: `[n, k]` both to `[1]`.
fn cross_entropy_of_shares(shares: Tensor<2>, scores: Tensor<2>, temperature: f64) -> Tensor<1> {
    let logits = scores / temperature;
    let chosen = (shares * logits.clone()).sum_dim(1);
    mean(log_sum_exp(logits) - chosen)
}

/// Shares of each image in the prototypes, rows summing to 1, columns to equal parts of the batch but for the last
/// iteration's rest (Sinkhorn and Knopp; SwAV's code): `[n, prototypes]` to the same.
fn assigned(scores: Tensor<2>, recipe: &SwavRecipe) -> Tensor<2> {
    // A prototype's factor is gone with the first division: its largest exponent may be 0.
    let largest = scores.clone().max_dim(0);
    let mut shares = ((scores - largest) / recipe.sinkhorn_epsilon).exp();
    for _ in 0..recipe.sinkhorn_iterations {
        shares = shares.clone() / sum_of_rows(shares);
        shares = shares.clone() / shares.sum_dim(1);
    }
    shares
}
