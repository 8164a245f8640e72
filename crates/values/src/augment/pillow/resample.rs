//! `Resample.c` for a box that grows: along the rows, then down the columns, each rounded to bytes.

use crate::{
    augment::{Picture, op::Crop},
    plan::recipe::Interpolation,
};

/// Bits behind the point of a weight.
const PRECISION: u32 = 22;
/// Pixels that a cubic kernel may touch.
const MOST: usize = 5;

/// The box becomes the whole picture.
pub fn crop(picture: &mut Picture, crop: &Crop) {
    let Picture { side, bytes, scratch } = picture;
    let side = *side;
    let taps = |length: usize| (0..side).map(move |at| Taps::new(crop.interpolation, at, length, side));
    let across: Vec<Taps> = taps(crop.width).collect();
    for plane in 0..3 {
        for y in crop.top..crop.top + crop.height {
            let row = (plane * side + y) * side;
            let from = &bytes[row + crop.left..][..crop.width];
            let to = scratch[row..][..side].iter_mut().zip(&across);
            to.for_each(|(to, taps)| *to = sum(taps.weights, taps.places.map(|place| from[place])));
        }
    }
    for (y, taps) in taps(crop.height).enumerate() {
        for plane in 0..3 {
            let [a, b, c, d, e] = taps.places.map(|place| &scratch[(plane * side + crop.top + place) * side..][..side]);
            let to = &mut bytes[(plane * side + y) * side..][..side];
            to.iter_mut().enumerate().for_each(|(x, to)| *to = sum(taps.weights, [a[x], b[x], c[x], d[x], e[x]]));
        }
    }
}

/// Weighed, rounded and cut off.
#[inline(always)]
fn sum(weights: [i32; MOST], bytes: [u8; MOST]) -> u8 {
    let weighed = (0..MOST).map(|tap| weights[tap] * i32::from(bytes[tap]));
    (((1 << (PRECISION - 1)) + weighed.sum::<i32>()) >> PRECISION).clamp(0, 255) as u8
}

/// Pixels in a row and their weights for one pixel of the result; the weights beyond those that count are 0.
struct Taps {
    places: [usize; MOST],
    weights: [i32; MOST],
}

impl Taps {
    /// Pixel `at` of `side`, from a line of `length`: what lies outside is left out, the rest sums to 1.
    fn new(how: Interpolation, at: usize, length: usize, side: usize) -> Self {
        let centre = (at as f64 + 0.5) * (length as f64 / side as f64);
        let support = if how == Interpolation::Bilinear { 1.0 } else { 2.0 };
        let first = (centre - support + 0.5).max(0.0) as usize;
        let count = ((centre + support + 0.5) as usize).min(length) - first;
        let kernel = |tap: usize| kernel(how, (tap + first) as f64 - centre + 0.5);
        let weights: [f64; MOST] = std::array::from_fn(|tap| if tap < count { kernel(tap) } else { 0.0 });
        let total: f64 = weights.iter().sum();
        let fixed = |share: f64| (share * f64::from(1 << PRECISION)).round() as i32;
        let places = std::array::from_fn(|tap| (first + tap).min(length - 1));
        Self { places, weights: weights.map(|weight| fixed(weight / total)) }
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
