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

use super::{Maps, Normed, Order};
use crate::engine::nn::After;
use normalisation::{Next, Saved};

/// The operations as burn's dispatch sees them. Shapes are those of [`super::convolve`] and [`super::batch_norm`].
#[backend_extension(Flex, Autodiff)]
pub trait CpuOps: Backend {
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

    /// Output, mean, and one over the standard deviation.
    fn own_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The same with a residual added before a ReLU.
    fn own_norm_add(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        epsilon: f64,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale and shift.
    #[allow(clippy::too_many_arguments)]
    fn own_norm_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inverse_std: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        relu: bool,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale, shift and residual.
    fn own_norm_add_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inverse_std: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl CpuOps for Flex {
    fn own_conv(x: FlexTensor, weight: FlexTensor, stride: usize, order: Order) -> FlexTensor {
        convolution::forward(&x, &weight, stride, order)
    }

    fn own_conv_dx(dy: FlexTensor, weight: FlexTensor, stride: usize, sides: [usize; 2], order: Order) -> FlexTensor {
        convolution::input_gradient(&dy, &weight, stride, sides, order)
    }

    fn own_conv_dw(x: FlexTensor, dy: FlexTensor, stride: usize, kernel: usize, order: Order) -> FlexTensor {
        convolution::weight_gradient(&x, &dy, stride, kernel, order)
    }

    fn own_norm(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let next = if relu { Next::Relu } else { Next::Nothing };
        normalisation::forward(&x.to_contiguous(), [&scale, &shift], next, epsilon, order).into()
    }

    fn own_norm_add(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        residual: FlexTensor,
        epsilon: f64,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let residual = residual.to_contiguous();
        let next = Next::AddRelu(values(&residual));
        normalisation::forward(&x.to_contiguous(), [&scale, &shift], next, epsilon, order).into()
    }

    fn own_norm_backward(
        x: FlexTensor,
        y: FlexTensor,
        scale: FlexTensor,
        mean: FlexTensor,
        inverse_std: FlexTensor,
        dy: FlexTensor,
        relu: bool,
        order: Order,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let saved = Saved { x: &x.to_contiguous(), y: &y, scale: &scale, mean: &mean, inverse_std: &inverse_std };
        normalisation::backward(&saved, &dy.to_contiguous(), relu, order).into()
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
        let saved = Saved { x: &x.to_contiguous(), y: &y, scale: &scale, mean: &mean, inverse_std: &inverse_std };
        normalisation::backward_add(&saved, &dy.to_contiguous(), order).into()
    }
}

/// See [`super::convolve`].
pub fn convolve(x: Maps, weight: Tensor<4>, stride: usize) -> Maps {
    let Maps { values, order } = x;
    let y = Dispatch::own_conv(values.into_dispatch(), weight.into_dispatch(), stride, order);
    Maps { values: Tensor::from_dispatch(y), order }
}

/// See [`super::batch_norm`].
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    order: Order,
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f64,
    next: After<D>,
) -> Normed<D> {
    let (x, scale, shift) = (x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch());
    let (output, mean, inverse_std) = match next {
        After::Nothing => Dispatch::own_norm(x, scale, shift, epsilon, false, order),
        After::Relu => Dispatch::own_norm(x, scale, shift, epsilon, true, order),
        After::AddRelu(residual) => Dispatch::own_norm_add(x, scale, shift, residual.into_dispatch(), epsilon, order),
    };
    let inverse_std = Tensor::<1>::from_dispatch(inverse_std).inner();
    let variance = inverse_std.powf_scalar(-2.0) - epsilon;
    Normed { output: Tensor::from_dispatch(output), mean: Tensor::from_dispatch(mean), variance }
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
