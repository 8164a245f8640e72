//! Mirror left to right.

use crate::augment::Canvas;

#[inline(always)]
/// Mirrors left to right.
pub fn apply(canvas: &mut Canvas) {
    for row in canvas.pixels.chunks_exact_mut(canvas.side) {
        row.reverse();
    }
}
