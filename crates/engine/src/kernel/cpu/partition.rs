//! The denominators of NT-Xent on the CPU, a task for each row.

use rayon::prelude::*;

use super::{tensor, values};
use crate::{
    backend::{
        TensorMetadata,
        flex::{Flex, FlexTensor},
    },
    kernel::partition::PartitionOps,
};

impl PartitionOps for Flex {
    fn own_partition(other: FlexTensor, own: FlexTensor, scale: f64) -> FlexTensor {
        let (other, own, scale) = (other.to_contiguous(), own.to_contiguous(), scale as f32);
        let [rows, columns] = other.shape().dims::<2>();
        let pairs = values(&other).par_chunks(columns).zip(values(&own).par_chunks(rows)).enumerate();
        let logarithm = |(row, (other, own)): (usize, (&[f32], &[f32]))| {
            let others = || other.iter().chain(&own[..row]).chain(&own[row + 1..]);
            let largest = others().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f64 = others().map(|value| f64::from(((value - largest) * scale).exp())).sum();
            (sum.ln() + f64::from(largest) * f64::from(scale)) as f32
        };
        tensor(pairs.map(logarithm).collect(), [rows, 1])
    }

    fn own_partition_backward(
        other: FlexTensor,
        own: FlexTensor,
        logarithms: FlexTensor,
        gradients: FlexTensor,
        scale: f64,
    ) -> (FlexTensor, FlexTensor) {
        let [other, own, logarithms, gradients] = [other, own, logarithms, gradients].map(|of| of.to_contiguous());
        let (scale, rows) = (scale as f32, own.shape()[0]);
        let shares = |of: &FlexTensor, skipped: bool| {
            let columns = of.shape()[1];
            let mut all = values(of).to_vec();
            all.par_chunks_mut(columns).enumerate().for_each(|(row, line)| {
                let (logarithm, factor) = (values(&logarithms)[row], values(&gradients)[row] * scale);
                for value in &mut *line {
                    *value = factor * (*value * scale - logarithm).exp();
                }
                if skipped {
                    line[row] = 0.0;
                }
            });
            tensor(all, [rows, columns])
        };
        (shares(&other, false), shares(&own, true))
    }
}
