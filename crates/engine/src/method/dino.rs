//! DINO (Caron et al. 2021, arXiv 2104.14294): each view predicts what a slowly moving copy makes of each other large one, whose
//! outputs are centred, so that no dimension wins, and sharpened, so that they are not all alike.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, kernel::mean_of_rows, loss, nn::Head};
use byolab_values::plan::recipe::DinoRecipe;

pub struct Dino {
    embedder: Embedder,
    last: Head,
    recipe: DinoRecipe,
}

impl Dino {
    pub fn new(encoder: Arc<dyn Encoder>, [projector, last]: [Head; 2], recipe: &DinoRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, last, recipe: recipe.clone() }
    }

    /// What the teacher's outputs, `[2 n, k]`, are taken for: shares of the dimensions; and moves the centre by them, for the step
    /// to come.
    fn shares(&self, teacher: &mut Teacher, outputs: Tensor<2>) -> Tensor<2> {
        let centre = teacher.centre.take().expect("the architecture gives DINO a centre");
        let temperature = teacher.temperature.clone().expect("and a temperature");
        let kept = self.recipe.centre_momentum;
        teacher.centre = Some(centre.clone() * kept + mean_of_rows(outputs.clone()) * (1.0 - kept));
        loss::shares((outputs - centre) / temperature)
    }
}

impl Method for Dino {
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let (views, teacher) = (batch.views(), teacher.expect("the architecture gives DINO a teacher"));
        let count = views.len();
        // z: projections of the student, of every view, t: of the teacher, of the large ones; all `[n, d]`.
        let (z, t) = self.embedder.each_with_teacher(student, teacher, views);
        let (projection, target) = (z[0].clone().inner(), t[1].clone());
        // All at once, so that the last layer's rows are brought to length 1 once.
        let outputs = self.last.forward(&mut student.train(), Tensor::cat(z, 0));
        let taught = teacher.outputs(&self.last, Tensor::cat(t, 0));
        let shares = self.shares(teacher, taught);
        let entropy = loss::entropy(shares.clone()).autodiff();
        let shares = shares.autodiff().chunk(2, 0);
        let loss = loss::of_others(shares, outputs.chunk(count, 0), self.recipe.temperature);
        let output = LossOutput::new(loss::scaled(loss, self.recipe.loss_scale), projection).toward(target);
        output.metric("target_entropy", entropy)
    }
}
