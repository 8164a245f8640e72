//! Heads: linear layers with normalisation and ReLU between them.

use burn::tensor::{Tensor, activation::relu};

use super::{Affine, BatchNorm, Layout, Linear, Pass};
use crate::kernel::After;

/// What the layers of a head look like; the papers differ in little else.
#[derive(Clone, Debug)]
pub struct HeadShape {
    /// Features from the input to the output.
    pub features: Vec<usize>,
    /// Whether the hidden layers have biases, and whether they are normalised.
    pub hidden_bias: bool,
    /// Whether hidden layers are normalised.
    pub hidden_norm: bool,
    /// Whether the last layer adds a bias.
    pub output_bias: bool,
    /// Whether the output is normalised, and by which parameters.
    pub output_norm: Option<Affine>,
}

impl HeadShape {
    /// BYOL's projector and predictor (section 3.3; the missing bias of the output is the authors' code): `depth` linear
    /// layers with batch normalisation and ReLU between them.
    pub fn byol(input: usize, hidden: usize, output: usize, depth: usize) -> Self {
        let mut features = vec![hidden; depth + 1];
        (features[0], features[depth]) = (input, output);
        Self { features, hidden_bias: true, hidden_norm: true, output_bias: false, output_norm: None }
    }

    /// The same without biases in front of a normalisation, which would undo them: SimSiam's, Barlow Twins'.
    pub fn unbiased(input: usize, hidden: usize, output: usize, depth: usize) -> Self {
        Self { hidden_bias: false, ..Self::byol(input, hidden, output, depth) }
    }
}

struct Layer {
    linear: Linear,
    norm: Option<BatchNorm>,
}

/// Linear layers, all but the last followed by ReLU.
pub struct Head(Vec<Layer>);

impl Head {
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
