//! Heads: linear layers with normalisation and ReLU between them.

use burn::tensor::{Tensor, activation::relu};

use super::{BatchNorm, Layout, Linear, Pass};
use crate::kernel::After;
use byolab_values::plan::shape::{Affine, HeadShape, NamedHead};

#[derive(Clone)]
struct Layer {
    linear: Linear,
    norm: Option<BatchNorm>,
}

/// Linear layers, all but the last followed by ReLU.
#[derive(Clone)]
pub struct Head(Vec<Layer>);

impl Head {
    /// The heads of a method, and how many parameters there are with those that a target network has too.
    pub fn all(layout: &mut Layout, heads: &[NamedHead]) -> (Vec<Self>, usize) {
        let mut followed = layout.parameters.len();
        let head = |head: &NamedHead| {
            let built = Self::new(layout, head.name, &head.shape);
            if head.followed {
                followed = layout.parameters.len();
            }
            built
        };
        (heads.iter().map(head).collect(), followed)
    }

    /// Parameters are named as those of a PyTorch `Sequential` of linear, normalisation and ReLU.
    pub fn new(layout: &mut Layout, name: &str, shape: &HeadShape) -> Self {
        let last = shape.features.len() - 2;
        let mut place = 0;
        let mut next = || {
            place += 1;
            format!("{name}.{}", place - 1)
        };
        let mut layers = Vec::new();
        for (index, pair) in shape.features.windows(2).enumerate() {
            let (bias, affine) = match index == last {
                true => (shape.output_bias, shape.output_norm),
                false => (shape.hidden_bias, shape.hidden_norm.then_some(Affine::ScaleAndShift)),
            };
            let linear = Linear::new(layout, &next(), [pair[0], pair[1]], bias);
            let norm = affine.map(|affine| BatchNorm::with(layout, &next(), pair[1], affine));
            // The ReLU has a place of its own.
            next();
            layers.push(Layer { linear, norm });
        }
        Self(layers)
    }

    /// # Shapes
    /// `[n, input]` to `[n, output]`
    pub fn forward(&self, pass: &mut Pass, x: Tensor<2>) -> Tensor<2> {
        self.forward_to(pass, x, self.0.len())
    }

    /// The first `layers` layers, each hidden one with its ReLU.
    ///
    /// # Shapes
    /// `[n, input]` to `[n, width]` of the last of them
    pub fn forward_to(&self, pass: &mut Pass, x: Tensor<2>, layers: usize) -> Tensor<2> {
        let last = self.0.len() - 1;
        self.0.iter().take(layers).enumerate().fold(x, |x, (index, layer)| {
            let x = layer.linear.forward(pass, x);
            match &layer.norm {
                Some(norm) => norm.forward(pass, x, if index == last { After::Nothing } else { After::Relu }),
                None if index == last => x,
                None => relu(x),
            }
        })
    }
}
