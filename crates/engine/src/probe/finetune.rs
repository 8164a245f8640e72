//! Fine-tuning (SimCLR appendix B.5): the encoder, with the layers of its head that are judged, and a new linear
//! classifier learn from labels, from where pre-training ended: SGD with Nesterov momentum 0.9, no weight decay, cosine
//! rate, random crops and flips. Rate and epochs may be chosen as BYOL does (appendix C.2), on training images whose labels nobody
//! learns from. Of the encoder as it was drawn the same is the supervised network on the same labels.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor};

use crate::{
    kernel::many::Destination,
    learner::Learner,
    loss,
    method::{self, Network},
    nn::{Layout, Linear},
    optimizer::{Optimizer, StepSize},
    pixels,
    probe::{knn, linear},
    values,
};
use byolab_values::{
    augment::View,
    data::{Dataset, Images, Label},
    plan::{
        Recipe,
        recipe::{OptimizerRecipe, SgdRecipe},
        schedule, sets,
        streams::{Draws, Stream},
    },
    protocol::Metrics,
};

/// A network on its way to being fine-tuned.
struct Tuned<'a> {
    learner: &'a Learner,
    layout: Layout,
    classifier: Linear,
    network: Network,
}

/// Shares of the recipe's rate and of its epochs that a sweep tries.
const RATES: [f64; 3] = [1.0, 0.25, 4.0];
const EPOCHS: [f64; 2] = [1.0, 0.5];
/// Images that the best try is chosen by at most; where all labels are learnt from, a tenth of them is kept for that.
const CHOOSING: usize = 512;

/// A try: base rate and epochs.
#[derive(Clone, Copy)]
struct Try {
    lr: f64,
    epochs: usize,
}

/// Whose labels are learnt from.
#[derive(Clone, Copy)]
enum Labels {
    /// So many of each class.
    OfEach(usize),
    /// The same share of each class, at least one.
    Share(f64),
}

/// `finetune.top1`, the share of held-out images told rightly after fine-tuning, and of a sweep what was chosen; or, where that is asked
/// for, the same with 1 and 10 % of the labels. The learner stays as it is.
pub fn metrics(learner: &Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> Metrics {
    let probes = &recipe.probes;
    let augment = sets::augmentation("crop-flip-only").expect("it is built in");
    let tuning = Tuning { learner, recipe: &Recipe { augment, ..recipe.clone() }, data, device };
    if probes.semi_supervised {
        let shares = [("semi1", 0.01), ("semi10", 0.1)];
        return shares.into_iter().flat_map(|(name, share)| tuning.swept(name, Labels::Share(share))).collect();
    }
    let labels = match probes.finetune_labels {
        0 => Labels::Share(probes.finetune_share),
        labels => Labels::OfEach(labels),
    };
    if probes.finetune_sweep {
        return tuning.swept("finetune", labels).into_iter().collect();
    }
    let tuned = tuning.tuned(&labelled(data, labels, recipe.train.seed), tuning.as_written());
    Metrics::from([("finetune.top1".into(), tuned.accuracy(data, &data.held_out, device))])
}

/// What is fine-tuned, and on what.
struct Tuning<'a> {
    learner: &'a Learner,
    recipe: &'a Recipe,
    data: &'a Dataset,
    device: &'a Device,
}

impl<'a> Tuning<'a> {
    fn as_written(&self) -> Try {
        Try { lr: self.recipe.probes.finetune_lr, epochs: self.recipe.probes.finetune_epochs }
    }

    /// The accuracy of the best try on held-out images, `NAME.top1`, and what it was.
    fn swept(&self, name: &str, labels: Labels) -> [(String, f64); 3] {
        let mut images = labelled(self.data, labels, self.recipe.train.seed);
        let choosing = self.data.train.select(&left_out(self.data, &mut images, self.recipe.train.seed));
        let written = self.as_written();
        let mut best: Option<(f64, Try, Tuned)> = None;
        for (rate, epochs) in RATES.iter().flat_map(|rate| EPOCHS.map(|epochs| (rate, epochs))) {
            let epochs = ((written.epochs as f64 * epochs).round() as usize).max(1);
            let tried = Try { lr: written.lr * rate, epochs };
            let tuned = self.tuned(&images, tried);
            let told = tuned.accuracy(self.data, &choosing, self.device);
            if best.as_ref().is_none_or(|(most, ..)| told > *most) {
                best = Some((told, tried, tuned));
            }
        }
        let (_, chosen, tuned) = best.expect("something is tried");
        let top1 = tuned.accuracy(self.data, &self.data.held_out, self.device);
        [("top1", top1), ("lr", chosen.lr), ("epochs", chosen.epochs as f64)]
            .map(|(what, value)| (format!("{name}.{what}"), value))
    }

