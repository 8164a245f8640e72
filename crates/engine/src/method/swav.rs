//! SwAV (Caron et al. 2020, arXiv 2006.09882): each view predicts to which prototypes each other large one is assigned, where
//! all prototypes have equal shares of a batch.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::SwavRecipe;

pub struct Swav {
    embedder: Embedder,
    prototypes: Head,
    recipe: SwavRecipe,
}

impl Swav {
    pub fn new(encoder: Arc<dyn Encoder>, [projector, prototypes]: [Head; 2], recipe: &SwavRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, prototypes, recipe: recipe.clone() }
    }
}

impl Method for Swav {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        // z: projections, `[n, d]`, whose cosines to the prototypes are the scores, `[n, prototypes]`; of each view.
        let z = self.embedder.each(student, batch.views());
        let projection = z[0].clone().inner();
        let scores = z.into_iter().map(|z| self.prototypes.forward(&mut student.train(), loss::normalize(z)));
        let loss = loss::swapped_assignments(scores.collect(), &self.recipe);
        LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection)
    }
}
