//! Encoders: images `[n, 3, side, side]` to features `[n, features]`.

mod convnet;
mod resnet;
pub mod tape;

use burn::tensor::{DType, Tensor};

use super::nn::{Layout, Pass};
use byolab_values::plan::{
    catalog::encoders::Architecture,
    recipe::{EncoderRecipe, Precision},
};

/// A network from images to features.
pub trait Encoder: Send + Sync {
    /// Length of the feature vector.
    fn features(&self) -> usize;

    /// The layers compute in the precision of `x`; features are in single precision.
    ///
    /// # Shapes
    /// `[n, 3, side, side]` to `[n, features]`
    fn forward(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2>;
}

/// An encoder that computes in bfloat16.
struct InBf16(Box<dyn Encoder>);

impl Encoder for InBf16 {
    fn features(&self) -> usize {
        self.0.features()
    }

    fn forward(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        self.0.forward(pass, x.cast(DType::BF16))
    }
}

/// The encoder that `recipe` names; its parameters are declared under `name`.
pub fn build(recipe: &EncoderRecipe, precision: Precision, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let width = recipe.width;
    let encoder: Box<dyn Encoder> = match recipe.name {
        Architecture::ResNet18 => Box::new(resnet::ResNet::resnet18(layout, name, width)),
        Architecture::ResNet50 => Box::new(resnet::ResNet::resnet50(layout, name, width)),
        Architecture::ConvNet => Box::new(convnet::ConvNet::new(layout, name, width)),
    };
    match precision {
        Precision::F32 => encoder,
        Precision::Bf16 => Box::new(InBf16(encoder)),
    }
}
