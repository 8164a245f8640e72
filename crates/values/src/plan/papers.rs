//! Published numbers with their sources and protocols: the tables under `assets/papers`, built into the binary.
//!
//! A table is keyed by recipe keys and by methods, so that its rows find the trials that they speak of. An experiment
//! names one with `published = "byol-table-16"`; its numbers then stand beside ours.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{Selector, Value};

/// Every table: name and text. A new one is a file and its line here.
const TABLES: [(&str, &str); 19] = [
    ("byol-table-5a", include_str!("../../../../assets/papers/byol-table-5a.toml")),
    ("byol-table-5b", include_str!("../../../../assets/papers/byol-table-5b.toml")),
    ("byol-table-14a", include_str!("../../../../assets/papers/byol-table-14a.toml")),
    ("byol-table-14b", include_str!("../../../../assets/papers/byol-table-14b.toml")),
    ("byol-table-15a", include_str!("../../../../assets/papers/byol-table-15a.toml")),
    ("byol-table-15b", include_str!("../../../../assets/papers/byol-table-15b.toml")),
    ("byol-table-16", include_str!("../../../../assets/papers/byol-table-16.toml")),
    ("byol-table-17", include_str!("../../../../assets/papers/byol-table-17.toml")),
    ("byol-table-18", include_str!("../../../../assets/papers/byol-table-18.toml")),
    ("byol-table-19", include_str!("../../../../assets/papers/byol-table-19.toml")),
    ("byol-table-20", include_str!("../../../../assets/papers/byol-table-20.toml")),
    ("byol-table-21", include_str!("../../../../assets/papers/byol-table-21.toml")),
    ("simclr-table-b1", include_str!("../../../../assets/papers/simclr-table-b1.toml")),
    ("simclr-cifar", include_str!("../../../../assets/papers/simclr-cifar.toml")),
    ("lightly-cifar10", include_str!("../../../../assets/papers/lightly-cifar10.toml")),
    ("solo-learn-cifar", include_str!("../../../../assets/papers/solo-learn-cifar.toml")),
    ("eb-jepa-cifar10", include_str!("../../../../assets/papers/eb-jepa-cifar10.toml")),
    ("stable-pretraining-imagenette", include_str!("../../../../assets/papers/stable-pretraining-imagenette.toml")),
    ("huang-table-1", include_str!("../../../../assets/papers/huang-table-1.toml")),
];

static PAPERS: LazyLock<Vec<Paper>> =
    LazyLock::new(|| TABLES.iter().map(|(name, text)| Paper::parse(name, text)).collect());

/// A published table.
#[derive(Clone, Debug)]
pub struct Paper {
    /// What experiment files name it by.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// Paper and table.
    pub source: String,
    /// How its numbers were made, in one line.
    pub protocol: String,
    /// What a reader must know before comparing.
    pub note: Option<String>,
    /// Which of our numbers stands beside it.
    pub metric: String,
    /// The recipe keys that tell its rows apart.
    pub keys: Vec<String>,
    /// In the order of the table's lines, methods of a line next to each other.
    pub numbers: Vec<PublishedNumber>,
    /// Whether its numbers are each training's best over epochs, not its last.
    pub best_of_epochs: bool,
    /// Which images they are judged by, where the source tells: `test`.
    pub images: Option<String>,
    /// How many images are trained on, where the source tells.
    pub training_images: Option<usize>,
    /// Trainings behind a number, where the source tells.
    pub seeds: Option<usize>,
    /// What all rows share of a recipe and that matters: dotted key to value.
    pub recipe: Selector,
    /// Changes in points from the line of `from`, as the paper states or draws them.
    pub stated: Vec<PublishedNumber>,
    /// The cell from which it tells changes; none where it tells numbers as they are.
    pub from: Option<Selector>,
}

/// One number of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedNumber {
    /// Ours that it is of.
    pub method: String,
    /// The table's keys with their values.
    pub at: Selector,
    /// In per cent, as printed.
    pub mean: f64,
    /// Half the range over seeds, where the table gives one.
    pub spread: Option<f64>,
}

/// A table as its file spells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    source: String,
    protocol: String,
    note: Option<String>,
    #[serde(default)]
    best_of_epochs: bool,
    images: Option<String>,
    training_images: Option<usize>,
    seeds: Option<usize>,
    #[serde(default)]
    recipe: Selector,
    metric: String,
    keys: Vec<String>,
    methods: Vec<String>,
    rows: Vec<Vec<toml::Value>>,
    from: Option<Vec<toml::Value>>,
    #[serde(default)]
    changes: Vec<Vec<toml::Value>>,
}

/// Every table, in the order of the list.
pub fn papers() -> &'static [Paper] {
    &PAPERS
}

/// The table called `name`.
pub fn paper(name: &str) -> Option<&'static Paper> {
    papers().iter().find(|paper| paper.name == name)
}

impl Paper {
    fn parse(name: &'static str, text: &str) -> Self {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("assets/papers/{name}.toml: {error}"));
        let numbers = |rows: &[Vec<toml::Value>]| rows.iter().flat_map(|row| file.line(row)).collect();
        Self {
            name,
            numbers: numbers(&file.rows),
            stated: numbers(&file.changes),
            from: file.from.as_ref().map(|from| file.at(from)),
            title: file.title,
            source: file.source,
            protocol: file.protocol,
            note: file.note,
            best_of_epochs: file.best_of_epochs,
            images: file.images,
            training_images: file.training_images,
            seeds: file.seeds,
            recipe: file.recipe,
            metric: file.metric,
            keys: file.keys,
        }
    }

