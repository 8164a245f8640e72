//! Changes from the baseline along an axis, the methods beside each other: the papers' idiom for robustness.

use byolab_store::results::{AxisChange, Estimate, Results, Unfixed, changes, complete, estimate, methods, paired};
use byolab_values::plan::{Axis, Experiment, Selector, Value};

use super::{
    columns::{Align, Columns},
    number,
    scores::group,
    words,
};

/// What the tables of one axis are made from.
pub struct Along<'a> {
    pub experiment: &'a Experiment,
    pub results: &'a Results,
    pub axis: &'a Axis,
    pub metric: &'a str,
}

impl Along<'_> {
    /// A line per value of the axis: each method's change, then how much more the first method keeps than another.
    /// None where no change is known.
    ///
    /// # Errors
    /// Where the baseline leaves open which cells are meant.
    pub fn columns(&self) -> Result<Option<Columns>, Unfixed> {
        let changes = changes(self.experiment, &self.results.rows, self.metric, &self.axis.key, &Selector::new())?;
        let methods: Vec<&Value> = methods(&self.results.rows)
            .into_iter()
            .filter(|method| changes.iter().any(|change| change.method == **method))
            .collect();
        if methods.is_empty() {
            return Ok(None);
        }
        let mut columns = self.titles(&methods);
        for value in self.axis.values.iter().map(|value| &value.label) {
            let of = |method: &&Value| changes.iter().find(|c| c.method == **method && c.value == *value);
            let here: Vec<Option<&AxisChange>> = methods.iter().map(of).collect();
            if self.experiment.baseline.get(&self.axis.key) == Some(value) {
                columns.push(self.baseline(value, &methods)?);
            } else if here.iter().any(Option::is_some) {
                columns.push(self.line(value, &here));
            }
        }
        Ok(Some(columns))
    }

    fn titles(&self, methods: &[&Value]) -> Columns {
        let each = methods.iter().map(|method| self.named(method));
        let against = methods[1..].iter().map(|method| format!("{} − {}", self.named(methods[0]), self.named(method)));
        let right = each.chain(against).chain(["n".into()]).map(|title| (title, Align::Right));
        Columns::new([(self.experiment.named(&self.axis.key).to_string(), Align::Left)].into_iter().chain(right))
    }

    fn named(&self, value: &Value) -> String {
        self.experiment.named(&value.to_string()).into()
    }

    /// The values that the changes start from.
    fn baseline(&self, value: &Value, methods: &[&Value]) -> Result<Vec<String>, Unfixed> {
        let mut line = vec![format!("{} (baseline)", self.named(value))];
        let mut seeds = Vec::new();
        for method in methods {
            let at = Selector::from([("method".into(), (*method).clone())]);
            let cell = complete(self.experiment, &self.results.rows, &at)?;
            let group = group(self.results, &cell, self.metric);
            seeds.push(group.map_or(0, |group| group.n));
            line.push(group.map_or("–".into(), |group| number::mean(self.metric, group.mean, group.std)));
        }
        line.extend(methods[1..].iter().map(|_| String::new()));
        line.push(words::counts(&seeds));
        Ok(line)
    }

    fn line(&self, value: &Value, here: &[Option<&AxisChange>]) -> Vec<String> {
        let each = here.iter().map(|change| change.map(|change| change.estimate));
        let against = here[1..].iter().map(|other| {
            let (first, other) = here[0].zip(*other)?;
            estimate(paired(&first.single, &other.single).into_values())
        });
        let estimates: Vec<Option<Estimate>> = each.chain(against).collect();
        let spoken =
            |found: &Option<Estimate>| found.map_or("–".into(), |found| number::estimate(self.metric, &found));
        let seeds: Vec<usize> = estimates.iter().map(|found| found.map_or(0, |found| found.n)).collect();
        [self.named(value)].into_iter().chain(estimates.iter().map(spoken)).chain([words::counts(&seeds)]).collect()
    }
}
