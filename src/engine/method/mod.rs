//! Methods: a way of learning without labels. One file each and one line in [`build`].

mod byol;
mod simclr;

use burn::tensor::{Device, Tensor};

use super::{
    encoder::{self, Encoder},
    nn::{Layout, Mode, Pass, Running, Weights},
};
use crate::plan::recipe::{EncoderRecipe, MethodRecipe};

/// A network that learns by gradient or is moved by hand.
#[derive(Clone, Debug)]
pub struct Network {
    pub weights: Weights,
    pub running: Running,
}

impl Network {
    /// Batch statistics, running ones moved.
    pub fn train(&mut self) -> Pass<'_> {
        Pass { weights: &self.weights, running: &mut self.running, mode: Mode::Train }
    }

    /// Running statistics.
    pub fn evaluate(&mut self) -> Pass<'_> {
        Pass { weights: &self.weights, running: &mut self.running, mode: Mode::Evaluate }
    }
}

/// What one pass over two views gives.
pub struct Outcome {
    /// `[1]`, tracked.
    pub loss: Tensor<1>,
    /// The student's projections of view 1, `[n, d]`, without gradient: what the collapse sentinel looks at.
    pub projection: Tensor<2>,
}

/// The forward pass of a method and the movement of its teacher.
pub trait Method: Send {
    /// How many of the student's parameters, from the first on, a teacher has; none where there is no teacher.
    fn teacher_parameters(&self) -> Option<usize>;

    /// The loss of two views `[n, 3, side, side]`; `student.weights` are tracked, the teacher's are not.
    fn loss(&self, student: &mut Network, teacher: Option<&mut Network>, views: [Tensor<4>; 2]) -> Outcome;

    /// The share of the teacher that stays after optimizer step `step` of `steps`; none where there is no teacher.
    fn target_decay(&self, step: u64, steps: u64) -> Option<f64>;
}

/// A method with the architecture that it trains.
pub struct Architecture {
    pub layout: Layout,
    pub encoder: std::sync::Arc<dyn Encoder>,
    pub method: Box<dyn Method>,
}

/// Declares encoder and heads, encoder first.
pub fn build(encoder: &EncoderRecipe, method: &MethodRecipe) -> Architecture {
    let mut layout = Layout::default();
    let encoder: std::sync::Arc<dyn Encoder> = encoder::build(encoder, &mut layout, "encoder").into();
    let method: Box<dyn Method> = match method {
        MethodRecipe::Byol(recipe) => Box::new(byol::Byol::new(&mut layout, encoder.clone(), recipe)),
        MethodRecipe::Simclr(recipe) => Box::new(simclr::SimClr::new(&mut layout, encoder.clone(), recipe)),
    };
    Architecture { layout, encoder, method }
}

impl Architecture {
    /// First numbers of the student and, where the method has one, of the separately drawn teacher (BYOL's code:
    /// another random key).
    pub fn initial(&self, seed: u64, device: &Device) -> (Network, Option<Network>) {
        let network =
            |copy| Network { weights: self.layout.initial(seed, copy, device), running: self.layout.running(device) };
        let teacher = self.method.teacher_parameters().map(|count| {
            let drawn = network(1);
            Network { weights: drawn.weights.prefix(count), running: drawn.running }
        });
        (network(0), teacher)
    }
}
