//! Encoders: images `[n, 3, side, side]` to features `[n, features]`.

mod convnet;
mod halves;
mod resnet;
pub mod tape;
mod vit;
mod wide_resnet;

use burn::tensor::{DType, Tensor};

use super::{
    kernel::{self, Maps},
    nn::{Layout, Pass},
};
use byolab_values::{
    plan::{
        catalog::encoders::Architecture,
        recipe::{EncoderRecipe, Precision},
    },
    weights::{EncoderShape, shape::ResNetShape},
};

/// A network from images to features.
pub trait Encoder: Send + Sync {
    /// Length of the feature vector.
    fn features(&self) -> usize;

    /// After how many places its maps can be taken: stages of convolutions, each of maps that are smaller than the one before.
    fn stages(&self) -> usize;

    /// What it makes of images up to a stage, from 1 on. The layers compute in the precision of `x`.
    ///
    /// # Shapes
    /// `[n, 3, side, side]` to `[n, channels, h, w]`, in the order that they are held in
    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps;

    /// The mean over the last stage's maps, in single precision.
    ///
    /// # Shapes
    /// `[n, 3, side, side]` to `[n, features]`
    fn forward(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        self.maps(pass, x, self.stages()).global_average()
    }
}

/// An encoder that computes in bfloat16.
struct InBf16(Box<dyn Encoder>);

impl Encoder for InBf16 {
    fn features(&self) -> usize {
        self.0.features()
    }

    fn stages(&self) -> usize {
        self.0.stages()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        self.0.maps(pass, x.cast(DType::BF16), stage)
    }

    fn forward(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        kernel::widened(self.0.forward(pass, x.cast(DType::BF16)))
    }
}

/// Two encoders of half the width that `recipe` has, one for lightness and one for colours.
pub fn halves(recipe: &EncoderRecipe, precision: Precision, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let half = EncoderRecipe { width: recipe.width / 2, ..recipe.clone() };
    let mut build = |part: &str| build(&half, precision, layout, &format!("{name}.{part}"));
    let (light, colour) = (build("light"), build("colour"));
    Box::new(halves::Halves { light, colour })
}

/// The encoder that `recipe` names; its parameters are declared under `name`.
pub fn build(recipe: &EncoderRecipe, precision: Precision, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let width = recipe.width;
    let shape = match recipe.name {
        Architecture::ResNet18 => EncoderShape::ResNet(ResNetShape::cifar(width, [2, 2, 2, 2], basic)),
        Architecture::ResNet50 => EncoderShape::ResNet(ResNetShape::cifar(width, [3, 4, 6, 3], bottleneck)),
        Architecture::ConvNet => EncoderShape::ConvNet(width),
        Architecture::WideResNet28 => EncoderShape::WideResNet(width),
    };
    shaped(&shape, precision, layout, name)
}

/// The encoder of these sizes; its parameters are declared under `name`.
pub fn shaped(shape: &EncoderShape, precision: Precision, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let encoder: Box<dyn Encoder> = match shape {
        EncoderShape::ResNet(shape) => Box::new(resnet::ResNet::new(layout, name, shape)),
        EncoderShape::ConvNet(width) => Box::new(convnet::ConvNet::new(layout, name, *width)),
        EncoderShape::WideResNet(width) => Box::new(wide_resnet::WideResNet::new(layout, name, *width)),
        EncoderShape::Vit(shape) => Box::new(vit::VisionTransformer::new(layout, name, shape)),
    };
    match precision {
        Precision::F32 => encoder,
        Precision::Bf16 => Box::new(InBf16(encoder)),
    }
}

/// Two 3x3 convolutions.
fn basic(channels: usize) -> Vec<(usize, usize)> {
    vec![(3, channels), (3, channels)]
}

/// Of four times the channels outside.
fn bottleneck(channels: usize) -> Vec<(usize, usize)> {
    vec![(1, channels), (3, channels), (1, 4 * channels)]
}
