//! One trial's state and its step: gradients of one or more micro-batches, the optimizer, the teacher.

use burn::tensor::{Device, Tensor};

use super::{
    encoder::tape::Noting,
    method::{self, Architecture, Batch, Network, Outcome, Teacher},
    nn::Weights,
    optim::Mover,
    workers,
};
use crate::plan::{Recipe, recipe::TargetUpdate};

/// A student, its teacher, and what moves them.
pub struct Learner {
    pub architecture: Architecture,
    pub student: Network,
    pub teacher: Option<Teacher>,
    pub mover: Mover,
    /// Sums of gradients since the last step, and of how many micro-batches.
    gradients: Option<Vec<Tensor<1>>>,
    micro_batches: usize,
}

/// What has passed forward and waits for its backward pass.
pub struct Passed {
    outcome: Outcome,
    /// The student's, tracked.
    weights: Weights,
}

impl Learner {
    /// The untrained learner of a recipe, for images of so many classes.
    pub fn new(recipe: &Recipe, classes: usize, device: &Device) -> Self {
        let architecture = method::build(recipe, classes);
        let (student, teacher) = architecture.initial(recipe.train.seed, device);
        let multiple = |part: &str| architecture.method.lr_multiple(part);
        if workers::is_cpu(device) {
            architecture.tape.note(Noting::Activations);
        }
        let mover = Mover::new(&recipe.optimizer, &architecture.layout, &student.weights.0, multiple);
        Self { architecture, student, teacher, mover, gradients: None, micro_batches: 0 }
    }

    /// Has the encoder compute activations again in the backward pass instead of keeping them.
    pub fn checkpoint_activations(&self) {
        self.architecture.tape.note(Noting::View);
    }

    /// Before the first micro-batch of a step: moves a teacher that moves here, whose share `target_decay` stays.
    pub fn begin_step(&mut self, target_decay: Option<f64>) {
        self.move_teacher(TargetUpdate::Before, target_decay);
    }

    /// The loss of a micro-batch, its gradients added to those that wait for the next step.
    pub fn accumulate(&mut self, batch: Batch) -> Outcome {
        workers::among(&self.device(), || {
            let passed = self.forward(batch);
            self.backward(passed)
        })
    }

    /// Passes a micro-batch through student and teacher.
    pub fn forward(&mut self, batch: Batch) -> Passed {
        workers::among(&self.device(), || self.pass(batch))
    }

    fn pass(&mut self, batch: Batch) -> Passed {
        let (weights, method) = (self.student.weights.tracked(), &self.architecture.method);
        let mut tracked = Network { weights, ..self.student.clone() };
        let batch = Batch { views: batch.views.map(Tensor::autodiff), labels: batch.labels };
        let outcome = method.loss(&mut tracked, self.teacher.as_mut(), batch);
        self.student.running = tracked.running;
        Passed { outcome, weights: tracked.weights }
    }

    /// Adds the gradients of what has passed to those that wait for the next step.
    pub fn backward(&mut self, Passed { outcome, weights }: Passed) -> Outcome {
        let new = match self.architecture.method.learns() {
            true => workers::among(&self.device(), || self.architecture.gradients(&outcome.loss, &weights)),
            false => self.student.weights.0.iter().map(Tensor::zeros_like).collect(),
        };
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
        workers::among(&self.device(), || self.update(gradients, share, lr, target_decay))
    }

    fn update(&mut self, gradients: Vec<Tensor<1>>, share: f64, lr: f64, target_decay: Option<f64>) -> Tensor<1> {
        let gradients: Vec<_> =
            if share == 1.0 { gradients } else { gradients.into_iter().map(|g| g * share).collect() };
        let norm = global_norm(&gradients);
        if self.architecture.method.learns() {
            let (layout, weights) = (&self.architecture.layout, &self.student.weights.0);
            self.student.weights = Weights(self.mover.step(layout, weights, gradients, lr));
        }
        self.move_teacher(TargetUpdate::After, target_decay);
        norm
    }

    fn device(&self) -> Device {
        self.student.weights.0[0].device()
    }

    /// Moves the teacher where `now` is when it moves.
    fn move_teacher(&mut self, now: TargetUpdate, target_decay: Option<f64>) {
        let due = self.architecture.target.is_some_and(|target| target.update == now);
        if let (true, Some(teacher), Some(decay)) = (due, &mut self.teacher, target_decay) {
            teacher.follow(&self.student, decay);
        }
    }
}

fn global_norm(gradients: &[Tensor<1>]) -> Tensor<1> {
    let device = gradients[0].device();
    let squares = workers::map(&device, gradients.iter().collect(), |g| (g.clone() * g.clone()).sum_dim(0));
    Tensor::cat(squares, 0).sum_dim(0).sqrt()
}
