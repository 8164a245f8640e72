//! Images that a choice is made by, and that nothing learns from meanwhile.

use byolab_values::plan::streams::{Draws, Stream};

/// One image of so many is left out.
const SHARE: usize = 5;

/// A fifth of `rows` rows, drawn by `seed`, and the others; of few rows none is left out.
pub fn left_out(rows: usize, seed: u64) -> [Vec<usize>; 2] {
    let mut order = Draws::new(seed, Stream::Probe, u64::MAX, 0, 0).permutation(rows);
    let others = order.split_off(rows / SHARE);
    [order, others]
}
