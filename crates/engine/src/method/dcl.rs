//! Decoupled contrastive learning (Yeh et al. 2022, arXiv 2110.06848): SimCLR's loss without the positive pair in the
//! denominator, whose gradient fades where an image is easy and the batch small; DCLW where pairs are weighted.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::DclRecipe;

pub struct Dcl {
    embedder: Embedder,
    recipe: DclRecipe,
}

impl Dcl {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &DclRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for Dcl {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::decoupled(z_v, z_w, &self.recipe), self.recipe.loss_scale), projection)
    }
}
