//! Random image operations, one file each: parameters, how they are drawn, how they are applied to a
//! [`Canvas`](super::Canvas) of `[3, side, side]` values in 0 to 1. What several need stands in `colour`, `tone` and
//! `warp`.

pub mod blur;
mod colour;
pub mod crop;
pub mod cutout;
pub mod equalize;
pub mod flip;
pub mod grayscale;
pub mod jitter;
pub mod rand_augment;
pub mod rotation;
pub mod shift;
pub mod solarize;
mod tone;
mod warp;

pub use blur::Blur;
pub use colour::luma;
pub use crop::Crop;
pub use cutout::Cutout;
pub use jitter::Jitter;
pub use rand_augment::{RandAugment, RandAugmentOp};
pub use rotation::Rotation;
pub use shift::Shift;
pub use solarize::Solarize;
