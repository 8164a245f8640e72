//! `Resample.c`: along the rows, then down the columns, each rounded to bytes.

use crate::{
    augment::{
        Picture,
        op::{Crop, crop::kernel},
    },
    plan::recipe::Interpolation,
};

/// Bits behind the point of a weight.
const PRECISION: u32 = 22;
/// Pixels that a cubic kernel may touch where a line grows.
const MOST: usize = 5;

/// The box becomes the whole picture.
pub fn crop(picture: &mut Picture, crop: &Crop) {
    let Picture { side, bytes, scratch } = picture;
    let side = *side;
    if crop.out != side {
        return small(picture, crop);
    }
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

/// The box becomes a picture of another size, by kernels that grow with what they shrink. What is shrunk down the columns by more
/// than twice as many pixels as along the rows is so first, as Pillow 13 has it: bytes between the passes are rounded and cut off.
fn small(picture: &mut Picture, crop: &Crop) {
    let (side, out) = (picture.side, crop.out);
    let fixed = |(first, weights): (usize, Vec<f64>)| (first, weights.into_iter().map(fixed).collect());
    let taps = |length| (0..out).map(|at| fixed(kernel::taps(crop.interpolation, at, length, out))).collect();
    let (across, down): (Vec<Fixed>, Vec<Fixed>) = (taps(crop.width), taps(crop.height));
    let columns_first = crop.height > out && crop.height + out > 2 * crop.width;
    let mut made = Vec::with_capacity(3 * out * out);
    for plane in picture.bytes.chunks_exact(side * side) {
        let rows = plane.chunks_exact(side).skip(crop.top).take(crop.height);
        let cut: Vec<u8> = rows.flat_map(|row| &row[crop.left..][..crop.width]).copied().collect();
        made.extend(match columns_first {
            true => along_rows(&down_columns(&cut, crop.width, &down), crop.width, &across),
            false => down_columns(&along_rows(&cut, crop.width, &across), out, &down),
        });
    }
    picture.resize(out);
    picture.bytes = made;
}

/// The first pixel that counts for one of the result, and the weights from there on.
type Fixed = (usize, Vec<i32>);

fn along_rows(plane: &[u8], width: usize, taps: &[Fixed]) -> Vec<u8> {
    let of = |row: &[u8], (first, weights): &Fixed| rounded(weights.iter().zip(&row[*first..]));
    plane.chunks_exact(width).flat_map(|row| taps.iter().map(move |taps| of(row, taps))).collect()
}

fn down_columns(plane: &[u8], width: usize, taps: &[Fixed]) -> Vec<u8> {
    let of = |x: usize, (first, weights): &Fixed| {
        rounded(weights.iter().zip(plane[first * width + x..].iter().step_by(width)))
    };
    taps.iter().flat_map(|taps| (0..width).map(move |x| of(x, taps))).collect()
}

/// Weighed, rounded and cut off.
#[inline(always)]
fn sum(weights: [i32; MOST], bytes: [u8; MOST]) -> u8 {
    rounded(weights.iter().zip(&bytes))
}

#[inline(always)]
fn rounded<'a>(pairs: impl Iterator<Item = (&'a i32, &'a u8)>) -> u8 {
    let weighed = pairs.map(|(weight, byte)| weight * i32::from(*byte));
    (((1 << (PRECISION - 1)) + weighed.sum::<i32>()) >> PRECISION).clamp(0, 255) as u8
}

/// A weight as a whole number.
fn fixed(weight: f64) -> i32 {
    (weight * f64::from(1 << PRECISION)).round() as i32
}

/// Pixels in a row and their weights for one pixel of the result; the weights beyond those that count are 0.
struct Taps {
    places: [usize; MOST],
    weights: [i32; MOST],
}

impl Taps {
    /// Pixel `at` of `side`, from a line of `length`: what lies outside is left out, the rest sums to 1.
    fn new(how: Interpolation, at: usize, length: usize, side: usize) -> Self {
        let (first, weights) = kernel::taps(how, at, length, side);
        let places = std::array::from_fn(|tap| (first + tap).min(length - 1));
        Self { places, weights: std::array::from_fn(|tap| weights.get(tap).copied().map_or(0, fixed)) }
    }
}
