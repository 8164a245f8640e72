//! Labels, learnt by cross-entropy on both views: a reference for what the encoder can reach on the same batches and
//! views.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};

pub struct Supervised {
    /// The classifier is its projector.
    embedder: Embedder,
}

impl Supervised {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head) -> Self {
        Self { embedder: Embedder { encoder, projector } }
    }
}

impl Method for Supervised {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let labels = batch.labels();
        let views = batch.pair();
        // Logits, `[n, classes]`, of both views.
        let [v, w] = self.embedder.both(student, views);
        let projection = v.clone().inner();
        let loss = (loss::cross_entropy(v, labels.clone()) + loss::cross_entropy(w, labels)) * 0.5;
        LossOutput::new(loss, projection)
    }
}
