//! Convolution and fused batch normalisation on burn's CPU backend, with hand-written backward passes.
//!
//! Work is split in pieces whose size does not depend on the number of threads, and every sum runs in one order, so
//! the same numbers come out bit for bit on any number of cores.

mod autodiff;
mod buffer;
mod convolution;
#[cfg(target_arch = "x86_64")]
mod direct;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod normalisation;
#[cfg(target_arch = "x86_64")]
mod strided;
#[cfg(target_arch = "x86_64")]
mod winograd;

use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::{Tensor, TensorData},
};
use burn_flex::FlexTensor;

use super::Normed;
use crate::engine::nn::After;

/// The operations as burn's dispatch sees them. Shapes are those of [`super::convolve`] and [`super::batch_norm`].
#[backend_extension(Flex, Autodiff)]
pub trait CpuOps: Backend {
    fn own_conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self>;

    /// Gradient of the input, `[n, ci, height, width]`.
    fn own_conv_dx(
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        height: usize,
        width: usize,
    ) -> FloatTensor<Self>;

    /// Gradient of the weight, `[co, ci, kernel, kernel]`.
    fn own_conv_dw(x: FloatTensor<Self>, dy: FloatTensor<Self>, stride: usize, kernel: usize) -> FloatTensor<Self>;

    /// Output, mean, and one over the standard deviation.
    fn own_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The same with a residual added before a ReLU.
    fn own_norm_add(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        epsilon: f64,
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
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale, shift and residual.
    fn own_norm_add_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inverse_std: FloatTensor<Self>,
        dy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl CpuOps for Flex {
    fn own_conv(x: FlexTensor, weight: FlexTensor, stride: usize) -> FlexTensor {
        convolution::forward(&x.to_contiguous(), &weight.to_contiguous(), stride)
    }

    fn own_conv_dx(dy: FlexTensor, weight: FlexTensor, stride: usize, height: usize, width: usize) -> FlexTensor {
        convolution::input_gradient(&dy.to_contiguous(), &weight.to_contiguous(), stride, [height, width])
    }

    fn own_conv_dw(x: FlexTensor, dy: FlexTensor, stride: usize, kernel: usize) -> FlexTensor {
        convolution::weight_gradient(&x.to_contiguous(), &dy.to_contiguous(), stride, kernel)
    }

    fn own_norm(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        epsilon: f64,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        normalisation::forward(&x.to_contiguous(), &scale, &shift, None, epsilon, relu)
    }

    fn own_norm_add(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        residual: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        normalisation::forward(&x.to_contiguous(), &scale, &shift, Some(&residual.to_contiguous()), epsilon, true)
    }

    fn own_norm_backward(
        x: FlexTensor,
        y: FlexTensor,
        scale: FlexTensor,
        mean: FlexTensor,
        inverse_std: FlexTensor,
        dy: FlexTensor,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let saved = normalisation::Saved { x: &x, y: &y, scale: &scale, mean: &mean, inverse_std: &inverse_std };
        normalisation::backward(&saved, &dy.to_contiguous(), relu)
    }

    fn own_norm_add_backward(
        x: FlexTensor,
        y: FlexTensor,
        scale: FlexTensor,
        mean: FlexTensor,
        inverse_std: FlexTensor,
        dy: FlexTensor,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let saved = normalisation::Saved { x: &x, y: &y, scale: &scale, mean: &mean, inverse_std: &inverse_std };
        normalisation::backward_add(&saved, &dy.to_contiguous())
    }
}

/// See [`super::convolve`].
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::own_conv(x.into_dispatch(), weight.into_dispatch(), stride))
}

/// See [`super::batch_norm`].
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f64,
    next: After<D>,
) -> Normed<D> {
    let (x, scale, shift) = (x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch());
    let (output, mean, inverse_std) = match next {
        After::Nothing => Dispatch::own_norm(x, scale, shift, epsilon, false),
        After::Relu => Dispatch::own_norm(x, scale, shift, epsilon, true),
        After::AddRelu(residual) => Dispatch::own_norm_add(x, scale, shift, residual.into_dispatch(), epsilon),
    };
    let inverse_std = Tensor::<1>::from_dispatch(inverse_std).inner();
    let variance = inverse_std.powf_scalar(-2.0) - epsilon;
    Normed { output: Tensor::from_dispatch(output), mean: Tensor::from_dispatch(mean), variance }
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
