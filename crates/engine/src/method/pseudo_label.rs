//! Pseudo-labels (Lee 2013): what the network is sure of is the image's label.

use std::sync::Arc;

use super::{
    Batch, Embedder, LossOutput, Method, Network, Teacher,
    semi::{PseudoLabels, SemiSupervised},
};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::PseudoLabelRecipe;

pub struct PseudoLabel {
    /// The classifier is its projector.
    embedder: Embedder,
    recipe: PseudoLabelRecipe,
}

impl PseudoLabel {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &PseudoLabelRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for PseudoLabel {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let SemiSupervised { labelled, labels, unlabelled } = SemiSupervised::of(batch);
        let classify = |images| self.embedder.student(student, images);
        let (logits, mut others) = SemiSupervised::together(labelled, &unlabelled, classify);
        let projection = logits.clone().inner();
        let own = others.remove(0);
        let pseudo = PseudoLabels::of(&own, self.recipe.threshold);
        let guessed = loss::scaled(pseudo.loss(own), self.recipe.unlabelled_weight);
        let loss = loss::cross_entropy(logits, labels) + guessed;
        LossOutput::new(loss, projection).metric("pseudo.kept", pseudo.share())
    }
}
