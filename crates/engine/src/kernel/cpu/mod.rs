//! Convolution and fused batch normalisation on burn's CPU backend, with hand-written backward passes.
//!
//! | file | does |
//! |---|---|
//! | `convolution` | chooses the way of a convolution |
//! | `winograd`, `taps` | 3x3 by tiles, any by taps: pixels, made of `lanes` |
//! | `patches` | any, on every processor: planes |
//! | `normalisation` | batch normalisation of either |
//! | `normed` | batch normalisation of pixels within the convolution that reads them |
//! | `partition` | the denominators of NT-Xent |
//! | `many` | optimizers and averages |
//! | `buffer` | memory that they work in |
//! | `autodiff` | the backward passes as burn takes them |
//!
//! Work is split in pieces whose size does not depend on the number of threads, and every sum runs in one order, so
//! the same numbers come out bit for bit on any number of cores.

mod autodiff;
mod buffer;
mod convolution;
mod lanes;
mod many;
mod normalisation;
mod normed;
mod partition;
mod patches;
mod taps;
mod winograd;

use burn::tensor::{Tensor, TensorData};

use super::{Maps, Order, sizes};
use crate::backend::{
    Backend, Dispatch, DispatchTensor, FloatTensor, backend_extension,
    flex::{Flex, FlexTensor},
};

/// Convolution as burn's dispatch sees it. Shapes are those of [`super::convolve`].
#[backend_extension(Flex, Autodiff)]
pub trait ConvOps: Backend {
    /// Of pixels also [`Maps::statistics`]; nothing of planes.
    fn own_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

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

    /// Batch normalisation of pixels with these statistics, a ReLU, and then a convolution, which reads what is normalised
    /// without its being written. Returns what [`ConvOps::own_conv`] does.
    fn own_norm_conv(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        weight: FloatTensor<Self>,
        stride: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale, shift and weight.
    #[allow(clippy::too_many_arguments)]
    fn own_norm_conv_backward(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        weight: FloatTensor<Self>,
        stride: usize,
        dy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl ConvOps for Flex {
    fn own_conv(x: FlexTensor, weight: FlexTensor, stride: usize, order: Order) -> (FlexTensor, FlexTensor) {
        convolution::forward(&x, &weight, stride, order)
    }

    fn own_conv_dx(dy: FlexTensor, weight: FlexTensor, stride: usize, sides: [usize; 2], order: Order) -> FlexTensor {
        convolution::input_gradient(&dy, &weight, stride, sides, order)
    }

    fn own_conv_dw(x: FlexTensor, dy: FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
        convolution::weight_gradient(&x, &dy, stride, kernel, order)
    }

    fn own_norm_conv(
        x: FlexTensor,
        statistics: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
        weight: FlexTensor,
        stride: usize,
    ) -> (FlexTensor, FlexTensor) {
        normed::forward([&x, &statistics, &scale, &shift, &weight], epsilon, stride)
    }

    fn own_norm_conv_backward(
        x: FlexTensor,
        statistics: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
        weight: FlexTensor,
        stride: usize,
        dy: FlexTensor,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        normed::backward([&x, &statistics, &scale, &shift, &weight], epsilon, stride, &dy)
    }
}

/// See [`super::convolve`].
pub fn convolve(x: Maps, weight: Tensor<4>, stride: usize) -> Maps {
    let (y, statistics) = Dispatch::own_conv(x.values.into_dispatch(), weight.into_dispatch(), stride, x.order);
    maps(y, statistics, x.order)
}

/// See [`super::norm_relu_convolve`]. `x` are pixels whose statistics these are.
pub fn norm_relu_convolve(
    x: Tensor<4>,
    statistics: Tensor<2>,
    [scale, shift]: [Tensor<1>; 2],
    epsilon: f64,
    weight: Tensor<4>,
    stride: usize,
) -> Maps {
    let (x, statistics, weight) = (x.into_dispatch(), statistics.into_dispatch(), weight.into_dispatch());
    let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
    let (y, statistics) = Dispatch::own_norm_conv(x, statistics, scale, shift, epsilon, weight, stride);
    maps(y, statistics, Order::Pixels)
}

fn maps(values: DispatchTensor, statistics: DispatchTensor, order: Order) -> Maps {
    let statistics = (order == Order::Pixels).then(|| Tensor::<2>::from_dispatch(statistics));
    Maps { values: Tensor::from_dispatch(values), order, statistics }
}

/// Whether this processor has registers for pixels, and so many channels fill them.
pub fn fills_registers(channels: usize) -> bool {
    lanes::Panel::of([channels]).is_some()
}

/// Runs `work` as compiled for the widest registers of this processor. The same bits on every one: only loops over
/// independent numbers become wider.
#[inline]
fn widest<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: the processor was asked.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        if is_x86_feature_detected!("avx512f") {
            return with_avx512(work);
        }
        if is_x86_feature_detected!("avx2") {
            return with_avx2(work);
        }
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The values of a contiguous f32 tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("operations of our own take contiguous f32 tensors")
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
