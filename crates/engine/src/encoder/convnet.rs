//! A small convnet for runs of a minute: four 3x3 convolutions of doubling width with stride 1, 2, 2, 2, each with
//! batch normalisation and ReLU, then the global average.

use burn::tensor::Tensor;

use super::Encoder;
use crate::{
    kernel::{After, Maps},
    nn::{BatchNorm, Convolution, Layout, Pass},
};

pub struct ConvNet {
    layers: Vec<(Convolution, BatchNorm)>,
    width: usize,
    features: usize,
}

impl ConvNet {
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        let channels = [3, width, 2 * width, 4 * width, 8 * width];
        let layer = |index: usize| {
            let stride = if index == 0 { 1 } else { 2 };
            let pair = [channels[index], channels[index + 1]];
            let conv = Convolution::new(layout, &format!("{name}.conv{}", index + 1), pair, 3, stride);
            (conv, BatchNorm::new(layout, &format!("{name}.bn{}", index + 1), pair[1]))
        };
        Self { layers: (0..4).map(layer).collect(), width, features: channels[4] }
    }
}

impl Encoder for ConvNet {
    fn features(&self) -> usize {
        self.features
    }

    fn stages(&self) -> usize {
        self.layers.len()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let ((conv, norm), rest) = self.layers[..stage].split_first().expect("a stage is 1 at least");
        let begun = (conv.forward(pass, Maps::of(x, self.width)), norm);
        let (x, norm) = rest.iter().fold(begun, |(x, norm), (conv, next)| (norm.relu_convolve(pass, x, conv), next));
        norm.forward_maps(pass, x, After::Relu)
    }
}
