//! Reproducing a published number: the protocol on both sides, and whether they differ in what matters.

use serde::{Deserialize, Serialize};

use super::{
    Recipe, Reproduction, Selector, Value,
    papers::{self, Paper, PublishedNumber},
};

/// One part of a protocol on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// A key of recipes, or one of [`WORDS`].
    pub what: String,
    /// As published.
    pub there: String,
    /// Ours.
    pub here: String,
    /// Whether both are unlike, and it matters.
    pub differs: bool,
}

/// Parts of a protocol that are no keys of a recipe.
pub const WORDS: [&str; 3] = ["evaluated", "images", "training_images"];

impl Reproduction {
    /// The table; it is there where the file could be read.
    pub fn paper(&self) -> Option<&'static Paper> {
        papers::paper(&self.table)
    }

    /// The number that is to be reproduced.
    pub fn number(&self) -> Option<&'static PublishedNumber> {
        number(self.paper()?, &self.row)
    }

    /// The protocols of the table and of a trial of ours by this recipe, judged by `metric` over so many seeds.
    pub fn protocol(&self, recipe: &Recipe, metric: &str, seeds: usize) -> Vec<Part> {
        let Some(paper) = self.paper() else { return Vec::new() };
        let row = self.row.iter().filter(|(key, _)| *key != "method");
        let keys = row.chain(&paper.recipe).map(|(key, there)| of_key(recipe, key, there));
        let method = part("method", self.row["method"].to_string(), recipe.method.name().into());
        let words = [evaluated(paper, self.best), images(paper, metric), training_images(paper, recipe)];
        let optimizer_batch = optimizer_batch(paper, recipe, &self.row);
        let seeds = Part { differs: false, ..part("seeds", told(paper.seeds), seeds.to_string()) };
        [method]
            .into_iter()
            .chain(keys)
            .chain(optimizer_batch)
            .chain(words.into_iter().flatten())
            .chain([seeds])
            .collect()
    }
}

/// The number in a row, which names a method and the values of all keys.
pub fn number<'a>(paper: &'a Paper, row: &Selector) -> Option<&'a PublishedNumber> {
    let mut at = row.clone();
    let method = at.remove("method")?.to_string();
    paper.number(&method, &at)
}

/// The rows of a table as files name them, those of a method first.
pub fn rows(paper: &Paper) -> Vec<String> {
    let row = |number: &PublishedNumber| {
        let keys = number.at.iter().map(|(key, value)| format!("\"{key}\" = {}", typed(value)));
        let method = format!("method = \"{}\"", number.method);
        format!("{{ {} }}", [method].into_iter().chain(keys).collect::<Vec<_>>().join(", "))
    };
    paper.numbers.iter().map(row).collect()
}

