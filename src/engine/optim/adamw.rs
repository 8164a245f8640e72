//! AdamW (Loshchilov and Hutter 2019, algorithm 2, in PyTorch's form: decay times the learning rate).

use burn::tensor::Tensor;

use super::{Optimizer, Rate, taken};
use crate::plan::recipe::AdamwRecipe;

pub struct AdamW(pub AdamwRecipe);

impl Optimizer for AdamW {
    fn moments(&self) -> usize {
        2
    }

    fn step(&self, p: Tensor<1>, g: Tensor<1>, moments: &mut [Tensor<1>], rate: Rate) -> Tensor<1> {
        let AdamwRecipe { beta1, beta2, epsilon, weight_decay, decay_norms, .. } = self.0;
        moments[0] = taken(&mut moments[0], &g) * beta1 + g.clone() * (1.0 - beta1);
        moments[1] = taken(&mut moments[1], &g) * beta2 + g.clone() * g * (1.0 - beta2);
        let steps = (rate.step + 1) as f64;
        let (first, second) = (1.0 - beta1.powf(steps), 1.0 - beta2.powf(steps));
        let root = (moments[1].clone() * (1.0 / second)).sqrt() + epsilon;
        let decay = if rate.is_norm && !decay_norms { 0.0 } else { weight_decay };
        p * (1.0 - rate.lr * decay) - moments[0].clone() / root * (rate.lr / first)
    }
}
