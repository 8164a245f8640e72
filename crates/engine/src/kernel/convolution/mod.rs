//! Convolutions on GPUs, and products of matrices as convolutions of single pixels.
//!
//! | file | does |
//! |---|---|
//! | `plan` | which kernels make up a convolution and its gradients, with what arguments |
//! | `convolution.cu` | those kernels, for CUDA: tests run them on an emulator |
//! | `cuda` | launches them |
//! | `cube` | takes those where they run, and burn's direct convolutions elsewhere |
//! | `autodiff` | the backward pass as burn takes it |
//!
//! Nothing is tried out at run time: one choice for a shape, the same on every card, so that the first step comes soon and the
//! same numbers come out.

#[cfg(feature = "cube")]
mod autodiff;
#[cfg(feature = "cube")]
mod cube;
#[cfg(feature = "cuda")]
mod cuda;
pub mod plan;

#[cfg(feature = "cube")]
use burn::tensor::Tensor;

#[cfg(feature = "cube")]
use crate::backend::{Backend, Dispatch, FloatTensor, Shape, backend_extension};

/// Convolution of pixels as burn's dispatch sees it: `x` is `[n, h, w, ci]`, the weight `[co, ci, k, k]`, the output
/// `[n, h / stride, w / stride, co]`, rounded up; all are of one precision.
#[cfg(feature = "cube")]
#[backend_extension(Cube, Fusion, Autodiff)]
pub trait PixelConvOps: Backend {
    /// The output.
    #[fusion(dtype = x, shape = convolved(x, weight, *stride))]
    fn own_pixel_conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self>;

    /// Gradient of an input whose height and width are `sides`.
    #[fusion(dtype = dy, shape = read(dy, weight, *sides))]
    fn own_pixel_conv_dx(
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        sides: [usize; 2],
    ) -> FloatTensor<Self>;

    /// Gradient of a weight of side `kernel`.
    #[fusion(dtype = x, shape = weighed(x, dy, *kernel))]
    fn own_pixel_conv_dw(
        x: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        stride: usize,
        kernel: usize,
    ) -> FloatTensor<Self>;
}

#[cfg(feature = "cube")]
fn convolved(x: &Shape, weight: &Shape, stride: usize) -> Shape {
    Shape::new([x[0], x[1].div_ceil(stride), x[2].div_ceil(stride), weight[0]])
}

#[cfg(feature = "cube")]
fn read(dy: &Shape, weight: &Shape, [height, width]: [usize; 2]) -> Shape {
    Shape::new([dy[0], height, width, weight[1]])
}

#[cfg(feature = "cube")]
fn weighed(x: &Shape, dy: &Shape, kernel: usize) -> Shape {
    Shape::new([dy[3], x[3], kernel, kernel])
}

/// Whether a device convolves by kernels of our own.
#[cfg(feature = "cube")]
pub fn is_ours(device: &cubecl::Device) -> bool {
    #[cfg(feature = "cuda")]
    return cuda::runs_on(device, &device.client());
    #[cfg(not(feature = "cuda"))]
    {
        let _ = device;
        false
    }
}

/// The convolution of pixels, `[n, h, w, ci]` to `[n, h / stride, w / stride, co]`, padded by half the kernel.
#[cfg(feature = "cube")]
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::own_pixel_conv(x.into_dispatch(), weight.into_dispatch(), stride))
}
