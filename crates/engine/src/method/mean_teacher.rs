//! Mean teacher (Tarvainen and Valpola 2017, arXiv 1703.01780): the network says of an image what its average says of another view.

use std::sync::Arc;

use burn::tensor::activation::softmax;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher, semi::SemiSupervised};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::MeanTeacherRecipe;

pub struct MeanTeacher {
    /// The classifier is its projector.
    embedder: Embedder,
    recipe: MeanTeacherRecipe,
}

impl MeanTeacher {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &MeanTeacherRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for MeanTeacher {
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let teacher = teacher.expect("the architecture gives it a teacher");
        let SemiSupervised { labelled, labels, mut unlabelled } = SemiSupervised::of(batch);
        let other = unlabelled.remove(1);
        let classify = |images| self.embedder.student(student, images);
        let (logits, mut others) = SemiSupervised::together(labelled, &unlabelled, classify);
        let projection = logits.clone().inner();
        // Probabilities, `[m, classes]`, of the student and of the teacher.
        let (ours, theirs) = (softmax(others.remove(0), 1), softmax(self.embedder.teacher(teacher, other), 1));
        let apart = loss::scaled(loss::mean_squared(ours, theirs), self.recipe.unlabelled_weight);
        LossOutput::new(loss::cross_entropy(logits, labels) + apart, projection)
    }
}
