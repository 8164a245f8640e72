//! Which way a convolution goes. Pixels: 3x3 of stride 1 as Winograd's tiles where there are enough of them, the others tap
//! by tap. Planes: as patches.

use super::{
    lanes::Input,
    normalisation, patches,
    sizes::{ImageBatch, Sizes},
    taps, tensor, values, winograd,
};
use crate::{
    backend::{TensorMetadata, flex::FlexTensor},
    kernel::Order,
};

/// The convolution of `x` with `weight`; of pixels also means and biased variances of what comes out.
pub fn forward(x: &FlexTensor, weight: &FlexTensor, stride: usize, order: Order) -> (FlexTensor, FlexTensor) {
    let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
    let [outputs, _, kernel, _] = four(&weight);
    let sizes = Sizes { images: images(&x, order), outputs, kernel, stride };
    match order {
        Order::Planes => {
            let y = patches::convolve(values(&x), values(&weight), sizes);
            (tensor(y, shape(sizes.out(), order)), tensor(Vec::new(), [0]))
        }
        Order::Pixels => pixels(Input::plain(values(&x)), values(&weight), sizes),
    }
}

/// The convolution of pixels, and means and biased variances of what comes out.
pub fn pixels(x: Input, weight: &[f32], sizes: Sizes) -> (FlexTensor, FlexTensor) {
    let Sizes { images, outputs, .. } = sizes;
    let moments = |_, y: &[f32]| normalisation::pixels::moments(y, outputs);
    let (y, moments) = if is_tiled(&sizes, images.channels, outputs) {
        let kernel = winograd::Kernel { weight, by_output: images.channels * 9, by_input: 9, turned: false };
        winograd::convolve(x, images, outputs, kernel, moments)
    } else {
        taps::convolve(x, weight, sizes, moments)
    };
    let statistics = normalisation::pixels::statistics(&moments);
    (tensor(y, shape(sizes.out(), Order::Pixels)), tensor(statistics, [2, outputs]))
}

/// The gradient of an input `[height, width]` large.
pub fn input_gradient(
    dy: &FlexTensor,
    weight: &FlexTensor,
    stride: usize,
    [height, width]: [usize; 2],
    order: Order,
) -> FlexTensor {
    let (dy, weight) = (dy.to_contiguous(), weight.to_contiguous());
    let [outputs, channels, kernel, _] = four(&weight);
    let images = ImageBatch { height, width, channels, ..images(&dy, order) };
    let sizes = Sizes { images, outputs, kernel, stride };
    let (dy, weight) = (values(&dy), values(&weight));
    let dx = match order {
        Order::Planes => patches::input_gradient(dy, weight, sizes),
        Order::Pixels => pixels_input_gradient(dy, weight, sizes, |_, _| ()).0,
    };
    tensor(dx, shape(images, order))
}

/// The gradient of pixels, and what `finish` makes of its parts while they are in the cache.
pub fn pixels_input_gradient<T: Send>(
    dy: &[f32],
    weight: &[f32],
    sizes: Sizes,
    finish: impl Fn(usize, &[f32]) -> T + Sync,
) -> (Vec<f32>, Vec<T>) {
    let Sizes { images: ImageBatch { channels, .. }, outputs, .. } = sizes;
    if !is_tiled(&sizes, outputs, channels) {
        return taps::input_gradient(dy, weight, sizes, finish);
    }
    // The gradient is a convolution too, with the kernel turned around and its channels exchanged.
    let kernel = winograd::Kernel { weight, by_output: 9, by_input: channels * 9, turned: true };
    winograd::convolve(Input::plain(dy), sizes.out(), channels, kernel, finish)
}

/// The gradient of a weight of side `kernel`.
pub fn weight_gradient(x: &FlexTensor, dy: &FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
    let (x, dy) = (x.to_contiguous(), dy.to_contiguous());
    let (images, outputs) = (images(&x, order), images(&dy, order).channels);
    let sizes = Sizes { images, outputs, kernel, stride };
    let (x, dy) = (values(&x), values(&dy));
    match order {
        Order::Planes => weights(patches::weight_gradient(x, dy, sizes), sizes),
        Order::Pixels => pixels_weight_gradient(Input::plain(x), dy, sizes),
    }
}

/// The gradient of the weights of pixels.
pub fn pixels_weight_gradient(x: Input, dy: &[f32], sizes: Sizes) -> FlexTensor {
    let dw = match is_tiled(&sizes, sizes.images.channels, sizes.outputs) {
        true => winograd::weight_gradient(x, dy, sizes.images, sizes.outputs),
        false => taps::weight_gradient(x, dy, sizes),
    };
    weights(dw, sizes)
}

fn weights(dw: Vec<f32>, Sizes { images, outputs, kernel, .. }: Sizes) -> FlexTensor {
    tensor(dw, [outputs, images.channels, kernel, kernel])
}

/// Whether the sums over `from` channels that make up `to` go by tiles.
fn is_tiled(sizes: &Sizes, from: usize, to: usize) -> bool {
    sizes.kernel == 3 && sizes.stride == 1 && ImageBatch { channels: from, ..sizes.images }.tile(to)
}

pub fn images(x: &FlexTensor, order: Order) -> ImageBatch {
    let [count, a, b, c] = four(x);
    let [channels, height, width] = if order == Order::Planes { [a, b, c] } else { [c, a, b] };
    ImageBatch { count, height, width, channels }
}

pub fn shape(ImageBatch { count, height, width, channels }: ImageBatch, order: Order) -> [usize; 4] {
    match order {
        Order::Planes => [count, channels, height, width],
        Order::Pixels => [count, height, width, channels],
    }
}

pub fn four(x: &FlexTensor) -> [usize; 4] {
    let shape = x.shape();
    std::array::from_fn(|side| shape[side])
}
