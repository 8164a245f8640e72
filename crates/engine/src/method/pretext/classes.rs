//! One of a few classes.

use super::{Answer, Network, Pretext, ViewBatch, right};
use crate::{encoder::Encoder, loss, nn::Head};

/// A classifier of features; of several images joined where a question is about several patches.
pub struct Classes {
    pub head: Head,
    /// Images that are read together.
    pub joined: usize,
}

impl Pretext for Classes {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let view = views.remove(0);
        let targets = view.told();
        let [images, each] = targets.dims();
        let classes = targets.reshape([images * each]);
        // [n, features], then those of a question side by side, [questions, joined * features].
        let features = encoder.forward(&mut student.train(), view.pixels);
        let [n, width] = features.dims();
        let read = features.clone().reshape([n / self.joined, self.joined * width]);
        let logits = self.head.forward(&mut student.train(), read);
        let right = Some(right(&logits, &classes));
        Answer { loss: loss::cross_entropy(logits, classes), projection: features, right }
    }
}
