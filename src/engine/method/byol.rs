//! BYOL (Grill et al. 2020, arXiv 2006.07733), with the knobs of its Table 5: predictor, target network, negatives.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Method, Network, Outcome};
use crate::{
    engine::{
        encoder::Encoder,
        loss,
        nn::{Layout, Mlp},
    },
    plan::recipe::ByolRecipe,
};

pub struct Byol {
    encoder: Arc<dyn Encoder>,
    projector: Mlp,
    predictor: Option<Mlp>,
    /// Encoder and projector.
    shared: usize,
    recipe: ByolRecipe,
}

impl Byol {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &ByolRecipe) -> Self {
        let (hidden, out) = (recipe.projector_hidden, recipe.projector_out);
        let projector = Mlp::new(layout, "projector", [encoder.features(), hidden, out]);
        let shared = layout.parameters.len();
        let predictor = recipe.predictor.then(|| Mlp::new(layout, "predictor", [out, recipe.predictor_hidden, out]));
        Self { encoder, projector, predictor, shared, recipe: recipe.clone() }
    }

    /// z = g(f(v)), by batch statistics: the target network too (BYOL's code).
    fn project(&self, network: &mut Network, view: Tensor<4>) -> Tensor<2> {
        let pass = &mut network.train();
        let features = self.encoder.forward(pass, view);
        self.projector.forward(pass, features)
    }

    /// q(z), or z itself where there is no predictor.
    fn predict(&self, online: &mut Network, z: Tensor<2>) -> Tensor<2> {
        match &self.predictor {
            Some(predictor) => predictor.forward(&mut online.train(), z),
            None => z,
        }
    }

    /// One direction: the prediction from one view against the target's projection of the other.
    fn direction(&self, p: Tensor<2>, other: Tensor<2>, own: Tensor<2>) -> Tensor<1> {
        let (beta, alpha) = (self.recipe.negative_weight, self.recipe.temperature);
        let attraction = loss::regression(p.clone(), other.clone());
        if beta == 0.0 {
            return attraction;
        }
        attraction + loss::negatives(p, other, own, alpha) * (2.0 * alpha * beta)
    }
}

impl Method for Byol {
    fn teacher_parameters(&self) -> Option<usize> {
        self.recipe.target.then_some(self.shared)
    }

    /// The two views pass separately, so that batch statistics are those of one view (BYOL's code, `_forward`).
    fn loss(&self, online: &mut Network, target: Option<&mut Network>, [v, w]: [Tensor<4>; 2]) -> Outcome {
        let (z_v, z_w) = (self.project(online, v.clone()), self.project(online, w.clone()));
        let (p_v, p_w) = (self.predict(online, z_v.clone()), self.predict(online, z_w.clone()));
        let projection = z_v.clone().inner();
        let (t_v, t_w) = match target {
            // The target's weights are not tracked: no gradient reaches it.
            Some(target) => {
                let project = |target: &mut Network, view: Tensor<4>| self.project(target, view.inner()).autodiff();
                (project(target, v), project(target, w))
            }
            None => (z_v, z_w),
        };
        let loss = self.direction(p_v, t_w.clone(), t_v.clone()) + self.direction(p_w, t_v, t_w);
        Outcome { loss, projection }
    }

    fn target_decay(&self, step: u64, steps: u64) -> Option<f64> {
        self.recipe.target.then(|| self.recipe.decay(step, steps))
    }
}
