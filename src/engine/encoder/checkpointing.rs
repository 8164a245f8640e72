//! Activation checkpointing (Chen et al. 2016, arXiv 1604.06174) of a whole encoder: its layers keep nothing for the
//! backward pass, for which each view passes again. A view's activations are held at a time instead of two, for one more
//! forward pass. Numbers are the same, bit for bit where those of the device are from one pass to the next and batch
//! normalisation takes no groups apart, whose gradients are added in another order.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use burn::tensor::{Gradients, Tensor};

use super::Encoder;
use crate::engine::nn::{Mode, Pass, Running, Weights};

/// An encoder whose passes can be noted on its tape.
pub struct Checkpointed(Arc<Tape>);

/// An encoder, and what has passed it since the last backward pass.
pub struct Tape {
    encoder: Arc<dyn Encoder>,
    /// How many of the student's parameters, from the first on, are the encoder's.
    parameters: usize,
    active: AtomicBool,
    passages: Mutex<Vec<Passage>>,
}

/// One view that passed.
struct Passage {
    view: Tensor<4>,
    /// A leaf of the graph that the loss is in.
    features: Tensor<2>,
    /// The encoder's statistics before.
    running: Running,
    groups: usize,
}

impl Checkpointed {
    /// The encoder, declared first with so many parameters, and the tape that turns checkpointing on.
    pub fn new(encoder: Arc<dyn Encoder>, parameters: usize) -> (Self, Arc<Tape>) {
        let tape = Arc::new(Tape { encoder, parameters, active: AtomicBool::default(), passages: Mutex::default() });
        (Self(tape.clone()), tape)
    }
}

impl Encoder for Checkpointed {
    fn features(&self) -> usize {
        self.0.encoder.features()
    }

    fn forward(&self, pass: &mut Pass, view: Tensor<4>) -> Tensor<2> {
        let tape = &self.0;
        let tracked = pass.mode == Mode::Train && pass.weights.0.iter().any(Tensor::is_require_grad);
        if !(tracked && tape.active.load(Ordering::Relaxed)) {
            return tape.encoder.forward(pass, view);
        }
        let (view, groups, running) = (view.inner(), pass.groups, pass.running.clone());
        let weights = Weights(pass.weights.0.iter().map(|weight| weight.clone().inner()).collect());
        let mut untracked = Pass { weights: &weights, running: pass.running, mode: pass.mode, groups };
        let features = tape.encoder.forward(&mut untracked, view.clone()).autodiff().require_grad();
        let passage = Passage { view, features: features.clone(), running, groups };
        tape.passages.lock().expect("nobody panics with it").push(passage);
        features
    }
}

impl Tape {
    /// From now on activations are computed again.
    pub fn activate(&self) {
        self.active.store(true, Ordering::Relaxed);
    }

    /// Passes again, the last first, what has passed under `weights`; `gradients` are those of the loss. Returns what is
    /// to be added to the gradients of the encoder's parameters; nothing where nothing has passed.
    pub fn backward(&self, weights: &Weights, gradients: &Gradients) -> Vec<Tensor<1>> {
        let passages = std::mem::take(&mut *self.passages.lock().expect("nobody panics with it"));
        let weights = weights.prefix(self.parameters);
        let again = passages.into_iter().rev().filter_map(|passage| self.again(passage, &weights, gradients));
        let add = |sums: Vec<Tensor<1>>, more: Vec<Tensor<1>>| sums.into_iter().zip(more).map(|(a, b)| b + a).collect();
        again.reduce(add).unwrap_or_default()
    }

    /// The gradients of a passage; none where the loss does not depend on it.
    fn again(&self, passage: Passage, weights: &Weights, gradients: &Gradients) -> Option<Vec<Tensor<1>>> {
        let slope = passage.features.grad(gradients)?;
        let (weights, mut running) = (weights.tracked(), passage.running);
        let mut pass = Pass { weights: &weights, running: &mut running, mode: Mode::Train, groups: passage.groups };
        let features = self.encoder.forward(&mut pass, passage.view.autodiff());
        let [images, width] = features.dims();
        Some(weights.gradients(&(features * slope.autodiff()).reshape([images * width]).sum()))
    }
}
