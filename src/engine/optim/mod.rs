//! Optimizers: one step over all parameters of a student. One file each and one line in [`build`].

mod adamw;
mod lars;
mod sgd;

use burn::tensor::Tensor;

use super::{
    nn::{Layout, taken},
    workers,
};
use crate::plan::recipe::OptimizerRecipe;

/// What decides how far a parameter moves.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub lr: f64,
    /// Steps done before this one.
    pub step: u64,
    /// Whether this is a bias or a normalisation parameter.
    pub is_norm: bool,
}

/// Moves one parameter. All tensors are flat and without gradient.
pub trait Optimizer: Send + Sync {
    /// Running averages that a parameter has.
    fn moments(&self) -> usize {
        1
    }

    fn step(&self, parameter: Tensor<1>, gradient: Tensor<1>, moments: &mut [Tensor<1>], rate: Rate) -> Tensor<1>;
}

/// The optimizer that `recipe` names.
pub fn build(recipe: &OptimizerRecipe) -> Box<dyn Optimizer> {
    match recipe {
        OptimizerRecipe::Lars(recipe) => Box::new(lars::Lars(recipe.clone())),
        OptimizerRecipe::Sgd(recipe) => Box::new(sgd::Sgd(recipe.clone())),
        OptimizerRecipe::Adamw(recipe) => Box::new(adamw::AdamW(recipe.clone())),
    }
}

/// A student's optimizer with its running averages.
pub struct Mover {
    optimizer: Box<dyn Optimizer>,
    /// Those of each parameter.
    pub moments: Vec<Vec<Tensor<1>>>,
    /// Multiples of the learning rate, one a parameter.
    multiples: Vec<f64>,
    /// Steps done.
    pub steps: u64,
}

impl Mover {
    /// `multiple` is the multiple of the learning rate of the part that a parameter's name begins with.
    pub fn new(
        recipe: &OptimizerRecipe,
        layout: &Layout,
        parameters: &[Tensor<1>],
        multiple: impl Fn(&str) -> f64,
    ) -> Self {
        let optimizer = build(recipe);
        let moments = parameters.iter().map(|parameter| vec![parameter.zeros_like(); optimizer.moments()]).collect();
        let part = |name: &str| multiple(name.split('.').next().unwrap_or(name));
        let multiples = layout.parameters.iter().map(|parameter| part(&parameter.name)).collect();
        Self { optimizer, moments, multiples, steps: 0 }
    }

    /// Steps every parameter of `layout` and returns the new ones.
    pub fn step(
        &mut self,
        layout: &Layout,
        parameters: &[Tensor<1>],
        gradients: Vec<Tensor<1>>,
        lr: f64,
    ) -> Vec<Tensor<1>> {
        let Some(device) = parameters.first().map(Tensor::device) else { return Vec::new() };
        let zipped = layout.parameters.iter().zip(parameters).zip(gradients).zip(&mut self.moments);
        let each = zipped.zip(&self.multiples).collect();
        let moved = workers::map(&device, each, |((((spec, value), gradient), moments), multiple)| {
            let rate = Rate { lr: lr * multiple, step: self.steps, is_norm: !spec.role.is_weight() };
            self.optimizer.step(value.clone(), gradient, moments, rate)
        });
        self.steps += 1;
        moved
    }
}
