//! Which linear classifier a recipe asks for.

use burn::tensor::Tensor;

use super::{
    crops,
    linear::{self, Classifier, Labelled},
};
use byolab_values::plan::{Recipe, recipe::LinearSolver};

/// What the probes of `recipe` learn of `seen`, whose features are `bank`, `[n, d]`; `embed` makes the features of other views of
/// the images, `[n, 3, side, side]` to `[n, d]`.
pub fn learn(recipe: &Recipe, seen: &Labelled, bank: Tensor<2>, embed: impl Fn(Tensor<4>) -> Tensor<2>) -> Classifier {
    match recipe.probes.linear_solver {
        LinearSolver::Byol => crops::learn(recipe, seen, bank, embed),
        LinearSolver::Sgd | LinearSolver::Lbfgs => {
            linear::fit(bank, seen.labels, seen.data.classes.len(), &recipe.probes, recipe.train.seed)
        }
    }
}
