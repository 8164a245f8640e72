//! Quarters of an image, and the whole at their size (Noroozi et al. 2017, arXiv 1708.06734).

use super::{Normalisation, TaskOutput};
use crate::augment::Canvas;

/// The whole at half its side, each pixel the mean of four; then its quarters, row by row.
pub fn counting(canvas: &Canvas, normalise: Normalisation, out: TaskOutput) {
    let (side, half) = (canvas.side, canvas.side / 2);
    let size = 3 * half * half;
    let mut made = vec![0.0; size];
    for (at, pixels) in out.pixels.chunks_exact_mut(size).enumerate() {
        for (from, to) in canvas.pixels.chunks_exact(side * side).zip(made.chunks_exact_mut(half * half)) {
            for (place, to) in to.iter_mut().enumerate() {
                let (row, column) = (place / half, place % half);
                *to = match at {
                    0 => {
                        let above = 2 * row * side + 2 * column;
                        (from[above] + from[above + 1] + from[above + side] + from[above + side + 1]) / 4.0
                    }
                    tile => from[(row + (tile - 1) / 2 * half) * side + column + (tile - 1) % 2 * half],
                };
            }
        }
        normalise.apply(&made, pixels);
    }
}
