//! How to learn: the only folder that knows burn. No I/O: recipes, images and a device come in, events go out.
//!
//! | file | holds |
//! |---|---|
//! | `heat` | the loop over the trials of a heat, on one page |
//! | `loader`, `augmenter`, `pixels` | micro-batches in order, ahead of the device; their views; images as numbers |
//! | `learner` | one trial's step: gradients, optimizer, teacher |
//! | `method`, `loss` | a way of learning a file; the objectives |
//! | `encoder`, `nn` | networks, and the layers they are made of |
//! | `optimizer` | LARS, SGD, AdamW, with the EMA update of the target fused in |
//! | `recording` | a step recorded once and replayed, on GPUs |
//! | `evaluation`, `probe` | what frozen features are worth; k-NN, linear, fine-tuned, spread |
//! | `state` | a learner as safetensors bytes, and back |
//! | `kernel` | operations of our own, for CPU and GPUs |
//! | `backend` | burn's interface for whoever adds operations, in one place |
//! | `device`, `workers` | which device; the threads that share the CPU |
//! | `bench` | how fast a step is, and where its time goes |

pub mod augmenter;
mod backend;
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
use burn::tensor::{Int, Tensor, activation::relu};

/// A tensor's numbers on the host, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("the engine computes in f32")
}

/// A row for each of the labels, `[n]`, 1 at its class and 0 elsewhere, `[n, classes]`; a label that is no class has zeros.
fn one_hot(labels: Tensor<1>, classes: usize) -> Tensor<2> {
    let [n] = labels.dims();
    let all = Tensor::<1, Int>::arange(0..classes as i64, &labels.device()).float().cast(labels.dtype());
    let distance = labels.reshape([n, 1]) - all.reshape([1, classes]);
    relu(distance.abs() * -1.0 + 1.0)
}
