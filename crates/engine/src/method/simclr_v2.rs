//! SimCLR v2 (Chen et al. 2020, arXiv 2006.10029): a deeper head, normalised throughout, of which the first layers may
//! stay with the encoder when it is judged or fine-tuned.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::SimclrV2Recipe;

pub struct SimClrV2 {
    embedder: Embedder,
    temperature: f64,
}

impl SimClrV2 {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &SimclrV2Recipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, temperature: recipe.temperature }
    }
}

impl Method for SimClrV2 {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let views = batch.pair();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::nt_xent(z_v, z_w, self.temperature), projection)
    }
}
