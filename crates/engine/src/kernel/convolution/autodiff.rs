//! The backward pass of a convolution of pixels as burn's autodiff takes it.

use super::{super::autodiff::finished, PixelConvOps};
use crate::backend::{
    Autodiff, FloatTensor, TensorMetadata,
    autodiff::{Backward, CheckpointStrategy, Checkpointer, Gradients, Ops},
};

/// Input and weight.
#[derive(Debug)]
struct PixelConvBackward;

impl<B: PixelConvOps> Backward<B, 2> for PixelConvBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node] = ops.parents;
        let (x, weight, stride) = ops.state;
        let dy = grads.consume::<B>(&ops.node);
        let (sides, kernel) = ([x.shape()[1], x.shape()[2]], weight.shape()[2]);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::own_pixel_conv_dx(dy.clone(), weight, stride, sides));
        }
        if let Some(node) = weight_node {
            grads.register::<B>(node.id, B::own_pixel_conv_dw(x, dy, stride, kernel));
        }
    }
}

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

impl<B: PixelConvOps, C: CheckpointStrategy> PixelConvOps for Autodiff<B, C> {
    fn own_pixel_conv(x: Tracked<B, C>, weight: Tracked<B, C>, stride: usize) -> Tracked<B, C> {
        let prepared = PixelConvBackward.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful();
        let (x, weight) = (x.into_primitive(), weight.into_primitive());
        let y = B::own_pixel_conv(x.clone(), weight.clone(), stride);
        finished(prepared, (x, weight, stride), y)
    }

    fn own_pixel_conv_dx(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: [usize; 2]) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }

    fn own_pixel_conv_dw(_: Tracked<B, C>, _: Tracked<B, C>, _: usize, _: usize) -> Tracked<B, C> {
        panic!("a gradient is not differentiated again")
    }
}
