//! Convolutions of pixels on GPUs: texts of our own on CUDA, burn's direct ones on Vulkan and on older cards.

use burn::tensor::ops::ConvOptions;

use super::PixelConvOps;
#[cfg(feature = "cuda")]
use super::cuda;
use crate::backend::{
    Shape, TensorMetadata,
    cube::{
        CubeBackend, CubeTensor,
        convolution::{ConvStrategy, conv_data_backward, conv_forward, conv_weight_backward},
        into_contiguous, permute,
    },
};

impl PixelConvOps for CubeBackend {
    fn own_pixel_conv(x: CubeTensor, weight: CubeTensor, stride: usize) -> CubeTensor {
        #[cfg(feature = "cuda")]
        if cuda::runs(&x) {
            return cuda::forward(x, weight, stride);
        }
        let options = options(&weight.shape(), stride);
        pixels(direct(conv_forward(planes(x), weight, None, options, ConvStrategy::Direct)))
    }

    fn own_pixel_conv_dx(dy: CubeTensor, weight: CubeTensor, stride: usize, [height, width]: [usize; 2]) -> CubeTensor {
        #[cfg(feature = "cuda")]
        if cuda::runs(&dy) {
            return cuda::input_gradient(dy, weight, stride, [height, width]);
        }
        let options = options(&weight.shape(), stride);
        let read = Shape::new([dy.shape()[0], weight.shape()[1], height, width]);
        pixels(direct(conv_data_backward(planes(dy), weight, read, options, ConvStrategy::Direct)))
    }

    fn own_pixel_conv_dw(x: CubeTensor, dy: CubeTensor, stride: usize, kernel: usize) -> CubeTensor {
        #[cfg(feature = "cuda")]
        if cuda::runs(&x) {
            return cuda::weight_gradient(x, dy, stride, kernel);
        }
        let weight = Shape::new([dy.shape()[3], x.shape()[3], kernel, kernel]);
        let options = options(&weight, stride);
        into_contiguous(direct(conv_weight_backward(planes(x), planes(dy), weight, options, ConvStrategy::Direct)))
    }
}

fn options(weight: &Shape, stride: usize) -> ConvOptions<2> {
    let padding = weight[2] / 2;
    ConvOptions::new([stride, stride], [padding, padding], [1, 1], 1)
}

fn planes(x: CubeTensor) -> CubeTensor {
    permute(x, &[0, 3, 1, 2])
}

fn pixels(x: CubeTensor) -> CubeTensor {
    into_contiguous(permute(x, &[0, 2, 3, 1]))
}

fn direct<E: std::fmt::Debug>(outcome: Result<CubeTensor, E>) -> CubeTensor {
    outcome.expect("a direct convolution has no conditions")
}
