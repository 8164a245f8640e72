//! SGD with momentum and coupled weight decay on every parameter, as PyTorch's.

use burn::tensor::Tensor;

use super::Optimizer;

pub struct Sgd {
    pub momentum: f64,
    pub weight_decay: f64,
}

impl Optimizer for Sgd {
    fn step(&self, p: Tensor<1>, g: Tensor<1>, moment: &mut Tensor<1>, lr: f64, _: bool) -> Tensor<1> {
        *moment = moment.clone() * self.momentum + g + p.clone() * self.weight_decay;
        p - moment.clone() * lr
    }
}
