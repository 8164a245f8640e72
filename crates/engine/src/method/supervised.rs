//! Labels, learnt by cross-entropy on both views: a reference for what the encoder can reach on the same batches and
//! views.

use std::sync::Arc;

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{
    encoder::Encoder,
    loss,
    nn::{Head, HeadShape, Layout},
};

pub struct Supervised {
    /// The classifier is its projector.
    embedder: Embedder,
}

impl Supervised {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, classes: usize) -> Self {
        let shape = HeadShape { output_bias: true, ..HeadShape::byol(encoder.features(), classes, classes, 1) };
        Self { embedder: Embedder { encoder, projector: Head::new(layout, "classifier", &shape) } }
    }
}

impl Method for Supervised {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views, labels }: Batch) -> LossOutput {
        // Logits, `[n, classes]`, of both views.
        let [v, w] = self.embedder.both(student, views);
        let projection = v.clone().inner();
        let loss = (loss::cross_entropy(v, &labels) + loss::cross_entropy(w, &labels)) * 0.5;
        LossOutput::new(loss, projection)
    }

    fn reads_labels(&self) -> bool {
        true
    }
}
