//! What the frozen features of a trial are worth: probes on held-out images, and how the features spread.

use std::sync::Arc;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};

use super::{
    learner::Learner,
    pixels,
    probe::{
        dense, factors, finetune, knn,
        linear::{self, Classifier, Labelled},
        measures, solver, spread, stages,
    },
    state, values, workers,
};
use byolab_values::{
    augment::View,
    data::{Dataset, Images, Label, Purpose},
    plan::{
        Recipe,
        recipe::{EncoderFileRecipe, MethodRecipe, ProbesRecipe},
    },
    protocol::{FEATURED, Features, Metrics, SPECTRUM},
    weights::Known,
};

/// Held-out images whose two views are compared.
const ALIGNED: usize = 512;
/// Held-out images whose spread is measured: enough for the rank of 512 features, few enough for a quick spectrum.
const SPREAD: usize = 2048;

/// What was found out about an encoder.
#[derive(Clone)]
pub struct Evaluation {
    /// By name.
    pub metrics: Metrics,
    /// Of held-out images, at no step yet.
    pub features: Features,
    /// As [`byolab_values::protocol::What::Spectrum`] has it.
    pub spectrum: Vec<f32>,
}

/// k-NN accuracy and the spread of the features; at the end of training also the linear classifier's accuracy, and what
/// else is asked for: fine-tuning, factors, the test split.
pub fn evaluate(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device, last: bool) -> Evaluation {
    workers::among(device, || trained(learner, recipe, data, device, last))
}

fn trained(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device, last: bool) -> Evaluation {
    let seen = Seen::of(learner, data, device);
    let some = seen.some();
    let mut metrics = seen.metrics(learner, recipe, last);
    if let Some(logits) = learner.classify(seen.held_out.clone()) {
        let told: Vec<Label> = linear::largest(&values(logits), data.classes.len()).collect();
        metrics.insert("classifier.top1".into(), knn::accuracy(&told, &data.held_out.labels));
    }
    metrics.insert("feature_std".into(), number(spread::feature_std(some.clone())));
    metrics.insert("effective_rank".into(), spread::effective_rank(some.clone()));
    metrics.insert("uniformity".into(), number(spread::uniformity(some)));
    metrics.insert("alignment".into(), alignment(learner, recipe, data, device));
    seen.evaluation(metrics)
}

/// What the encoder is worth before training, under `untrained.`.
pub fn untrained(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> Evaluation {
    workers::among(device, || {
        let seen = Seen::of(learner, data, device);
        let untested = Recipe { probes: ProbesRecipe { test: false, ..recipe.probes.clone() }, ..recipe.clone() };
        let metrics = seen.metrics(learner, &untested, true).into_iter();
        seen.evaluation(metrics.map(|(name, value)| (format!("untrained.{name}"), value)).collect())
    })
}

/// What a stored encoder is worth by the probes of `recipe`, and what it was worth untrained, under `untrained.`.
///
/// # Errors
/// Where the bytes are not an encoder of the recipe.
pub fn again(recipe: &Recipe, encoder: &[u8], data: &Dataset, device: &Device) -> Result<Metrics> {
    let mut learner = Learner::new(recipe, data.classes.len(), device);
    let mut metrics = untrained(&mut learner, recipe, data, device).metrics;
    state::load_encoder(&mut learner, encoder, device)?;
    metrics.extend(evaluate(&mut learner, recipe, data, device, true).metrics);
    Ok(metrics)
}

/// The learner of a stored encoder of the recipe, to be judged on images of so many classes.
///
/// # Errors
/// Where the bytes are not an encoder of the recipe.
pub fn stored(recipe: &Recipe, encoder: &[u8], classes: usize, device: &Device) -> Result<Learner> {
    let mut learner = Learner::new(recipe, classes, device);
    state::load_encoder(&mut learner, encoder, device)?;
    Ok(learner)
}

/// The learner of an encoder that others have trained, to be judged by the probes of `recipe`.
pub fn found(recipe: &Recipe, encoder: Arc<Known>, classes: usize, device: &Device) -> Learner {
    let method = MethodRecipe::Encoder(EncoderFileRecipe::of(encoder));
    Learner::new(&Recipe { method, ..recipe.clone() }, classes, device)
}

/// The features of all images of a part by a stored encoder, those without labels too.
///
/// # Errors
/// Where the bytes are not an encoder of the recipe, or the test split was not loaded.
pub fn features_of(
    recipe: &Recipe,
    encoder: &[u8],
    data: &Dataset,
    purpose: Purpose,
    device: &Device,
) -> Result<Features> {
    let mut learner = stored(recipe, encoder, data.classes.len(), device)?;
    let (images, indices) = data.images_for(purpose).context("the test split was not loaded")?;
    let found = workers::among(device, || features(&mut learner, data, images, device));
    let (dims, step) = (found.dims()[1], recipe.steps());
    let (labels, places) = (images.labels.clone(), (0..images.len()).collect());
    Ok(Features { step, dims, values: values(found), labels, places, indices })
}

/// Features that probes learn from and are judged by.
struct Seen<'a> {
    data: &'a Dataset,
    device: &'a Device,
    /// Of the training images with labels, `[n, features]`, and their places.
    bank: Tensor<2>,
    places: Vec<usize>,
    labels: Vec<Label>,
    held_out: Tensor<2>,
}

