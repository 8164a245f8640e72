//! One random image operation per file: its parameters, how they are drawn, how they are applied to a
//! [`Canvas`](super::Canvas) of `[3, side, side]` values in 0 to 1.

pub mod blur;
pub mod crop;
pub mod flip;
pub mod grayscale;
pub mod jitter;
pub mod solarize;

pub use blur::Blur;
pub use crop::Crop;
pub use jitter::Jitter;
pub use solarize::Solarize;

/// Brightness as torchvision weighs it (ITU-R BT.601).
#[inline]
fn luma(red: f32, green: f32, blue: f32) -> f32 {
    0.2989 * red + 0.587 * green + 0.114 * blue
}
