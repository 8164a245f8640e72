//! Batch normalisation on GPUs, one source for CUDA and Vulkan: three launches each way, whatever follows.
//!
//! Forward: sums over parts of the samples, the channels' statistics from those, the output. Backward: sums again, the
//! gradients of scale and shift, that of the input. Samples are split in as many parts as keep a large card busy, whatever
//! the card, and every sum runs in one order. A unit takes a vector of channels, 16 bytes of a pixel, from one sample to the
//! next, so that neighbours read what is beside it, and what belongs to its channels stays in its registers.

use burn::tensor::DType;
use cubecl::prelude::*;

use super::{
    super::gpu::{UNITS, empty, lanes, total},
    NormOps, Order,
};
use crate::backend::{
    Shape, TensorMetadata,
    cube::{CubeBackend, CubeTensor, into_contiguous, permute},
    dtype_to_elem_type,
};

/// Samples for a unit, at least, so that summing the sums is little work.
const PART: usize = 32;

/// Cubes that keep a large card busy.
const CUBES: usize = 1024;

/// Vectors of a pixel that a cube takes at most, beside each other.
const TOGETHER: u32 = 32;

/// Bytes that a unit reads at once, and numbers at most: what Vulkan has.
const PIECE: usize = 16;

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

/// How a tensor of samples by channels is worked on.
struct Work {
    channels: usize,
    /// Numbers of a channel.
    samples: usize,
    /// Channels of a unit.
    vector: usize,
    /// Vectors of a sample that a cube takes, beside each other: a power of two.
    together: u32,
    /// Cubes below each other.
    cubes: usize,
    /// Units that add up what they hold.
    lanes: u32,
}

impl Work {
    fn of(x: &CubeTensor) -> Self {
        let shape = x.shape();
        let channels = shape[shape.num_dims() - 1];
        let samples = shape.num_elements() / channels;
        let wide = (PIECE / x.dtype.size()).min(x.client.properties().hardware.max_vector_size);
        let vector = 1 << channels.trailing_zeros().min(wide.ilog2());
        let vectors = channels / vector;
        let together = (vectors.next_power_of_two() as u32).min(TOGETHER);
        let most = CUBES / vectors.div_ceil(together as usize);
        let cubes = samples.div_ceil(PART * (UNITS / together) as usize).min(most.max(1));
        Self { channels, samples, vector, together, cubes, lanes: lanes(x) }
    }

    /// Parts of the samples, each of which leaves its sums.
    fn parts(&self) -> usize {
        self.cubes * (UNITS / self.together) as usize
    }

