//! SimCLR (Chen et al. 2020, arXiv 2002.05709): the two views of an image are told apart from all other images of the
//! batch.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::SimclrRecipe;

pub struct SimClr {
    embedder: Embedder,
    temperature: f64,
    loss_scale: f64,
}

impl SimClr {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &SimclrRecipe) -> Self {
        let embedder = Embedder { encoder, projector };
        Self { embedder, temperature: recipe.temperature, loss_scale: recipe.loss_scale }
    }
}

impl Method for SimClr {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::nt_xent(z_v, z_w, self.temperature), self.loss_scale), projection)
    }
}
