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
    kernel::{Maps, many},
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
    /// Its place among the passes of a step.
    number: usize,
    /// A leaf of the graph that the loss is in.
    leaf: Output,
    kept: KeptView,
}

#[expect(clippy::large_enum_variant, reason = "there are a handful in a step")]
enum KeptView {
    /// The output once more, at the end of a graph of its own that begins with these weights.
    Activations { weights: Weights, output: Output },
    /// With the encoder's statistics before.
    View { view: Tensor<4>, running: Running, groups: usize, asked: Asked },
}

/// What is asked of a pass.
#[derive(Clone, Copy)]
enum Asked {
    Features,
    /// Those after a stage.
    Maps(usize),
}

/// What a pass gives.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there are a handful in a step")]
enum Output {
    Features(Tensor<2>),
    Maps(Maps),
}

impl Output {
    /// Without its graph.
    fn inner(self) -> Self {
        match self {
            Self::Features(features) => Self::Features(features.inner()),
            Self::Maps(maps) => Self::Maps(Maps::new(maps.values.inner(), maps.order)),
        }
    }

    /// At the beginning of a graph.
    fn leaf(self) -> Self {
        match self {
            Self::Features(features) => Self::Features(features.autodiff().require_grad()),
            Self::Maps(maps) => Self::Maps(Maps::new(maps.values.autodiff().require_grad(), maps.order)),
        }
    }

    /// What `gradients` say of this leaf, in a row; none where the loss does not depend on it.
    fn slope(&self, gradients: &Gradients) -> Option<Tensor<1>> {
        match self {
            Self::Features(features) => features.grad(gradients).map(in_a_row),
            Self::Maps(maps) => maps.values.grad(gradients).map(in_a_row),
        }
    }

    fn in_a_row(self) -> Tensor<1> {
        match self {
            Self::Features(features) => in_a_row(features),
            Self::Maps(maps) => in_a_row(maps.values),
        }
    }
}

fn in_a_row<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    let numbers = x.shape().num_elements();
    x.reshape([numbers])
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

    fn stages(&self) -> usize {
        self.0.encoder.stages()
    }

    fn maps(&self, pass: &mut Pass, view: Tensor<4>, stage: usize) -> Maps {
        match self.0.pass(pass, view, Asked::Maps(stage)) {
            Output::Maps(maps) => maps,
            Output::Features(_) => unreachable!("maps were asked for"),
        }
    }

    fn forward(&self, pass: &mut Pass, view: Tensor<4>) -> Tensor<2> {
        match self.0.pass(pass, view, Asked::Features) {
            Output::Features(features) => features,
            Output::Maps(_) => unreachable!("features were asked for"),
        }
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

    /// What the encoder makes of a view, noted where the student learns from it.
    fn pass(&self, pass: &mut Pass, view: Tensor<4>, asked: Asked) -> Output {
        let tracked = pass.mode == Mode::Train && pass.weights.0.iter().any(Tensor::is_require_grad);
        if !tracked {
            return self.encode(pass, view, asked);
        }
        let (mode, groups, number) = (pass.mode, pass.groups, pass.number);
        let weights = pass.weights.prefix(self.parameters).untracked();
        let views = self.noted().views;
        let (output, kept) = if views {
            let (view, running) = (view.inner(), pass.running.clone());
            let mut untracked = Pass { weights: &weights, running: pass.running, mode, groups, number };
            let output = self.encode(&mut untracked, view.clone(), asked);
            (output, KeptView::View { view, running, groups, asked })
        } else {
            let weights = weights.tracked();
            let mut apart = Pass { weights: &weights, running: pass.running, mode, groups, number };
            let output = self.encode(&mut apart, view.inner().autodiff(), asked);
            (output.clone().inner(), KeptView::Activations { weights, output })
        };
        let leaf = output.leaf();
        self.noted().passages.push(Passage { number, leaf: leaf.clone(), kept });
        leaf
    }

    fn encode(&self, pass: &mut Pass, view: Tensor<4>, asked: Asked) -> Output {
        match asked {
            Asked::Features => Output::Features(self.encoder.forward(pass, view)),
            Asked::Maps(stage) => Output::Maps(self.encoder.maps(pass, view, stage)),
        }
    }

    /// The backward passes of what has passed under `weights`; `gradients` are those of the loss. Returns the gradients of
    /// the encoder's parameters; nothing where nothing has passed or the loss does not depend on it.
    pub fn backward(&self, weights: &Weights, gradients: &Gradients) -> Vec<Tensor<1>> {
        let mut passages = std::mem::take(&mut self.noted().passages);
        // Passes that went side by side were noted in whatever order; three gradients are not the same in any.
        passages.sort_by_key(|passage| passage.number);
        let Some(device) = weights.0.first().map(Tensor::device) else { return Vec::new() };
        let weights = weights.prefix(self.parameters);
        let reached = |passage: Passage| Some((passage.kept, passage.leaf.slope(gradients)?));
        let reached: Vec<_> = passages.into_iter().rev().filter_map(reached).collect();
        let views = reached.iter().any(|(kept, _)| matches!(kept, KeptView::View { .. }));
        let back = |(kept, slope)| self.back(kept, slope, &weights);
        let each = if views { reached.into_iter().map(back).collect() } else { workers::map(&device, reached, back) };
        each.into_iter().reduce(many::sums).unwrap_or_default()
    }

    /// The gradients of a passage's weights from those of its output, in a row.
    fn back(&self, kept: KeptView, slope: Tensor<1>, weights: &Weights) -> Vec<Tensor<1>> {
        let (weights, output) = match kept {
            KeptView::Activations { weights, output } => (weights, output),
            KeptView::View { view, mut running, groups, asked } => {
                let weights = weights.tracked();
                let mut pass = Pass { weights: &weights, running: &mut running, mode: Mode::Train, groups, number: 0 };
                let output = self.encode(&mut pass, view.autodiff(), asked);
                (weights, output)
            }
        };
        weights.gradients(&(output.in_a_row() * slope.autodiff()).sum())
    }
}
