//! Batch normalisation with ReLU and residual in one pass each way.

pub mod pixels;
mod planes;

use super::{fills_registers, values};
use crate::{
    backend::{
        TensorMetadata,
        flex::{Flex, FlexTensor},
    },
    kernel::{Order, normalisation::NormOps},
};

impl NormOps for Flex {
    fn own_norm(
        x: FlexTensor,
        known: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let next = if relu { Next::Relu } else { Next::Nothing };
        forward(&x.to_contiguous(), &known, [&scale, &shift], next, epsilon, order).into()
    }

    fn own_norm_add(
        x: FlexTensor,
        known: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        residual: FlexTensor,
        epsilon: f64,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let residual = residual.to_contiguous();
        let next = Next::AddRelu(values(&residual));
        forward(&x.to_contiguous(), &known, [&scale, &shift], next, epsilon, order).into()
    }

    fn own_norm_backward(
        x: FlexTensor,
        y: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        mean: FlexTensor,
        inverse_std: FlexTensor,
        dy: FlexTensor,
        relu: bool,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let x = x.to_contiguous();
        let saved = Saved::of([&x, &y, &scale, &mean, &inverse_std]);
        backward(&x, &saved, values(&shift), &dy.to_contiguous(), relu, order).into()
    }

    fn own_norm_add_backward(
        x: FlexTensor,
        y: FlexTensor,
        scale: FlexTensor,
        mean: FlexTensor,
        inverse_std: FlexTensor,
        dy: FlexTensor,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let x = x.to_contiguous();
        let saved = Saved::of([&x, &y, &scale, &mean, &inverse_std]);
        backward_add(&x, &saved, &dy.to_contiguous(), order).into()
    }
}

/// What the backward pass needs.
#[derive(Clone, Copy)]
pub struct Saved<'a> {
    pub x: &'a [f32],
    /// Empty where a backward pass does without.
    pub y: &'a [f32],
    pub scale: &'a [f32],
    pub mean: &'a [f32],
    pub inverse_std: &'a [f32],
}

impl<'a> Saved<'a> {
    fn of(tensors: [&'a FlexTensor; 5]) -> Self {
        let [x, y, scale, mean, inverse_std] = tensors.map(values);
        Self { x, y, scale, mean, inverse_std }
    }
}

/// What becomes of a normalised number.
#[derive(Clone, Copy)]
enum Next<'a> {
    Nothing,
    Relu,
    /// These are added before the ReLU.
    AddRelu(&'a [f32]),
}

/// Gain and offset of a channel: `y = gain x + offset`.
fn affine(scale: f32, shift: f32, mean: f32, inverse_std: f32) -> [f32; 2] {
    let gain = scale * inverse_std;
    [gain, shift - mean * gain]
}

/// A channel's numbers in the backward pass: `dx = gain (d - mean_d - (x - mean) slope)`.
#[derive(Clone, Copy)]
struct Slope {
    gain: f32,
    mean: f32,
    mean_d: f32,
    slope: f32,
}

impl Slope {
    /// From the sums of the gradients before the ReLU, alone and times their inputs' distance from the mean; also the
    /// gradients of scale and shift.
    fn new(saved: &Saved, channel: usize, [sum, dot]: [f64; 2], samples: usize) -> (Self, [f32; 2]) {
        let (mean, inverse_std) = (saved.mean[channel], saved.inverse_std[channel]);
        let gain = saved.scale[channel] * inverse_std;
        let dscale = dot as f32 * inverse_std;
        let samples = samples as f32;
        (Self { gain, mean, mean_d: sum as f32 / samples, slope: dscale * inverse_std / samples }, [dscale, sum as f32])
    }

    #[inline(always)]
    fn of(&self, d: f32, x: f32) -> f32 {
        self.gain * (d - self.mean_d - (x - self.mean) * self.slope)
    }
}

/// A gradient before the ReLU whose output is `y`.
#[inline(always)]
fn gated<const RELU: bool>(d: f32, y: f32) -> f32 {
    if !RELU || y > 0.0 { d } else { 0.0 }
}

/// Whether the channels of a pixel are beside each other, so many that they fill registers; those of vectors always are.
fn in_pixels(x: &FlexTensor, order: Order) -> bool {
    let shape = x.shape();
    let last = shape.num_dims() - 1;
    (order == Order::Pixels || last == 1) && fills_registers(shape[last])
}

/// One over the standard deviations, from biased variances.
pub fn inverse_stds(variances: &[f32], epsilon: f64) -> Vec<f32> {
    variances.iter().map(|variance| (1.0 / (f64::from(*variance) + epsilon).sqrt()) as f32).collect()
}

/// Output, mean, inverse standard deviation and biased variance of `x`.
fn forward(
    x: &FlexTensor,
    known: &FlexTensor,
    [scale, shift]: [&FlexTensor; 2],
    next: Next,
    epsilon: f64,
    order: Order,
) -> [FlexTensor; 4] {
    let affine = [values(scale), values(shift)];
    if !in_pixels(x, order) {
        let (y, mean, inverse_std) = planes::forward(x, affine, next, epsilon);
        let variance = inverse_std.iter().map(|inverse| inverse.powi(-2) - epsilon as f32).collect();
        return [like(y, x), vector(mean), vector(inverse_std), vector(variance)];
    }
    let channels = affine[0].len();
    let statistics = match known.shape().num_dims() {
        2 => values(known).to_vec(),
        _ => pixels::statistics_of(values(x), channels),
    };
    let (mean, variance) = statistics.split_at(channels);
    let inverse_std = inverse_stds(variance, epsilon);
    let y = pixels::forward(values(x), affine, [mean, &inverse_std], next);
    [like(y, x), vector(mean.to_vec()), vector(inverse_std), vector(variance.to_vec())]
}

/// Gradients of input, scale and shift, where nothing or a ReLU follows.
fn backward(
    x: &FlexTensor,
    saved: &Saved,
    shift: &[f32],
    dy: &FlexTensor,
    relu: bool,
    order: Order,
) -> [FlexTensor; 3] {
    let (dx, sums) = match (in_pixels(x, order), relu) {
        (true, true) => pixels::backward_relu(saved, shift, values(dy)),
        (true, false) => pixels::backward(saved, values(dy)),
        (false, true) => planes::backward::<true>(x, saved, values(dy)),
        (false, false) => planes::backward::<false>(x, saved, values(dy)),
    };
    let (dscale, dshift) = sums.into_iter().map(|[a, b]| (a, b)).unzip();
    [like(dx, x), vector(dscale), vector(dshift)]
}

/// The same where a residual is added and a ReLU follows; also the gradient of the residual.
fn backward_add(x: &FlexTensor, saved: &Saved, dy: &FlexTensor, order: Order) -> [FlexTensor; 4] {
    let (dx, before, sums) = match in_pixels(x, order) {
        true => pixels::backward_add(saved, values(dy)),
        false => planes::backward_add(x, saved, values(dy)),
    };
    let (dscale, dshift) = sums.into_iter().map(|[a, b]| (a, b)).unzip();
    [like(dx, x), vector(dscale), vector(dshift), like(before, x)]
}

fn like(values: Vec<f32>, model: &FlexTensor) -> FlexTensor {
    FlexTensor::from_data(burn::tensor::TensorData::new(values, model.shape()))
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    super::tensor(values, [length])
}
