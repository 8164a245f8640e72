//! Batch normalisation on GPUs, one source for CUDA and Vulkan: three launches each way, whatever follows.
//!
//! Forward: sums over parts of each channel, the channels' statistics from those, the output. Backward: sums again, the
//! gradients of scale and shift, that of the input. A channel is split in as many parts as keep a large card busy, whatever
//! the card, and every sum runs in one order. Where channels are beside each other, as burn's convolutions leave them, units
//! take channels; elsewhere a channel's numbers.

use burn::tensor::DType;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::{
    super::gpu::{UNITS, empty, lanes, total},
    NormOps, Order,
};
use crate::backend::{
    Shape, TensorMetadata,
    cube::{CubeBackend, CubeTensor, into_contiguous},
    dtype_to_elem_type,
};

/// Numbers of a channel for a cube, at least, so that summing their sums is little work.
const PART: usize = 4096;

/// Cubes that keep a large card busy.
const CUBES: usize = 1024;

/// Channels beside each other that a cube sums at most: neighbouring units then read neighbouring numbers.
const TOGETHER: u32 = 32;

/// Numbers of a channel in `coefficients`: `y = gain x + offset`, or those of the backward pass.
const AFFINE: usize = 2;
const SLOPE: usize = 4;

impl NormOps for CubeBackend {
    fn own_norm(
        x: CubeTensor,
        _: CubeTensor,
        scale: CubeTensor,
        shift: CubeTensor,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        forward(x, [scale, shift], None, epsilon, relu, order)
    }

    fn own_norm_add(
        x: CubeTensor,
        _: CubeTensor,
        scale: CubeTensor,
        shift: CubeTensor,
        residual: CubeTensor,
        epsilon: f64,
        order: Order,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        forward(x, [scale, shift], Some(residual), epsilon, true, order)
    }

    fn own_norm_backward(
        x: CubeTensor,
        y: CubeTensor,
        scale: CubeTensor,
        _: CubeTensor,
        mean: CubeTensor,
        inverse_std: CubeTensor,
        dy: CubeTensor,
        relu: bool,
        order: Order,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let (dx, dscale, dshift, _) = backward([x, y, dy], [scale, mean, inverse_std], relu, false, order);
        (dx, dscale, dshift)
    }

    fn own_norm_add_backward(
        x: CubeTensor,
        y: CubeTensor,
        scale: CubeTensor,
        mean: CubeTensor,
        inverse_std: CubeTensor,
        dy: CubeTensor,
        order: Order,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        let (dx, dscale, dshift, dresidual) = backward([x, y, dy], [scale, mean, inverse_std], true, true, order);
        (dx, dscale, dshift, dresidual.expect("it was asked for"))
    }
}

/// How a tensor is worked on.
struct Work {
    channels: usize,
    /// Numbers of a channel of one image that are beside each other: 1 where the channels are.
    plane: usize,
    /// Numbers of a channel.
    samples: usize,
    /// Channels that a cube sums: one, or as many as stand beside each other.
    together: u32,
    /// Cubes of each of those.
    cubes: usize,
    /// Units that add up what they hold.
    lanes: u32,
}

impl Work {
    fn of(x: &CubeTensor, order: Order) -> Self {
        let shape = x.shape();
        let rank = shape.num_dims();
        let (channels, plane) = match order {
            Order::Planes => (shape[1], shape[2..].iter().product()),
            Order::Pixels => (shape[rank - 1], 1),
        };
        let samples = shape.num_elements() / channels;
        let together = if plane == 1 { (channels.next_power_of_two() as u32).min(TOGETHER) } else { 1 };
        let most = CUBES / channels.div_ceil(together as usize);
        let cubes = (samples * together as usize).div_ceil(PART).min(most.max(1));
        Self { channels, plane, samples, together, cubes, lanes: lanes(x) }
    }

    /// Parts of a channel, each of which leaves its sums.
    fn parts(&self) -> usize {
        let units = if self.together == 1 { self.lanes } else { self.together };
        self.cubes * (UNITS / units) as usize
    }

    /// Those that sum.
    fn summing(&self) -> CubeCount {
        CubeCount::Static((self.channels as u32).div_ceil(self.together), self.cubes as u32, 1)
    }

    /// A plane's units for each channel.
    fn units(&self) -> CubeCount {
        CubeCount::Static((self.channels as u32).div_ceil(UNITS / self.lanes), 1, 1)
    }

    /// Two sums for every part.
    fn sums(&self, like: &CubeTensor) -> CubeTensor {
        vector(like, 2 * self.channels * self.parts())
    }
}

fn vector(like: &CubeTensor, length: usize) -> CubeTensor {
    empty(like, Shape::new([length]), DType::F32)
}

