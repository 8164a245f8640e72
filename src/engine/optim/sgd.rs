//! SGD with momentum, Nesterov's or not, and coupled weight decay, as PyTorch's.

use burn::tensor::Tensor;

use super::{Optimizer, Rate, taken};
use crate::plan::recipe::SgdRecipe;

pub struct Sgd(pub SgdRecipe);

impl Optimizer for Sgd {
    fn step(&self, p: Tensor<1>, g: Tensor<1>, moments: &mut [Tensor<1>], rate: Rate) -> Tensor<1> {
        let SgdRecipe { momentum, nesterov, weight_decay, decay_norms, .. } = self.0;
        let g = if rate.is_norm && !decay_norms { g } else { g + p.clone() * weight_decay };
        let moment = &mut moments[0];
        *moment = taken(moment, &g) * momentum + g.clone();
        let update = if nesterov { g + moment.clone() * momentum } else { moment.clone() };
        p - update * rate.lr
    }
}
