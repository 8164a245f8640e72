//! BYOL (Grill et al. 2020, arXiv 2006.07733), with the knobs of its ablations: predictor, target network, negatives
//! (Table 5), stop-gradient (Table 19), normalisation (Table 20), depths (Table 14), learning rates (Tables 21, 22).

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::ByolRecipe;

pub struct Byol {
    embedder: Embedder,
    predictor: Option<Head>,
    recipe: ByolRecipe,
}

impl Byol {
    pub fn new(encoder: Arc<dyn Encoder>, heads: Vec<Head>, recipe: &ByolRecipe) -> Self {
        let mut heads = heads.into_iter();
        let projector = heads.next().expect("BYOL has a projector");
        Self { embedder: Embedder { encoder, projector }, predictor: heads.next(), recipe: recipe.clone() }
    }

    /// q(z), or z itself where there is no predictor: `[n, d]` to the same.
    fn predict(&self, online: &mut Network, z: Tensor<2>) -> Tensor<2> {
        match &self.predictor {
            Some(predictor) => predictor.forward(&mut online.train(), z),
            None => z,
        }
    }

    /// One direction: the prediction from one view against the target's projection of the other, `[n, d]` each: `[1]`.
    fn direction(&self, p: Tensor<2>, other: Tensor<2>, own: Tensor<2>) -> Tensor<1> {
        let (beta, alpha) = (self.recipe.negative_weight, self.recipe.temperature);
        let attraction = loss::squared_distance(p.clone(), other.clone(), self.recipe.normalization);
        if beta == 0.0 {
            return attraction;
        }
        attraction + loss::negatives(p, other, own, alpha) * (2.0 * alpha * beta)
    }
}

impl Method for Byol {
    fn loss(&self, online: &mut Network, target: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections of the online network, t: of the target network, both `[n, d]`, of the views v and w.
        let ([z_v, z_w], targets) = match target {
            Some(target) => {
                let (projections, targets) = self.embedder.with_teacher(online, target, views);
                (projections, Some(targets))
            }
            None => (self.embedder.both(online, views), None),
        };
        // p = q(z): predictions, `[n, d]`.
        let (p_v, p_w) = (self.predict(online, z_v.clone()), self.predict(online, z_w.clone()));
        let projection = z_v.clone().inner();
        let has_target = targets.is_some();
        let [t_v, t_w] = match targets {
            Some(targets) => targets,
            None if self.recipe.stop_gradient => [z_v.detach(), z_w.detach()],
            None => [z_v, z_w],
        };
        // Each prediction meets the other view's target, through which no gradient flows unless the recipe has it so.
        let loss = self.direction(p_v, t_w.clone(), t_v.clone()) + self.direction(p_w, t_v, t_w.clone());
        let outcome = LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection);
        if has_target { outcome.toward(t_w) } else { outcome }
    }
}
