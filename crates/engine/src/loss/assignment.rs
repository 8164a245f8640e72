//! Cross-entropies against what is assigned: SwAV.

use burn::tensor::Tensor;

use super::mean;
use crate::kernel::{log_sum_exp, sum_of_rows};
use byolab_values::plan::recipe::SwavRecipe;

/// SwAV's swapped prediction (equation 2), the mean of both directions: the scores of each view against the assignment of the
/// other, through which no gradient flows.
///
/// # Shapes
/// `a` and `b`, cosines, are `[n, prototypes]`; the output is `[1]`.
pub fn swapped_assignments(a: Tensor<2>, b: Tensor<2>, recipe: &SwavRecipe) -> Tensor<1> {
    let [of_a, of_b] = [&a, &b].map(|scores| assigned(scores.clone().detach(), recipe));
    let direction = |shares: Tensor<2>, scores| cross_entropy_of_shares(shares, scores, recipe.temperature);
    (direction(of_a, b) + direction(of_b, a)) * 0.5
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
