//! MoCo v3 (Chen et al. 2021, arXiv 2104.02057) with its ResNet's heads: predictions of each view are told the other view's
//! key, made by a slowly moving copy, apart from the batch's other keys.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Affine, Head, HeadShape, Layout},
};
use byolab_values::plan::recipe::MocoV3Recipe;

pub struct MoCoV3 {
    embedder: Embedder,
    predictor: Head,
    /// Parameters of encoder and projector.
    shared: usize,
    recipe: MocoV3Recipe,
}

impl MoCoV3 {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &MocoV3Recipe) -> Self {
        let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
        let unbiased = HeadShape::unbiased(encoder.features(), hidden, out, depth);
        let projector = Head::new(layout, "projector", &HeadShape { output_norm: Some(Affine::None), ..unbiased });
        let shared = layout.parameters.len();
        let predictor = Head::new(layout, "predictor", &HeadShape::unbiased(out, recipe.predictor_hidden, out, 2));
        Self { embedder: Embedder { encoder, projector }, predictor, shared, recipe: recipe.clone() }
    }

    /// One direction of the loss: projections of a view against the other view's keys, `[n, d]` both.
    fn direction(&self, student: &mut Network, z: Tensor<2>, keys: Tensor<2>) -> Tensor<1> {
        let temperature = self.recipe.temperature;
        let queries = self.predictor.forward(&mut student.train(), z);
        loss::info_nce_of_keys(queries, keys, temperature) * (2.0 * temperature)
    }
}

impl Method for MoCoV3 {
    fn teacher_parameters(&self) -> Option<usize> {
        Some(self.shared)
    }

    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        let teacher = teacher.expect("the architecture gives MoCo v3 a teacher");
        // z: projections of the student, k: keys of the teacher, all `[n, d]`, of the views v and w.
        let ([z_v, z_w], [k_v, k_w]) = self.embedder.with_teacher(student, teacher, views);
        let projection = z_v.clone().inner();
        let loss = self.direction(student, z_v, k_w.clone()) + self.direction(student, z_w, k_v);
        LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection).toward(k_w)
    }
}
