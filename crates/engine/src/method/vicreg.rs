//! VICReg (Bardes et al. 2022, arXiv 2105.04906): the views stay together, every dimension keeps its variance, and
//! dimensions do not covary.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::VicregRecipe;

pub struct VicReg {
    embedder: Embedder,
    recipe: VicregRecipe,
}

impl VicReg {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &VicregRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for VicReg {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::vicreg(z_v, z_w, &self.recipe), projection)
    }
}
