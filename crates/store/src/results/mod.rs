//! From a plan and a snapshot to numbers that can be trusted: rows, groups over seeds, paired differences, verdicts,
//! doubts. [`Results`] serialises to exactly the report's JSON.
//!
//! | file | holds |
//! |---|---|
//! | `table` | rows, means over seeds, paired differences |
//! | `changes`, `claims`, `holm` | what is gained or lost along an axis; verdicts, corrected for their number |
//! | `measures`, `equivalence` | drops by other measures than points lost; whether two things are equal |
//! | `stats`, `bootstrap` | means, t intervals, p values, power; BCa intervals |
//! | `sequence`, `forecast`, `until` | intervals that stay valid however often one looks; what more seeds will probably decide; which heat to train next |
//! | `power` | what difference the planned seeds can see |
//! | `reference` | what SciPy makes of the same numbers, for the tests |
//! | `doubts`, `collapse`, `fair` | reasons not to believe a number yet: collapses, unfair comparisons and others |
//! | `published`, `reproductions` | a paper's table beside ours; protocols on both sides |
//! | `tuning` | each method's best settings of the optimizer, and the best to be expected of fewer tries |
//! | `diff` | what tells two trials or experiments apart |
//! | `embedding` | features in two dimensions, and their neighbours |
//! | `time_left` | how long training still takes |

mod bootstrap;
mod changes;
mod claims;
mod collapse;
mod diff;
mod doubts;
pub mod embedding;
mod equivalence;
mod fair;
mod forecast;
mod holm;
mod measures;
mod power;
mod published;
#[cfg(test)]
mod reference;
mod reproductions;
mod sequence;
mod stats;
mod table;
pub mod time_left;
mod tuning;
pub mod until;

use serde::{Deserialize, Serialize};

use crate::store::{Snapshot, State};
use byolab_values::{
    plan::{Cell, Look, Plan, UntilDecided},
    protocol::Metrics,
};

pub use changes::{AxisChange, Unfixed, changes, complete};
pub use collapse::collapsed;
pub use diff::{Compared, Diff, Level, Trained, diff};
pub use fair::flat;
pub use measures::Measured;
pub use power::power;
pub use published::{Beside, Comparison};
pub use reproductions::Reproduced;
pub use stats::{BySeed, Estimate, estimate, paired};
pub use table::{METRICS, SCORES, methods, words};
pub use table::{distinct, metric_names, settings, with_method};
pub use tuning::Tuning;

/// Of [`Results`] as a document; grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// How many finished trials of a plan have numbers by other probes than the plan's.
pub fn judged_otherwise(plan: &Plan, snapshot: &Snapshot) -> usize {
    let runs = plan.trials.iter().filter_map(|trial| Some((trial, snapshot.runs.get(&trial.id)?)));
    let finished = runs.filter(|(_, run)| run.state == State::Finished);
    finished.filter(|(trial, run)| run.probes.as_ref().is_some_and(|probes| *probes != trial.recipe.probes)).count()
}

/// All that an experiment's finished trials say, and what still speaks against believing it.
pub fn judge(plan: &Plan, snapshot: &Snapshot) -> Results {
    let rows = table::rows(plan, snapshot);
    let differences = table::differences(&rows);
    let reproductions = reproductions::reproductions(plan, &rows);
    let claims = reproductions::refused(claims::judge(&plan.experiment, &rows), &reproductions);
    Results {
        schema_version: SCHEMA_VERSION,
        experiment: plan.experiment.name.clone(),
        question: plan.experiment.question.clone(),
        look: plan.experiment.look,
        until: plan.overrides.until,
        groups: table::groups(plan, &rows),
        doubts: doubts::doubts(plan, snapshot, &rows, &differences, &claims),
        claims,
        published: published::published(plan, &rows),
        reproductions,
        tunings: tuning::tunings(&plan.experiment, &rows),
        differences,
        rows,
    }
}

