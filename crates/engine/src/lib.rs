//! How to learn: the only folder that knows burn. No I/O: recipes, images and a device come in, events go out.

pub mod augmenter;
pub mod bench;
pub mod device;
pub mod encoder;
pub mod evaluation;
pub mod heat;
pub mod kernel;
pub mod learner;
pub mod loader;
pub mod loss;
pub mod method;
pub mod nn;
pub mod optimizer;
pub mod pixels;
pub mod probe;
mod recording;
pub mod state;
pub mod workers;

/// Whose tensors and devices this crate's functions take.
pub use burn;
use burn::tensor::{Device, Tensor, TensorData};

use byolab_values::data::Label;

/// A tensor's numbers on the host, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("the engine computes in f32")
}

/// A row for each label, 1 at its class and 0 elsewhere, `[n, classes]`.
fn one_hot(labels: &[Label], classes: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0f32; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        values[row * classes + usize::from(*label)] = 1.0;
    }
    Tensor::from_data(TensorData::new(values, [labels.len(), classes]), device)
}
