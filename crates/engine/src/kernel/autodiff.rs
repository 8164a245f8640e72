//! What the backward passes of our operations have in common as burn's autodiff takes them.

use crate::backend::{
    Autodiff, Backend, FloatTensor,
    autodiff::{Backward, CheckpointStrategy, Gradients, NodeId, OpsKind},
};

/// An output as tracked as the inputs that were prepared; `state` waits for the backward pass where there is one.
pub fn finished<B: Backend, C: CheckpointStrategy, O: Backward<B, N>, const N: usize>(
    prepared: OpsKind<O, B, O::State, C, N>,
    state: O::State,
    output: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match prepared {
        OpsKind::Tracked(prep) => prep.finish(state, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    }
}

/// Hands the gradients of an operation's inputs on to those that are tracked.
pub fn register<B: Backend>(
    grads: &mut Gradients,
    inputs: impl IntoIterator<Item = Option<NodeId>>,
    gradients: impl IntoIterator<Item = FloatTensor<B>>,
) {
    for (node, gradient) in inputs.into_iter().zip(gradients) {
        if let Some(node) = node {
            grads.register::<B>(node, gradient);
        }
    }
}
