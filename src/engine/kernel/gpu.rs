//! What kernels of our own on GPUs have in common.

use burn::{backend::Shape, tensor::DType};
use burn_cubecl::tensor::CubeTensor;

/// Units per cube: what every Vulkan device has.
pub const UNITS: u32 = 128;

/// A tensor on the device of another, its numbers yet to be written.
pub fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let buffer = like.client.empty(shape.num_elements() * dtype.size());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, buffer, dtype)
}
