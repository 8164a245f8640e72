//! The backward pass as burn's autodiff takes it.

use super::{
    super::autodiff::{self, register},
    NormOps, Order,
};
use crate::backend::{
    Autodiff, AutodiffBackend, FloatTensor,
    autodiff::{Backward, CheckpointStrategy, Checkpointer, Gradients, Ops, OpsKind},
};

/// What a normalisation keeps for its backward pass.
#[derive(Clone, Debug)]
struct NormSaved<B: NormOps> {
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    mean: FloatTensor<B>,
    inverse_std: FloatTensor<B>,
}

/// Input, scale, shift, and (with N = 4) the residual of a normalisation.
#[derive(Debug)]
struct NormBackward;

impl<B: NormOps, const N: usize> Backward<B, N> for NormBackward {
    type State = (NormSaved<B>, bool, Order);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (NormSaved { x, y, scale, shift, mean, inverse_std }, relu, order) = ops.state;
        let gradients = if N == 4 {
            let (dx, dscale, dshift, dresidual) = B::own_norm_add_backward(x, y, scale, mean, inverse_std, dy, order);
            vec![dx, dscale, dshift, dresidual]
        } else {
            let (dx, dscale, dshift) = B::own_norm_backward(x, y, scale, shift, mean, inverse_std, dy, relu, order);
            vec![dx, dscale, dshift]
        };
        register::<B>(grads, ops.parents.map(|node| node.map(|node| node.id)), gradients);
    }
}

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;
/// What [`NormOps::own_norm`] returns.
type Output<B, C> = (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>, Tracked<B, C>);

/// What a normalisation returns: its output as tracked as its inputs, and its statistics.
fn finished<B: NormOps, C: CheckpointStrategy, const N: usize>(
    prepared: OpsKind<NormBackward, B, (NormSaved<B>, bool, Order), C, N>,
    kept: NormSaved<B>,
    variance: FloatTensor<B>,
    relu: bool,
    order: Order,
) -> Output<B, C> {
    let statistics = [kept.mean.clone(), kept.inverse_std.clone(), variance].map(Autodiff::<B, C>::from_inner);
    let y = kept.y.clone();
    let y = autodiff::finished(prepared, (kept, relu, order), y);
    let [mean, inverse_std, variance] = statistics;
    (y, mean, inverse_std, variance)
}

impl<B: NormOps, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn own_norm(
        x: Tracked<B, C>,
        known: Tracked<B, C>,
        scale: Tracked<B, C>,
        shift: Tracked<B, C>,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> Output<B, C> {
        let prepared = NormBackward.prepare::<C>([x.node(), scale.node(), shift.node()]).compute_bound().stateful();
        let (x, scale, shift) = (x.into_primitive(), scale.into_primitive(), shift.into_primitive());
        let known = known.into_primitive();
        let (y, mean, inverse_std, variance) =
            B::own_norm(x.clone(), known, scale.clone(), shift.clone(), epsilon, relu, order);
        finished(prepared, NormSaved { x, y, scale, shift, mean, inverse_std }, variance, relu, order)
    }

    fn own_norm_add(
        x: Tracked<B, C>,
        known: Tracked<B, C>,
        scale: Tracked<B, C>,
        shift: Tracked<B, C>,
        residual: Tracked<B, C>,
        epsilon: f64,
        order: Order,
    ) -> Output<B, C> {
        let nodes = [x.node(), scale.node(), shift.node(), residual.node()];
        let prepared = NormBackward.prepare::<C>(nodes).compute_bound().stateful();
        let (x, scale, shift) = (x.into_primitive(), scale.into_primitive(), shift.into_primitive());
        let residual = residual.into_primitive();
        let known = known.into_primitive();
        let (y, mean, inverse_std, variance) =
            B::own_norm_add(x.clone(), known, scale.clone(), shift.clone(), residual, epsilon, order);
        finished(prepared, NormSaved { x, y, scale, shift, mean, inverse_std }, variance, true, order)
    }

    fn own_norm_backward(
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: bool,
        _: Order,
    ) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
        panic!("a gradient is not differentiated again")
    }

    fn own_norm_add_backward(
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Tracked<B, C>,
        _: Order,
    ) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
        panic!("a gradient is not differentiated again")
    }
}