    /// A unit for each vector of channels of each part.
    fn spread(&self) -> CubeCount {
        let vectors = (self.channels / self.vector) as u32;
        CubeCount::Static(vectors.div_ceil(self.together), self.cubes as u32, 1)
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

/// The same numbers with channels last.
fn channels_last(x: CubeTensor, order: Order) -> CubeTensor {
    let rank = x.shape().num_dims();
    if order == Order::Pixels || rank == 2 {
        return into_contiguous(x);
    }
    let axes: Vec<usize> = [0].into_iter().chain(2..rank).chain([1]).collect();
    into_contiguous(permute(x, &axes))
}

/// Back from there.
fn as_it_was(x: CubeTensor, order: Order) -> CubeTensor {
    let rank = x.shape().num_dims();
    if order == Order::Pixels || rank == 2 {
        return x;
    }
    let axes: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
    into_contiguous(permute(x, &axes))
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
    let [scale, shift] = [scale, shift].map(into_contiguous);
    let x = channels_last(x, order);
    let (work, client, dtype) = (Work::of(&x), x.client.clone(), dtype_to_elem_type(x.dtype));
    let (sums, unit) = (work.sums(&x), CubeDim::new_1d(UNITS));
    let (samples, channels, parts) = (work.samples as u32, work.channels as u32, work.parts() as u32);
    moments::launch(
        &client,
        work.spread(),
        unit,
        work.vector,
        x.clone().into_buffer_arg(),
        sums.clone().into_buffer_arg(),
        samples,
        channels,
        work.together,
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
        samples,
        parts,
        epsilon as f32,
        work.lanes,
        dtype,
    );
    let y = empty(&x, x.shape(), x.dtype);
    let added = residual.is_some();
    // Something has to be bound where nothing is added.
    let residual = residual.map_or_else(|| x.clone(), |residual| channels_last(residual, order));
    normalise::launch(
        &client,
        work.spread(),
        unit,
        work.vector,
        x.into_buffer_arg(),
        coefficients.into_buffer_arg(),
        residual.into_buffer_arg(),
        y.clone().into_buffer_arg(),
        samples,
        channels,
        relu,
        added,
        work.together,
        dtype,
    );
    (as_it_was(y, order), mean, inverse_std, variance)
}

/// Gradients of input, scale and shift, and of the residual where one was `added`.
fn backward(
    [x, y, dy]: [CubeTensor; 3],
    [scale, mean, inverse_std]: [CubeTensor; 3],
    relu: bool,
    added: bool,
    order: Order,
) -> (CubeTensor, CubeTensor, CubeTensor, Option<CubeTensor>) {
    let ([x, y, dy], scale) = ([x, y, dy].map(|of| channels_last(of, order)), into_contiguous(scale));
    let (work, client, dtype) = (Work::of(&x), x.client.clone(), dtype_to_elem_type(x.dtype));
    let (sums, unit) = (work.sums(&x), CubeDim::new_1d(UNITS));
    let (samples, channels, parts) = (work.samples as u32, work.channels as u32, work.parts() as u32);
    products::launch(
        &client,
        work.spread(),
        unit,
        work.vector,
        x.clone().into_buffer_arg(),
        y.clone().into_buffer_arg(),
        dy.clone().into_buffer_arg(),
        mean.clone().into_buffer_arg(),
        sums.clone().into_buffer_arg(),
        samples,
        channels,
        relu,
        work.together,
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
    differentiate::launch(
        &client,
        work.spread(),
        unit,
        work.vector,
        x.into_buffer_arg(),
        y.into_buffer_arg(),
        dy.into_buffer_arg(),
        coefficients.into_buffer_arg(),
        dx.clone().into_buffer_arg(),
        // Something has to be bound where nothing was added.
        dresidual.clone().unwrap_or_else(|| dx.clone()).into_buffer_arg(),
        samples,
        channels,
        relu,
        added,
        work.together,
        dtype,
    );
    (as_it_was(dx, order), dscale, dshift, dresidual.map(|gradient| as_it_was(gradient, order)))
}

/// What a unit takes: a vector of channels, that of its first sample and the step to the next, and the part of the samples
/// whose sums it leaves. There are units beyond the last vector, which take nothing.
#[derive(CubeType, Clone, Copy)]
struct Share {
    vector: usize,
    part: usize,
    first: usize,
    step: usize,
    end: usize,
}

#[cube]
fn share(samples: u32, vectors: usize, #[comptime] together: u32) -> Share {
    let rows = comptime!(UNITS / together);
    let part = (CUBE_POS_Y * rows + UNIT_POS_X / together) as usize;
    let vector = (CUBE_POS_X * together + UNIT_POS_X % together) as usize;
    let end = select(vector < vectors, samples as usize * vectors, 0);
    Share { vector, part, first: part * vectors + vector, step: (CUBE_COUNT_Y * rows) as usize * vectors, end }
}

/// The numbers of a vector's channels, `apart` from each other.
#[cube]
fn of_channels<N: Size>(numbers: &[f32], vector: usize, apart: usize, from: usize) -> Vector<f32, N> {
    let mut found = Vector::<f32, N>::zeroed();
    #[unroll]
    for i in 0..N::value() {
        found.insert(i, numbers[(vector * N::value() + i) * apart + from]);
    }
    found
}

/// Leaves a pair of sums for each channel of a vector, of this part of the samples.
#[cube]
fn leave<N: Size>(
    first: Vector<f32, N>,
    second: Vector<f32, N>,
    vector: usize,
    part: usize,
    channels: usize,
    sums: &mut [f32],
) {
    let parts = sums.len() / (2 * channels);
    #[unroll]
    for i in 0..N::value() {
        let at = 2 * ((vector * N::value() + i) * parts + part);
        sums[at] = first.extract(i);
        sums[at + 1] = second.extract(i);
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

/// Sums of a part of a channel's numbers, and of their squares, both less the channel's first number, so that a mean far
/// from zero costs no digits.
#[cube(launch)]
fn moments<F: Float, N: Size>(
    x: &[Vector<F, N>],
    sums: &mut [f32],
    samples: u32,
    channels: u32,
    #[comptime] together: u32,
    #[define(F)] _dtype: ElemType,
) {
    let channels = channels as usize;
    let share = share(samples, channels / N::value(), together);
    if share.end > 0 {
        let pivot = Vector::<f32, N>::cast_from(x[share.vector]);
        let mut sum = Vector::<f32, N>::zeroed();
        let mut squares = Vector::<f32, N>::zeroed();
        let mut at = share.first;
        while at < share.end {
            let distance = Vector::<f32, N>::cast_from(x[at]) - pivot;
            sum += distance;
            squares += distance * distance;
            at += share.step;
        }
        leave::<N>(sum, squares, share.vector, share.part, channels, sums);
    }
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
        let average = f32::cast_from(x[channel]) + distance;
        let gain = scale[channel] * inverse;
        mean[channel] = average;
        inverse_std[channel] = inverse;
        biased[channel] = variance;
        coefficients[comptime!(AFFINE) * channel] = gain;
        coefficients[comptime!(AFFINE) * channel + 1] = shift[channel] - average * gain;
    }
}

/// The output.
#[cube(launch)]
fn normalise<F: Float, N: Size>(
    x: &[Vector<F, N>],
    coefficients: &[f32],
    residual: &[Vector<F, N>],
    y: &mut [Vector<F, N>],
    samples: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] added: bool,
    #[comptime] together: u32,
    #[define(F)] _dtype: ElemType,
) {
    let share = share(samples, channels as usize / N::value(), together);
    if share.end > 0 {
        let gain = of_channels::<N>(coefficients, share.vector, comptime!(AFFINE), 0);
        let offset = of_channels::<N>(coefficients, share.vector, comptime!(AFFINE), 1);
        let zero = Vector::<f32, N>::zeroed();
        let mut at = share.first;
        while at < share.end {
            let mut value = Vector::<f32, N>::cast_from(x[at]) * gain + offset;
            if added {
                value += Vector::<f32, N>::cast_from(residual[at]);
            }
            if relu {
                value = select_many(value.greater_than(&zero), value, zero);
            }
            y[at] = Vector::<F, N>::cast_from(value);
            at += share.step;
        }
    }
}

/// A gradient before the ReLU whose output is `y`.
#[cube]
fn gated<F: Float, N: Size>(dy: Vector<F, N>, y: Vector<F, N>, #[comptime] relu: bool) -> Vector<f32, N> {
    let d = Vector::<f32, N>::cast_from(dy);
    let zero = Vector::<f32, N>::zeroed();
    if relu { select_many(Vector::<f32, N>::cast_from(y).greater_than(&zero), d, zero) } else { d }
}

/// Sums of a part of a channel's gradients before the ReLU, alone and times their inputs' distance from the mean.
#[cube(launch)]
fn products<F: Float, N: Size>(
    x: &[Vector<F, N>],
    y: &[Vector<F, N>],
    dy: &[Vector<F, N>],
    mean: &[f32],
    sums: &mut [f32],
    samples: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] together: u32,
    #[define(F)] _dtype: ElemType,
) {
    let channels = channels as usize;
    let share = share(samples, channels / N::value(), together);
    if share.end > 0 {
        let average = of_channels::<N>(mean, share.vector, 1, 0);
        let mut sum = Vector::<f32, N>::zeroed();
        let mut dot = Vector::<f32, N>::zeroed();
        let mut at = share.first;
        while at < share.end {
            let d = gated::<F, N>(dy[at], y[at], relu);
            sum += d;
            dot += d * (Vector::<f32, N>::cast_from(x[at]) - average);
            at += share.step;
        }
        leave::<N>(sum, dot, share.vector, share.part, channels, sums);
    }
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

/// The gradient of the input, `gain (d - mean_d - (x - mean) slope)`, and that of the residual.
#[cube(launch)]
fn differentiate<F: Float, N: Size>(
    x: &[Vector<F, N>],
    y: &[Vector<F, N>],
    dy: &[Vector<F, N>],
    coefficients: &[f32],
    dx: &mut [Vector<F, N>],
    dresidual: &mut [Vector<F, N>],
    samples: u32,
    channels: u32,
    #[comptime] relu: bool,
    #[comptime] added: bool,
    #[comptime] together: u32,
    #[define(F)] _dtype: ElemType,
) {
    let share = share(samples, channels as usize / N::value(), together);
    if share.end > 0 {
        let gain = of_channels::<N>(coefficients, share.vector, comptime!(SLOPE), 0);
        let average = of_channels::<N>(coefficients, share.vector, comptime!(SLOPE), 1);
        let mean = of_channels::<N>(coefficients, share.vector, comptime!(SLOPE), 2);
        let slope = of_channels::<N>(coefficients, share.vector, comptime!(SLOPE), 3);
        let mut at = share.first;
        while at < share.end {
            let d = gated::<F, N>(dy[at], y[at], relu);
            let distance = Vector::<f32, N>::cast_from(x[at]) - average;
            dx[at] = Vector::<F, N>::cast_from(gain * (d - mean - distance * slope));
            if added {
                dresidual[at] = Vector::<F, N>::cast_from(d);
            }
            at += share.step;
        }
    }
}
