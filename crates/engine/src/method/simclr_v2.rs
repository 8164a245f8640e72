//! SimCLR v2 (Chen et al. 2020, arXiv 2006.10029): a deeper head, normalised throughout, of which the first layers may
//! stay with the encoder when it is judged or fine-tuned.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Affine, Head, HeadShape, Layout, Pass},
};
use byolab_values::plan::recipe::SimclrV2Recipe;

pub struct SimClrV2 {
    embedder: Embedder,
    temperature: f64,
    head_layer: usize,
}

impl SimClrV2 {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &SimclrV2Recipe) -> Self {
        let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
        let unbiased = HeadShape::unbiased(encoder.features(), hidden, out, depth);
        let projector = Head::new(layout, "projector", &HeadShape { output_norm: Some(Affine::Scale), ..unbiased });
        let embedder = Embedder { encoder, projector };
        Self { embedder, temperature: recipe.temperature, head_layer: recipe.head_layer }
    }
}

impl Method for SimClrV2 {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::nt_xent(z_v, z_w, self.temperature), projection)
    }

    fn judged_layers(&self) -> usize {
        self.head_layer
    }

    fn features(&self, encoder: &dyn Encoder, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        let features = encoder.forward(pass, x);
        self.embedder.projector.forward_to(pass, features, self.head_layer)
    }
}
