//! LeJEPA (Balestriero and LeCun 2025, arXiv 2511.08544): views of an image meet, and the projections of all are held to
//! a normal distribution along random directions.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::LejepaRecipe;

pub struct LeJepa {
    embedder: Embedder,
    recipe: LejepaRecipe,
}

impl LeJepa {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &LejepaRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for LeJepa {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let slices = student.rows.clone().expect("the architecture gives LeJEPA slices").autodiff();
        // z: projections, `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, batch.pair());
        let projection = z_v.clone().inner();
        let loss = loss::lejepa(z_v, z_w, &slices, &self.recipe);
        LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection)
    }
}
