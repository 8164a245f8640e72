//! An encoder whose passes are noted, so that each can have a backward pass of its own once the loss has had its: those of
//! the two views then go side by side on the CPU, and their gradients are added all at once.
//!
//! ```text
//!             the loss's graph                        graphs of their own, one a pass
//!
//!  view 1 ──> features 1 ┐ (leaves: cut here)         weights ──> encoder ──> features 1 <── d loss / d features 1
//!                        ├──> heads ──> loss
//!  view 2 ──> features 2 ┘                            weights ──> encoder ──> features 2 <── d loss / d features 2
//!
//!  1. forward: each view passes the encoder; what comes out is a leaf of the loss's graph and is noted on the tape
//!  2. backward through the loss and the heads: ends at the leaves
//!  3. backward through each noted pass, side by side; the gradients of the weights are added
//! ```
//!
//! With activation checkpointing (Chen et al. 2016, arXiv 1604.06174) its layers keep nothing for the backward pass, for
//! which each view passes again, one after the other: a view's activations are held at a time instead of two, for one
//! more forward pass.
//!
//! Numbers are the same, bit for bit where those of the device are from one pass to the next and batch normalisation takes
//! no groups apart, whose gradients are added in another order.

use std::sync::{Arc, Mutex, MutexGuard};

use burn::tensor::{Gradients, Tensor};

use super::Encoder;
use crate::{
    kernel::many,
    nn::{Mode, Pass, Running, Weights},
    workers,
};

/// An encoder whose passes can be noted on its tape.
pub struct Taped(Arc<Tape>);

/// An encoder, and what has passed it since the last backward pass.
pub struct Tape {
    encoder: Arc<dyn Encoder>,
    /// How many of the student's parameters, from the first on, are the encoder's.
    parameters: usize,
    noted: Mutex<Noted>,
}

struct Noted {
    /// Whether of a pass its view is kept, which passes again, and not its activations.
    views: bool,
    passages: Vec<Passage>,
}

/// One view that passed.
struct Passage {
    /// A leaf of the graph that the loss is in.
    features: Tensor<2>,
    kept: KeptView,
}

enum KeptView {
    /// The features once more, at the end of a graph of their own that begins with these weights.
    Activations { weights: Weights, features: Tensor<2> },
    /// With the encoder's statistics before.
    View { view: Tensor<4>, running: Running, groups: usize },
}

impl Taped {
    /// The encoder, declared first with so many parameters, and its tape, which keeps activations.
    pub fn new(encoder: Arc<dyn Encoder>, parameters: usize) -> (Self, Arc<Tape>) {
        let noted = Mutex::new(Noted { views: false, passages: Vec::new() });
        let tape = Arc::new(Tape { encoder, parameters, noted });
        (Self(tape.clone()), tape)
    }
}

impl Encoder for Taped {
    fn features(&self) -> usize {
        self.0.encoder.features()
    }

    fn forward(&self, pass: &mut Pass, view: Tensor<4>) -> Tensor<2> {
        let tape = &self.0;
        let tracked = pass.mode == Mode::Train && pass.weights.0.iter().any(Tensor::is_require_grad);
        if !tracked {
            return tape.encoder.forward(pass, view);
        }
        let weights = pass.weights.prefix(tape.parameters).untracked();
        let views = tape.noted().views;
        let (features, kept) = if views {
            let (view, running, groups) = (view.inner(), pass.running.clone(), pass.groups);
            let mut untracked = Pass { weights: &weights, running: pass.running, mode: pass.mode, groups };
            let features = tape.encoder.forward(&mut untracked, view.clone());
            (features, KeptView::View { view, running, groups })
        } else {
            let weights = weights.tracked();
            let mut apart = Pass { weights: &weights, running: pass.running, mode: pass.mode, groups: pass.groups };
            let features = tape.encoder.forward(&mut apart, view.inner().autodiff());
            (features.clone().inner(), KeptView::Activations { weights, features })
        };
        let features = features.autodiff().require_grad();
        tape.noted().passages.push(Passage { features: features.clone(), kept });
        features
    }
}

impl Tape {
    /// Keeps views in place of activations from now on.
    pub fn keep_views(&self) {
        self.noted().views = true;
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().expect("nobody panics with it")
    }

    /// The backward passes of what has passed under `weights`; `gradients` are those of the loss. Returns the gradients of
    /// the encoder's parameters; nothing where nothing has passed or the loss does not depend on it.
    pub fn backward(&self, weights: &Weights, gradients: &Gradients) -> Vec<Tensor<1>> {
        let passages = std::mem::take(&mut self.noted().passages);
        let Some(device) = weights.0.first().map(Tensor::device) else { return Vec::new() };
        let weights = weights.prefix(self.parameters);
        let reached = |passage: Passage| Some((passage.kept, passage.features.grad(gradients)?));
        let reached: Vec<_> = passages.into_iter().rev().filter_map(reached).collect();
        let views = reached.iter().any(|(kept, _)| matches!(kept, KeptView::View { .. }));
        let back = |(kept, slope)| self.back(kept, slope, &weights);
        let each = if views { reached.into_iter().map(back).collect() } else { workers::map(&device, reached, back) };
        each.into_iter().reduce(many::sums).unwrap_or_default()
    }

    /// The gradients of a passage's weights from those of its features, `[n, features]`.
    fn back(&self, kept: KeptView, slope: Tensor<2>, weights: &Weights) -> Vec<Tensor<1>> {
        let (weights, features) = match kept {
            KeptView::Activations { weights, features } => (weights, features),
            KeptView::View { view, mut running, groups } => {
                let weights = weights.tracked();
                let mut pass = Pass { weights: &weights, running: &mut running, mode: Mode::Train, groups };
                let features = self.encoder.forward(&mut pass, view.autodiff());
                (weights, features)
            }
        };
        let [images, width] = features.dims();
        weights.gradients(&(features * slope.autodiff()).reshape([images * width]).sum())
    }
}
