//! Few labels and many images without one: what the methods of that kind share.

use burn::tensor::{Int, Tensor, activation::softmax};

use super::{Batch, ViewBatch};
use crate::loss::{self, mean};

/// A micro-batch of labelled and unlabelled images.
pub struct SemiSupervised {
    /// `[n, 3, side, side]`
    pub labelled: Tensor<4>,
    /// The classes of those, `[n]`.
    pub labels: Tensor<1>,
    /// Views of the others, `[m, 3, side, side]` each.
    pub unlabelled: Vec<Tensor<4>>,
}

impl SemiSupervised {
    /// # Panics
    /// Where the first part of the batch is not labelled images by one view.
    pub fn of(batch: Batch) -> Self {
        let labels = batch.labels();
        let mut parts = batch.parts.into_iter().map(|part| part.views);
        let mut views = || parts.next().unwrap_or_default().into_iter().map(|ViewBatch { pixels, .. }| pixels);
        let labelled = views().next().expect("labelled images have a view");
        let unlabelled = views().collect();
        Self { labelled, labels, unlabelled }
    }

    /// What `classify` makes of labelled images and of `views` of the others in one passage, so that normalisation sees them
    /// together: logits of the labelled ones, `[n, classes]`, then of each view, `[m, classes]`.
    pub fn together(
        labelled: Tensor<4>,
        views: &[Tensor<4>],
        classify: impl FnOnce(Tensor<4>) -> Tensor<2>,
    ) -> (Tensor<2>, Vec<Tensor<2>>) {
        let all: Vec<Tensor<4>> = [labelled].into_iter().chain(views.iter().cloned()).collect();
        let sizes: Vec<usize> = all.iter().map(|view| view.dims()[0]).collect();
        let mut logits = classify(Tensor::cat(all, 0)).split_with_sizes(sizes, 0).into_iter();
        (logits.next().expect("labelled images are there"), logits.collect())
    }
}

/// What is taken for the labels of images.
pub struct PseudoLabels {
    /// `[m]`
    classes: Tensor<1>,
    /// 1 where an answer is sure enough, else 0: `[m, 1]`.
    kept: Tensor<2>,
}

impl PseudoLabels {
    /// Of `logits`, `[m, classes]`, through which no gradient flows.
    pub fn of(logits: &Tensor<2>, threshold: f64) -> Self {
        let logits = logits.clone().inner();
        let [m, _] = logits.dims();
        let told: Tensor<2, Int> = logits.clone().argmax(1);
        let kept = softmax(logits, 1).max_dim(1).greater_equal_elem(threshold).float();
        Self { classes: told.float().reshape([m]).autodiff(), kept: kept.autodiff() }
    }

    /// Their cross-entropy for `logits`, `[m, classes]`; what is not kept counts as 0 (FixMatch equation 4): `[1]`.
    pub fn loss(&self, logits: Tensor<2>) -> Tensor<1> {
        mean(loss::cross_entropies(logits, self.classes.clone()) * self.kept.clone())
    }

    /// The share that is kept, `[1]`.
    pub fn share(&self) -> Tensor<1> {
        mean(self.kept.clone().inner())
    }
}
