//! Heads: linear layers with normalisation and ReLU, or another activation, between them.

use burn::tensor::{
    Tensor,
    activation::{gelu, relu},
};

use super::{BatchNorm, Layout, Linear, Pass};
use crate::kernel::After;
use byolab_values::plan::shape::{Activation, Affine, HeadShape, NamedHead};

#[derive(Clone)]
struct Layer {
    linear: Linear,
    norm: Option<BatchNorm>,
}

/// Linear layers, all but the last followed by an activation.
#[derive(Clone)]
pub struct Head {
    layers: Vec<Layer>,
    activation: Activation,
    /// Whether the last gives cosines.
    cosines: bool,
}

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
            let linear = Linear::begun(layout, &next(), [pair[0], pair[1]], bias, shape.first);
            let norm = affine.map(|affine| BatchNorm::with(layout, &next(), pair[1], affine));
            // The activation has a place of its own.
            next();
            layers.push(Layer { linear, norm });
        }
        Self { layers, activation: shape.activation, cosines: shape.cosines }
    }

    /// # Shapes
    /// `[n, input]` to `[n, output]`
    pub fn forward(&self, pass: &mut Pass, x: Tensor<2>) -> Tensor<2> {
        self.forward_to(pass, x, self.layers.len())
    }

    /// The first `layers` layers, each hidden one with its activation.
    ///
    /// # Shapes
    /// `[n, input]` to `[n, width]` of the last of them
    pub fn forward_to(&self, pass: &mut Pass, x: Tensor<2>, layers: usize) -> Tensor<2> {
        let last = self.layers.len() - 1;
        self.layers.iter().take(layers).enumerate().fold(x, |x, (index, layer)| match index == last {
            true if self.cosines => layer.linear.cosines(pass, x),
            true => normalised(layer, pass, x, After::Nothing),
            false => self.hidden(layer, pass, x),
        })
    }

    fn hidden(&self, layer: &Layer, pass: &mut Pass, x: Tensor<2>) -> Tensor<2> {
        match (self.activation, &layer.norm) {
            (Activation::Relu, Some(_)) => normalised(layer, pass, x, After::Relu),
            (Activation::Relu, None) => relu(layer.linear.forward(pass, x)),
            (Activation::Gelu, _) => gelu(normalised(layer, pass, x, After::Nothing)),
        }
    }
}

/// What a layer makes of rows, normalised where it is.
fn normalised(layer: &Layer, pass: &mut Pass, x: Tensor<2>, after: After<2>) -> Tensor<2> {
    let x = layer.linear.forward(pass, x);
    match &layer.norm {
        Some(norm) => norm.forward(pass, x, after),
        None => x,
    }
}
