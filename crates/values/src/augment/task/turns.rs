//! Quarter turns (Gidaris et al. 2018, arXiv 1803.07728): no pixel is interpolated and no border comes in, which would tell a turned
//! image from an upright one.

use super::{Normalisation, TaskOutput};
use crate::augment::Canvas;

/// All four, counter-clockwise from upright; which is which.
pub fn make(canvas: &Canvas, normalise: Normalisation, out: TaskOutput) {
    let (side, image) = (canvas.side, canvas.pixels.len());
    let mut turned = vec![0.0; image];
    for (turn, pixels) in out.pixels.chunks_exact_mut(image).enumerate() {
        for (from, to) in canvas.pixels.chunks_exact(side * side).zip(turned.chunks_exact_mut(side * side)) {
            for (place, to) in to.iter_mut().enumerate() {
                *to = from[before(turn, side, place)];
            }
        }
        normalise.apply(&turned, pixels);
        out.targets[turn] = turn as f32;
    }
}

/// Where the pixel at `place` was before so many quarter turns counter-clockwise.
fn before(turn: usize, side: usize, place: usize) -> usize {
    let (row, column, last) = (place / side, place % side, side - 1);
    match turn {
        0 => place,
        1 => column * side + last - row,
        2 => (last - row) * side + last - column,
        _ => (last - column) * side + row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_a_quarter_counter_clockwise() {
        // 0 1
        // 2 3
        let turned = |turn| (0..4).map(|place| before(turn, 2, place)).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3].map(turned), [[0, 1, 2, 3], [1, 3, 0, 2], [3, 2, 1, 0], [2, 0, 3, 1]].map(Vec::from));
    }
}