/// The report as one document; see `interface` in ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Of this document: what a reader may rely on.
    pub schema_version: u32,
    /// Its name.
    pub experiment: String,
    /// As the experiment asks it.
    pub question: String,
    /// How often claims are judged: by t intervals where once, by confidence sequences where always.
    #[serde(default)]
    pub look: Look,
    /// Where trials are trained until every claim is decided: how many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UntilDecided>,
    /// One a trial, in the order of the plan.
    pub rows: Vec<Row>,
    /// Seeds of one cell together.
    pub groups: Vec<Group>,
    /// Between methods.
    pub differences: Vec<Difference>,
    /// In the order of the file.
    pub claims: Vec<Judged>,
    /// Reasons not to believe a number yet.
    pub doubts: Vec<Doubt>,
    /// The published numbers that the experiment names, beside ours.
    #[serde(default)]
    pub published: Option<Comparison>,
    /// The protocols of claims to have reproduced a number, in the order of the claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reproductions: Vec<Reproduced>,
    /// What methods make of the values of the optimizer's axes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tunings: Vec<Tuning>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its id.
    pub trial: String,
    /// Where it stands.
    pub state: State,
    /// Of weights, order and views.
    pub seed: u64,
    /// The value of every axis.
    pub axes: Cell,
    /// Only what the trial has; in JSON, one of [`METRICS`] that it lacks is null.
    #[serde(with = "nullable")]
    pub metrics: Metrics,
    /// k-NN accuracy over training: the share of it that was done, and the value, at each evaluation.
    #[serde(skip)]
    pub curve: Vec<(f64, f64)>,
    /// Whether its projections or its features have collapsed to nearly one point.
    #[serde(default)]
    pub collapsed: bool,
    /// What it was trained on last.
    pub device: Option<String>,
    /// Version and commit that trained it last.
    pub commit: Option<String>,
}

impl Row {
    /// Whether all of its numbers are there.
    pub fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// The trial in words: `byol, train.batch 64, seed 0`.
    pub fn words(&self) -> String {
        format!("{}, seed {}", words(&self.axes), self.seed)
    }
}

/// Metrics with null for what is lacking; in memory what is lacking is simply not there.
mod nullable {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{METRICS, Metrics};

    pub fn serialize<S: Serializer>(metrics: &Metrics, serializer: S) -> Result<S::Ok, S::Error> {
        let lacking = METRICS.iter().map(|name| (*name, None));
        let known = metrics.iter().map(|(name, value)| (name.as_str(), Some(*value)));
        lacking.chain(known).collect::<BTreeMap<_, _>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metrics, D::Error> {
        let all = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
        Ok(all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// One metric of one cell over its finished seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The cell.
    pub axes: Cell,
    /// The number.
    pub metric: String,
    /// Seeds.
    pub n: usize,
    /// Over the seeds.
    pub mean: f64,
    /// Sample standard deviation; none where n < 2.
    pub std: Option<f64>,
    /// 95 % t interval of the mean; none where n < 2.
    pub low: Option<f64>,
    /// Beside `low`.
    pub high: Option<f64>,
    /// Of a score, the 95 % BCa bootstrap interval of the mean, which takes nothing for normal; none where n < 10.
    #[serde(default)]
    pub bootstrap: Option<[f64; 2]>,
}

/// One metric, method `between[0]` minus method `between[1]`, paired over heats (same seed, same views).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The axes other than the method.
    pub axes: Cell,
    /// The number.
    pub metric: String,
    /// The first minus the second.
    pub between: [String; 2],
    /// Pairs of seeds.
    pub n: usize,
    /// Of the differences of the pairs.
    pub mean: f64,
    /// Lower end of the 95 % t interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Whether the data support a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The data support it.
    Holds,
    /// They support the opposite.
    Fails,
    /// They do not say.
    Undecided,
}

impl Verdict {
    /// Of the claim that says the opposite.
    fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Undecided => Self::Undecided,
        }
    }
}

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// As the file has it.
    pub text: String,
    /// What the data say.
    pub verdict: Verdict,
    /// The quantity that must exceed the margin, in units of the metric; for a collapse, the gain over the untrained
    /// encoder, which must stay below it; where two things are to be equal, their difference, which must stay within it.
    pub estimate: Option<f64>,
    /// Lower end of the interval that it was judged by: 95 %, or 90 % where two things are to be equal and one looks once.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Seeds, or pairs of them.
    pub n: usize,
    /// Two-sided p value of the estimate against the margin, alone and corrected for the number of claims (Holm).
    pub p: Option<f64>,
    /// The same after Holm's correction for all claims.
    pub p_holm: Option<f64>,
    /// The verdict that is left after the correction.
    pub corrected: Verdict,
    /// Why it is undecided, and what would decide it.
    pub missing: Option<String>,
    /// The probability that one more seed decides it, by what is known; only where claims are judged always, of those that
    /// are undecided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<f64>,
    /// Seed by seed, how the interval closed; empty where claims are judged once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<SeenSeed>,
    /// The drops by every measure that they have; empty where no drops are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measured>,
    /// Whether no number of seeds decides it: some runs have collapsed and others have not.
    #[serde(skip)]
    pub is_stuck: bool,
}

/// A seed of a claim that is judged always.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenSeed {
    /// Of weights, order and views.
    pub seed: u64,
    /// The quantity of the claim with this seed.
    pub value: f64,
    /// Lower end of the confidence sequence after it; none while there are too few seeds.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// A reason not to believe a number yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// What kind of doubt.
    pub about: String,
    /// Why not to believe yet, in a sentence.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

/// A few of `items`, and how many more: what a sentence can hold.
fn listing(items: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = items[..items.len().min(SHOWN)].join("; ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