/// Output, mean, one over the standard deviation, and biased variance.
fn forward(
    x: CubeTensor,
    [scale, shift]: [CubeTensor; 2],
    residual: Option<CubeTensor>,
    epsilon: f64,
    relu: bool,
    order: Order,
) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
    let [x, scale, shift] = [x, scale, shift].map(into_contiguous);
    let (work, client, dtype) = (Work::of(&x, order), x.client.clone(), dtype_to_elem_type(x.dtype));
    let (sums, unit) = (work.sums(&x), CubeDim::new_1d(UNITS));
    let (plane, samples, parts) = (work.plane as u32, work.samples as u32, work.parts() as u32);
    moments::launch(
        &client,
        work.summing(),
        unit,
        x.clone().into_buffer_arg(),
        sums.clone().into_buffer_arg(),
        plane,
        samples,
        work.channels as u32,
        work.together,
        work.lanes,
        dtype,
    );
    let [mean, inverse_std, variance] = [(); 3].map(|()| vector(&x, work.channels));
    let coefficients = vector(&x, AFFINE * work.channels);
    statistics::launch(
        &client,
        work.units(),
        unit,
        x.clone().into_buffer_arg(),
        sums.into_buffer_arg(),
        scale.into_buffer_arg(),
        shift.into_buffer_arg(),
        mean.clone().into_buffer_arg(),
        inverse_std.clone().into_buffer_arg(),
        variance.clone().into_buffer_arg(),
        coefficients.clone().into_buffer_arg(),
        plane,
        samples,
        parts,
        epsilon as f32,
        work.lanes,
        dtype,
    );
    let y = empty(&x, x.shape(), x.dtype);
    let added = residual.is_some();
    // Something has to be bound where nothing is added.
    let residual = residual.map_or_else(|| x.clone(), into_contiguous);
    let elements = x.shape().num_elements();
    normalise::launch(
        &client,
        calculate_cube_count_elemwise(&client, elements, unit),
        unit,
        x.into_buffer_arg(),
        coefficients.into_buffer_arg(),
        residual.into_buffer_arg(),
        y.clone().into_buffer_arg(),
        plane,
        work.channels as u32,
        relu,
        added,
        dtype,
    );
    (y, mean, inverse_std, variance)
}

/// Gradients of input, scale and shift, and of the residual where one was `added`.
fn backward(
    [x, y, dy]: [CubeTensor; 3],
    [scale, mean, inverse_std]: [CubeTensor; 3],
    relu: bool,
    added: bool,
    order: Order,
) -> (CubeTensor, CubeTensor, CubeTensor, Option<CubeTensor>) {
    let [x, y, dy, scale] = [x, y, dy, scale].map(into_contiguous);
    let (work, client, dtype) = (Work::of(&x, order), x.client.clone(), dtype_to_elem_type(x.dtype));
    let (sums, unit) = (work.sums(&x), CubeDim::new_1d(UNITS));
    let (plane, samples, parts) = (work.plane as u32, work.samples as u32, work.parts() as u32);
    products::launch(
        &client,
        work.summing(),
        unit,
        x.clone().into_buffer_arg(),
        y.clone().into_buffer_arg(),
        dy.clone().into_buffer_arg(),
        mean.clone().into_buffer_arg(),
        sums.clone().into_buffer_arg(),
        plane,
        samples,
        work.channels as u32,
        relu,
        work.together,
        work.lanes,
        dtype,
    );
    let [dscale, dshift] = [(); 2].map(|()| vector(&x, work.channels));
    let coefficients = vector(&x, SLOPE * work.channels);
    slopes::launch(
        &client,
        work.units(),
        unit,
        sums.into_buffer_arg(),
        scale.into_buffer_arg(),
        mean.into_buffer_arg(),
        inverse_std.into_buffer_arg(),
        dscale.clone().into_buffer_arg(),
        dshift.clone().into_buffer_arg(),
        coefficients.clone().into_buffer_arg(),
        samples,
        parts,
        work.lanes,
    );
    let dx = empty(&x, x.shape(), x.dtype);
    let dresidual = added.then(|| empty(&x, x.shape(), x.dtype));
    let elements = x.shape().num_elements();
    differentiate::launch(
        &client,
        calculate_cube_count_elemwise(&client, elements, unit),
        unit,
        x.into_buffer_arg(),
        y.into_buffer_arg(),
        dy.into_buffer_arg(),
        coefficients.into_buffer_arg(),
        dx.clone().into_buffer_arg(),
        // Something has to be bound where nothing was added.
        dresidual.clone().unwrap_or_else(|| dx.clone()).into_buffer_arg(),
        plane,
        work.channels as u32,
        relu,
        added,
        dtype,
    );
    (dx, dscale, dshift, dresidual)
}

