//! SimSiam (Chen and He 2021, arXiv 2011.10566): a prediction from one view meets the projection of the other, through
//! which no gradient flows. No target network and no negatives.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};

pub struct SimSiam {
    embedder: Embedder,
    predictor: Head,
}

impl SimSiam {
    pub fn new(encoder: Arc<dyn Encoder>, [projector, predictor]: [Head; 2]) -> Self {
        Self { embedder: Embedder { encoder, projector }, predictor }
    }
}

impl Method for SimSiam {
    /// Algorithm 1. A teacher, of which the method has none, may be given to stand for the stopped gradient: the test of
    /// the gradients does.
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, p: predictions, t: projections without gradient; all `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views.clone());
        let [p_v, p_w] = [&z_v, &z_w].map(|z| self.predictor.forward(&mut student.train(), z.clone()));
        let projection = z_v.clone().inner();
        let [t_v, t_w] = match teacher {
            Some(teacher) => views.map(|view| self.embedder.teacher(teacher, view)),
            None => [z_v.detach(), z_w.detach()],
        };
        let loss = (loss::cosine_similarity(p_v, t_w) + loss::cosine_similarity(p_w, t_v)) * -0.5;
        LossOutput::new(loss, projection)
    }
}
