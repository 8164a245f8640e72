//! Optimizers: one step over all parameters of a student. One file each and one line in [`build`].

mod lars;
mod sgd;

use burn::tensor::Tensor;

use super::nn::Layout;
use crate::plan::recipe::OptimizerRecipe;

/// Moves one parameter; `moment` is its momentum buffer. All tensors are flat and without gradient.
pub trait Optimizer: Send {
    fn step(
        &self,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        moment: &mut Tensor<1>,
        lr: f64,
        adapted: bool,
    ) -> Tensor<1>;
}

/// The optimizer that `recipe` names.
///
/// # Panics
/// Where the name is unknown: the plan has checked it.
pub fn build(recipe: &OptimizerRecipe) -> Box<dyn Optimizer> {
    let (momentum, weight_decay) = (recipe.momentum, recipe.weight_decay);
    match recipe.name.as_str() {
        "lars" => Box::new(lars::Lars { momentum, weight_decay, trust: recipe.trust }),
        "sgd" => Box::new(sgd::Sgd { momentum, weight_decay }),
        name => panic!("the plan has checked the optimizer, yet it is `{name}`"),
    }
}

/// Steps every parameter of `layout` and returns the new ones.
pub fn step_all(
    optimizer: &dyn Optimizer,
    layout: &Layout,
    parameters: &[Tensor<1>],
    gradients: Vec<Tensor<1>>,
    moments: &mut [Tensor<1>],
    lr: f64,
) -> Vec<Tensor<1>> {
    let zipped = layout.parameters.iter().zip(parameters).zip(gradients).zip(moments);
    zipped
        .map(|(((spec, value), gradient), moment)| {
            optimizer.step(value.clone(), gradient, moment, lr, spec.role.is_adapted())
        })
        .collect()
}
