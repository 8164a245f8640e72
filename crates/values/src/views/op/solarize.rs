//! Inversion of the bright values.

use crate::views::Canvas;

/// Values at or above `threshold` become 1 - value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solarize {
    pub threshold: f32,
}

impl Solarize {
    #[inline(always)]
    pub fn apply(self, canvas: &mut Canvas) {
        for value in &mut canvas.pixels {
            *value = if *value >= self.threshold { 1.0 - *value } else { *value };
        }
    }
}