/// The channel that a unit sums, its first sample and the step to its next, and where its part's sums belong: those of
/// `together` channels are beside each other.
#[derive(CubeType, Clone, Copy)]
struct Summand {
    channel: usize,
    first: usize,
    step: usize,
    part: usize,
}

#[cube]
fn summand(#[comptime] together: u32, #[comptime] lanes: u32) -> Summand {
    if comptime!(together == 1) {
        Summand {
            channel: CUBE_POS_X as usize,
            first: (CUBE_POS_Y * UNITS + UNIT_POS_X) as usize,
            step: (CUBE_COUNT_Y * UNITS) as usize,
            part: (CUBE_POS_Y * comptime!(UNITS / lanes) + UNIT_POS_X / lanes) as usize,
        }
    } else {
        let rows = comptime!(UNITS / together);
        let row = (CUBE_POS_Y * rows + UNIT_POS_X / together) as usize;
        Summand {
            channel: (CUBE_POS_X * together + UNIT_POS_X % together) as usize,
            first: row,
            step: (CUBE_COUNT_Y * rows) as usize,
            part: row,
        }
    }
}

/// Leaves a pair of sums where those of their part of the channel belong; of neighbours that share a channel, one pair.
#[cube]
fn leave(
    first: f32,
    second: f32,
    of: Summand,
    channels: usize,
    sums: &mut [f32],
    #[comptime] together: u32,
    #[comptime] lanes: u32,
) {
    let parts = sums.len() / (2 * channels);
    let at = 2 * (of.channel * parts + of.part);
    if comptime!(together == 1) {
        let first = total(first, lanes);
        let second = total(second, lanes);
        let lane = UNIT_POS_X % lanes;
        if lane == 0 {
            sums[at] = first;
            sums[at + 1] = second;
        }
    } else if of.channel < channels {
        sums[at] = first;
        sums[at + 1] = second;
    }
}

/// The channel that the units of a plane sum up together; those beyond the last sum that one too, so that all go the same
/// way.
#[cube]
fn summed(channels: usize, #[comptime] lanes: u32) -> (usize, bool) {
    let asked = (CUBE_POS_X * comptime!(UNITS / lanes) + UNIT_POS_X / lanes) as usize;
    let lane = UNIT_POS_X % lanes;
    let leads = lane == 0 && asked < channels;
    (select(asked < channels, asked, channels - 1), leads)
}

/// The sums of what all parts of a channel have left.
#[cube]
fn left(sums: &[f32], channel: usize, parts: usize, #[comptime] lanes: u32) -> (f32, f32) {
    let mut first = 0.0f32;
    let mut second = 0.0f32;
    let mut part = (UNIT_POS_X % lanes) as usize;
    while part < parts {
        let at = 2 * (channel * parts + part);
        first += sums[at];
        second += sums[at + 1];
        part += lanes as usize;
    }
    (total(first, lanes), total(second, lanes))
}

/// Where a channel's number `sample` is.
#[cube]
fn place(sample: usize, channel: usize, channels: usize, plane: usize) -> usize {
    (sample / plane * channels + channel) * plane + sample % plane
}

/// Sums of a part of a channel's numbers, and of their squares, both less the channel's first number, so that a mean far
/// from zero costs no digits.
#[cube(launch)]
fn moments<F: Float>(
    x: &[F],
    sums: &mut [f32],
    plane: u32,
    samples: u32,
    channels: u32,
    #[comptime] together: u32,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: ElemType,
) {
    let (plane, samples, channels) = (plane as usize, samples as usize, channels as usize);
    let of = summand(together, lanes);
    // Units beyond the last channel sum that one for nobody.
    let channel = select(of.channel < channels, of.channel, channels - 1);
    let pivot = f32::cast_from(x[channel * plane]);
    let mut sum = 0.0f32;
    let mut squares = 0.0f32;
    let mut sample = of.first;
    while sample < samples {
        let distance = f32::cast_from(x[place(sample, channel, channels, plane)]) - pivot;
        sum += distance;
        squares += distance * distance;
        sample += of.step;
    }
    leave(sum, squares, of, channels, sums, together, lanes);
}

