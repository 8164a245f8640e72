//! VICReg (Bardes et al. 2022, arXiv 2105.04906): the views stay together, every dimension keeps its variance, and
//! dimensions do not covary.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Head, HeadShape, Layout},
};
use byolab_values::plan::recipe::VicregRecipe;

pub struct VicReg {
    embedder: Embedder,
    recipe: VicregRecipe,
}

impl VicReg {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &VicregRecipe) -> Self {
        let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
        let projector = Head::new(layout, "projector", &HeadShape::byol(encoder.features(), hidden, out, depth));
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for VicReg {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::vicreg(z_v, z_w, &self.recipe), projection)
    }
}
