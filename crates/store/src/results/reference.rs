//! What SciPy makes of the same numbers: `tests/reference/stats.json`, written by `make_stats.py` beside it, and
//! `sequences.json` by `make_sequences.py`.

use serde_json::Value;

/// Inputs and expected outputs by name.
#[derive(Debug)]
pub struct Case(Value);

/// The cases of one subject.
pub fn cases(subject: &str) -> impl Iterator<Item = Case> {
    of(include_str!("../../../../tests/reference/stats.json"), subject)
}

/// Those of confidence sequences.
pub fn sequences(subject: &str) -> impl Iterator<Item = Case> {
    of(include_str!("../../../../tests/reference/sequences.json"), subject)
}

fn of(text: &str, subject: &str) -> impl Iterator<Item = Case> {
    let all: Value = serde_json::from_str(text).expect("the reference is JSON");
    all[subject].as_array().expect("the reference has the subject").clone().into_iter().map(Case)
}

impl Case {
    pub fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("{name} is no number in {self:?}"))
    }

    pub fn list(&self, name: &str) -> Vec<f64> {
        self.0[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    }

    /// What is called `name`, as a case of its own.
    pub fn part(&self, name: &str) -> Self {
        Self(self.0[name].clone())
    }

    /// The same of a list.
    pub fn parts(&self, name: &str) -> impl Iterator<Item = Self> {
        self.0[name].as_array().cloned().unwrap_or_default().into_iter().map(Self)
    }

    /// A pair of lists.
    pub fn lists(&self, name: &str) -> [Vec<f64>; 2] {
        let list = |at: usize| self.0[name][at].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        [list(0), list(1)]
    }

    /// Fails where `found` is not the expected number called `name`.
    #[track_caller]
    pub fn near(&self, name: &str, found: f64) {
        let expected = self.number(name);
        assert!((found - expected).abs() < 1e-9, "{name}: {found} is not {expected} in {self:?}");
    }
}
