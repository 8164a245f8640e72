//! Batch normalisation with what follows it, of our own on every device: the CPU's is [`super::cpu`]'s, that of GPUs is
//! [`cube`]. The backward pass is hand-written.

mod autodiff;
#[cfg(feature = "cube")]
mod cube;

use burn::tensor::Tensor;

use super::{After, Normed, Order};
use crate::backend::{Backend, Dispatch, FloatTensor, backend_extension};

/// The operations as burn's dispatch sees them. Shapes are those of [`super::batch_norm`].
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait NormOps: Backend {
    /// Output, mean, one over the standard deviation, and biased variance. `known` are
    /// [`Maps::statistics`](super::Maps::statistics), or a vector of anything where they are not known: of an operation's
    /// arguments none can be missing.
    #[fusion(meta = |x, _, scale, _, _, _, _| (x.clone(), scale.clone(), scale.clone(), scale.clone()))]
    fn own_norm(
        x: FloatTensor<Self>,
        known: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The same with a residual added before a ReLU.
    #[allow(clippy::too_many_arguments)]
    #[fusion(meta = |x, _, scale, _, _, _, _| (x.clone(), scale.clone(), scale.clone(), scale.clone()))]
    fn own_norm_add(
        x: FloatTensor<Self>,
        known: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        epsilon: f64,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale and shift.
    #[allow(clippy::too_many_arguments)]
    #[fusion(meta = |x, _, scale, _, _, _, _, _, _| (x.clone(), scale.clone(), scale.clone()))]
    fn own_norm_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inverse_std: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        relu: bool,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, scale, shift and residual.
    #[fusion(meta = |x, _, scale, _, _, _, _| (x.clone(), scale.clone(), scale.clone(), x.clone()))]
    fn own_norm_add_backward(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        inverse_std: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        order: Order,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// See [`super::batch_norm`].
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    order: Order,
    known: Option<Tensor<2>>,
    [scale, shift]: [Tensor<1>; 2],
    epsilon: f64,
    next: After<D>,
) -> Normed<D> {
    let (x, scale, shift) = (x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch());
    let known = known.map_or_else(|| scale.clone(), Tensor::into_dispatch);
    let (output, mean, _, variance) = match next {
        After::Nothing => Dispatch::own_norm(x, known, scale, shift, epsilon, false, order),
        After::Relu => Dispatch::own_norm(x, known, scale, shift, epsilon, true, order),
        After::AddRelu(residual) => {
            Dispatch::own_norm_add(x, known, scale, shift, residual.into_dispatch(), epsilon, order)
        }
    };
    let [mean, variance] = [mean, variance].map(Tensor::from_dispatch);
    Normed { output: Tensor::from_dispatch(output), mean, variance: variance.inner() }
}
