//! The backward pass as burn's autodiff takes it.

use super::{
    super::autodiff::{finished, register},
    PartitionOps,
};
use crate::backend::{
    Autodiff, FloatTensor,
    autodiff::{Backward, CheckpointStrategy, Checkpointer, Gradients, Ops},
};

/// Both similarities.
#[derive(Debug)]
struct PartitionBackward;

/// What waits for the backward pass.
#[derive(Clone, Debug)]
struct PartitionSaved<B: PartitionOps> {
    other: FloatTensor<B>,
    own: FloatTensor<B>,
    logarithms: FloatTensor<B>,
    scale: f64,
}

impl<B: PartitionOps> Backward<B, 2> for PartitionBackward {
    type State = PartitionSaved<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradients = grads.consume::<B>(&ops.node);
        let PartitionSaved { other, own, logarithms, scale } = ops.state;
        let (other, own) = B::own_partition_backward(other, own, logarithms, gradients, scale);
        register::<B>(grads, ops.parents.map(|node| node.map(|node| node.id)), [other, own]);
    }
}

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

impl<B: PartitionOps, C: CheckpointStrategy> PartitionOps for Autodiff<B, C> {
    fn own_partition(other: Tracked<B, C>, own: Tracked<B, C>, scale: f64) -> Tracked<B, C> {
        let prepared = PartitionBackward.prepare::<C>([other.node(), own.node()]).compute_bound().stateful();
        let (other, own) = (other.into_primitive(), own.into_primitive());
        let logarithms = B::own_partition(other.clone(), own.clone(), scale);
        finished(prepared, PartitionSaved { other, own, logarithms: logarithms.clone(), scale }, logarithms)
    }

    fn own_partition_backward(
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: f64,
    ) -> (Tracked<B, C>, Tracked<B, C>) {
        panic!("a gradient is not differentiated again")
    }
}
