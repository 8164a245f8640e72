//! Published numbers beside ours: the table that an experiment names, each of its numbers with the cell of ours that has
//! the same method and the same values of the table's keys.

use serde::{Deserialize, Serialize};

use byolab_values::plan::{
    Cell, Plan, Selector, Trial, Value,
    papers::{self, Paper},
};

use super::{
    Estimate, Row,
    fair::{Flat, flat},
    stats, table,
};

/// A published table and what we have of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What experiment files name it by.
    pub table: String,
    /// What the table shows.
    pub title: String,
    /// Paper and table.
    pub source: String,
    /// How its numbers were made.
    pub protocol: String,
    /// What else is to be known about its numbers.
    #[serde(default)]
    pub note: Option<String>,
    /// Which of our numbers stands beside.
    pub metric: String,
    /// Of the methods that the experiment trains.
    pub entries: Vec<Beside>,
}

/// One published number, between 0 and 1 as ours are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// Ours.
    pub method: String,
    /// The cell's other axes.
    pub at: Selector,
    /// The paper's number.
    pub published: f64,
    /// Half the range over the paper's seeds, where it says so.
    pub spread: Option<f64>,
    /// Published number minus the one at our baseline, where the table has that one.
    pub change: Option<f64>,
    /// Our cell, where the plan has it.
    pub cell: Option<Cell>,
    /// Seeds of ours.
    pub n: usize,
    /// The mean of ours; none before a seed is finished.
    pub ours: Option<f64>,
    /// Between the seeds; none of a single one.
    pub std: Option<f64>,
    /// Our change from our baseline, seed by seed.
    pub our_change: Option<f64>,
}

/// What published numbers are looked up in.
struct Ours<'a> {
    plan: &'a Plan,
    rows: &'a [Row],
    /// The trials of the first seed with all their knobs.
    trials: Vec<(&'a Trial, Flat)>,
}

/// The comparison that the experiment asks for, of the methods that it trains.
pub fn published(plan: &Plan, rows: &[Row]) -> Option<Comparison> {
    let paper = papers::paper(plan.experiment.published.as_deref()?)?;
    let seed = plan.trials.first()?.seed;
    let trials = plan.trials.iter().filter(|trial| trial.seed == seed).map(|trial| (trial, flat(&trial.recipe)));
    let ours = Ours { plan, rows, trials: trials.collect() };
    Some(Comparison {
        table: paper.name.into(),
        title: paper.title.clone(),
        source: paper.source.clone(),
        protocol: paper.protocol.clone(),
        note: paper.note.clone(),
        metric: paper.metric.clone(),
        entries: paper.numbers.iter().filter(|n| ours.trains(&n.method)).map(|n| ours.beside(paper, n)).collect(),
    })
}

impl Ours<'_> {
    fn trains(&self, method: &str) -> bool {
        self.trials.iter().any(|(trial, _)| trial.recipe.method.name() == method)
    }

    fn beside(&self, paper: &Paper, number: &papers::PublishedNumber) -> Beside {
        let start = self.baseline(paper, &number.at).filter(|start| *start != number.at);
        let there = start.as_ref().and_then(|at| paper.number(&number.method, at));
        let cell = self.cell(&number.method, &number.at);
        let start = start.and_then(|at| self.cell(&number.method, &at));
        let values = |cell: &Cell| table::values(self.rows, cell, &paper.metric);
        let ours: Option<Estimate> = cell.as_ref().and_then(|cell| stats::estimate(values(cell).into_values()));
        let change =
            cell.as_ref().zip(start.as_ref()).map(|(here, there)| stats::paired(&values(here), &values(there)));
        Beside {
            method: number.method.clone(),
            at: number.at.clone(),
            published: number.mean / 100.0,
            spread: number.spread.map(|spread| spread / 100.0),
            change: there.map(|there| (number.mean - there.mean) / 100.0),
            n: ours.map_or(0, |ours| ours.n),
            ours: ours.map(|ours| ours.mean),
            std: ours.and_then(|ours| ours.std),
            our_change: change.and_then(|change| stats::estimate(change.into_values())).map(|change| change.mean),
            cell,
        }
    }

    /// The table's line at our baseline; none where the baseline says nothing about the table's keys.
    fn baseline(&self, paper: &Paper, at: &Selector) -> Option<Selector> {
        let known = &self.plan.experiment.baseline;
        let moved = |(key, value): (&String, &Value)| (key.clone(), known.get(key).unwrap_or(value).clone());
        paper.keys.iter().any(|key| known.contains_key(key)).then(|| at.iter().map(moved).collect())
    }

    /// The cell whose recipe is that of `method` and has these values, every other axis at its baseline.
    fn cell(&self, method: &str, at: &Selector) -> Option<Cell> {
        let baseline = &self.plan.experiment.baseline;
        let wanted = |(trial, recipe): &&(&Trial, Flat)| {
            let has = |(key, value): (&String, &Value)| {
                let found = recipe.get(key).or_else(|| recipe.get(&format!("{key}.name")));
                found.and_then(|found| found.clone().try_into::<Value>().ok()).as_ref() == Some(value)
            };
            let is_at = |(key, value): (&String, &Value)| {
                at.contains_key(key) || trial.cell.get(key).is_none_or(|own| own == value)
            };
            trial.recipe.method.name() == method && at.iter().all(has) && baseline.iter().all(is_at)
        };
        self.trials.iter().find(wanted).map(|(trial, _)| trial.cell.clone())
    }
}
