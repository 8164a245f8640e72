//! Batch normalisation and a ReLU within the convolution that follows: it normalises what it reads, so that neither the
//! normalised numbers nor their gradients' sums cost a passage through memory.

use super::{
    convolution::{self, four, images, pixels_input_gradient, pixels_weight_gradient, shape},
    lanes::{GainOffset, Input},
    normalisation::{Saved, inverse_stds, pixels},
    sizes::Sizes,
    tensor, values,
};
use crate::{backend::flex::FlexTensor, kernel::Order, workers};

/// What normalises the input of a convolution.
struct Normalisation {
    inverse_std: Vec<f32>,
    gain: Vec<f32>,
    offset: Vec<f32>,
}

impl Normalisation {
    fn new(statistics: &[f32], affine: [&[f32]; 2], epsilon: f64) -> Self {
        let (mean, variance) = statistics.split_at(affine[0].len());
        let inverse_std = inverse_stds(variance, epsilon);
        let [gain, offset] = pixels::affines(affine, [mean, &inverse_std]);
        Self { inverse_std, gain, offset }
    }

    fn input<'a>(&'a self, values: &'a [f32]) -> Input<'a> {
        Input { values, rectified: Some(GainOffset { gain: &self.gain, offset: &self.offset }) }
    }
}

fn sizes(x: &FlexTensor, weight: &FlexTensor, stride: usize) -> Sizes {
    let [outputs, _, kernel, _] = four(weight);
    Sizes { images: images(x, Order::Pixels), outputs, kernel, stride }
}

/// The convolution of what is normalised, and means and biased variances of what comes out.
pub fn forward(
    [x, statistics, scale, shift, weight]: [&FlexTensor; 5],
    epsilon: f64,
    stride: usize,
) -> (FlexTensor, FlexTensor) {
    let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
    let normalisation = Normalisation::new(values(statistics), [values(scale), values(shift)], epsilon);
    convolution::pixels(normalisation.input(values(&x)), values(&weight), sizes(&x, &weight, stride))
}

/// The gradients of what is normalised, of scale, of shift and of the weight.
pub fn backward(
    [x, statistics, scale, shift, weight]: [&FlexTensor; 5],
    epsilon: f64,
    stride: usize,
    dy: &FlexTensor,
) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
    let (x, weight, dy) = (x.to_contiguous(), weight.to_contiguous(), dy.to_contiguous());
    let (sizes, scale) = (sizes(&x, &weight, stride), values(scale));
    let normalisation = Normalisation::new(values(statistics), [scale, values(shift)], epsilon);
    let input = normalisation.input(values(&x));
    let (dx, dw) = workers::beside_on_the_cpu(
        || {
            let mean = &values(statistics)[..scale.len()];
            let saved = Saved { x: input.values, y: &[], scale, mean, inverse_std: &normalisation.inverse_std };
            let gate = pixels::relu_gate([&normalisation.gain, &normalisation.offset]);
            let totals = |begin, dy: &[f32]| pixels::totals(&saved, begin, dy, gate);
            let (mut gradient, totals) = pixels_input_gradient(values(&dy), values(&weight), sizes, totals);
            let sums = pixels::turn(&saved, &mut gradient, &totals, gate);
            (gradient, sums)
        },
        || pixels_weight_gradient(input, values(&dy), sizes),
    );
    let (dx, sums) = dx;
    let (dscale, dshift): (Vec<f32>, Vec<f32>) = sums.into_iter().map(|[a, b]| (a, b)).unzip();
    let vector = |values| tensor(values, [scale.len()]);
    (tensor(dx, shape(sizes.images, Order::Pixels)), vector(dscale), vector(dshift), dw)
}
