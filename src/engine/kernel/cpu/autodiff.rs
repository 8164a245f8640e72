//! The backward passes of convolution as burn's autodiff takes them.

use burn::backend::{
    Autodiff, TensorMetadata,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::FloatTensor,
};

use super::{ConvOps, Order};
use crate::engine::workers;

/// Input and weight of a convolution.
#[derive(Debug)]
struct ConvBackward;

impl<B: ConvOps> Backward<B, 2> for ConvBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, usize, Order);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node] = ops.parents;
        let (x, weight, stride, order) = ops.state;
        let dy = grads.consume::<B>(&ops.node);
        let (xs, ws) = (x.shape(), weight.shape());
        let sides = match order {
            Order::Planes => [xs[2], xs[3]],
            Order::Pixels => [xs[1], xs[2]],
        };
        let same = dy.clone();
        let (dx, dw) = workers::beside_on_the_cpu(
            || x_node.map(|node| (node.id, B::own_conv_dx(same, weight, stride, sides, order))),
            || weight_node.map(|node| (node.id, B::own_conv_dw(x, dy, stride, ws[2], order))),
        );
        for (node, gradient) in dx.into_iter().chain(dw) {
            grads.register::<B>(node, gradient);
        }
    }
}

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

impl<B: ConvOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn own_conv(x: Tracked<B, C>, weight: Tracked<B, C>, stride: usize, order: Order) -> Tracked<B, C> {
        match ConvBackward.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                let y = B::own_conv(x.clone(), weight.clone(), stride, order);
                prep.finish((x, weight, stride, order), y)
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::own_conv(x.into_primitive(), weight.into_primitive(), stride, order))
            }
        }
    }

    fn own_conv_dx(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: [usize; 2], _: Order) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }

    fn own_conv_dw(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: usize, _: Order) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }
}
