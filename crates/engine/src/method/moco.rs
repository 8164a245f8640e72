//! MoCo v1 and v2 (He et al. 2020, arXiv 1911.05722; Chen et al. 2020, arXiv 2003.04297): a query is told its key, made
//! by a slowly moving copy from the other view, apart from a queue of earlier keys.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};

use super::{Batch, Embedder, LossOutput, Method, Network, Teacher};
use crate::{encoder::Encoder, loss, nn::Head};
use byolab_values::plan::recipe::MocoRecipe;

pub struct MoCo {
    embedder: Embedder,
    recipe: MocoRecipe,
}

impl MoCo {
    pub fn new(encoder: Arc<dyn Encoder>, projector: Head, recipe: &MocoRecipe) -> Self {
        Self { embedder: Embedder { encoder, projector }, recipe: recipe.clone() }
    }

    /// Keys of a view, `[n, 3, side, side]` to `[n, d]`, rows of length 1. Where normalisation sees groups of the batch, an image
    /// passes here in another group than its query did: otherwise the group's statistics would tell which key is whose (v1
    /// section 3.3).
    fn keys(&self, teacher: &mut Teacher, view: Tensor<4>) -> Tensor<2> {
        let groups = teacher.network.groups;
        if groups == 1 || !self.recipe.shuffle {
            return loss::normalize(self.embedder.teacher(teacher, view));
        }
        let (there, back) = dealt(view.dims()[0], groups);
        let keys = loss::normalize(self.embedder.teacher(teacher, pick(view, &there)));
        pick(keys, &back)
    }

    /// The loss of queries `[n, d]` against their keys and the queue.
    fn contrast(&self, queries: Tensor<2>, keys: &Tensor<2>, queue: &Tensor<2>) -> Tensor<1> {
        let loss = loss::info_nce(queries, keys.clone(), queue.clone(), self.recipe.temperature);
        loss::scaled(loss, self.recipe.loss_scale)
    }
}

impl Method for MoCo {
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let [v, w] = batch.pair();
        let teacher = teacher.expect("the architecture gives MoCo a teacher");
        let queue = teacher.queue.clone().expect("the architecture gives MoCo a queue");
        let tracked = queue.clone().autodiff();
        // q: queries of the student, k: keys of the teacher, all `[n, d]`, of the views v and w; the queue is `[k, d]`.
        let q_v = self.embedder.student(student, v.clone());
        let projection = q_v.clone().inner();
        if !self.recipe.symmetric {
            let k_w = self.keys(teacher, w);
            let loss = self.contrast(q_v, &k_w, &tracked);
            teacher.queue = Some(enqueue(queue, vec![k_w.clone().inner()]));
            return LossOutput::new(loss, projection).toward(k_w);
        }
        let q_w = self.embedder.student(student, w.clone());
        let (k_v, k_w) = (self.keys(teacher, v), self.keys(teacher, w));
        let loss = self.contrast(q_v, &k_w, &tracked) + self.contrast(q_w, &k_v, &tracked);
        teacher.queue = Some(enqueue(queue, vec![k_v.inner(), k_w.clone().inner()]));
        LossOutput::new(loss, projection).toward(k_w)
    }
}

/// New keys in front, `[n, d]` each, as many old ones off the end: `[k, d]` to the same.
pub(super) fn enqueue(queue: Tensor<2>, keys: Vec<Tensor<2>>) -> Tensor<2> {
    let [length, _] = queue.dims();
    let new = Tensor::cat(keys, 0);
    let kept = length.saturating_sub(new.dims()[0]);
    if kept == 0 {
        return new.slice(0..length);
    }
    Tensor::cat(vec![new, queue.slice(0..kept)], 0)
}

/// Places of a batch dealt out like cards into `groups`, and the way back. The order of a batch is random already, so
/// dealing mixes as well as a shuffle, and needs no random numbers.
fn dealt(batch: usize, groups: usize) -> (Vec<i32>, Vec<i32>) {
    let there: Vec<usize> = (0..groups).flat_map(|group| (group..batch).step_by(groups)).collect();
    let mut back = vec![0; batch];
    for (place, image) in there.iter().enumerate() {
        back[*image] = place as i32;
    }
    (there.into_iter().map(|image| image as i32).collect(), back)
}

/// The images or rows at `places` of the first dimension.
fn pick<const D: usize>(x: Tensor<D>, places: &[i32]) -> Tensor<D> {
    let device = x.device();
    x.select(0, Tensor::from_data(TensorData::from(places), &device))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_dealt_out_and_comes_back() {
        let (there, back) = dealt(8, 2);
        assert_eq!(there, [0, 2, 4, 6, 1, 3, 5, 7]);
        assert_eq!(back.iter().map(|&place| there[place as usize]).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
