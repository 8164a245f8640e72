//! 3x3 convolutions of stride 1 without patches, for processors with AVX-512: an image is copied once into planes with a
//! border of zeros, of which every tap of the kernel is a shifted view. Rows of outputs, border columns included, are
//! computed 16 at a time; what falls on the border is thrown away.

use std::arch::x86_64::{
    __m512, _mm512_fmadd_ps, _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

use rayon::prelude::*;

use super::lanes::{LANES, load};

/// Output channels computed together.
const BLOCK: usize = 8;
/// Registers of outputs computed together, for each of the channels.
const TILE: usize = 3;
const TAPS: usize = 9;
/// Narrower images waste too much on the border.
const NARROWEST: usize = 8;
/// Pairs of channels above which the sums of a weight gradient leave the cache.
const PAIRS: usize = 64 * 64;
/// Parts of a batch whose weight gradients are summed apart, then together in order: not the number of threads, so that
/// the bits do not depend on it.
const PARTS: usize = 8;

/// Images `[images, channels, height, width]`.
#[derive(Clone, Copy)]
pub struct Planes {
    pub images: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Planes {
    /// Whether this processor and these images gain by it.
    pub fn serve(&self) -> bool {
        self.width >= NARROWEST && is_x86_feature_detected!("avx512f")
    }

    fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// A row with its border.
    fn row(&self) -> usize {
        self.width + 2
    }

    /// Registers that hold the outputs of one channel, border columns included.
    fn registers(&self) -> usize {
        (self.height * self.row()).div_ceil(LANES)
    }

    /// Numbers of a plane with its border, and what the last register reads beyond.
    fn plane(&self) -> usize {
        self.registers() * LANES + 2 * self.row() + LANES
    }

    /// Where each tap reads, from where its output is.
    fn offsets(&self) -> [usize; TAPS] {
        std::array::from_fn(|tap| tap / 3 * self.row() + tap % 3)
    }

    /// Copies an image into `padded`, whose border is 0 already.
    fn pad(&self, image: &[f32], padded: &mut [f32]) {
        for (plane, padded) in image.chunks(self.height * self.width).zip(padded.chunks_mut(self.plane())) {
            for (line, row) in plane.chunks(self.width).zip(padded[self.row()..].chunks_mut(self.row())) {
                row[1..=self.width].copy_from_slice(line);
            }
        }
    }

    /// Copies an image into `spread`, rows as long as those of the padded one, the rest 0 already.
    fn spread(&self, image: &[f32], spread: &mut [f32]) {
        for (plane, spread) in image.chunks(self.height * self.width).zip(spread.chunks_mut(self.registers() * LANES)) {
            for (line, row) in plane.chunks(self.width).zip(spread.chunks_mut(self.row())) {
                row[..self.width].copy_from_slice(line);
            }
        }
    }
}

/// Convolves with the kernel's values `weight(output, input, tap)`; returns `[images, outputs, height, width]`.
pub fn convolve(x: &[f32], planes: Planes, outputs: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
    assert!(planes.serve(), "AVX-512 was looked for");
    let blocks = outputs.div_ceil(BLOCK);
    let mut packed = vec![0.0; blocks * planes.channels * TAPS * BLOCK];
    for output in 0..outputs {
        for input in 0..planes.channels {
            for tap in 0..TAPS {
                let place = (output / BLOCK * planes.channels + input) * TAPS + tap;
                packed[place * BLOCK + output % BLOCK] = weight(output, input, tap);
            }
        }
    }
    let out_plane = planes.height * planes.width;
    let mut y = vec![0.0; planes.images * outputs * out_plane];
    y.par_chunks_mut(outputs * out_plane).zip(x.par_chunks(planes.image())).for_each_init(
        || (vec![0.0; planes.channels * planes.plane()], vec![0.0; BLOCK * planes.registers() * LANES]),
        |(padded, rows), (y, x)| {
            planes.pad(x, padded);
            for (y, weights) in y.chunks_mut(BLOCK * out_plane).zip(packed.chunks(planes.channels * TAPS * BLOCK)) {
                // SAFETY: the processor has AVX-512, by the assertion above.
                unsafe { block(&planes, padded, weights, rows) };
                for (plane, rows) in y.chunks_mut(out_plane).zip(rows.chunks(planes.registers() * LANES)) {
                    for (line, row) in plane.chunks_mut(planes.width).zip(rows.chunks(planes.row())) {
                        line.copy_from_slice(&row[..planes.width]);
                    }
                }
            }
        },
    );
    y
}

/// The outputs of one block of channels, `[BLOCK, registers]`.
#[target_feature(enable = "avx512f")]
fn block(planes: &Planes, padded: &[f32], weights: &[f32], rows: &mut [f32]) {
    let registers = planes.registers();
    let mut register = 0;
    while register < registers {
        match registers - register {
            1 => tile::<1>(planes, padded, weights, rows, register),
            2 => tile::<2>(planes, padded, weights, rows, register),
            _ => tile::<TILE>(planes, padded, weights, rows, register),
        }
        register += TILE;
    }
}

#[target_feature(enable = "avx512f")]
fn tile<const N: usize>(planes: &Planes, padded: &[f32], weights: &[f32], rows: &mut [f32], register: usize) {
    let (plane, stride, offsets) = (planes.plane(), planes.registers() * LANES, planes.offsets());
    assert!(padded.len() >= planes.channels * plane && rows.len() >= BLOCK * stride, "planes fit");
    assert!(weights.len() >= planes.channels * TAPS * BLOCK && register + N <= planes.registers(), "a tile fits");
    let mut sums = [[_mm512_setzero_ps(); N]; BLOCK];
    // SAFETY: a plane reaches two rows and a register beyond the last output register, so every read lies within it;
    // the assertions bound the rest.
    unsafe {
        let mut weight = weights.as_ptr();
        for channel in 0..planes.channels {
            let from = padded.as_ptr().add(channel * plane + register * LANES);
            for offset in offsets {
                let x: [__m512; N] = std::array::from_fn(|n| load(from.add(offset + n * LANES)));
                for sums in &mut sums {
                    let w = broadcast(*weight);
                    weight = weight.add(1);
                    for n in 0..N {
                        sums[n] = _mm512_fmadd_ps(x[n], w, sums[n]);
                    }
                }
            }
        }
        for (channel, sums) in sums.iter().enumerate() {
            for (n, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(rows.as_mut_ptr().add(channel * stride + (register + n) * LANES), *sum);
            }
        }
    }
}

/// A number in every lane; see [`load`] for why it is plain.
#[inline(always)]
unsafe fn broadcast(value: f32) -> __m512 {
    // SAFETY: the caller's.
    unsafe { _mm512_set1_ps(value) }
}

/// Whether a weight gradient's sums fit into the cache.
pub fn sums_fit(planes: &Planes, outputs: usize) -> bool {
    planes.channels * outputs.next_multiple_of(BLOCK) <= PAIRS
}

/// The gradient of the weights, `[outputs, channels, 9]`, from that of the outputs.
pub fn weight_gradient(x: &[f32], dy: &[f32], planes: Planes, outputs: usize) -> Vec<f32> {
    assert!(planes.serve(), "AVX-512 was looked for");
    let blocks = outputs.div_ceil(BLOCK);
    let places = blocks * planes.channels * TAPS * BLOCK;
    let per_part = planes.images.div_ceil(PARTS);
    let out = Planes { channels: outputs, ..planes };
    let parts: Vec<Vec<f32>> = x
        .par_chunks(per_part * planes.image())
        .zip(dy.par_chunks(per_part * out.image()))
        .map(|(x, dy)| {
            let mut padded = vec![0.0; planes.channels * planes.plane()];
            let mut spread = vec![0.0; blocks * BLOCK * planes.registers() * LANES];
            let mut sums = vec![0.0; places * LANES];
            for (x, dy) in x.chunks(planes.image()).zip(dy.chunks(out.image())) {
                planes.pad(x, &mut padded);
                out.spread(dy, &mut spread);
                // SAFETY: the processor has AVX-512, by the assertion above.
                unsafe { add_products(&planes, &padded, &spread, &mut sums) };
            }
            // SAFETY: as above.
            unsafe { across(&sums) }
        })
        .collect();
    let mut dw = vec![0.0; outputs * planes.channels * TAPS];
    for part in &parts {
        for (place, value) in part.iter().enumerate() {
            // Sums are ordered by block, channel, row of the kernel, output, column of the kernel.
            let (place, column) = (place / 3, place % 3);
            let (place, within) = (place / BLOCK, place % BLOCK);
            let (place, row) = (place / 3, place % 3);
            let (block, channel) = (place / planes.channels, place % planes.channels);
            let output = block * BLOCK + within;
            if output < outputs {
                dw[(output * planes.channels + channel) * TAPS + row * 3 + column] += value;
            }
        }
    }
    dw
}

/// Adds one image's products to the sums: 16 partial sums for every weight.
#[target_feature(enable = "avx512f")]
fn add_products(planes: &Planes, padded: &[f32], spread: &[f32], sums: &mut [f32]) {
    let (plane, stride, registers) = (planes.plane(), planes.registers() * LANES, planes.registers());
    let each = 3 * BLOCK * LANES;
    assert!(padded.len() >= planes.channels * plane && spread.len().is_multiple_of(BLOCK * stride), "planes fit");
    assert_eq!(sums.len(), spread.len() / (BLOCK * stride) * planes.channels * 3 * each, "a sum for every weight");
    for (index, sums) in sums.chunks_mut(each).enumerate() {
        let (index, row) = (index / 3, index % 3);
        let (block, channel) = (index / planes.channels, index % planes.channels);
        // SAFETY: reads stay within a plane, as in `tile`, and within the block's rows; sums within their chunk.
        unsafe {
            let x = padded.as_ptr().add(channel * plane + row * planes.row());
            let dy = spread.as_ptr().add(block * BLOCK * stride);
            let mut parts: [[__m512; 3]; BLOCK] = std::array::from_fn(|output| {
                std::array::from_fn(|column| load(sums.as_ptr().add((output * 3 + column) * LANES)))
            });
            for register in 0..registers {
                let x: [__m512; 3] = std::array::from_fn(|column| load(x.add(register * LANES + column)));
                for (output, parts) in parts.iter_mut().enumerate() {
                    let dy = load(dy.add(output * stride + register * LANES));
                    for column in 0..3 {
                        parts[column] = _mm512_fmadd_ps(x[column], dy, parts[column]);
                    }
                }
            }
            for (place, part) in parts.iter().flatten().enumerate() {
                _mm512_storeu_ps(sums.as_mut_ptr().add(place * LANES), *part);
            }
        }
    }
}

/// Each register's 16 numbers as one.
#[target_feature(enable = "avx512f")]
fn across(sums: &[f32]) -> Vec<f32> {
    let mut all = Vec::with_capacity(sums.len() / LANES);
    for lanes in sums.chunks_exact(LANES) {
        // SAFETY: a chunk has 16 numbers.
        let lanes = unsafe { load(lanes.as_ptr()) };
        all.push(_mm512_reduce_add_ps(lanes));
    }
    all
}
