//! What kernels of our own on GPUs have in common.

use burn::tensor::DType;
use cubecl::{features::Plane, prelude::*};

use crate::backend::{Shape, cube::CubeTensor};

/// Units per cube: what every Vulkan device has.
pub const UNITS: u32 = 128;

/// A tensor on the device of another, its numbers yet to be written.
pub fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let buffer = like.client.empty(shape.num_elements() * dtype.size());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, buffer, dtype)
}

/// Neighbouring units of a tensor's device that can hand each other what they hold: those of a plane, a power of two of them.
pub fn lanes(of: &CubeTensor) -> u32 {
    let properties = of.client.properties();
    let adds = properties.features.plane.contains(Plane::Ops);
    if adds { properties.hardware.plane_size_min.clamp(1, UNITS) } else { 1 }
}

/// The sum of what the `lanes` neighbours of a unit hold. Shared memory would sum over the whole cube, but all places of
/// it are one on the software device that the tests have (SwiftShader with cubecl 0.11.3).
#[cube]
pub fn total(own: f32, #[comptime] lanes: u32) -> f32 {
    let mut sum = own;
    #[unroll]
    for step in 0..comptime!(lanes.ilog2()) {
        sum += plane_shuffle_xor(sum, comptime!(1u32 << step));
    }
    sum
}

/// The largest of what they hold.
#[cube]
pub fn greatest(own: f32, #[comptime] lanes: u32) -> f32 {
    let mut largest = own;
    #[unroll]
    for step in 0..comptime!(lanes.ilog2()) {
        largest = f32::max(largest, plane_shuffle_xor(largest, comptime!(1u32 << step)));
    }
    largest
}
