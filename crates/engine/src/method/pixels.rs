//! Nothing is learnt, and nothing encodes: what the pixels themselves are worth, in the same tables as what was learnt.

use burn::tensor::Tensor;

use super::{Batch, LossOutput, Method, Network, Teacher};
use crate::kernel::{Maps, Order};

pub struct Pixels {
    /// Pixels along a side of what stands in the place of features.
    pub side: usize,
}

impl Method for Pixels {
    /// 0, and the pixels in the place of projections.
    fn loss(&self, _: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let [v, _] = batch.pair();
        let v = v.inner();
        LossOutput::new(Tensor::zeros([1], &v.device()), averaged(v, self.side))
    }
}

/// Means over squares, `[n, 3, s, s]` to `[n, 3 side side]`.
pub fn averaged(x: Tensor<4>, side: usize) -> Tensor<2> {
    Maps::new(x, Order::Planes).averaged(side)
}
