//! SimCLR whose views are compared with a slowly moving copy's: BYOL's Table 5b without predictor at beta 1. Beside
//! SimCLR it tells what the target is good for, beside BYOL what the negatives are.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::SimclrEmaRecipe;

pub struct SimClrEma {
    embedder: Embedder,
    temperature: f64,
}

impl SimClrEma {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &SimclrEmaRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, temperature: recipe.temperature }
    }
}

impl Method for SimClrEma {
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        let teacher = teacher.expect("the architecture gives SimCLR-EMA a teacher");
        // z: projections of the student, t: of the teacher, all `[n, d]`, of the views v and w.
        let ([z_v, z_w], [t_v, t_w]) = self.embedder.with_teacher(student, teacher, views);
        let projection = z_v.clone().inner();
        let one = loss::info_nce_in_batch(z_v, t_w.clone(), t_v.clone(), self.temperature);
        let other = loss::info_nce_in_batch(z_w, t_v, t_w.clone(), self.temperature);
        LossOutput::new((one + other) * 0.5, projection).toward(t_w)
    }
}
