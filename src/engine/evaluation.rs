//! What the frozen features of a trial are worth: probes on held-out images, and how the features spread.

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    feed,
    learner::Learner,
    probe::{finetune, knn, linear, spread},
    values,
};
use crate::{
    data::{Dataset, Images},
    plan::Recipe,
    protocol::Metrics,
    views::{self, View},
};

/// Images passed through the encoder at once.
const BATCH: usize = 256;
/// Held-out images whose two views are compared.
const ALIGNED: usize = 512;
/// Held-out images whose spread is measured: enough for the rank of 512 features, few enough for a quick spectrum.
const SPREAD: usize = 2048;

/// k-NN accuracy and the spread of the features; at the end of training also the linear classifier's accuracy, and that
/// of fine-tuning where it is asked for.
pub fn evaluate(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device, last: bool) -> Metrics {
    let (bank, query) = (features(learner, data, &data.train, device), features(learner, data, &data.held_out, device));
    let some = query.clone().slice(0..SPREAD.min(data.held_out.len()));
    let mut metrics = accuracies(bank, query, recipe, data, last);
    metrics.insert("feature_std".into(), number(spread::feature_std(some.clone())));
    metrics.insert("effective_rank".into(), spread::effective_rank(some.clone()));
    metrics.insert("uniformity".into(), number(spread::uniformity(some)));
    metrics.insert("alignment".into(), alignment(learner, recipe, data, device));
    if last && recipe.probes.finetune_epochs > 0 {
        metrics.insert("finetune.top1".into(), finetune::accuracy(learner, recipe, data, device));
    }
    metrics
}

/// Both accuracies of the encoder before training, under `untrained.`.
pub fn untrained(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> Metrics {
    let (bank, query) = (features(learner, data, &data.train, device), features(learner, data, &data.held_out, device));
    let metrics = accuracies(bank, query, recipe, data, true);
    metrics.into_iter().map(|(name, value)| (format!("untrained.{name}"), value)).collect()
}

fn accuracies(bank: Tensor<2>, query: Tensor<2>, recipe: &Recipe, data: &Dataset, with_linear: bool) -> Metrics {
    let (labels, truth, classes) = (&data.train.labels, &data.held_out.labels, data.classes.len());
    let probes = &recipe.probes;
    let nearest = knn::predict(bank.clone(), labels, query.clone(), classes, probes);
    let mut metrics = Metrics::from([("knn.top1".to_string(), knn::accuracy(&nearest, truth))]);
    if with_linear {
        let predicted = linear::predict(bank, labels, query, classes, probes, recipe.train.seed);
        metrics.insert("linear.top1".to_string(), knn::accuracy(&predicted, truth));
    }
    metrics
}

/// Features of all `images`, `[n, features]`, by running statistics and without augmentation.
fn features(learner: &mut Learner, data: &Dataset, images: &Images, device: &Device) -> Tensor<2> {
    let indices: Vec<usize> = (0..images.len()).collect();
    encode(learner, images, &indices, device, |indices| views::plain(images, indices, data.mean, data.std))
}

/// Mean squared distance of the features of two views of the same images.
fn alignment(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> f64 {
    let images = &data.held_out;
    let indices: Vec<usize> = (0..ALIGNED.min(images.len())).collect();
    let [a, b] = [View::First, View::Second].map(|view| {
        encode(learner, images, &indices, device, |indices| feed::augmented(recipe, data, images, indices, view, 0))
    });
    number(spread::alignment(a, b))
}

fn encode(
    learner: &mut Learner,
    images: &Images,
    indices: &[usize],
    device: &Device,
    pixels: impl Fn(&[usize]) -> Vec<f32>,
) -> Tensor<2> {
    let batches = indices.chunks(BATCH).map(|indices| {
        let x = TensorData::new(pixels(indices), feed::shape(images, indices.len()));
        learner.architecture.features(&mut learner.student.evaluate(), Tensor::from_data(x, device))
    });
    Tensor::cat(batches.collect(), 0)
}

fn number(tensor: Tensor<1>) -> f64 {
    f64::from(values(tensor)[0])
}
