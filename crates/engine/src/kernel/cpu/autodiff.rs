//! The backward passes of convolution as burn's autodiff takes them.

use super::{ConvOps, Order};
use crate::{
    backend::{
        Autodiff, AutodiffBackend, FloatTensor, TensorMetadata,
        autodiff::{Backward, CheckpointStrategy, Checkpointer, Gradients, Ops},
    },
    kernel::autodiff::{finished, register},
    workers,
};

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

/// Input, scale, shift and weight of a normalisation within a convolution.
#[derive(Debug)]
struct NormConvBackward;

/// What it keeps for its backward pass.
#[derive(Clone, Debug)]
struct ConvSaved<B: ConvOps> {
    x: FloatTensor<B>,
    statistics: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    weight: FloatTensor<B>,
}

impl<B: ConvOps> Backward<B, 4> for NormConvBackward {
    type State = (ConvSaved<B>, f64, usize);

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (ConvSaved { x, statistics, scale, shift, weight }, epsilon, stride) = ops.state;
        let dy = grads.consume::<B>(&ops.node);
        let (dx, dscale, dshift, dw) =
            B::own_norm_conv_backward(x, statistics, scale, shift, epsilon, weight, stride, dy);
        register::<B>(grads, ops.parents.map(|node| node.map(|node| node.id)), [dx, dscale, dshift, dw]);
    }
}

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

impl<B: ConvOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn own_conv(
        x: Tracked<B, C>,
        weight: Tracked<B, C>,
        stride: usize,
        order: Order,
    ) -> (Tracked<B, C>, Tracked<B, C>) {
        let prepared = ConvBackward.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful();
        let (x, weight) = (x.into_primitive(), weight.into_primitive());
        let (y, statistics) = B::own_conv(x.clone(), weight.clone(), stride, order);
        (finished(prepared, (x, weight, stride, order), y), Self::from_inner(statistics))
    }

    fn own_conv_dx(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: [usize; 2], _: Order) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }

    fn own_conv_dw(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: usize, _: Order) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }

    fn own_norm_conv(
        x: Tracked<B, C>,
        statistics: Tracked<B, C>,
        scale: Tracked<B, C>,
        shift: Tracked<B, C>,
        epsilon: f64,
        weight: Tracked<B, C>,
        stride: usize,
    ) -> (Tracked<B, C>, Tracked<B, C>) {
        let nodes = [x.node(), scale.node(), shift.node(), weight.node()];
        let prepared = NormConvBackward.prepare::<C>(nodes).compute_bound().stateful();
        let [x, statistics, scale, shift, weight] = [x, statistics, scale, shift, weight].map(|of| of.into_primitive());
        let kept = ConvSaved { x, statistics, scale, shift, weight };
        let ConvSaved { x, statistics, scale, shift, weight } = kept.clone();
        let (y, of_y) = B::own_norm_conv(x, statistics, scale, shift, epsilon, weight, stride);
        (finished(prepared, (kept, epsilon, stride), y), Self::from_inner(of_y))
    }

    fn own_norm_conv_backward(
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: f64,
        _: Tracked<B, C>,
        _: usize,
        _: Tracked<B, C>,
    ) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
        panic!("a gradient is not differentiated again")
    }
}
