//! What tells two trials or two experiments apart: recipes, results, environment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::protocol::Metrics;

use super::{distinct, stats};

/// A trial as it was trained.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Every knob by its dotted key; `train.seed` tells seeds apart.
    pub recipe: BTreeMap<String, String>,
    pub metrics: Metrics,
    pub environment: BTreeMap<String, String>,
}

/// The differences of two sides, B against A.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    pub recipe: Vec<Changed>,
    pub environment: Vec<Changed>,
    pub results: Vec<Compared>,
}

/// A key whose values differ, each side's values over its trials; none where a side lacks the key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    pub key: String,
    pub a: Option<String>,
    pub b: Option<String>,
}

/// One metric of one cell over the seeds of each side. Seeds are not paired: the sides need not have seen the same views.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The keys that vary within a side, with their values; empty where none does.
    pub cell: String,
    pub metric: String,
    pub a: Option<Level>,
    pub b: Option<Level>,
    /// Mean of B minus mean of A.
    pub difference: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Level {
    pub mean: f64,
    pub std: Option<f64>,
    pub n: usize,
}

/// Compares the trials of A with those of B.
pub fn diff(a: &[Trained], b: &[Trained]) -> Diff {
    let varied: BTreeSet<String> = [a, b].into_iter().flat_map(varied).collect();
    Diff {
        recipe: changed(a, b, |trained| &trained.recipe),
        environment: changed(a, b, |trained| &trained.environment),
        results: compared(&levels(a, &varied), &levels(b, &varied)),
    }
}

/// The values of `key` over the trials, each once.
fn values<'a>(
    side: &'a [Trained],
    of: impl Fn(&'a Trained) -> &'a BTreeMap<String, String>,
    key: &str,
) -> Option<String> {
    let values = distinct(side.iter().filter_map(|trained| of(trained).get(key)));
    (!values.is_empty()).then(|| values.into_iter().cloned().collect::<Vec<_>>().join(", "))
}

fn changed(a: &[Trained], b: &[Trained], of: fn(&Trained) -> &BTreeMap<String, String>) -> Vec<Changed> {
    let keys: BTreeSet<&String> = a.iter().chain(b).flat_map(|trained| of(trained).keys()).collect();
    let all = keys.into_iter().map(|key| Changed { key: key.clone(), a: values(a, of, key), b: values(b, of, key) });
    all.filter(|changed| changed.a != changed.b).collect()
}

/// The keys that tell the cells of a side apart.
fn varied(side: &[Trained]) -> Vec<String> {
    let keys: BTreeSet<&String> = side.iter().flat_map(|trained| trained.recipe.keys()).collect();
    let several = |key: &&String| distinct(side.iter().filter_map(|trained| trained.recipe.get(*key))).len() > 1;
    // The name of an augmentation set stands for its operations.
    let told_otherwise = |key: &&String| ["train.seed", "augment.first", "augment.second"].contains(&key.as_str());
    keys.into_iter().filter(|key| !told_otherwise(key)).filter(several).cloned().collect()
}

/// Cell and metric to what the seeds say.
fn levels(side: &[Trained], varied: &BTreeSet<String>) -> BTreeMap<(String, String), Level> {
    let mut numbers = BTreeMap::<(String, String), Vec<f64>>::new();
    for trained in side {
        let parts = varied.iter().filter_map(|key| Some(format!("{key} {}", trained.recipe.get(key)?)));
        let cell = parts.collect::<Vec<_>>().join(", ");
        for (metric, value) in &trained.metrics {
            numbers.entry((cell.clone(), metric.clone())).or_default().push(*value);
        }
    }
    let level = |values: Vec<f64>| stats::estimate(values).map(|e| Level { mean: e.mean, std: e.std, n: e.n });
    numbers.into_iter().filter_map(|(key, values)| Some((key, level(values)?))).collect()
}

fn compared(a: &BTreeMap<(String, String), Level>, b: &BTreeMap<(String, String), Level>) -> Vec<Compared> {
    let keys: BTreeSet<&(String, String)> = a.keys().chain(b.keys()).collect();
    let one = |key: &(String, String)| {
        let (a, b) = (a.get(key).copied(), b.get(key).copied());
        let difference = a.zip(b).map(|(a, b)| b.mean - a.mean);
        Compared { cell: key.0.clone(), metric: key.1.clone(), a, b, difference }
    };
    keys.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(batch: &str, seed: &str, knn: f64) -> Trained {
        let map =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Trained {
            recipe: map(&[("train.batch", batch), ("train.seed", seed), ("train.epochs", "3")]),
            metrics: [("knn.top1".to_string(), knn)].into(),
            environment: map(&[("device", "cpu")]),
        }
    }

    #[test]
    fn two_trials_differ_in_a_knob_and_in_what_came_of_it() {
        let diff = diff(&[trained("64", "0", 0.5)], &[trained("32", "0", 0.25)]);
        let changed = Changed { key: "train.batch".into(), a: Some("64".into()), b: Some("32".into()) };
        assert_eq!((diff.recipe, diff.environment), (vec![changed], Vec::new()));
        let result = &diff.results[0];
        assert_eq!((result.cell.as_str(), result.difference), ("", Some(-0.25)));
    }

    #[test]
    fn cells_of_experiments_are_compared_over_their_seeds() {
        let a = [trained("64", "0", 0.5), trained("64", "1", 0.7), trained("32", "0", 0.4)];
        let b = [trained("64", "0", 0.7)];
        let diff = diff(&a, &b);
        let keys: Vec<&str> = diff.recipe.iter().map(|changed| changed.key.as_str()).collect();
        assert_eq!(keys, ["train.batch", "train.seed"]);
        let cells: Vec<(&str, Option<f64>)> = diff.results.iter().map(|r| (r.cell.as_str(), r.difference)).collect();
        assert_eq!(cells[0], ("train.batch 32", None));
        assert_eq!((cells[1].0, diff.results[1].a.unwrap().n), ("train.batch 64", 2));
        assert!((cells[1].1.unwrap() - 0.1).abs() < 1e-12);
    }
}