impl<'a> Seen<'a> {
    fn of(learner: &mut Learner, data: &'a Dataset, device: &'a Device) -> Self {
        let places = data.train.labelled();
        let labels = places.iter().map(|&place| data.train.labels[place]).collect();
        let bank = plain(learner, data, &data.train, &places, device);
        Self { data, device, bank, places, labels, held_out: features(learner, data, &data.held_out, device) }
    }

    /// Features of the held-out images whose spread is measured, `[n, features]`.
    fn some(&self) -> Tensor<2> {
        let images = self.held_out.dims()[0];
        self.held_out.clone().slice(0..SPREAD.min(images))
    }

    fn evaluation(&self, metrics: Metrics) -> Evaluation {
        let held_out = &self.data.held_out;
        let mut places = held_out.labelled();
        places.truncate(FEATURED);
        let dims = self.held_out.dims()[1];
        let rows = places.last().map_or(1, |last| last + 1);
        let all = values(self.held_out.clone().slice(0..rows));
        let features = Features {
            step: 0,
            dims,
            values: places.iter().flat_map(|place| &all[place * dims..][..dims]).copied().collect(),
            labels: places.iter().map(|&place| held_out.labels[place]).collect(),
            indices: places.iter().filter_map(|&place| self.data.origins.held_out.get(place).copied()).collect(),
            places,
        };
        let spectrum = spread::spectrum(self.some()).into_iter().take(SPECTRUM).map(|share| share as f32).collect();
        Evaluation { metrics, features, spectrum }
    }

    /// What the probes of `recipe` find: the nearest neighbours and what the features are like, and at the end all others.
    fn metrics(&self, learner: &mut Learner, recipe: &Recipe, last: bool) -> Metrics {
        let (data, probes) = (self.data, &recipe.probes);
        let mut metrics =
            Metrics::from([("knn.top1".to_string(), self.nearest(recipe, &self.held_out, &data.held_out))]);
        if probes.measures {
            let bank = (&self.bank, &self.places[..]);
            metrics.extend(measures::of(learner, recipe, data, bank, &self.held_out, self.device));
        }
        if last {
            metrics.extend(self.at_the_end(learner, recipe));
        }
        metrics
    }

