//! Optimizers: one step over all parameters of a student, and the teacher's after it. The arithmetic is
//! [`kernel::many`](super::kernel::many)'s; with p a parameter, g its gradient, m and v its moments and lr its rate:
//!
//! - SGD with momentum mu, as PyTorch's: `g += wd p; m = mu m + g; p -= lr m`, Nesterov's `p -= lr (g + mu m)`.
//! - LARS (You et al. 2017) in the form of BYOL's code: `g += wd p; g *= eta |p| / |g|; m = mu m + g; p -= lr m`, the ratio
//!   1 where either norm is 0. Keys turn it into SimCLR's form and those of the packages.
//! - AdamW (Loshchilov and Hutter 2019, algorithm 2, in PyTorch's form: decay times the learning rate).
//!
//! Biases and normalisation parameters take neither decay nor adaptation, unless `decay_norms` says so.

use burn::tensor::Tensor;

use super::{
    kernel::many::{self, Destination, Update},
    nn::{Layout, Weights},
};
use byolab_values::plan::recipe::OptimizerRecipe;

/// A student's optimizer with its running averages.
pub struct Optimizer {
    recipe: OptimizerRecipe,
    /// Those of each parameter beside each other.
    pub moments: Vec<Tensor<1>>,
    /// Multiples of the learning rate, one a parameter.
    multiples: Vec<f64>,
    /// Whether each parameter is decayed, and adapted.
    decayed: Vec<bool>,
    /// Places of those that stay as they are; their gradients are 0.
    pub still: Vec<usize>,
    /// Steps done.
    pub steps: u64,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug)]
pub struct StepSize {
    /// The learning rate of the step.
    pub lr: f64,
    /// What gradients are multiplied with first.
    pub share: f64,
    /// Where the new numbers go.
    pub place: Destination,
}

impl Optimizer {
    /// `multiple` is the multiple of the learning rate of the part that a parameter's name begins with.
    pub fn new(
        recipe: &OptimizerRecipe,
        layout: &Layout,
        parameters: &[Tensor<1>],
        multiple: impl Fn(&str) -> f64,
    ) -> Self {
        let part = |name: &str| multiple(name.split('.').next().unwrap_or(name));
        let multiples = layout.parameters.iter().map(|parameter| part(&parameter.name)).collect();
        let decays_norms = match recipe {
            OptimizerRecipe::Lars(recipe) => recipe.decay_norms,
            OptimizerRecipe::Sgd(recipe) => recipe.decay_norms,
            OptimizerRecipe::Adamw(recipe) => recipe.decay_norms,
        };
        let decayed = layout.parameters.iter().map(|parameter| parameter.role.is_weight() || decays_norms).collect();
        let each = many::moments(recipe);
        let moments = parameters.iter().flat_map(|parameter| (0..each).map(|_| parameter.zeros_like())).collect();
        Self { recipe: recipe.clone(), moments, multiples, decayed, still: Vec::new(), steps: 0 }
    }

    /// Running averages of each parameter.
    pub fn of_each(&self) -> usize {
        many::moments(&self.recipe)
    }

    /// Steps every parameter; then `teacher`, whose share stays that is given with it, follows.
    pub fn step(
        &mut self,
        weights: &mut Weights,
        gradients: Vec<Tensor<1>>,
        StepSize { lr, share, place }: StepSize,
        teacher: Option<(&mut Weights, f64)>,
    ) {
        let mut nobody = Weights(Vec::new());
        let (teacher, target_decay) = teacher.unwrap_or((&mut nobody, 1.0));
        let mut rates: Vec<f64> = self.multiples.iter().map(|multiple| lr * multiple).collect();
        let mut decayed = self.decayed.clone();
        for &place in &self.still {
            (rates[place], decayed[place]) = (0.0, false);
        }
        let by =
            Update { optimizer: self.recipe.clone(), rates, decayed, steps: self.steps, share, target_decay, place };
        many::update(&mut weights.0, gradients, &mut self.moments, &mut teacher.0, by);
        self.steps += 1;
    }
}
