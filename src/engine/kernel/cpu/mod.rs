//! Convolution and fused batch normalisation on burn's CPU backend, with hand-written backward passes.
//!
//! | file | does |
//! |---|---|
//! | `convolution` | chooses the way of a convolution |
//! | `winograd`, `taps` | 3x3 by tiles, any by taps: pixels, made of `lanes` |
//! | `patches` | any, on every processor: planes |
//! | `normalisation` | batch normalisation of either |
//! | `sizes` | how large its images are |
//! | `buffer` | memory that they work in |
//! | `autodiff` | the backward passes as burn takes them |
//!
//! Work is split in pieces whose size does not depend on the number of threads, and every sum runs in one order, so
//! the same numbers come out bit for bit on any number of cores.

mod autodiff;
mod buffer;
mod convolution;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod normalisation;
mod patches;
mod sizes;
#[cfg(target_arch = "x86_64")]
mod taps;
#[cfg(target_arch = "x86_64")]
mod winograd;

use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::{Tensor, TensorData},
};
use burn_flex::FlexTensor;

use super::{Maps, Order};

/// Convolution as burn's dispatch sees it. Shapes are those of [`super::convolve`].
#[backend_extension(Flex, Autodiff)]
pub trait ConvOps: Backend {
    fn own_conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize, order: Order) -> FloatTensor<Self>;

    /// Gradient of the input, whose height and width are `sides`.
    fn own_conv_dx(
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        sides: [usize; 2],
        order: Order,
    ) -> FloatTensor<Self>;

    /// Gradient of the weight, `[co, ci, kernel, kernel]`.
    fn own_conv_dw(
        x: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        stride: usize,
        kernel: usize,
        order: Order,
    ) -> FloatTensor<Self>;
}

impl ConvOps for Flex {
    fn own_conv(x: FlexTensor, weight: FlexTensor, stride: usize, order: Order) -> FlexTensor {
        convolution::forward(&x, &weight, stride, order)
    }

    fn own_conv_dx(dy: FlexTensor, weight: FlexTensor, stride: usize, sides: [usize; 2], order: Order) -> FlexTensor {
        convolution::input_gradient(&dy, &weight, stride, sides, order)
    }

    fn own_conv_dw(x: FlexTensor, dy: FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
        convolution::weight_gradient(&x, &dy, stride, kernel, order)
    }
}

/// See [`super::convolve`].
pub fn convolve(x: Maps, weight: Tensor<4>, stride: usize) -> Maps {
    let Maps { values, order } = x;
    let y = Dispatch::own_conv(values.into_dispatch(), weight.into_dispatch(), stride, order);
    Maps { values: Tensor::from_dispatch(y), order }
}

/// Numbers in a register of AVX-512.
const LANES: usize = 16;

/// Whether this processor has such registers, and so many channels fill them.
pub fn fills_registers(channels: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    let has = is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    let has = false;
    has && channels.is_multiple_of(LANES)
}

/// Runs `work` as compiled for the widest registers of this processor. The same bits on every one: only loops over
/// independent numbers become wider.
#[inline]
fn widest<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor was asked.
        return unsafe { with_avx512(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The values of a contiguous f32 tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("operations of our own take contiguous f32 tensors")
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