/// Mean, inverse standard deviation, biased variance, and the coefficients of the output, a channel to each plane.
#[cube(launch)]
fn statistics<F: Float>(
    x: &[F],
    sums: &[f32],
    scale: &[f32],
    shift: &[f32],
    mean: &mut [f32],
    inverse_std: &mut [f32],
    biased: &mut [f32],
    coefficients: &mut [f32],
    plane: u32,
    samples: u32,
    parts: u32,
    epsilon: f32,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: ElemType,
) {
    let (channel, leads) = summed(mean.len(), lanes);
    let (sum, squares) = left(sums, channel, parts as usize, lanes);
    if leads {
        let distance = sum / f32::cast_from(samples);
        let variance = f32::max(squares / f32::cast_from(samples) - distance * distance, 0.0);
        let inverse = 1.0 / f32::sqrt(variance + epsilon);
        let average = f32::cast_from(x[channel * plane as usize]) + distance;
        let gain = scale[channel] * inverse;
        mean[channel] = average;
        inverse_std[channel] = inverse;
        biased[channel] = variance;
        coefficients[comptime!(AFFINE) * channel] = gain;
        coefficients[comptime!(AFFINE) * channel + 1] = shift[channel] - average * gain;
    }
}

/// The output, one number per unit.
#[cube(launch)]
fn normalise<F: Float>(
    x: &[F],
    coefficients: &[f32],
    residual: &[F],
    y: &mut [F],
    plane: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] added: bool,
    #[define(F)] _dtype: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < y.len() {
        let first = comptime!(AFFINE) * (at / plane as usize % channels as usize);
        let mut value = f32::cast_from(x[at]) * coefficients[first] + coefficients[first + 1];
        if added {
            value += f32::cast_from(residual[at]);
        }
        if relu {
            value = f32::max(value, 0.0);
        }
        y[at] = F::cast_from(value);
    }
}

/// A gradient before the ReLU whose output is `y`.
#[cube]
fn gated(d: f32, y: f32, #[comptime] relu: bool) -> f32 {
    if relu { select(y > 0.0, d, 0.0) } else { d }
}

/// Sums of a part of a channel's gradients before the ReLU, alone and times their inputs' distance from the mean.
#[cube(launch)]
fn products<F: Float>(
    x: &[F],
    y: &[F],
    dy: &[F],
    mean: &[f32],
    sums: &mut [f32],
    plane: u32,
    samples: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] together: u32,
    #[comptime] lanes: u32,
    #[define(F)] _dtype: ElemType,
) {
    let (plane, samples, channels) = (plane as usize, samples as usize, channels as usize);
    let of = summand(together, lanes);
    let channel = select(of.channel < channels, of.channel, channels - 1);
    let average = mean[channel];
    let mut sum = 0.0f32;
    let mut dot = 0.0f32;
    let mut sample = of.first;
    while sample < samples {
        let at = place(sample, channel, channels, plane);
        let d = gated(f32::cast_from(dy[at]), f32::cast_from(y[at]), relu);
        sum += d;
        dot += d * (f32::cast_from(x[at]) - average);
        sample += of.step;
    }
    leave(sum, dot, of, channels, sums, together, lanes);
}

/// The gradients of scale and shift, and the coefficients of the input's, a channel to each plane.
#[cube(launch)]
fn slopes(
    sums: &[f32],
    scale: &[f32],
    mean: &[f32],
    inverse_std: &[f32],
    dscale: &mut [f32],
    dshift: &mut [f32],
    coefficients: &mut [f32],
    samples: u32,
    parts: u32,
    #[comptime] lanes: u32,
) {
    let (channel, leads) = summed(dscale.len(), lanes);
    let (sum, dot) = left(sums, channel, parts as usize, lanes);
    if leads {
        let inverse = inverse_std[channel];
        let gradient = dot * inverse;
        dscale[channel] = gradient;
        dshift[channel] = sum;
        let first = comptime!(SLOPE) * channel;
        coefficients[first] = scale[channel] * inverse;
        coefficients[first + 1] = mean[channel];
        coefficients[first + 2] = sum / f32::cast_from(samples);
        coefficients[first + 3] = gradient * inverse / f32::cast_from(samples);
    }
}

/// The gradient of the input, `gain (d - mean_d - (x - mean) slope)`, and that of the residual, one number per unit.
#[cube(launch)]
fn differentiate<F: Float>(
    x: &[F],
    y: &[F],
    dy: &[F],
    coefficients: &[f32],
    dx: &mut [F],
    dresidual: &mut [F],
    plane: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] added: bool,
    #[define(F)] _dtype: ElemType,
) {
    let at = ABSOLUTE_POS;
    if at < dx.len() {
        let first = comptime!(SLOPE) * (at / plane as usize % channels as usize);
        let d = gated(f32::cast_from(dy[at]), f32::cast_from(y[at]), relu);
        let distance = f32::cast_from(x[at]) - coefficients[first + 1];
        let gradient = coefficients[first] * (d - coefficients[first + 2] - distance * coefficients[first + 3]);
        dx[at] = F::cast_from(gradient);
        if added {
            dresidual[at] = F::cast_from(d);
        }
    }
}
