//! The denominators of NT-Xent, row by row: one launch on a GPU forward and one backward, where the composed version masks,
//! joins, subtracts, exponentiates and sums in launches of their own.

mod autodiff;
#[cfg(feature = "cube")]
mod cube;

use burn::tensor::Tensor;

#[cfg(feature = "cube")]
use crate::backend::Shape;
use crate::backend::{Backend, Dispatch, FloatTensor, backend_extension};

/// The operations as burn's dispatch sees them. Shapes are those of [`super::log_partition`].
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube"),
    Autodiff
)]
pub trait PartitionOps: Backend {
    #[fusion(dtype = other, shape = column(other))]
    fn own_partition(other: FloatTensor<Self>, own: FloatTensor<Self>, scale: f64) -> FloatTensor<Self>;

    /// Gradients of both similarities from the logarithms and their gradients.
    #[fusion(meta = |other, own, _, _, _| (other.clone(), own.clone()))]
    fn own_partition_backward(
        other: FloatTensor<Self>,
        own: FloatTensor<Self>,
        logarithms: FloatTensor<Self>,
        gradients: FloatTensor<Self>,
        scale: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[cfg(feature = "cube")]
fn column(similarities: &Shape) -> Shape {
    Shape::new([similarities[0], 1])
}

/// See [`super::log_partition`].
pub fn log_partition(other: Tensor<2>, own: Tensor<2>, scale: f64) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::own_partition(other.into_dispatch(), own.into_dispatch(), scale))
}
