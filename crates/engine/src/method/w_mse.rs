//! W-MSE (Ermolov et al. 2021, arXiv 2007.06346): both views of an image come together after whitening, under which all
//! images cannot.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Head, HeadShape, Layout},
};
use byolab_values::plan::recipe::WMseRecipe;

pub struct WMse {
    embedder: Embedder,
    recipe: WMseRecipe,
}

impl WMse {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &WMseRecipe) -> Self {
        let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
        let shape = HeadShape { output_bias: true, ..HeadShape::byol(encoder.features(), hidden, out, depth) };
        let projector = Head::new(layout, "projector", &shape);
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for WMse {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::w_mse(z_v, z_w, &self.recipe), self.recipe.loss_scale), projection)
    }
}
