//! MoCo v3 (Chen et al. 2021, arXiv 2104.02057) with its ResNet's heads: predictions of each view are told the other view's
//! key, made by a slowly moving copy, apart from the batch's other keys.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::MocoV3Recipe;

pub struct MoCoV3 {
    embedder: Embedder,
    predictor: Head,
    recipe: MocoV3Recipe,
}

impl MoCoV3 {
    pub fn new(encoder: Arc<dyn Encoder>, [projector, predictor]: [Head; 2], recipe: &MocoV3Recipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, predictor, recipe: recipe.clone() }
    }

    /// One direction of the loss: projections of a view against the other view's keys, `[n, d]` both.
    fn direction(&self, student: &mut Network, z: Tensor<2>, keys: Tensor<2>) -> Tensor<1> {
        let temperature = self.recipe.temperature;
        let queries = self.predictor.forward(&mut student.train(), z);
        loss::info_nce_of_keys(queries, keys, temperature) * (2.0 * temperature)
    }
}

impl Method for MoCoV3 {
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        let teacher = teacher.expect("the architecture gives MoCo v3 a teacher");
        // z: projections of the student, k: keys of the teacher, all `[n, d]`, of the views v and w.
        let ([z_v, z_w], [k_v, k_w]) = self.embedder.with_teacher(student, teacher, views);
        let projection = z_v.clone().inner();
        let loss = self.direction(student, z_v, k_w.clone()) + self.direction(student, z_w, k_v);
        LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection).toward(k_w)
    }
}
