//! Batch normalisation of planes; one task per channel.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    super::{
        buffer::{Shared, written},
        values, widest,
    },
    Next, Saved, Slope, affine, gated,
};
use crate::backend::{TensorMetadata, flex::FlexTensor};

/// Output, mean and inverse standard deviation of `x`, `[n, channels, ..]`.
pub fn forward(
    x: &FlexTensor,
    [scale, shift]: [&[f32]; 2],
    next: Next,
    epsilon: f64,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let planes = Planes::of(x);
    let input = values(x);
    let channel = |channel: usize, out: &Shared| {
        let (mean, inverse_std) = planes.statistics(input, channel, epsilon);
        let [gain, offset] = affine(scale[channel], shift[channel], mean, inverse_std);
        for range in planes.ranges(channel) {
            // SAFETY: the ranges of different channels do not overlap.
            let y = unsafe { out.slice(range.clone()) };
            let x = &input[range.clone()];
            match next {
                Next::AddRelu(residual) => {
                    let pairs = x.iter().zip(&residual[range]);
                    y.iter_mut().zip(pairs).for_each(|(y, (x, r))| _ = y.write((x * gain + offset + r).max(0.0)));
                }
                Next::Relu => y.iter_mut().zip(x).for_each(|(y, x)| _ = y.write((x * gain + offset).max(0.0))),
                Next::Nothing => y.iter_mut().zip(x).for_each(|(y, x)| _ = y.write(x * gain + offset)),
            }
        }
        (mean, inverse_std)
    };
    let mut statistics: Vec<(f32, f32)> = Vec::new();
    // SAFETY: the ranges of all channels are the whole buffer.
    let y = unsafe {
        written(input.len(), |out| {
            (0..planes.channels)
                .into_par_iter()
                .map(|at| widest(|| channel(at, &out)))
                .collect_into_vec(&mut statistics);
        })
    };
    let (mean, inverse_std) = statistics.into_iter().unzip();
    (y, mean, inverse_std)
}

/// The gradient of the input, and those of scale and shift, channel by channel.
pub fn backward<const RELU: bool>(x: &FlexTensor, saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    let mut sums = Vec::new();
    // SAFETY: the ranges of all channels are the whole buffer.
    let dx = unsafe { written(dy.len(), |dx| each::<RELU, false>(x, saved, dy, &mut sums, [dx, dx])) };
    (dx, sums)
}

/// The gradients of the input and of what is before the ReLU, and those of scale and shift.
pub fn backward_add(x: &FlexTensor, saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<[f32; 2]>) {
    let (mut sums, mut before) = (Vec::new(), Vec::new());
    // SAFETY: as above, of both buffers.
    let dx = unsafe {
        written(dy.len(), |dx| {
            before = written(dy.len(), |before| each::<true, true>(x, saved, dy, &mut sums, [dx, before]));
        })
    };
    (dx, before, sums)
}

/// Writes the gradient of the input, and of what is before the ReLU where that is kept; the sums are the gradients of
/// scale and shift.
fn each<const RELU: bool, const KEPT: bool>(
    x: &FlexTensor,
    saved: &Saved,
    dy: &[f32],
    sums: &mut Vec<[f32; 2]>,
    [dx, before]: [Shared; 2],
) {
    let planes = Planes::of(x);
    let Saved { x, y, .. } = *saved;
    let channel = |channel: usize| {
        let mean = saved.mean[channel];
        let (mut sum, mut dot) = (0.0, 0.0);
        for range in planes.ranges(channel) {
            let part = totals::<RELU>(&dy[range.clone()], &y[range.clone()], &x[range], mean);
            sum += part[0];
            dot += part[1];
        }
        let (slope, sums) = Slope::new(saved, channel, [sum, dot], planes.images * planes.pixels);
        for range in planes.ranges(channel) {
            let inputs = dy[range.clone()].iter().zip(&y[range.clone()]).zip(&x[range.clone()]);
            // SAFETY: the ranges of different channels do not overlap; `before` is written only where it is another
            // buffer than `dx`.
            unsafe {
                let dx = dx.slice(range.clone()).iter_mut();
                if KEPT {
                    let outputs = dx.zip(before.slice(range));
                    outputs.zip(inputs).for_each(|((dx, before), ((d, y), x))| {
                        let d = gated::<RELU>(*d, *y);
                        before.write(d);
                        dx.write(slope.of(d, *x));
                    });
                } else {
                    dx.zip(inputs).for_each(|(dx, ((d, y), x))| _ = dx.write(slope.of(gated::<RELU>(*d, *y), *x)));
                }
            }
        }
        sums
    };
    (0..planes.channels).into_par_iter().map(|at| widest(|| channel(at))).collect_into_vec(sums);
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
    fn ranges(&self, channel: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.images).map(move |image| {
            let start = (image * self.channels + channel) * self.pixels;
            start..start + self.pixels
        })
    }

    /// Mean and inverse standard deviation, in two passes so that a large mean costs no digits.
    #[inline(always)]
    fn statistics(&self, x: &[f32], channel: usize, epsilon: f64) -> (f32, f32) {
        let samples = (self.images * self.pixels) as f64;
        let mean = self.ranges(channel).map(|range| total(&x[range], |x| x)).sum::<f64>() / samples;
        let square = |x: f32| (x - mean as f32) * (x - mean as f32);
        let variance = self.ranges(channel).map(|range| total(&x[range], square)).sum::<f64>() / samples;
        (mean as f32, (1.0 / (variance + epsilon).sqrt()) as f32)
    }
}

/// Running sums: enough vector registers that none waits for another.
const LANES: usize = 64;

/// The sum of `f` over `x`.
#[inline(always)]
fn total(x: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    let mut parts = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *part += f(*x);
        }
    }
    across(&parts) + rest.iter().map(|x| f64::from(f(*x))).sum::<f64>()
}

/// The sums of the gradients before the ReLU, alone and times their inputs' distance from the mean.
#[inline(always)]
fn totals<const RELU: bool>(dy: &[f32], y: &[f32], x: &[f32], mean: f32) -> [f64; 2] {
    let (mut sums, mut dots) = ([0.0; LANES], [0.0; LANES]);
    let ((dy, dy_rest), (y, y_rest), (x, x_rest)) =
        (dy.as_chunks::<LANES>(), y.as_chunks::<LANES>(), x.as_chunks::<LANES>());
    for ((dy, y), x) in dy.iter().zip(y).zip(x) {
        for at in 0..LANES {
            let d = gated::<RELU>(dy[at], y[at]);
            sums[at] += d;
            dots[at] += d * (x[at] - mean);
        }
    }
    let (mut sum, mut dot) = (across(&sums), across(&dots));
    for ((d, y), x) in dy_rest.iter().zip(y_rest).zip(x_rest) {
        let d = gated::<RELU>(*d, *y);
        sum += f64::from(d);
        dot += f64::from(d * (x - mean));
    }
    [sum, dot]
}

#[inline(always)]
fn across(parts: &[f32; LANES]) -> f64 {
    f64::from(parts.iter().sum::<f32>())
}
