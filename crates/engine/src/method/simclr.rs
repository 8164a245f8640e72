//! SimCLR (Chen et al. 2020, arXiv 2002.05709): the two views of an image are told apart from all other images of the
//! batch.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Affine, Head, HeadShape, Layout},
};
use byolab_values::plan::recipe::{HeadNorm, SimclrRecipe};

pub struct SimClr {
    embedder: Embedder,
    temperature: f64,
    loss_scale: f64,
}

impl SimClr {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &SimclrRecipe) -> Self {
        let projector = Head::new(layout, "projector", &shape(encoder.features(), recipe));
        let embedder = Embedder { encoder, projector };
        Self { embedder, temperature: recipe.temperature, loss_scale: recipe.loss_scale }
    }
}

fn shape(features: usize, recipe: &SimclrRecipe) -> HeadShape {
    let (hidden, out, depth) = (recipe.projector_hidden, recipe.projector_out, recipe.projector_depth);
    match recipe.projector_norm {
        HeadNorm::None => HeadShape { hidden_norm: false, ..HeadShape::byol(features, hidden, out, depth) },
        HeadNorm::Hidden => HeadShape::byol(features, hidden, out, depth),
        HeadNorm::All => {
            HeadShape { output_norm: Some(Affine::Scale), ..HeadShape::unbiased(features, hidden, out, depth) }
        }
    }
}

impl Method for SimClr {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, .. }: Batch) -> LossOutput {
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, views);
        let projection = z_v.clone().inner();
        LossOutput::new(loss::scaled(loss::nt_xent(z_v, z_w, self.temperature), self.loss_scale), projection)
    }
}
