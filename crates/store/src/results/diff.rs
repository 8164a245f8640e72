//! What tells two trials or two experiments apart: recipes, results, environment.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde::Serialize;

use byolab_values::protocol::Metrics;

use super::{METRICS, distinct, stats};

/// A trial as it was trained.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Every knob by its dotted key, texts without quotes; `train.seed` tells seeds apart.
    pub recipe: BTreeMap<String, String>,
    /// By name.
    pub metrics: Metrics,
    /// Device, version and the like, by name.
    pub environment: BTreeMap<String, String>,
}

/// The differences of two sides, B against A.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// Keys that differ.
    pub recipe: Vec<Changed>,
    /// What else differs of how they were trained.
    pub environment: Vec<Changed>,
    /// Numbers side by side.
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
    /// The number.
    pub metric: String,
    /// Of the first; none where it lacks it.
    pub a: Option<Level>,
    /// Of the second.
    pub b: Option<Level>,
    /// Mean of B minus mean of A.
    pub difference: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
/// A mean over seeds.
pub struct Level {
    /// Over the seeds.
    pub mean: f64,
    /// Between the seeds; none of a single one.
    pub std: Option<f64>,
    /// Seeds.
    pub n: usize,
}

/// Compares the trials of A with those of B.
pub fn diff(a: &[Trained], b: &[Trained]) -> Diff {
    let mut varied = distinct([a, b].into_iter().flat_map(varied));
    varied.sort_by_key(|key| (key != "method.name", key.clone()));
    Diff {
        recipe: changed(a, b, |trained| &trained.recipe),
        environment: changed(a, b, |trained| &trained.environment),
        results: compared(&levels(a, &varied), &levels(b, &varied), &varied),
    }
}

/// The values of `key` over the trials, each once.
fn values<'a>(
    side: &'a [Trained],
    of: impl Fn(&'a Trained) -> &'a BTreeMap<String, String>,
    key: &str,
) -> Option<String> {
    let mut values = distinct(side.iter().filter_map(|trained| of(trained).get(key)));
    values.sort_by_key(|value| Natural((*value).clone()));
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
    let several = |key: &&String| distinct(side.iter().map(|trained| trained.recipe.get(*key))).len() > 1;
    let told = |key: &&String| *key != "train.seed" && !follows(side, key);
    keys.into_iter().filter(told).filter(several).cloned().collect()
}

/// Whether the name of a part says the value of `key` too: a method's own keys vary with the method, and the operations
/// of an augmentation set with the set.
fn follows(side: &[Trained], key: &str) -> bool {
    let Some((part, own)) = key.split_once('.') else { return false };
    let name = format!("{part}.name");
    let pairs = distinct(side.iter().map(|trained| (trained.recipe.get(&name), trained.recipe.get(key))));
    let names = distinct(pairs.iter().map(|(name, _)| name));
    own != "name" && names.len() == pairs.len()
}

/// What the seeds of each cell say, by the values of the keys that tell cells apart.
type Levels = BTreeMap<Vec<Natural>, BTreeMap<String, Level>>;

fn levels(side: &[Trained], varied: &[String]) -> Levels {
    let mut numbers = BTreeMap::<Vec<Natural>, BTreeMap<String, Vec<f64>>>::new();
    for trained in side {
        let value = |key: &String| Natural(trained.recipe.get(key).cloned().unwrap_or_default());
        let cell = numbers.entry(varied.iter().map(value).collect()).or_default();
        for (metric, value) in &trained.metrics {
            cell.entry(metric.clone()).or_default().push(*value);
        }
    }
    let level = |values: Vec<f64>| stats::estimate(values).map(|e| Level { mean: e.mean, std: e.std, n: e.n });
    let cell = |metrics: BTreeMap<String, Vec<f64>>| {
        metrics.into_iter().filter_map(|(metric, values)| Some((metric, level(values)?))).collect()
    };
    numbers.into_iter().map(|(values, metrics)| (values, cell(metrics))).collect()
}

fn compared(a: &Levels, b: &Levels, varied: &[String]) -> Vec<Compared> {
    let cells: BTreeSet<&Vec<Natural>> = a.keys().chain(b.keys()).collect();
    let of = |cell: &Vec<Natural>| {
        let [a, b] = [a, b].map(|side| side.get(cell));
        let known = [a, b].into_iter().flatten().flat_map(|metrics| metrics.keys().map(String::as_str));
        let metrics = distinct(METRICS.into_iter().chain(known.clone())).into_iter();
        let metrics = metrics.filter(|metric| known.clone().any(|known| known == *metric));
        let name = words(cell, varied);
        let one = |metric: &str| {
            let [a, b] = [a, b].map(|metrics| metrics.and_then(|metrics| metrics.get(metric)).copied());
            let difference = a.zip(b).map(|(a, b)| b.mean - a.mean);
            Compared { cell: name.clone(), metric: metric.into(), a, b, difference }
        };
        metrics.map(one).collect::<Vec<_>>()
    };
    cells.into_iter().flat_map(of).collect()
}

/// `byol, train.batch 64`: a name alone says what it is of.
fn words(cell: &[Natural], varied: &[String]) -> String {
    let word = |(key, value): (&String, &Natural)| match key.strip_suffix(".name") {
        _ if value.0.is_empty() => None,
        Some("method") => Some(value.0.clone()),
        Some(part) => Some(format!("{part} {}", value.0)),
        None => Some(format!("{key} {}", value.0)),
    };
    varied.iter().zip(cell).filter_map(word).collect::<Vec<_>>().join(", ")
}

/// A value in the order that people expect: numbers by size, then texts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Natural(String);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let [a, b] = [self, other].map(|value| value.0.parse::<f64>().ok());
        let texts = || a.is_none().cmp(&b.is_none()).then_with(|| self.0.cmp(&other.0));
        a.zip(b).map_or_else(texts, |(a, b)| a.total_cmp(&b).then_with(|| self.0.cmp(&other.0)))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
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

    #[test]
    fn values_and_cells_come_in_the_order_of_their_numbers() {
        let diff = diff(&[trained("128", "0", 0.5), trained("64", "0", 0.5), trained("8", "0", 0.5)], &[]);
        assert_eq!(
            diff.recipe.iter().find(|changed| changed.key == "train.batch").unwrap().a.as_deref(),
            Some("8, 64, 128")
        );
        let cells: Vec<&str> = diff.results.iter().map(|compared| compared.cell.as_str()).collect();
        assert_eq!(cells, ["train.batch 8", "train.batch 64", "train.batch 128"]);
    }

    /// A name stands for what comes with it; what varies beside it is never averaged.
    #[test]
    fn cells_are_told_by_names_and_by_what_the_names_do_not_say() {
        let of = |set: &str, area: &str, seed: &str| {
            let mut trained = trained("64", seed, 0.5);
            trained.recipe.insert("augment.name".into(), set.into());
            trained.recipe.insert("augment.first".into(), area.into());
            trained
        };
        let cells = |side: &[Trained]| {
            let levels = diff(side, side).results.into_iter().map(|compared| (compared.cell, compared.a.unwrap().n));
            levels.collect::<Vec<_>>()
        };
        let alike = [of("full", "crop", "0"), of("full", "crop", "1"), of("none", "", "0")];
        assert_eq!(cells(&alike), [("augment full".into(), 2), ("augment none".into(), 1)]);
        let edited = [of("full", "crop", "0"), of("full", "flip", "1")];
        assert_eq!(cells(&edited), [("augment.first crop".into(), 1), ("augment.first flip".into(), 1)]);
    }
}
