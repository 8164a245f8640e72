//! Few labels and nothing else.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher, semi::SemiSupervised};
use crate::{encoder::Encoder, loss, nn::Head};

pub struct FewLabels {
    /// The classifier is its projector.
    embedder: Embedder,
}

impl FewLabels {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head) -> Self {
        Self { embedder: Embedder { encoder, projector } }
    }
}

impl Method for FewLabels {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let SemiSupervised { labelled, labels, .. } = SemiSupervised::of(batch);
        let logits = self.embedder.student(student, labelled);
        let projection = logits.clone().inner();
        LossOutput::new(loss::cross_entropy(logits, labels), projection)
    }
}