fn typed(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

fn part(what: &str, there: String, here: String) -> Part {
    Part { differs: there != here, what: what.into(), there, here }
}

fn told(number: Option<usize>) -> String {
    number.map_or("not told".into(), |number| number.to_string())
}

/// A key of recipes: numbers are compared as numbers.
fn of_key(recipe: &Recipe, key: &str, there: &Value) -> Part {
    let here = knob(recipe, key);
    let spoken = here.as_ref().map_or("none".into(), Value::to_string);
    Part { differs: here.as_ref() != Some(there), ..part(key, there.to_string(), spoken) }
}

/// What a recipe has of a dotted key, or of the table of that name; none of a key that is not its own or that its text leaves
/// out.
fn knob(recipe: &Recipe, key: &str) -> Option<Value> {
    let table = toml::Table::try_from(recipe).expect("a recipe is a table");
    let found = key.split('.').try_fold(&toml::Value::Table(table), |value, key| value.get(key)).cloned()?;
    found.get("name").cloned().unwrap_or(found).try_into().ok()
}

fn evaluated(paper: &Paper, best: bool) -> Option<Part> {
    let words = |best: bool| if best { "the best of all epochs" } else { "the last epoch" }.to_string();
    Some(part("evaluated", words(paper.best_of_epochs), words(best)))
}

fn images(paper: &Paper, metric: &str) -> Option<Part> {
    let here = if metric.starts_with("test.") { "test" } else { "held-out" };
    Some(part("images", paper.images.clone()?, here.into()))
}

fn training_images(paper: &Paper, recipe: &Recipe) -> Option<Part> {
    Some(part("training_images", paper.training_images?.to_string(), recipe.data.training_images().to_string()))
}

/// Where a table tells a batch alone, that is its optimizer batch too.
fn optimizer_batch(paper: &Paper, recipe: &Recipe, row: &Selector) -> Option<Part> {
    const KEY: &str = "train.optimizer_batch";
    let known = |key: &str| row.get(key).or_else(|| paper.recipe.get(key));
    let batch = known("train.batch").filter(|_| known(KEY).is_none())?;
    Some(of_key(recipe, KEY, batch))
}

#[cfg(test)]
mod tests {
    use crate::plan::{Experiment, Overrides, Plan, Problems};

    const LIGHTLY: &str = "seeds = [0, 1]\n[recipe]\ndata = { name = 'cifar10' }\n\
        encoder = { name = 'resnet18', width = 64 }\noptimizer = { name = 'sgd', lr = 0.06, weight_decay = 5e-4 }\n\
        train = { batch = 128, reference_batch = 128, epochs = 200 }\n\
        [[claim]]\ntext = 't'\nmetric = 'knn.top1'\n";

    fn plan(reproduces: &str, with: &[(&str, &str)]) -> Result<Plan, Problems> {
        let text = with.iter().fold(LIGHTLY.to_owned(), |text, (old, new)| text.replace(old, new));
        let text = format!("{text}reproduces = {{ table = 'lightly-cifar10', {reproduces} }}");
        Plan::new(Experiment::parse("x", "x", &text)?, &Overrides::default())
    }

    fn problem(reproduces: &str, with: &[(&str, &str)]) -> String {
        let problem = plan(reproduces, with).unwrap_err().0.remove(0);
        format!("{} {} / {}", problem.place, problem.text, problem.remedy.unwrap_or_default())
    }

    const ROW: &str = "row = { method = 'byol', train.batch = 128, train.epochs = 200 }, within = 0.01";

    #[test]
    fn protocols_that_differ_are_refused_with_what_differs() {
        let told = problem(ROW, &[]);
        assert_eq!(
            told,
            "x:10:14 this is not the protocol of `lightly-cifar10`: evaluated there the best of all epochs, here the last epoch; \
             images there test, here held-out; training_images there 50000, here 45000 / make them alike, or say that they are \
             known: despite = [\"evaluated\", \"images\", \"training_images\"]"
        );
        let with = [("epochs = 200", "epochs = 100"), ("batch = 128, ref", "batch = 128, optimizer_batch = 256, ref")];
        let told = problem(ROW, &with);
        for part in ["train.epochs there 200, here 100", "train.optimizer_batch there 128, here 256"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn what_is_known_to_differ_is_no_reason_to_refuse() {
        let despite = "of = 'best', despite = ['images', 'training_images']";
        let plan = plan(&format!("{ROW}, {despite}"), &[]).unwrap();
        let claim = &plan.experiment.claims[0];
        let crate::plan::Test::Reproduces(reproduction) = &claim.test else { panic!("{claim:?}") };
        assert_eq!((reproduction.number().unwrap().mean, claim.margin, reproduction.best), (86.9, 0.01, true));
        let parts = reproduction.protocol(&plan.trials[0].recipe, &claim.metric, 2);
        let differing: Vec<&str> = parts.iter().filter(|part| part.differs).map(|part| part.what.as_str()).collect();
        assert_eq!(differing, ["images", "training_images"]);
        let seeds = parts.last().unwrap();
        assert_eq!((seeds.there.as_str(), seeds.here.as_str(), seeds.differs), ("1", "2", false));
        let told = problem(&format!("{ROW}, of = 'best', despite = ['images', 'training_images', 'train.batch']"), &[]);
        assert!(told.ends_with("`despite` names what does not differ: train.batch / leave it out"), "{told}");
    }

    #[test]
    fn tables_rows_and_margins_are_checked() {
        let check = |reproduces: &str, expected: &str| {
            let told = problem(reproduces, &[]);
            assert!(told.contains(expected), "{told}");
        };
        check("row = { method = 'byol' }", "a reproduction needs `within`");
        check("within = 0.01", "a reproduction needs `row`");
        check(
            &ROW.replace("128", "129"),
            "the table has no such row / use { method = \"byol\", \"train.batch\" = 128,",
        );
        check(&ROW.replace("'byol'", "'simclr'"), "`simclr` is not on the axis `method`");
        check(&ROW.replace("0.01", "0"), "`within` cannot be 0");
        check(&format!("{ROW}, of = 'mean'"), "`of` cannot be \"mean\" / use `final` or `best`");
        check(&format!("{ROW}, off = 1"), "a reproduction has no key `off` / did you mean `of`?");
        let told = problem(ROW, &[("metric = 'knn.top1'", "metric = 'linear.top1'")]);
        assert!(told.contains("the table `lightly-cifar10` tells `knn.top1`, not `linear.top1`"), "{told}");
        let told = problem(&format!("{ROW}, of = 'best'"), &[("metric = 'knn.top1'", "metric = 'test.knn.top1'")]);
        assert!(told.contains("`test.knn.top1` is measured once, at the end"), "{told}");
    }
}
