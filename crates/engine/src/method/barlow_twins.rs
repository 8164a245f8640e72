//! Barlow Twins (Zbontar et al. 2021, arXiv 2103.03230): the cross-correlation of the views' projections becomes the
//! identity.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::BarlowTwinsRecipe;

pub struct BarlowTwins {
    embedder: Embedder,
    lambda: f64,
    loss_scale: f64,
}

impl BarlowTwins {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &BarlowTwinsRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, lambda: recipe.lambda, loss_scale: recipe.loss_scale }
    }
}

impl Method for BarlowTwins {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::redundancy(z_v, z_w, self.lambda), self.loss_scale), projection)
    }
}
