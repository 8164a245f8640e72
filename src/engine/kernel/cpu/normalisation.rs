//! Batch normalisation with ReLU and residual in one pass each way; one task per channel.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::{buffer::Shared, values};

/// What the backward pass needs.
pub struct Saved<'a> {
    pub x: &'a FlexTensor,
    pub y: &'a FlexTensor,
    pub scale: &'a FlexTensor,
    pub mean: &'a FlexTensor,
    pub inverse_std: &'a FlexTensor,
}

/// Output, mean and inverse standard deviation of `x`, `[n, channels, ..]`.
pub fn forward(
    x: &FlexTensor,
    scale: &FlexTensor,
    shift: &FlexTensor,
    residual: Option<&FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let planes = Planes::of(x);
    let (input, residual) = (values(x), residual.map(values));
    let mut y = vec![0.0; input.len()];
    let out = Shared::new(&mut y);
    let statistics: Vec<(f32, f32)> = (0..planes.channels)
        .into_par_iter()
        .map(|channel| {
            let (mean, inverse_std) = planes.statistics(input, channel, epsilon);
            let gain = values(scale)[channel] * inverse_std;
            let offset = values(shift)[channel] - mean * gain;
            for range in planes.ranges(channel) {
                // SAFETY: the ranges of different channels do not overlap.
                let y = unsafe { out.slice(range.clone()) };
                match residual {
                    Some(residual) => {
                        let pairs = input[range.clone()].iter().zip(&residual[range]);
                        y.iter_mut().zip(pairs).for_each(|(y, (x, r))| *y = (x * gain + offset + r).max(0.0));
                    }
                    None if relu => {
                        y.iter_mut().zip(&input[range]).for_each(|(y, x)| *y = (x * gain + offset).max(0.0));
                    }
                    None => y.iter_mut().zip(&input[range]).for_each(|(y, x)| *y = x * gain + offset),
                }
            }
            (mean, inverse_std)
        })
        .collect();
    let (mean, inverse_std) = statistics.into_iter().unzip();
    (like(y, x), vector(mean), vector(inverse_std))
}

/// Gradients of input, scale, shift, and of the value before the ReLU.
pub fn backward(saved: &Saved, dy: &FlexTensor, relu: bool) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
    let planes = Planes::of(saved.x);
    let (x, y, dy) = (values(saved.x), values(saved.y), values(dy));
    let samples = (planes.images * planes.pixels) as f32;
    let mut dx = vec![0.0; x.len()];
    let mut before = vec![0.0; x.len()];
    let (dx_out, before_out) = (Shared::new(&mut dx), Shared::new(&mut before));
    let sums: Vec<(f32, f32)> = (0..planes.channels)
        .into_par_iter()
        .map(|channel| {
            let (mean, inverse_std) = (values(saved.mean)[channel], values(saved.inverse_std)[channel]);
            let (mut sum, mut dot) = (0.0, 0.0);
            for range in planes.ranges(channel) {
                // SAFETY: the ranges of different channels do not overlap.
                let before = unsafe { before_out.slice(range.clone()) };
                if relu {
                    let pairs = dy[range.clone()].iter().zip(&y[range.clone()]);
                    before.iter_mut().zip(pairs).for_each(|(b, (d, y))| *b = if *y > 0.0 { *d } else { 0.0 });
                } else {
                    before.copy_from_slice(&dy[range.clone()]);
                }
                sum += self::sum(before, |b| b);
                dot += sum_pairs(before, &x[range], |b, x| b * (x - mean));
            }
            let gain = values(saved.scale)[channel] * inverse_std;
            let dscale = dot as f32 * inverse_std;
            let (a, b) = (sum as f32 / samples, dscale * inverse_std / samples);
            for range in planes.ranges(channel) {
                // SAFETY: as above.
                let (dx, before) = unsafe { (dx_out.slice(range.clone()), before_out.slice(range.clone())) };
                for ((dx, d), x) in dx.iter_mut().zip(before.iter()).zip(&x[range]) {
                    *dx = gain * (d - a - (x - mean) * b);
                }
            }
            (dscale, sum as f32)
        })
        .collect();
    let (dscale, dshift) = sums.into_iter().unzip();
    (like(dx, saved.x), vector(dscale), vector(dshift), like(before, saved.x))
}

/// `[images, channels, pixels]`.
struct Planes {
    images: usize,
    channels: usize,
    pixels: usize,
}

impl Planes {
    fn of(x: &FlexTensor) -> Self {
        let shape = x.shape();
        let (images, channels) = (shape[0], shape[1]);
        Self { images, channels, pixels: shape.num_elements() / (images * channels) }
    }

    /// Where the values of a channel are, image by image.
    fn ranges(&self, channel: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.images).map(move |image| {
            let start = (image * self.channels + channel) * self.pixels;
            start..start + self.pixels
        })
    }

    /// Mean and inverse standard deviation, in two passes so that a large mean costs no digits.
    fn statistics(&self, x: &[f32], channel: usize, epsilon: f64) -> (f32, f32) {
        let samples = (self.images * self.pixels) as f64;
        let mean = self.ranges(channel).map(|range| sum(&x[range], |x| x)).sum::<f64>() / samples;
        let square = |x: f32| (x - mean as f32) * (x - mean as f32);
        let variance = self.ranges(channel).map(|range| sum(&x[range], square)).sum::<f64>() / samples;
        (mean as f32, (1.0 / (variance + epsilon).sqrt()) as f32)
    }
}

/// Running sums of one vector register.
const LANES: usize = 16;

/// The sum of `f` over `x`, in parts that the compiler keeps in vector registers.
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    let mut parts = [0.0; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| f(*x)).sum();
    for chunk in chunks {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *part += f(*x);
        }
    }
    f64::from(parts.iter().sum::<f32>()) + f64::from(rest)
}

/// The sum of `f` over pairs.
fn sum_pairs(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    let mut parts = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| f(*a, *b)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
            *part += f(*a, *b);
        }
    }
    f64::from(parts.iter().sum::<f32>()) + f64::from(rest)
}

fn like(values: Vec<f32>, model: &FlexTensor) -> FlexTensor {
    FlexTensor::from_data(burn::tensor::TensorData::new(values, model.shape()))
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    super::tensor(values, [length])
}
