//! Encoders: images `[n, 3, side, side]` to features `[n, features]`.

mod convnet;
mod resnet;
pub mod tape;

use burn::tensor::{DType, Tensor};

use super::nn::{Layout, Pass};
use byolab_values::plan::recipe::{EncoderRecipe, Precision};

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

/// Declares an encoder's parameters under `name` and returns it.
type Build = fn(layout: &mut Layout, name: &str, width: usize) -> Box<dyn Encoder>;

/// Every encoder by the name that users type.
pub const ENCODERS: &[(&str, Build)] = &[
    ("resnet18", |layout, name, width| Box::new(resnet::ResNet::resnet18(layout, name, width))),
    ("resnet50", |layout, name, width| Box::new(resnet::ResNet::resnet50(layout, name, width))),
    ("convnet", |layout, name, width| Box::new(convnet::ConvNet::new(layout, name, width))),
];

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

/// The encoder that `recipe` names.
///
/// # Panics
/// Where the name is not in [`ENCODERS`]: the plan has checked it.
pub fn build(recipe: &EncoderRecipe, precision: Precision, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let (_, build) =
        ENCODERS.iter().find(|(known, _)| *known == recipe.name).expect("the plan has checked the encoder");
    let encoder = build(layout, name, recipe.width);
    match precision {
        Precision::F32 => encoder,
        Precision::Bf16 => Box::new(InBf16(encoder)),
    }
}
