//! An experiment file: a question, a base recipe, axes, seeds, a baseline, claims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cell, Measure, Value, problem::Spot, recipe::Augmentation, settings::Settings, typed};

/// A parsed, checked experiment file; see the README for the format.
#[derive(Clone, Debug, Default)]
pub struct Experiment {
    /// File stem; also the name of its folder under `runs`.
    pub name: String,
    /// Where it came from, for messages: a path, or `built in: NAME`.
    pub origin: String,
    /// The file as typed.
    pub text: String,
    /// What is asked, in one sentence.
    pub question: String,
    /// Who asked it first: paper and table.
    pub source: Option<String>,
    /// What was expected, written down beforehand.
    pub expect: Option<String>,
    /// What axes and their values are called where people read: key, or value as text, to name.
    pub names: BTreeMap<String, String>,
    /// Name of the published table whose numbers stand beside ours; see [`super::papers`].
    pub published: Option<String>,
    /// With which every cell is trained.
    pub seeds: Vec<u64>,
    /// How often the claims are judged.
    pub look: Look,
    /// Axis key to the value that drops are measured from.
    pub baseline: BTreeMap<String, Value>,
    /// What varies.
    pub axes: Vec<Axis>,
    /// What the results are to say.
    pub claims: Vec<Claim>,
    /// What does not vary.
    pub base: Base,
}

impl Experiment {
    /// What an axis or a value is called where people read: the file's own name for it, or itself.
    pub fn named<'a>(&'a self, word: &'a str) -> &'a str {
        self.names.get(word).map_or(word, String::as_str)
    }

    /// Where the value `label` of the axis `key` was written.
    pub(super) fn spot(&self, key: &str, label: &Value) -> Spot {
        let spot = self.base.spots.get(&(key.to_owned(), label.clone()));
        spot.cloned().unwrap_or_else(|| Spot::named(&self.origin))
    }
}

/// How often claims are judged, which decides what their intervals have to bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Look {
    /// Once all seeds are there, whose number was fixed beforehand: t intervals.
    #[default]
    Once,
    /// After any seed, as often as anybody likes: confidence sequences.
    Always,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Once, Self::Always];

    /// As a file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|look| look.name() == name)
    }
}

impl From<Look> for &'static str {
    fn from(look: Look) -> Self {
        look.name()
    }
}

impl TryFrom<String> for Look {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::named(&name).ok_or_else(|| format!("there is no `look = \"{name}\"`"))
    }
}

/// What all cells of an experiment start from.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// What `[recipe]` says.
    pub settings: Settings,
    /// The user's own augmentation sets by name.
    pub sets: BTreeMap<String, Augmentation>,
    /// Where the values of the axes were written.
    pub spots: Spots,
    /// Where the claims name their metrics.
    pub asked: Vec<Spot>,
}

/// Axis key and label to the place of the value.
pub type Spots = BTreeMap<(String, Value), Spot>;

/// A varied knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Dotted recipe key, or the name of a whole table (`method`), or `augment`.
    pub key: String,
    /// In the order of the file.
    pub values: Vec<AxisValue>,
}

impl Axis {
    /// Its values as `--axis` takes them: `train.batch=512,64`.
    pub fn typed(&self) -> String {
        let values: Vec<String> = self.values.iter().map(|value| typed::value(&value.written())).collect();
        format!("{}={}", self.key, values.join(","))
    }

    /// Some of its values as `--only` takes them.
    pub fn only<'a>(&self, values: impl IntoIterator<Item = &'a AxisValue>) -> String {
        only(&self.key, values.into_iter().map(|value| &value.label))
    }
}

/// The labels of values of the axis `key` as `--only` takes them: `train.batch=512,64`.
pub fn only<'a>(key: &str, labels: impl IntoIterator<Item = &'a Value>) -> String {
    let label = |label: &Value| match label {
        Value::Text(text) => typed::text(text),
        other => other.to_string(),
    };
    let labels: Vec<String> = labels.into_iter().map(label).collect();
    format!("{key}={}", labels.join(","))
}

/// One value of an axis: what people read, and what goes into the recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisValue {
    /// What people read.
    pub label: Value,
    /// What is set: a value, or a table of several keys.
    pub value: toml::Value,
}

impl AxisValue {
    /// The value as a file has it.
    pub fn written(&self) -> toml::Value {
        written(&self.value)
    }
}

/// A value as a file has it: its name alone where there is no more to say, an augmentation set without its defaults.
pub(super) fn written(value: &toml::Value) -> toml::Value {
    if let Some(set) = Augmentation::unnamed(value) {
        return set.table();
    }
    match (value.as_table(), value.get("name")) {
        (Some(table), Some(name)) if table.len() == 1 => name.clone(),
        _ => value.clone(),
    }
}

