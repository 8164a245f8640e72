//! Mirror left to right.

use crate::views::Canvas;

#[inline(always)]
pub fn apply(canvas: &mut Canvas) {
    for row in canvas.pixels.chunks_exact_mut(canvas.side) {
        row.reverse();
    }
}
