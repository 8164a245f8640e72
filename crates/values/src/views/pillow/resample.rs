//! `Resample.c` for a box that grows: along the rows, then down the columns, each rounded to bytes.

use crate::{
    plan::recipe::Interpolation,
    views::{Picture, op::Crop},
};

/// Bits behind the point of a weight.
const PRECISION: u32 = 22;
/// Pixels that a cubic kernel may touch.
const MOST: usize = 5;

/// The box becomes the whole picture.
pub fn crop(picture: &mut Picture, crop: &Crop) {
    let Picture { side, bytes, scratch } = picture;
    let (side, rows) = (*side, crop.top..crop.top + crop.height);
    for x in 0..side {
        let taps = Taps::new(crop.interpolation, x, crop.width, side);
        for (from, to) in bytes.chunks_exact(side).zip(scratch.chunks_exact_mut(side)) {
            to[x] = taps.sum(|tap| from[crop.left + tap]);
        }
    }
    for (from, to) in scratch.chunks_exact(side * side).zip(bytes.chunks_exact_mut(side * side)) {
        for (y, to) in to.chunks_exact_mut(side).enumerate() {
            let taps = Taps::new(crop.interpolation, y, crop.height, side);
            let row = |tap: usize| &from[(rows.start + tap) * side..][..side];
            to.iter_mut().enumerate().for_each(|(x, to)| *to = taps.sum(|tap| row(tap)[x]));
        }
    }
}

/// The weights of pixels in a row for one pixel of the result.
struct Taps {
    first: usize,
    count: usize,
    weights: [i32; MOST],
}

impl Taps {
    /// Pixel `at` of `side`, from a line of `length`: what lies outside is left out, the rest sums to 1.
    fn new(how: Interpolation, at: usize, length: usize, side: usize) -> Self {
        let centre = (at as f64 + 0.5) * (length as f64 / side as f64);
        let support = if how == Interpolation::Bilinear { 1.0 } else { 2.0 };
        let first = (centre - support + 0.5).max(0.0) as usize;
        let count = ((centre + support + 0.5) as usize).min(length) - first;
        let weight = |tap: usize| kernel(how, (tap + first) as f64 - centre + 0.5);
        let total: f64 = (0..count).map(weight).sum();
        let fixed = |share: f64| (share * f64::from(1 << PRECISION)).round() as i32;
        let weights = std::array::from_fn(|tap| if tap < count { fixed(weight(tap) / total) } else { 0 });
        Self { first, count, weights }
    }

    #[inline(always)]
    fn sum(&self, byte: impl Fn(usize) -> u8) -> u8 {
        let weighed = |tap: usize| i32::from(byte(self.first + tap)) * self.weights[tap];
        let sum = (1 << (PRECISION - 1)) + (0..self.count).map(weighed).sum::<i32>();
        (sum >> PRECISION).clamp(0, 255) as u8
    }
}

/// The triangle, or Keys' kernel with A = -0.5.
fn kernel(how: Interpolation, distance: f64) -> f64 {
    const A: f64 = -0.5;
    let x = distance.abs();
    match how {
        Interpolation::Bilinear => (1.0 - x).max(0.0),
        _ if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
        _ if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
        _ => 0.0,
    }
}
