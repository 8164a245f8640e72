//! An axis: a scale, a range, and where its labels stand.

use byolab_values::plan::{Experiment, Value};

/// How values are spread over an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// As far apart as the numbers are.
    Linear,
    /// Base of no consequence; all values are positive.
    Log,
    /// Category i stands at value i.
    Categories(Vec<String>),
}

/// An axis from one value to another; it may run downwards (batch sizes, as in BYOL's Figure 3a).
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    /// How numbers become places.
    pub scale: Scale,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Values to label; where empty, [`Axis::ticks`] chooses.
    pub values: Vec<f64>,
}

impl Axis {
    /// A linear axis over all of `values`.
    pub fn linear(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = span(values).unwrap_or((0.0, 1.0));
        let pad = if high > low { 0.0 } else { (0.05 * high.abs()).max(1e-3) };
        Self { label: label.into(), scale: Scale::Linear, from: low - pad, to: high + pad, values: Vec::new() }
    }

    /// A logarithmic axis over the positive ones of `values`.
    pub fn log(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = span(values.into_iter().filter(|value| *value > 0.0)).unwrap_or((0.1, 1.0));
        let pad = if high > low { 1.0 } else { 2.0 };
        Self { label: label.into(), scale: Scale::Log, from: low / pad, to: high * pad, values: Vec::new() }
    }

    /// An axis with one place for each name.
    pub fn categories(label: impl Into<String>, names: Vec<String>) -> Self {
        let to = names.len() as f64 - 0.5;
        Self { label: label.into(), scale: Scale::Categories(names), from: -0.5, to, values: Vec::new() }
    }

    /// Moves both ends out evenly until they are at least `span` apart, so that next to nothing is not drawn as much.
    pub fn spanning(mut self, span: f64) -> Self {
        let more = ((span - (self.to - self.from)) / 2.0).max(0.0);
        (self.from, self.to) = (self.from - more, self.to + more);
        self
    }

    /// Moves both ends out to round values.
    pub fn rounded(mut self) -> Self {
        if self.scale == Scale::Linear {
            let step = round_step(self.to - self.from, 5);
            self.from = (self.from / step + 1e-9).floor() * step;
            self.to = (self.to / step - 1e-9).ceil() * step;
        }
        self
    }

    /// Where a value stands, from 0 at the beginning to 1 at the end; values outside stand at the ends.
    pub fn place(&self, value: f64) -> f64 {
        let (value, from, to) = match self.scale {
            Scale::Log => (value.max(f64::MIN_POSITIVE).ln(), self.from.ln(), self.to.ln()),
            _ => (value, self.from, self.to),
        };
        ((value - from) / (to - from)).clamp(0.0, 1.0)
    }

    /// At most about `most` places (see [`Axis::place`]) with their labels.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        if let Scale::Categories(names) = &self.scale {
            return names.iter().enumerate().map(|(i, name)| (self.place(i as f64), name.clone())).collect();
        }
        if !self.values.is_empty() {
            return self.values.iter().map(|value| (self.place(*value), format!("{value}"))).collect();
        }
        match self.scale {
            Scale::Log => self.log_ticks(most),
            _ => self.linear_ticks(most),
        }
    }

    fn linear_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let step = round_step(self.to - self.from, most);
        let first = (self.from / step - 1e-9).ceil() as i64;
        let last = (self.to / step + 1e-9).floor() as i64;
        (first..=last).map(|i| (self.place(i as f64 * step), label(i as f64 * step, step))).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let decades = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
        let with = |factors: &'static [f64]| {
            let inside = |value: &f64| (self.from..=self.to).contains(value);
            decades.clone().flat_map(|i| factors.iter().map(move |f| f * 10f64.powi(i))).filter(inside)
        };
        let fine: Vec<_> = with(&[1.0, 2.0, 5.0]).collect();
        let chosen = if fine.len() <= most { fine } else { with(&[1.0]).collect() };
        chosen.into_iter().map(|value| (self.place(value), label(value, value))).collect()
    }
}

