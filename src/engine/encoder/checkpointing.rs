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

/// An encoder that a [`Tape`] can have pass again.
pub struct Checkpointed {
    encoder: Arc<dyn Encoder>,
    tape: Arc<Tape>,
}

/// What passed an encoder since the last backward pass.
#[derive(Default)]
pub struct Tape {
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
    /// The encoder, and the tape that turns checkpointing on.
    pub fn new(encoder: Arc<dyn Encoder>) -> (Self, Arc<Tape>) {
        let tape = Arc::<Tape>::default();
        (Self { encoder, tape: tape.clone() }, tape)
    }
}

impl Encoder for Checkpointed {
    fn features(&self) -> usize {
        self.encoder.features()
    }

    fn forward(&self, pass: &mut Pass, view: Tensor<4>) -> Tensor<2> {
        let tracked = pass.mode == Mode::Train && pass.weights.0.iter().any(Tensor::is_require_grad);
        if !(tracked && self.tape.active.load(Ordering::Relaxed)) {
            return self.encoder.forward(pass, view);
        }
        let (view, groups, running) = (view.inner(), pass.groups, pass.running.clone());
        let weights = Weights(pass.weights.0.iter().map(|weight| weight.clone().inner()).collect());
        let mut untracked = Pass { weights: &weights, running: pass.running, mode: pass.mode, groups };
        let features = self.encoder.forward(&mut untracked, view.clone()).autodiff().require_grad();
        let passage = Passage { view, features: features.clone(), running, groups };
        self.tape.passages.lock().expect("nobody panics with it").push(passage);
        features
    }
}

impl Tape {
    /// From now on activations are computed again.
    pub fn activate(&self) {
        self.active.store(true, Ordering::Relaxed);
    }

    /// Passes again, the last first, what `encoder` passed under `weights`; `gradients` are those of the loss. Returns the
    /// sums of the gradients that each of `weights` gets; none where nothing has passed.
    pub fn backward(&self, encoder: &dyn Encoder, weights: &Weights, gradients: &Gradients) -> Option<Vec<Tensor<1>>> {
        let passages = std::mem::take(&mut *self.passages.lock().expect("nobody panics with it"));
        passages
            .into_iter()
            .rev()
            .filter_map(|passage| passage.again(encoder, weights, gradients))
            .reduce(|sums, more| sums.into_iter().zip(more).map(|(sum, more)| more + sum).collect())
    }
}

impl Passage {
    fn again(self, encoder: &dyn Encoder, weights: &Weights, gradients: &Gradients) -> Option<Vec<Tensor<1>>> {
        let slope = self.features.grad(gradients)?;
        let (weights, mut running) = (weights.tracked(), self.running);
        let mut pass = Pass { weights: &weights, running: &mut running, mode: Mode::Train, groups: self.groups };
        let features = encoder.forward(&mut pass, self.view.autodiff());
        let [images, width] = features.dims();
        Some(weights.gradients(&(features * slope.autodiff()).reshape([images * width]).sum()))
    }
}