    /// The number of a method at these values of the keys.
    pub fn number(&self, method: &str, at: &Selector) -> Option<&PublishedNumber> {
        self.numbers.iter().find(|number| number.method == method && number.at == *at)
    }
}

impl File {
    fn at(&self, row: &[toml::Value]) -> Selector {
        let value = |value: &toml::Value| value.clone().try_into::<Value>().expect("a key's value is a scalar");
        self.keys.iter().cloned().zip(row.iter().map(value)).collect::<BTreeMap<_, _>>()
    }

    /// The numbers of one line; an empty text stands where there is none.
    fn line<'a>(&'a self, row: &'a [toml::Value]) -> impl Iterator<Item = PublishedNumber> + 'a {
        let (keys, numbers) = row.split_at(self.keys.len());
        assert!(numbers.len() == self.methods.len(), "a number for each method of {}: {row:?}", self.title);
        let pairs = self.methods.iter().zip(numbers).filter(|(_, number)| !number.is_str());
        pairs.map(|(method, number)| {
            let parts: Vec<f64> = match number {
                toml::Value::Array(parts) => parts.iter().map(plain).collect(),
                number => vec![plain(number)],
            };
            let (mean, spread) = (parts[0], parts.get(1).copied());
            PublishedNumber { method: method.clone(), at: self.at(keys), mean, spread }
        })
    }
}

fn plain(value: &toml::Value) -> f64 {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).expect("a table holds numbers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::catalog;

    #[test]
    fn every_file_in_the_folder_is_built_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/papers");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: std::collections::BTreeSet<String> = names.collect();
        let built_in = TABLES.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(files, built_in);
    }

    /// Methods of published tables that are not ours.
    const ELSEWHERE: [&str; 7] = ["dcl", "moco-v2", "moco-v2plus", "moco-v3", "dino", "lejepa", "sigreg"];

    #[test]
    fn every_table_says_where_it_is_from_and_names_what_there_is() {
        for paper in papers() {
            assert!(!paper.source.is_empty() && !paper.protocol.is_empty(), "{}", paper.name);
            assert!(catalog::metric(&paper.metric).is_some(), "{}: {}", paper.name, paper.metric);
            for number in &paper.numbers {
                let known = catalog::METHODS.iter().any(|method| method.name == number.method);
                assert!(known || ELSEWHERE.contains(&number.method.as_str()), "{}: {number:?}", paper.name);
                assert!((0.0..=100.0).contains(&number.mean), "{}: {number:?}", paper.name);
            }
        }
    }

    /// What rows share is told by keys that recipes have.
    #[test]
    fn recipes_of_tables_are_made_of_keys_that_there_are() {
        for paper in papers() {
            for key in paper.recipe.keys() {
                let (section, own) = key.split_once('.').unwrap();
                let section = catalog::SECTIONS.iter().find(|known| known.name == section).unwrap();
                let known = section.own.iter().chain(section.chosen.iter().flat_map(|choice| choice.keys));
                assert!(known.into_iter().any(|spec| spec.key == own), "{}: {key}", paper.name);
            }
        }
    }

    /// The changes that a paper states are those of its numbers, to the last digit printed.
    #[test]
    fn stated_changes_are_the_differences_of_the_numbers() {
        let mut checked = 0;
        for paper in papers() {
            for stated in &paper.stated {
                let from = paper.from.as_ref().expect("changes start somewhere");
                let [here, there] =
                    [&stated.at, from].map(|at| paper.number(&stated.method, at).expect("a change is between numbers"));
                let change = here.mean - there.mean;
                assert!((change - stated.mean).abs() < 0.05 + 1e-9, "{}: {change} is not {stated:?}", paper.name);
                checked += 1;
            }
        }
        assert_eq!(checked, 12 + 4 + 4, "Tables 16 and 17 of BYOL, Table 1 of Huang et al.");
    }

    /// BYOL's ablations share their baseline, 72.5, and SimCLR's is the row without predictor and target.
    #[test]
    fn the_tables_of_one_paper_agree() {
        let check = |name: &str, at: &[(&str, Value)], expected: f64| {
            let at = at.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
            assert_eq!(paper(name).unwrap().number("byol", &at).unwrap().mean, expected, "{name}");
        };
        check("byol-table-5a", &[("method.target_decay", Value::Float(0.99))], 72.5);
        let switches = |predictor, target, negatives| {
            [
                ("method.predictor", Value::Bool(predictor)),
                ("method.target", Value::Bool(target)),
                ("method.negative_weight", Value::Int(negatives)),
            ]
        };
        check("byol-table-5b", &switches(true, true, 0), 72.5);
        check("byol-table-5b", &switches(false, false, 1), 69.4);
        let depths = [("method.projector_depth", Value::Int(2)), ("method.predictor_depth", Value::Int(2))];
        check("byol-table-14a", &depths, 72.5);
        check("byol-table-14b", &[("method.projector_out", Value::Int(256))], 72.5);
        check("byol-table-15a", &[("optimizer.lr", Value::Float(0.3))], 72.5);
        check("byol-table-15b", &[("optimizer.weight_decay", Value::Float(1e-6))], 72.5);
        check("byol-table-16", &[("train.batch", Value::Int(4096))], 72.5);
        check("byol-table-17", &[("augment", Value::Text("byol".into()))], 72.5);
        check("byol-table-20", &[("method.normalization", Value::Text("l2".into()))], 72.5);
        let weak = [("method.negative_weight", Value::Float(1.0)), ("method.temperature", Value::Float(0.1))];
        check("byol-table-18", &weak, 70.9);
        let slow = [("method.target", Value::Bool(false)), ("method.predictor_lr", Value::Float(1.0))];
        check("byol-table-21", &slow, 5.5);
    }
}
