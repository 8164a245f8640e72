//! Which way a convolution goes. Pixels: 3x3 of stride 1 as Winograd's tiles where there are enough of them, the others tap
//! by tap. Planes: as patches.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;

#[cfg(target_arch = "x86_64")]
use super::{
    lanes::Images,
    taps::{self, Taps},
    winograd,
};
use super::{
    patches::{self, Sizes},
    tensor, values,
};
use crate::engine::kernel::Order;

/// The convolution of `x` with `weight`.
pub fn forward(x: &FlexTensor, weight: &FlexTensor, stride: usize, order: Order) -> FlexTensor {
    let (x, weight) = (x.to_contiguous(), weight.to_contiguous());
    let ([n, channels, height, width], [outputs, _, kernel, _]) = (sides(&x, order), four(&weight));
    match order {
        Order::Planes => {
            let sizes = Sizes { images: n, input: channels, height, width, output: outputs, kernel, stride };
            let y = patches::convolve(values(&x), values(&weight), sizes);
            tensor(y, [n, outputs, sizes.out_height(), sizes.out_width()])
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => {
            let sizes = Taps { images: Images { count: n, height, width, channels }, outputs, kernel, stride };
            let y = if is_tiled(&sizes, channels, outputs) {
                let kernel =
                    winograd::Kernel { weight: values(&weight), by_output: channels * 9, by_input: 9, turned: false };
                winograd::convolve(values(&x), sizes.images, outputs, kernel)
            } else {
                taps::convolve(values(&x), values(&weight), sizes)
            };
            let out = sizes.out();
            tensor(y, [n, out.height, out.width, outputs])
        }
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    }
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
    let ([n, ..], [outputs, channels, kernel, _]) = (sides(&dy, order), four(&weight));
    match order {
        Order::Planes => {
            let sizes = Sizes { images: n, input: channels, height, width, output: outputs, kernel, stride };
            tensor(patches::input_gradient(values(&dy), values(&weight), sizes), [n, channels, height, width])
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => {
            let sizes = Taps { images: Images { count: n, height, width, channels }, outputs, kernel, stride };
            let dx = if is_tiled(&sizes, outputs, channels) {
                // The gradient is a convolution too, with the kernel turned around and its channels exchanged.
                let kernel =
                    winograd::Kernel { weight: values(&weight), by_output: 9, by_input: channels * 9, turned: true };
                winograd::convolve(values(&dy), sizes.out(), channels, kernel)
            } else {
                taps::input_gradient(values(&dy), values(&weight), sizes)
            };
            tensor(dx, [n, height, width, channels])
        }
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    }
}

/// The gradient of a weight of side `kernel`.
pub fn weight_gradient(x: &FlexTensor, dy: &FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
    let (x, dy) = (x.to_contiguous(), dy.to_contiguous());
    let ([n, channels, height, width], [_, outputs, ..]) = (sides(&x, order), sides(&dy, order));
    let dw = match order {
        Order::Planes => {
            let sizes = Sizes { images: n, input: channels, height, width, output: outputs, kernel, stride };
            patches::weight_gradient(values(&x), values(&dy), sizes)
        }
        #[cfg(target_arch = "x86_64")]
        Order::Pixels => {
            let sizes = Taps { images: Images { count: n, height, width, channels }, outputs, kernel, stride };
            if is_tiled(&sizes, channels, outputs) {
                winograd::weight_gradient(values(&x), values(&dy), sizes.images, outputs)
            } else {
                taps::weight_gradient(values(&x), values(&dy), sizes)
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Order::Pixels => unreachable!("{NO_PIXELS}"),
    };
    tensor(dw, [outputs, channels, kernel, kernel])
}

#[cfg(not(target_arch = "x86_64"))]
const NO_PIXELS: &str = "this processor computes planes";

/// Whether the sums over `from` channels that make up `to` go by tiles.
#[cfg(target_arch = "x86_64")]
fn is_tiled(sizes: &Taps, from: usize, to: usize) -> bool {
    sizes.kernel == 3 && sizes.stride == 1 && Images { channels: from, ..sizes.images }.tile(to)
}

/// `[n, channels, height, width]`.
fn sides(x: &FlexTensor, order: Order) -> [usize; 4] {
    let [n, a, b, c] = four(x);
    match order {
        Order::Planes => [n, a, b, c],
        Order::Pixels => [n, c, a, b],
    }
}

fn four(x: &FlexTensor) -> [usize; 4] {
    let shape = x.shape();
    std::array::from_fn(|side| shape[side])
}
