//! Inversion of the bright values.

use crate::augment::Canvas;

/// Values at or above `threshold` become 1 - value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solarize {
    /// From 0 to 1.
    pub threshold: f32,
}

impl Solarize {
    #[inline(always)]
    /// Takes 1 - value from the threshold on.
    pub fn apply(self, canvas: &mut Canvas) {
        for value in &mut canvas.pixels {
            *value = if *value >= self.threshold { 1.0 - *value } else { *value };
        }
    }
}