    /// The network after learning from `labelled` images by `tried`.
    fn tuned(&self, labelled: &[usize], tried: Try) -> Tuned<'a> {
        let batch = self.recipe.probes.linear_batch.min(labelled.len());
        let steps_per_epoch = labelled.len() / batch;
        let (total, peak) = ((tried.epochs * steps_per_epoch) as u64, tried.lr * batch as f64 / 256.0);
        let mut tuned = Tuned::new(self.learner, self.recipe, self.data, self.device);
        let sgd = OptimizerRecipe::Sgd(SgdRecipe { nesterov: true, weight_decay: 0.0, ..SgdRecipe::default() });
        let mut optimizer = Optimizer::new(&sgd, &tuned.layout, &tuned.network.weights.0, |_| 1.0);
        for epoch in 0..tried.epochs as u64 {
            let order = Draws::new(self.recipe.train.seed, Stream::Finetune, epoch, 0, 1).permutation(labelled.len());
            let order: Vec<usize> = order.into_iter().map(|place| labelled[place]).collect();
            for images in order.chunks_exact(batch) {
                let train = &self.data.train;
                let pixels = pixels::augmented(self.recipe, self.data, train, images, View::First, epoch);
                let labels: Vec<Label> = images.iter().map(|image| train.labels[*image]).collect();
                let lr = schedule::learning_rate(optimizer.steps, total, 0, peak);
                let labels = method::classes(&labels, self.device).autodiff();
                tuned.step(&mut optimizer, Tensor::from_data(pixels, self.device), labels, lr);
            }
        }
        tuned
    }
}

/// Images whose labels are learnt from by nobody: those that are left, else a tenth of `learnt`, which are taken out of it.
fn left_out(data: &Dataset, learnt: &mut Vec<usize>, seed: u64) -> Vec<usize> {
    let known: HashSet<usize> = learnt.iter().copied().collect();
    let mut others: Vec<usize> = data.train.labelled().into_iter().filter(|image| !known.contains(image)).collect();
    if others.is_empty() {
        let mut order = Draws::new(seed, Stream::Finetune, 0, u64::MAX, 0).permutation(learnt.len());
        order.truncate((learnt.len() / 10).max(1));
        others = order.iter().map(|&place| learnt[place]).collect();
        learnt.retain(|image| !others.contains(image));
    }
    let order = Draws::new(seed, Stream::Finetune, 1, u64::MAX, 0).permutation(others.len());
    order.into_iter().take(CHOOSING).map(|place| others[place]).collect()
}

impl<'a> Tuned<'a> {
    fn new(learner: &'a Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> Self {
        let mut layout = learner.architecture.layout.clone();
        let known = layout.parameters.len();
        let mut network = learner.judged().clone();
        network.groups = 1;
        let x = Tensor::from_data(pixels::plain(data, &data.held_out, &[0]), device);
        let width = learner.architecture.features(&mut network.evaluate(), x).dims()[1];
        let classifier = Linear::new(&mut layout, "finetune", [width, data.classes.len()], true);
        let new = layout.initial(recipe.train.seed, 0, device).0.split_off(known);
        network.weights.0.extend(new);
        Self { learner, layout, classifier, network }
    }

    fn step(&mut self, optimizer: &mut Optimizer, x: Tensor<4>, labels: Tensor<1>, lr: f64) {
        let mut tracked = Network { weights: self.network.weights.tracked(), ..self.network.clone() };
        let pass = &mut tracked.train();
        let features = self.learner.architecture.features(pass, x.autodiff());
        let loss = loss::cross_entropy(self.classifier.forward(pass, features), labels);
        let gradients = tracked.weights.gradients(&loss);
        self.network.running = tracked.running;
        let step_size = StepSize { lr, share: 1.0, place: Destination::Free };
        optimizer.step(&mut self.network.weights, gradients, step_size, None);
    }

    /// The share of `images` whose class is told rightly.
    fn accuracy(&self, data: &Dataset, images: &Images, device: &Device) -> f64 {
        let indices: Vec<usize> = (0..images.len()).collect();
        let pixels = |indices: &[usize]| pixels::plain(data, images, indices);
        let logits = pixels::rows(&indices, device, pixels, |x| {
            let mut network = self.network.clone();
            let pass = &mut network.evaluate();
            let features = self.learner.architecture.features(pass, x);
            self.classifier.forward(pass, features)
        });
        let told: Vec<Label> = linear::largest(&values(logits), data.classes.len()).collect();
        knn::accuracy(&told, &images.labels)
    }
}

/// Images whose labels are learnt from.
fn labelled(data: &Dataset, labels: Labels, seed: u64) -> Vec<usize> {
    let images = &data.train;
    let of_class = |class: usize| {
        let all: Vec<usize> = (0..images.len()).filter(|image| usize::from(images.labels[*image]) == class).collect();
        let kept = match labels {
            Labels::OfEach(kept) => kept,
            Labels::Share(share) => (all.len() as f64 * share).round().max(1.0) as usize,
        };
        let order = Draws::new(seed, Stream::Finetune, 0, class as u64, 0).permutation(all.len());
        order.into_iter().take(kept).map(|place| all[place]).collect::<Vec<_>>()
    };
    (0..data.classes.len()).flat_map(of_class).collect()
}
