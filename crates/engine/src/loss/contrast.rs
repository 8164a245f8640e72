//! Contrastive objectives whose denominators leave something out.

use burn::tensor::Tensor;

use super::{cosine, eye, mean, normalize};
use crate::kernel::{log_sum_exp, mean_of_rows, rows_times_rows};
use byolab_values::plan::recipe::{DclRecipe, PairWeighting};

/// Of what a row is not told apart from, in the logits; exp of it is 0 at any temperature.
const NEVER: f64 = 1e9;

/// Decoupled contrastive learning (equation 6), the mean over the 2n rows of both views.
///
/// # Shapes
/// `a` and `b` are `[n, d]`, row i of both from the same image; the output is `[1]`.
pub fn decoupled(a: Tensor<2>, b: Tensor<2>, recipe: &DclRecipe) -> Tensor<1> {
    (direction(a.clone(), b.clone(), recipe) + direction(b, a, recipe)) * 0.5
}

/// Row i of `q` is drawn to `other_i`, and away from all rows of `other` and `q` but those of its own image.
fn direction(q: Tensor<2>, other: Tensor<2>, recipe: &DclRecipe) -> Tensor<1> {
    let positive = cosine(q.clone(), other.clone());
    let q = normalize(q);
    let away = |rows: Tensor<2>| {
        let similarity = rows_times_rows(q.clone(), rows) / recipe.temperature;
        let itself = eye(similarity.dims()[0], &similarity) * NEVER;
        similarity - itself
    };
    let negative = log_sum_exp(Tensor::cat(vec![away(q.clone()), away(normalize(other))], 1));
    mean(negative - weighted(positive, recipe) / recipe.temperature)
}

/// Cosines of positive pairs, `[n, 1]`, each times its weight (section 3, equation 7).
fn weighted(cosine: Tensor<2>, recipe: &DclRecipe) -> Tensor<2> {
    if recipe.weighting == PairWeighting::None {
        return cosine;
    }
    let known = if recipe.weight_gradient { cosine.clone() } else { cosine.clone().detach() };
    // Of cosines less their largest value, 1, so that no sigma overflows.
    let density = ((known - 1.0) / recipe.sigma).exp();
    let share = density.clone() / mean_of_rows(density);
    cosine * (share * -1.0 + 2.0)
}

/// InfoNCE within the batch, of queries against keys alone (MoCo v3 algorithm 1, NNCLR equation 2): row i of `queries` is
/// told row i of `keys` apart from its other rows.
///
/// # Shapes
/// Both are `[n, d]`; the output is `[1]`.
pub fn info_nce_of_keys(queries: Tensor<2>, keys: Tensor<2>, temperature: f64) -> Tensor<1> {
    let positive = cosine(queries.clone(), keys.clone()) / temperature;
    let all = rows_times_rows(normalize(queries), normalize(keys)) / temperature;
    mean(log_sum_exp(all) - positive)
}
