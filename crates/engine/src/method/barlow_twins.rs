//! Barlow Twins (Zbontar et al. 2021, arXiv 2103.03230): the cross-correlation of the views' projections becomes the
//! identity.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Head, HeadShape, Layout},
};
use byolab_values::plan::recipe::BarlowTwinsRecipe;

pub struct BarlowTwins {
    embedder: Embedder,
    lambda: f64,
    loss_scale: f64,
}

impl BarlowTwins {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &BarlowTwinsRecipe) -> Self {
        let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
        let shape = HeadShape::unbiased(encoder.features(), hidden, out, depth);
        let projector = Head::new(layout, "projector", &shape);
        Self { embedder: Embedder { encoder, projector }, lambda: recipe.lambda, loss_scale: recipe.loss_scale }
    }
}

impl Method for BarlowTwins {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::redundancy(z_v, z_w, self.lambda), self.loss_scale), projection)
    }
}
