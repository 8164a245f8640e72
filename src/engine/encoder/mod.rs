//! Encoders: images `[n, 3, side, side]` to features `[n, features]`.

pub mod checkpointing;
mod convnet;
mod resnet;

use burn::tensor::Tensor;

use super::nn::{Layout, Pass};
use crate::plan::recipe::EncoderRecipe;

/// A network from images to features.
pub trait Encoder: Send + Sync {
    /// Length of the feature vector.
    fn features(&self) -> usize;

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

/// The encoder that `recipe` names.
///
/// # Panics
/// Where the name is not in [`ENCODERS`]: the plan has checked it.
pub fn build(recipe: &EncoderRecipe, layout: &mut Layout, name: &str) -> Box<dyn Encoder> {
    let (_, build) =
        ENCODERS.iter().find(|(known, _)| *known == recipe.name).expect("the plan has checked the encoder");
    build(layout, name, recipe.width)
}
