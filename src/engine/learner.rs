//! One trial's state and its step: gradients of one or more micro-batches, the optimizer, the teacher.

use burn::tensor::{Device, Tensor};

use super::{
    method::{self, Architecture, Network, Outcome},
    nn::Weights,
    optim::{self, Optimizer},
};
use crate::plan::Recipe;

/// A student, its teacher, and what moves them.
pub struct Learner {
    pub architecture: Architecture,
    pub student: Network,
    pub teacher: Option<Network>,
    /// Momentum buffers, one a parameter.
    pub moments: Vec<Tensor<1>>,
    optimizer: Box<dyn Optimizer>,
    /// Sums of gradients since the last step, and of how many micro-batches.
    gradients: Option<Vec<Tensor<1>>>,
    micro_batches: usize,
}

impl Learner {
    /// The untrained learner of a recipe.
    pub fn new(recipe: &Recipe, device: &Device) -> Self {
        let architecture = method::build(&recipe.encoder, &recipe.method);
        let (student, teacher) = architecture.initial(recipe.train.seed, device);
        let moments = student.weights.0.iter().map(|weight| weight.zeros_like()).collect();
        let optimizer = optim::build(&recipe.optimizer);
        Self { architecture, student, teacher, moments, optimizer, gradients: None, micro_batches: 0 }
    }

    /// The loss of a micro-batch, its gradients added to those that wait for the next step.
    pub fn accumulate(&mut self, views: [Tensor<4>; 2]) -> Outcome {
        let mut tracked = Network { weights: self.student.weights.tracked(), running: self.student.running.clone() };
        let views = views.map(Tensor::autodiff);
        let outcome = self.architecture.method.loss(&mut tracked, self.teacher.as_mut(), views);
        self.student.running = tracked.running;
        let new = gradients(&tracked.weights, &outcome.loss);
        self.gradients = Some(match self.gradients.take() {
            Some(sums) => sums.into_iter().zip(new).map(|(sum, gradient)| sum + gradient).collect(),
            None => new,
        });
        self.micro_batches += 1;
        Outcome { loss: outcome.loss.inner(), ..outcome }
    }

    /// One optimizer step on the mean of the gradients since the last one, then the teacher (BYOL algorithm 1), whose
    /// share `target_decay` stays. Returns the gradient's norm, `[1]`.
    ///
    /// # Panics
    /// Where no micro-batch was seen.
    pub fn step(&mut self, lr: f64, target_decay: Option<f64>) -> Tensor<1> {
        let gradients = self.gradients.take().expect("a step follows at least one micro-batch");
        let share = 1.0 / self.micro_batches as f64;
        self.micro_batches = 0;
        let gradients: Vec<_> =
            if share == 1.0 { gradients } else { gradients.into_iter().map(|g| g * share).collect() };
        let norm = global_norm(&gradients);
        let (layout, weights) = (&self.architecture.layout, &self.student.weights.0);
        let weights = optim::step_all(&*self.optimizer, layout, weights, gradients, &mut self.moments, lr);
        self.student.weights = Weights(weights);
        if let (Some(teacher), Some(decay)) = (&mut self.teacher, target_decay) {
            teacher.weights.average_with(&self.student.weights, decay);
        }
        norm
    }
}

fn gradients(weights: &Weights, loss: &Tensor<1>) -> Vec<Tensor<1>> {
    let mut gradients = loss.backward();
    let of = |weight: &Tensor<1>| {
        // A parameter that the loss does not reach (the predictor's, say, of an ablation) has gradient 0.
        weight.grad_remove(&mut gradients).unwrap_or_else(|| weight.clone().inner().zeros_like())
    };
    weights.0.iter().map(of).collect()
}

fn global_norm(gradients: &[Tensor<1>]) -> Tensor<1> {
    let squares = gradients.iter().map(|g| (g.clone() * g.clone()).sum_dim(0)).collect();
    Tensor::cat(squares, 0).sum_dim(0).sqrt()
}
