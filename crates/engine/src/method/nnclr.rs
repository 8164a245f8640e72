//! NNCLR (Dwibedi et al. 2021, arXiv 2104.14548): in the place of a view stands its nearest neighbour among projections of
//! earlier images, and is told the prediction of the other view apart from the batch's.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher, moco::enqueue};
use crate::{encoder::Encoder, kernel::rows_times_rows, loss, nn::Head};
use byolab_values::plan::recipe::NnclrRecipe;

pub struct NnClr {
    embedder: Embedder,
    predictor: Head,
    recipe: NnclrRecipe,
}

impl NnClr {
    pub fn new(encoder: Arc<dyn Encoder>, [projector, predictor]: [Head; 2], recipe: &NnclrRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, predictor, recipe: recipe.clone() }
    }

    /// One direction: neighbours of a view against the predictions of the other, `[n, d]` both.
    fn direction(&self, neighbours: Tensor<2>, predictions: Tensor<2>) -> Tensor<1> {
        loss::info_nce_of_keys(neighbours.autodiff(), predictions, self.recipe.temperature) * 0.5
    }
}

impl Method for NnClr {
    /// Algorithm 1: neighbours are found before the first view's projections are remembered.
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let known = student.rows.clone().expect("the architecture gives NNCLR a queue");
        // z: projections, p: predictions, n: neighbours; all `[n, d]`, of the views v and w.
        let [z_v, z_w] = self.embedder.both(student, batch.pair());
        let [p_v, p_w] = [&z_v, &z_w].map(|z| self.predictor.forward(&mut student.train(), z.clone()));
        let [z_v, z_w] = [z_v, z_w].map(Tensor::inner);
        let [n_v, n_w] = [&z_v, &z_w].map(|z| nearest(z.clone(), &known));
        let loss = self.direction(n_v, p_w) + self.direction(n_w, p_v);
        student.rows = Some(enqueue(known, vec![loss::normalize(z_v.clone())]));
        LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), z_v)
    }
}

/// Of each row of `z`, `[n, d]`, that of `known`, rows of length 1, whose direction is most alike: `[n, d]`.
fn nearest(z: Tensor<2>, known: &Tensor<2>) -> Tensor<2> {
    let n = z.dims()[0];
    let place = rows_times_rows(loss::normalize(z), known.clone()).argmax(1).reshape([n]);
    known.clone().select(0, place)
}
