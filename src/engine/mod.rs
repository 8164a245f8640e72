//! How to learn: the only folder that knows burn. No I/O: recipes, images and a device come in, events go out.

pub mod bench;
pub mod device;
pub mod encoder;
pub mod evaluation;
pub mod feed;
pub mod heat;
pub mod kernel;
pub mod learner;
pub mod loss;
pub mod method;
pub mod nn;
pub mod optim;
pub mod probe;
pub mod state;

use burn::tensor::Tensor;

/// A tensor's numbers on the host, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("the engine computes in f32")
}