/// A dotted recipe key as people say it: `train.batch` is the batch.
pub fn spoken(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).replace('_', " ")
}

/// What people call a key in running text: the experiment's own name for it, or the last part of it.
pub fn called(experiment: &Experiment, key: &str) -> String {
    experiment.names.get(key).cloned().unwrap_or_else(|| spoken(key))
}

/// A value of a cell in running text, by the experiment's own names: `batch 128`; methods go by their names alone.
pub fn worded(experiment: &Experiment, key: &str, value: &Value) -> String {
    let value = value.to_string();
    let value = experiment.named(&value);
    if key == "method" { value.into() } else { format!("{} {value}", called(experiment, key)) }
}

fn span(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |span, value| {
        let (low, high) = span.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The smallest of 1, 2, 5 times a power of ten that divides `span` into at most `most` steps.
fn round_step(span: f64, most: usize) -> f64 {
    let rough = span / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    power * factors.into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9)).unwrap_or(10.0)
}

/// A tick as text, with the decimals that `step` needs; thousands and millions as `k` and `M`.
fn label(value: f64, step: f64) -> String {
    let (unit, suffix) = match step.abs() {
        step if step >= 1e6 => (1e6, "M"),
        step if step >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (-(step / unit).log10().floor()).max(0.0) as usize;
    let value = value / unit;
    if value == 0.0 { "0".into() } else { format!("{value:.decimals$}{suffix}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, most: usize) -> String {
        axis.ticks(most).into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_values_within_the_range() {
        assert_eq!(labels(Axis::linear("", [0.0, 39_000.0]), 4), "0 10k 20k 30k");
        assert_eq!(labels(Axis::linear("", [0.0, 300.0]), 3), "0 100 200 300");
        assert_eq!(labels(Axis::linear("", [0.031, 0.072]), 3), "0.04 0.06");
        assert_eq!(labels(Axis::linear("", [-8.2, 0.4]), 5), "-8 -6 -4 -2 0");
        assert_eq!(labels(Axis::log("", [0.05, 4.0]), 6), "0.05 0.1 0.2 0.5 1 2");
        assert_eq!(labels(Axis::log("", [0.05, 4.0]), 3), "0.1 1");
        assert_eq!(labels(Axis::log("", [100.0, 39_000.0]), 3), "100 1k 10k");
    }

    #[test]
    fn an_axis_spans_no_less_than_it_is_told_to() {
        for (values, expected) in [([0.0, 0.0], [-0.5, 0.5]), ([0.25, 0.5], [-0.125, 0.875]), ([0.0, 3.0], [0.0, 3.0])]
        {
            let axis = Axis::linear("", values).spanning(1.0);
            assert!((axis.from - expected[0]).abs() < 1e-9 && (axis.to - expected[1]).abs() < 1e-9, "{axis:?}");
        }
    }

    #[test]
    fn a_rounded_axis_ends_at_round_values() {
        let axis = Axis::linear("", [-8.3, 1.2]).rounded();
        assert_eq!((axis.from, axis.to), (-10.0, 2.0));
    }

    #[test]
    fn a_log_axis_gives_equal_ratios_equal_room_and_may_run_downwards() {
        let mut axis = Axis::log("batch", [64.0, 512.0]);
        (axis.from, axis.to) = (512.0, 64.0);
        for (value, place) in [(512.0, 0.0), (256.0, 1.0 / 3.0), (64.0, 1.0), (1e9, 0.0)] {
            assert!((axis.place(value) - place).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn nothing_and_a_single_value_still_make_an_axis() {
        for axis in [Axis::linear("", []), Axis::linear("", [3.0]), Axis::log("", []), Axis::log("", [3.0])] {
            assert!(axis.from < axis.to, "{axis:?}");
        }
    }
}
