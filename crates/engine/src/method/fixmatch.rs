//! FixMatch (Sohn et al. 2020, arXiv 2001.07685): what the network is sure of in a weak view of an image is the label of its strong
//! view.

use std::sync::Arc;

use super::{
    Batch, Embedder, LossOutput, Method, Network, Teacher,
    semi::{PseudoLabels, SemiSupervised},
};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::FixmatchRecipe;

pub struct FixMatch {
    /// The classifier is its projector.
    embedder: Embedder,
    recipe: FixmatchRecipe,
}

impl FixMatch {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &FixmatchRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }
}

impl Method for FixMatch {
    /// Algorithm 1. The average is no part of it: it is only judged.
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let SemiSupervised { labelled, labels, unlabelled } = SemiSupervised::of(batch);
        let classify = |images| self.embedder.student(student, images);
        let (logits, others) = SemiSupervised::together(labelled, &unlabelled, classify);
        let projection = logits.clone().inner();
        let supervised = loss::cross_entropy(logits, labels);
        let [weak, strong] = &others[..] else { panic!("the method asks for two views of unlabelled images") };
        let pseudo = PseudoLabels::of(weak, self.recipe.threshold);
        let consistency = loss::scaled(pseudo.loss(strong.clone()), self.recipe.unlabelled_weight);
        LossOutput::new(supervised + consistency, projection).metric("pseudo.kept", pseudo.share())
    }
}
