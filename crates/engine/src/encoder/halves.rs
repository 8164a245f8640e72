//! Two encoders side by side, one that sees lightness alone and one that sees colours alone (Zhang et al. 2017, arXiv 1611.09842). What
//! they make stands beside each other: the first half of the channels knows no colour, the second no lightness.

use burn::tensor::Tensor;

use super::Encoder;
use crate::{
    kernel::{Maps, Order},
    nn::Pass,
};

pub struct Halves {
    pub light: Box<dyn Encoder>,
    pub colour: Box<dyn Encoder>,
}

impl Encoder for Halves {
    fn features(&self) -> usize {
        self.light.features() + self.colour.features()
    }

    fn stages(&self) -> usize {
        self.light.stages()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let (light, colour) = parted(x);
        let (light, colour) = (self.light.maps(pass, light, stage), self.colour.maps(pass, colour, stage));
        let channels = if light.order == Order::Pixels { 3 } else { 1 };
        Maps::new(Tensor::cat(vec![light.values, colour.values], channels), light.order)
    }
}

/// Lightness in all three channels, and what is left of the pixels `[n, 3, side, side]` without it.
fn parted(x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let light = x.clone().mean_dim(1);
    (light.clone().repeat_dim(1, 3), x - light)
}
