//! Which values of the axes and which seeds are switched on: the launcher's answer to `--only` and `--seeds`.

use byolab_values::plan::{Experiment, Overrides, Value, experiment::only};
use serde::{Deserialize, Serialize};

/// A line of switches for each axis, and one for the seeds at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The axes in the order of the file, then the seeds.
    pub lines: Vec<Switches>,
}

/// The values of one axis, or the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switches {
    /// The axis key; none for the seeds.
    pub axis: Option<String>,
    /// All of them.
    pub values: Vec<Value>,
    /// Which of `values` are switched on.
    pub on: Vec<bool>,
}

impl Choice {
    /// Everything of the experiment switched on.
    pub fn all(experiment: &Experiment) -> Self {
        let axes = experiment.axes.iter().map(|axis| {
            let values = axis.values.iter().map(|value| value.label.clone()).collect();
            Switches::new(Some(axis.key.clone()), values)
        });
        let seeds = experiment.seeds.iter().map(|seed| Value::Int(*seed as i64)).collect();
        Self { lines: axes.chain([Switches::new(None, seeds)]).collect() }
    }

    /// Whether nothing is switched off.
    pub fn is_all(&self) -> bool {
        self.lines.iter().all(|line| !line.on.contains(&false))
    }

    /// The same lines, switched as those of `other` are; values that it has not are on.
    pub fn switched_like(mut self, other: &Self) -> Self {
        for line in &mut self.lines {
            let Some(old) = other.lines.iter().find(|old| old.axis == line.axis) else { continue };
            let is_off = |value: &Value| old.values.iter().zip(&old.on).any(|(known, on)| known == value && !on);
            let on: Vec<bool> = line.values.iter().map(|value| !is_off(value)).collect();
            line.on = if on.contains(&true) { on } else { vec![true; on.len()] };
        }
        self
    }

    /// The same lines with only those values on that `other` has.
    #[must_use]
    pub fn left_by(mut self, other: &Self) -> Self {
        for line in &mut self.lines {
            let left = other.lines.iter().find(|other| other.axis == line.axis);
            let is_left = |value: &Value| left.is_none_or(|left| left.values.contains(value));
            line.on = line.values.iter().map(is_left).collect();
        }
        self
    }

    /// The choice as the command line would have it; lines that are wholly on ask for nothing.
    pub fn overrides(&self) -> Overrides {
        let mut overrides = Overrides::default();
        for line in self.lines.iter().filter(|line| line.on.contains(&false)) {
            let chosen = || line.values.iter().zip(&line.on).filter(|(_, on)| **on).map(|(value, _)| value);
            match &line.axis {
                Some(key) => {
                    overrides.only.push(only(key, chosen()));
                }
                None => {
                    let seed = |value: &Value| if let Value::Int(seed) = value { Some(*seed as u64) } else { None };
                    overrides.seeds = Some(chosen().filter_map(seed).collect());
                }
            }
        }
        overrides
    }
}

impl Switches {
    fn new(axis: Option<String>, values: Vec<Value>) -> Self {
        Self { axis, on: vec![true; values.len()], values }
    }

    /// Switches one value; the last one that is on stays on, and then this says false.
    pub fn toggle(&mut self, i: usize) -> bool {
        let last = self.on[i] && self.on.iter().filter(|on| **on).count() == 1;
        self.on[i] ^= !last;
        !last
    }

    /// Switches all on; where they are already, all but one off.
    pub fn toggle_all(&mut self, keep: usize) {
        let all = !self.on.contains(&false);
        self.on.fill(!all);
        self.on[keep] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> Choice {
        let batches = Switches::new(Some("train.batch".into()), vec![Value::Int(512), Value::Int(256)]);
        Choice { lines: vec![batches, Switches::new(None, vec![Value::Int(0), Value::Int(7)])] }
    }

    #[test]
    fn everything_on_overrides_nothing() {
        assert_eq!(choice().overrides(), Overrides::default());
    }

    #[test]
    fn what_is_off_becomes_only_and_seeds() {
        let mut choice = choice();
        assert!(choice.lines[0].toggle(0) && choice.lines[1].toggle(0));
        let overrides = choice.overrides();
        assert_eq!(overrides.only, ["train.batch=256"]);
        assert_eq!(overrides.seeds, Some(vec![7]));
    }

    #[test]
    fn names_with_commas_and_large_seeds_stay_what_they_are() {
        let names = ["full, \"all\"", "[0.2, 1.0]", "crop"].map(|name| Value::Text(name.into())).to_vec();
        let seeds = vec![Value::Int(0), Value::Int((1 << 53) + 1)];
        let mut choice =
            Choice { lines: vec![Switches::new(Some("augment".into()), names), Switches::new(None, seeds)] };
        assert!(choice.lines[0].toggle(2) && choice.lines[1].toggle(0));
        let overrides = choice.overrides();
        assert_eq!(overrides.only, ["augment=\"full, \\\"all\\\"\",\"[0.2, 1.0]\""]);
        assert_eq!(overrides.seeds, Some(vec![(1 << 53) + 1]));
    }

    #[test]
    fn the_last_value_stays_on() {
        let mut line = choice().lines.remove(0);
        assert!(line.toggle(1));
        assert!(!line.toggle(0));
        assert_eq!(line.on, [true, false]);
    }

    #[test]
    fn other_values_are_on_and_those_that_stay_are_as_they_were() {
        let mut old = choice();
        assert!(old.lines[0].toggle(0));
        let mut new = choice();
        new.lines[0] = Switches::new(Some("train.batch".into()), [512, 256, 128].map(Value::Int).to_vec());
        assert_eq!(new.switched_like(&old).lines[0].on, [false, true, true]);
    }

    #[test]
    fn all_switches_between_everything_and_the_one_under_the_cursor() {
        let mut line = choice().lines.remove(0);
        line.toggle_all(1);
        assert_eq!(line.on, [false, true]);
        line.toggle_all(1);
        assert_eq!(line.on, [true, true]);
    }
}