    /// The linear classifier, and what is asked for beside it.
    fn at_the_end(&self, learner: &mut Learner, recipe: &Recipe) -> Metrics {
        let (data, probes) = (self.data, &recipe.probes);
        let classifier = solver::learn(recipe, &self.labelled(), self.bank.clone(), |x| learner.features(x));
        let linear = knn::accuracy(&classifier.predict(self.held_out.clone()), &data.held_out.labels);
        let mut metrics = Metrics::from([("linear.top1".to_string(), linear)]);
        if probes.factors {
            metrics.extend(factors::read_out(&self.bank, &self.places, &self.held_out, &data.factors));
        }
        if probes.stage_features > 0 {
            metrics.extend(stages::accuracies(learner, recipe, &self.labelled()));
        }
        // Pixels that stand alone have no maps of scenes.
        if probes.dense && learner.stages() > 0 {
            metrics.extend(dense::read_out(learner, data, self.device));
        }
        if let Some(other) = &data.transfer {
            metrics.extend(self.transferred(learner, recipe, other));
        }
        if probes.finetune_epochs > 0 {
            metrics.extend(finetune::metrics(learner, recipe, data, self.device));
        }
        if let Some(test) = data.test.as_ref().filter(|_| probes.test) {
            metrics.extend(self.tested(learner, recipe, &classifier, test));
        }
        metrics
    }

    /// Both accuracies on another data set, learnt and judged there.
    fn transferred(&self, learner: &mut Learner, recipe: &Recipe, other: &Dataset) -> Metrics {
        let seen = Seen::of(learner, other, self.device);
        let nearest = seen.nearest(recipe, &seen.held_out, &other.held_out);
        let classifier = solver::learn(recipe, &seen.labelled(), seen.bank.clone(), |x| learner.features(x));
        let linear = knn::accuracy(&classifier.predict(seen.held_out.clone()), &other.held_out.labels);
        Metrics::from([("transfer.knn.top1".to_string(), nearest), ("transfer.linear.top1".to_string(), linear)])
    }

    /// Both accuracies on the test split.
    fn tested(&self, learner: &mut Learner, recipe: &Recipe, classifier: &Classifier, test: &Images) -> Metrics {
        let query = features(learner, self.data, test, self.device);
        let nearest = self.nearest(recipe, &query, test);
        let linear = knn::accuracy(&classifier.predict(query), &test.labels);
        Metrics::from([("test.knn.top1".to_string(), nearest), ("test.linear.top1".to_string(), linear)])
    }

    /// Accuracy of the nearest neighbours on `images`, whose features are `query`, `[m, features]`.
    fn nearest(&self, recipe: &Recipe, query: &Tensor<2>, images: &Images) -> f64 {
        let classes = self.data.classes.len();
        let told = knn::predict(self.bank.clone(), &self.labels, query.clone(), classes, &recipe.probes);
        knn::accuracy(&told, &images.labels)
    }

    fn labelled(&self) -> Labelled<'_> {
        Labelled { data: self.data, places: &self.places, labels: &self.labels, device: self.device }
    }
}

/// Features of all `images`, `[n, features]`, by running statistics and without augmentation.
fn features(learner: &mut Learner, data: &Dataset, images: &Images, device: &Device) -> Tensor<2> {
    plain(learner, data, images, &(0..images.len()).collect::<Vec<_>>(), device)
}

/// The same of the images `indices`, `[indices, features]`.
pub fn plain(learner: &mut Learner, data: &Dataset, images: &Images, indices: &[usize], device: &Device) -> Tensor<2> {
    pixels::rows(indices, device, |indices| pixels::plain(data, images, indices), |x| learner.features(x))
}

/// Mean squared distance of the features of two views of the same images.
fn alignment(learner: &mut Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> f64 {
    let images = &data.held_out;
    let indices: Vec<usize> = (0..ALIGNED.min(images.len())).collect();
    let [a, b] = [View::First, View::Second].map(|view| {
        let pixels = |indices: &[usize]| pixels::augmented(recipe, data, images, indices, view, 0);
        pixels::rows(&indices, device, pixels, |x| learner.features(x))
    });
    number(spread::alignment(a, b))
}

fn number(tensor: Tensor<1>) -> f64 {
    f64::from(values(tensor)[0])
}
