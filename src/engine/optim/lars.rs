//! LARS (You et al. 2017) in the form of BYOL's code: `g += wd p; g *= eta |p| / |g|; m = mu m + g; p -= lr m`. Biases
//! and normalisation parameters take neither decay nor adaptation.

use burn::tensor::Tensor;

use super::Optimizer;

pub struct Lars {
    pub momentum: f64,
    pub weight_decay: f64,
    /// eta.
    pub trust: f64,
}

impl Optimizer for Lars {
    fn step(&self, p: Tensor<1>, g: Tensor<1>, moment: &mut Tensor<1>, lr: f64, adapted: bool) -> Tensor<1> {
        let g = if adapted { self.adapt(&p, g) } else { g };
        *moment = moment.clone() * self.momentum + g;
        p - moment.clone() * lr
    }
}

impl Lars {
    /// The ratio is 1 where either norm is 0. It stays on the device.
    fn adapt(&self, p: &Tensor<1>, g: Tensor<1>) -> Tensor<1> {
        let g = g + p.clone() * self.weight_decay;
        let (p_norm, g_norm) = (norm(p.clone()), norm(g.clone()));
        let undefined = (p_norm.clone() * g_norm.clone()).equal_elem(0.0);
        let ratio = (p_norm * self.trust / g_norm).mask_fill(undefined, 1.0);
        g * ratio
    }
}

/// Euclidean, `[1]`.
fn norm(x: Tensor<1>) -> Tensor<1> {
    (x.clone() * x).sum_dim(0).sqrt()
}