/// The key of the axis that a user means: `method.name` varies the method.
pub fn axis_key(typed: &str) -> &str {
    if typed == "method.name" { "method" } else { typed }
}

/// Axis key to value: the cells that agree with it.
pub type Selector = BTreeMap<String, Value>;

/// Whether `cell` has every value that `selector` asks for.
pub fn selects(selector: &Selector, cell: &Cell) -> bool {
    selector.iter().all(|(key, value)| cell.get(key) == Some(value))
}

/// A sentence that the data support or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// As the file has it, in words.
    pub text: String,
    /// The number that it is about.
    pub metric: String,
    /// What is asked of that number.
    pub test: Test,
    /// Fixes other axes; what neither the test nor this fixes is at the baseline.
    pub at: Selector,
    /// How much better is enough, in units of the metric, or of the measure where a drop is measured otherwise. Where two things
    /// are to be equal, how far apart they may be.
    pub margin: f64,
    /// The standard deviation over seeds that is expected of what is compared, in units of the metric; for plans alone.
    pub spread: Option<f64>,
}

impl Claim {
    /// The metrics that decide it: what is learnt is judged beside the untrained encoder.
    pub fn metrics(&self) -> Vec<String> {
        let is_beside_untrained =
            matches!(self.test, Test::Collapses { .. } | Test::DoesNotCollapse { .. } | Test::Learns { .. });
        let is_beside_untrained = is_beside_untrained || self.measure() == Measure::Kept;
        let untrained = is_beside_untrained.then(|| format!("untrained.{}", self.metric));
        [self.metric.clone()].into_iter().chain(untrained).collect()
    }

    /// Whether it says that two things are equal, within the margin on both sides.
    pub fn is_equivalence(&self) -> bool {
        matches!(self.test, Test::Equal { .. } | Test::Reproduces(_))
    }

    /// The margin that an estimate is nearer to: where two things are to be equal there is one on both sides.
    pub fn margin_near(&self, estimate: f64) -> f64 {
        if self.is_equivalence() { self.margin.copysign(estimate) } else { self.margin }
    }

    /// How it measures a drop; what compares no drops compares values as they are.
    pub fn measure(&self) -> Measure {
        match self.test {
            Test::SmallerDrop { measure, .. } => measure,
            _ => Measure::Absolute,
        }
    }
}

/// `reproduces = { table = NAME, row = {..}, within = 0.01 }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduction {
    /// The published table.
    pub table: String,
    /// Its method and the values of its keys.
    pub row: Selector,
    /// Our cell.
    pub cell: Selector,
    /// Our number is the best of all evaluations, not the last one's.
    pub best: bool,
    /// Differences that are known and told, and no reason to refuse.
    pub despite: Vec<String>,
}

/// What a claim compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `less = [A, B], along = KEY, to = VALUE`: method A's drop from the baseline of KEY to VALUE is smaller than B's, by the
    /// measure that `measure` names.
    SmallerDrop {
        /// Methods.
        methods: [Value; 2],
        /// The axis along which.
        along: String,
        /// Its value to which the drop goes.
        to: Value,
        /// What of the drops is compared.
        measure: Measure,
    },
    /// `greater = [{..}, {..}]`: the metric in the cells of the first selector is above that of the second.
    Greater {
        /// The two cells.
        cells: [Selector; 2],
    },
    /// `less_slope = [A, B], along = KEY`: the slope of the metric against the binary logarithm of KEY, its change per
    /// doubling, is smaller for method A than for B.
    SmallerSlope {
        /// Methods.
        methods: [Value; 2],
        /// The axis.
        along: String,
    },
    /// `equal = [{..}, {..}], within = W`: the metric in both cells differs by less than W.
    Equal {
        /// The two cells.
        cells: [Selector; 2],
    },
    /// `reproduces = {..}`: the metric differs from a published number by less than a margin.
    Reproduces(Reproduction),
    /// `collapses = {..}`: all images are mapped to nearly one point, and the features are no better than those of the
    /// untrained encoder.
    Collapses {
        /// The cell.
        cell: Selector,
    },
    /// `does_not_collapse = {..}`: the opposite of `collapses`.
    DoesNotCollapse {
        /// The cell.
        cell: Selector,
    },
    /// `learns = {..}`: nothing collapses, and the features are better than those of the untrained encoder.
    Learns {
        /// The cell.
        cell: Selector,
    },
}
