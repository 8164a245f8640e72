//! Rotation about the middle, bilinear; the corners that come free are black.

use super::warp::AffineMap;
use crate::{augment::Canvas, plan::streams::Draws};

#[derive(Clone, Copy, Debug, PartialEq)]
/// A turn about the middle, counter-clockwise.
pub struct Rotation {
    /// Counter-clockwise.
    pub degrees: f32,
}

impl Rotation {
    /// Uniform between `low` and `high` degrees.
    pub fn draw([low, high]: [f64; 2], draws: &mut Draws) -> Self {
        Self { degrees: draws.uniform(low as f32, high as f32) }
    }

    /// Turns the image; black where nothing was.
    pub fn apply(self, canvas: &mut Canvas) {
        AffineMap::rotation(self.degrees).bilinear(canvas);
    }
}
