//! W-MSE (Ermolov et al. 2021, arXiv 2007.06346): both views of an image come together after whitening, under which all
//! images cannot.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::WMseRecipe;

pub struct WMse {
    embedder: Embedder,
    recipe: WMseRecipe,
}

impl WMse {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &WMseRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for WMse {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::w_mse(z_v, z_w, &self.recipe), self.recipe.loss_scale), projection)
    }
}
