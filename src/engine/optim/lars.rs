//! LARS (You et al. 2017) in the form of BYOL's code: `g += wd p; g *= eta |p| / |g|; m = mu m + g; p -= lr m`. Biases
//! and normalisation parameters take neither decay nor adaptation. Keys turn it into SimCLR's and solo-learn's forms.

use burn::tensor::Tensor;

use super::{Optimizer, Rate, taken};
use crate::plan::recipe::LarsRecipe;

pub struct Lars(pub LarsRecipe);

impl Optimizer for Lars {
    fn step(&self, p: Tensor<1>, g: Tensor<1>, moments: &mut [Tensor<1>], rate: Rate) -> Tensor<1> {
        let g = if rate.is_norm && !self.0.decay_norms { g } else { self.adapt(&p, g, rate.lr) };
        let moment = &mut moments[0];
        if self.0.lr_in_momentum {
            *moment = taken(moment, &g) * self.0.momentum + g * rate.lr;
            return p - moment.clone();
        }
        *moment = taken(moment, &g) * self.0.momentum + g;
        p - moment.clone() * rate.lr
    }
}

impl Lars {
    /// The ratio is 1 where either norm is 0. It stays on the device.
    fn adapt(&self, p: &Tensor<1>, g: Tensor<1>, lr: f64) -> Tensor<1> {
        let LarsRecipe { weight_decay, trust, clip, separate_norms, .. } = self.0;
        let decayed = g.clone() + p.clone() * weight_decay;
        let p_norm = norm(p.clone());
        let g_norm = if separate_norms { norm(g) } else { norm(decayed.clone()) };
        let undefined = (p_norm.clone() * g_norm.clone()).equal_elem(0.0);
        let denominator = if separate_norms { g_norm + p_norm.clone() * weight_decay } else { g_norm };
        let ratio = p_norm * trust / denominator;
        let ratio = if clip { ratio.clamp_max(lr) * (1.0 / lr) } else { ratio };
        decayed * ratio.mask_fill(undefined, 1.0)
    }
}

/// Euclidean, `[1]`.
fn norm(x: Tensor<1>) -> Tensor<1> {
    (x.clone() * x).sum_dim(0).sqrt()
}
