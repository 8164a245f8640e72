//! What must hold between the keys of a recipe. Each key alone was checked when it was read.

use std::collections::BTreeSet;

use super::{
    Problem, Recipe,
    catalog::{METHODS, find, names::available_images},
    problem::Spot,
    settings::Settings,
    words::choices,
};

/// A broken rule: the keys it is about (the one to change first), what is wrong, what to do.
struct Broken(&'static [&'static str], String, Option<String>);

/// Everything wrong with `recipe`, the places taken from `settings`. Rules about an `unread` table are not judged.
pub fn problems(recipe: &Recipe, settings: &Settings, origin: &str, unread: &BTreeSet<String>) -> Vec<Problem> {
    let judged = |rule: &Broken| !rule.0.iter().any(|key| key.split('.').next().is_some_and(|it| unread.contains(it)));
    let spot = |keys: &[&str]| {
        let written = keys.iter().find_map(|key| settings.get(*key));
        written.map_or_else(|| Spot::named(origin), |setting| setting.spot.clone())
    };
    let broken = [data(recipe), batches(recipe), epochs(recipe), probes(recipe)];
    let broken = broken.into_iter().flatten().filter(judged);
    broken.map(|Broken(keys, text, remedy)| spot(keys).problem(text, remedy)).collect()
}

fn data(recipe: &Recipe) -> Option<Broken> {
    let (data, available) = (&recipe.data, available_images(&recipe.data)?);
    if available == 0 {
        let text = format!("{} held-out images leave nothing to train on", data.held_out);
        return Some(Broken(&["data.held_out"], text, None));
    }
    (data.limit > available).then(|| {
        let text = format!("{} training images are more than the {available} that there are", data.limit);
        let remedy = format!("{} of {} are held out for the probes", data.held_out, data.name);
        Broken(&["data.limit", "data.held_out"], text, Some(remedy))
    })
}

fn batches(recipe: &Recipe) -> Option<Broken> {
    let (batch, optimizer, images) = (recipe.train.batch, recipe.train.optimizer_batch, recipe.images());
    if batch > images {
        let text = format!("a batch of {batch} is larger than the {images} training images");
        return Some(Broken(&["train.batch", "data.limit"], text, None));
    }
    if optimizer % batch != 0 {
        let text = format!("an optimizer batch of {optimizer} is not a multiple of the batch, {batch}");
        let remedy = format!("use {}", multiples(optimizer, batch));
        return Some(Broken(&["train.optimizer_batch", "train.batch"], text, Some(remedy)));
    }
    (optimizer > images).then(|| {
        let text = format!("an optimizer batch of {optimizer} is larger than the {images} training images");
        Broken(&["train.optimizer_batch", "data.limit"], text, None)
    })
}

/// The multiples of `batch` next to `wanted`.
fn multiples(wanted: usize, batch: usize) -> String {
    let below = wanted / batch * batch;
    let near: Vec<String> = [below, below + batch].iter().filter(|n| **n > 0).map(ToString::to_string).collect();
    choices(&near.iter().map(String::as_str).collect::<Vec<_>>())
}

fn epochs(recipe: &Recipe) -> Option<Broken> {
    let (warmup, epochs) = (recipe.train.warmup_epochs, recipe.train.epochs);
    (warmup > epochs as f64).then(|| {
        let text = format!("a warm-up of {warmup} epochs is longer than the training, {epochs}");
        Broken(&["train.warmup_epochs", "train.epochs"], text, Some("set train.warmup_epochs lower".into()))
    })
}

fn probes(recipe: &Recipe) -> Option<Broken> {
    let (k, images) = (recipe.probes.knn_k, recipe.images());
    (k > images).then(|| {
        let text = format!("{k} nearest neighbours are more than the {images} training images");
        Broken(&["probes.knn_k", "data.limit"], text, Some("set probes.knn_k lower".into()))
    })
}

/// What to say where `method` does not know the key `dotted`.
pub fn inapplicable(dotted: &str, method: &str) -> (String, Option<String>) {
    let keys = |name: &str| find(METHODS, name).map_or(&[][..], |entry| entry.keys);
    let own = dotted.trim_start_matches("method.");
    let having: Vec<&str> = METHODS.iter().filter(|entry| entry.key(own).is_some()).map(|entry| entry.name).collect();
    let known: Vec<&str> = keys(method).iter().map(|spec| spec.key).collect();
    let remedy = format!("{} has it; {method} has {}", choices(&having), choices(&known));
    (format!("`{own}` is not a key of {method}"), Some(remedy))
}
