//! Fine-tuning (SimCLR appendix B.5): the encoder, with the layers of its head that are judged, and a new linear
//! classifier learn from labels, from where pre-training ended: SGD with Nesterov momentum 0.9, no weight decay, cosine
//! rate, random crops and flips.

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
};

/// A network on its way to being fine-tuned.
struct Tuned<'a> {
    learner: &'a Learner,
    layout: Layout,
    classifier: Linear,
    network: Network,
}

/// Share of held-out images classified rightly after fine-tuning; the learner stays as it is.
pub fn accuracy(learner: &Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> f64 {
    let probes = &recipe.probes;
    let augment = sets::augmentation("crop-flip-only").expect("it is built in");
    let recipe = Recipe { augment, ..recipe.clone() };
    let labelled = labelled(&data.train, data.classes.len(), probes.finetune_share, recipe.train.seed);
    let batch = probes.linear_batch.min(labelled.len());
    let steps_per_epoch = labelled.len() / batch;
    let (total, peak) = ((probes.finetune_epochs * steps_per_epoch) as u64, probes.finetune_lr * batch as f64 / 256.0);
    let mut tuned = Tuned::new(learner, &recipe, data, device);
    let sgd = OptimizerRecipe::Sgd(SgdRecipe { nesterov: true, weight_decay: 0.0, ..SgdRecipe::default() });
    let mut optimizer = Optimizer::new(&sgd, &tuned.layout, &tuned.network.weights.0, |_| 1.0);
    for epoch in 0..probes.finetune_epochs as u64 {
        let order = Draws::new(recipe.train.seed, Stream::Finetune, epoch, 0, 1).permutation(labelled.len());
        let order: Vec<usize> = order.into_iter().map(|place| labelled[place]).collect();
        for images in order.chunks_exact(batch) {
            let pixels = pixels::augmented(&recipe, data, &data.train, images, View::First, epoch);
            let labels: Vec<Label> = images.iter().map(|image| data.train.labels[*image]).collect();
            let lr = schedule::learning_rate(optimizer.steps, total, 0, peak);
            let labels = method::classes(&labels, device).autodiff();
            tuned.step(&mut optimizer, Tensor::from_data(pixels, device), labels, lr);
        }
    }
    knn::accuracy(&tuned.predict(data, device), &data.held_out.labels)
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

    /// The classes of the held-out images.
    fn predict(&mut self, data: &Dataset, device: &Device) -> Vec<Label> {
        let indices: Vec<usize> = (0..data.held_out.len()).collect();
        let pixels = |indices: &[usize]| pixels::plain(data, &data.held_out, indices);
        let logits = pixels::rows(&indices, device, pixels, |x| {
            let pass = &mut self.network.evaluate();
            let features = self.learner.architecture.features(pass, x);
            self.classifier.forward(pass, features)
        });
        linear::largest(&values(logits), data.classes.len()).collect()
    }
}

/// Images whose labels are seen: the same share of each class, at least one.
fn labelled(images: &Images, classes: usize, share: f64, seed: u64) -> Vec<usize> {
    let of_class = |class: usize| {
        let all: Vec<usize> = (0..images.len()).filter(|image| usize::from(images.labels[*image]) == class).collect();
        let kept = (all.len() as f64 * share).round().max(1.0) as usize;
        let order = Draws::new(seed, Stream::Finetune, 0, class as u64, 0).permutation(all.len());
        order.into_iter().take(kept).map(|place| all[place]).collect::<Vec<_>>()
    };
    (0..classes).flat_map(of_class).collect()
}
