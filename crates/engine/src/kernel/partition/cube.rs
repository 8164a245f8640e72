//! On GPUs, one source for CUDA and Vulkan: the units of a plane share a row forward, and take a number each backward.

use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::{
    super::gpu::{UNITS, empty, greatest, lanes, total},
    PartitionOps, column,
};
use crate::backend::{
    TensorMetadata,
    cube::{CubeBackend, CubeTensor, into_contiguous},
};

impl PartitionOps for CubeBackend {
    fn own_partition(other: CubeTensor, own: CubeTensor, scale: f64) -> CubeTensor {
        let [other, own] = [other, own].map(into_contiguous);
        let ([rows, columns], client) = (other.shape().dims::<2>(), other.client.clone());
        let logarithms = empty(&other, column(&other.shape()), other.dtype);
        let lanes = lanes(&other);
        partitions::launch(
            &client,
            CubeCount::Static((rows as u32).div_ceil(UNITS / lanes), 1, 1),
            CubeDim::new_1d(UNITS),
            other.into_buffer_arg(),
            own.into_buffer_arg(),
            logarithms.clone().into_buffer_arg(),
            columns as u32,
            scale as f32,
            lanes,
        );
        logarithms
    }

    fn own_partition_backward(
        other: CubeTensor,
        own: CubeTensor,
        logarithms: CubeTensor,
        gradients: CubeTensor,
        scale: f64,
    ) -> (CubeTensor, CubeTensor) {
        let [other, own, logarithms, gradients] = [other, own, logarithms, gradients].map(into_contiguous);
        let ([rows, columns], client) = (other.shape().dims::<2>(), other.client.clone());
        let [to_other, to_own] = [&other, &own].map(|of| empty(of, of.shape(), of.dtype));
        let unit = CubeDim::new_1d(UNITS);
        shares::launch(
            &client,
            calculate_cube_count_elemwise(&client, rows * (columns + rows), unit),
            unit,
            other.into_buffer_arg(),
            own.into_buffer_arg(),
            logarithms.into_buffer_arg(),
            gradients.into_buffer_arg(),
            to_other.clone().into_buffer_arg(),
            to_own.clone().into_buffer_arg(),
            columns as u32,
            scale as f32,
        );
        (to_other, to_own)
    }
}

/// The logarithm of a row's sum, about its largest number. Units beyond the last row sum that one too, so that all of a
/// plane go the same way.
#[cube(launch)]
fn partitions(other: &[f32], own: &[f32], logarithms: &mut [f32], columns: u32, scale: f32, #[comptime] lanes: u32) {
    let (rows, columns) = (logarithms.len(), columns as usize);
    let asked = (CUBE_POS_X * comptime!(UNITS / lanes) + UNIT_POS_X / lanes) as usize;
    let row = select(asked < rows, asked, rows - 1);
    let lane = (UNIT_POS_X % lanes) as usize;
    // Every row has a number in `other`, so each lane may begin with one of them.
    let mut largest = other[row * columns];
    let mut at = lane;
    while at < columns {
        largest = f32::max(largest, other[row * columns + at]);
        at += lanes as usize;
    }
    at = lane;
    while at < rows {
        if at != row {
            largest = f32::max(largest, own[row * rows + at]);
        }
        at += lanes as usize;
    }
    let largest = greatest(largest, lanes);
    let mut sum = 0.0f32;
    at = lane;
    while at < columns {
        sum += f32::exp((other[row * columns + at] - largest) * scale);
        at += lanes as usize;
    }
    at = lane;
    while at < rows {
        if at != row {
            sum += f32::exp((own[row * rows + at] - largest) * scale);
        }
        at += lanes as usize;
    }
    let sum = total(sum, lanes);
    if lane == 0 && asked < rows {
        logarithms[row] = f32::ln(sum) + largest * scale;
    }
}

/// A number's share of its row's sum, times the row's gradient.
#[cube(launch)]
fn shares(
    other: &[f32],
    own: &[f32],
    logarithms: &[f32],
    gradients: &[f32],
    to_other: &mut [f32],
    to_own: &mut [f32],
    columns: u32,
    scale: f32,
) {
    let (rows, columns) = (logarithms.len(), columns as usize);
    let all = columns + rows;
    let row = ABSOLUTE_POS / all;
    let at = ABSOLUTE_POS % all;
    if row < rows {
        let factor = gradients[row] * scale;
        if at < columns {
            let place = row * columns + at;
            to_other[place] = factor * f32::exp(other[place] * scale - logarithms[row]);
        } else {
            let place = row * rows + at - columns;
            let share = factor * f32::exp(own[place] * scale - logarithms[row]);
            to_own[place] = select(at - columns == row, 0.0, share);
        }
    }
}
