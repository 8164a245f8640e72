//! Which way a convolution goes. Pixels: 3x3 of stride 1 as Winograd's tiles where there are enough of them, the others tap
//! by tap. Planes: as patches.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

use super::{
    patches,
    sizes::{Images, Sizes},
    tensor, values,
};
#[cfg(target_arch = "x86_64")]
use super::{taps, winograd};
use crate::engine::kernel::Order;

/// The convolution of `x` with `weight`.
pub fn forward(x: &FlexTensor, weight: &FlexTensor, stride: usize, order: Order) -> FlexTensor {
    let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
    let [outputs, channels, kernel, _] = four(&weight);
    let sizes = Sizes { images: images(&x, order), outputs, kernel, stride };
    let (x, weight) = (values(&x), values(&weight));
    let y = match order {
        Order::Planes => patches::convolve(x, weight, sizes),
        #[cfg(target_arch = "x86_64")]
        Order::Pixels if is_tiled(&sizes, channels, outputs) => {
            let kernel = winograd::Kernel { weight, by_output: channels * 9, by_input: 9, turned: false };
            winograd::convolve(x, sizes.images, outputs, kernel)
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => taps::convolve(x, weight, sizes),
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    };
    tensor(y, shape(sizes.out(), order))
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
    let images = Images { height, width, channels, ..images(&dy, order) };
    let sizes = Sizes { images, outputs, kernel, stride };
    let (dy, weight) = (values(&dy), values(&weight));
    let dx = match order {
        Order::Planes => patches::input_gradient(dy, weight, sizes),
        #[cfg(target_arch = "x86_64")]
        Order::Pixels if is_tiled(&sizes, outputs, channels) => {
            // The gradient is a convolution too, with the kernel turned around and its channels exchanged.
            let kernel = winograd::Kernel { weight, by_output: 9, by_input: channels * 9, turned: true };
            winograd::convolve(dy, sizes.out(), channels, kernel)
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => taps::input_gradient(dy, weight, sizes),
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    };
    tensor(dx, shape(images, order))
}

/// The gradient of a weight of side `kernel`.
pub fn weight_gradient(x: &FlexTensor, dy: &FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
    let (x, dy) = (x.to_contiguous(), dy.to_contiguous());
    let (images, outputs) = (images(&x, order), images(&dy, order).channels);
    let sizes = Sizes { images, outputs, kernel, stride };
    let (x, dy) = (values(&x), values(&dy));
    let dw = match order {
        Order::Planes => patches::weight_gradient(x, dy, sizes),
        #[cfg(target_arch = "x86_64")]
        Order::Pixels if is_tiled(&sizes, images.channels, outputs) => {
            winograd::weight_gradient(x, dy, images, outputs)
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => taps::weight_gradient(x, dy, sizes),
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    };
    tensor(dw, [outputs, images.channels, kernel, kernel])
}

#[cfg(not(target_arch = "x86_64"))]
const NO_PIXELS: &str = "this processor computes planes";

/// Whether the sums over `from` channels that make up `to` go by tiles.
#[cfg(target_arch = "x86_64")]
fn is_tiled(sizes: &Sizes, from: usize, to: usize) -> bool {
    sizes.kernel == 3 && sizes.stride == 1 && Images { channels: from, ..sizes.images }.tile(to)
}

fn images(x: &FlexTensor, order: Order) -> Images {
    let [count, a, b, c] = four(x);
    let [channels, height, width] = if order == Order::Planes { [a, b, c] } else { [c, a, b] };
    Images { count, height, width, channels }
}

fn shape(Images { count, height, width, channels }: Images, order: Order) -> [usize; 4] {
    match order {
        Order::Planes => [count, channels, height, width],
        Order::Pixels => [count, height, width, channels],
    }
}

fn four(x: &FlexTensor) -> [usize; 4] {
    let shape = x.shape();
    std::array::from_fn(|side| shape[side])
}
