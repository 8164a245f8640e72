//! What a key may hold.

use std::{
    fmt,
    ops::{
        Bound::{self, Excluded, Included, Unbounded},
        RangeBounds,
    },
};

use serde::{Serialize, Serializer};

use super::CatalogEntry;
use crate::plan::words::{choices, nearest_or_all};

/// Type and bounds of a key's value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// A whole number, at least this.
    Whole(i64),
    /// A whole number, these included.
    Within(i64, i64),
    /// An odd whole number, or 0.
    OddOrNone,
    /// A finite number within the bounds.
    Number(Bounds),
    /// Two numbers within the bounds, the smaller first.
    Range(Bounds),
    /// Whole numbers, each above the one before and the first at least 1; there may be none.
    Rising,
    /// Any text.
    Text,
    /// The name of one of these.
    OneOf(&'static [CatalogEntry]),
    /// The name of an augmentation set, or a table of operations; only the experiment knows all of them.
    Augmentation,
}

/// Where a number may lie.
pub type Bounds = (Bound<f64>, Bound<f64>);

/// 0 to 1.
pub const FRACTION: Bounds = (Included(0.0), Included(1.0));
/// Above 0, at most 1.
pub const SHARE: Bounds = (Excluded(0.0), Included(1.0));
/// Above 0.
pub const POSITIVE: Bounds = (Excluded(0.0), Unbounded);
/// Half a turn either way.
pub const DEGREES: Bounds = (Included(-180.0), Included(180.0));
/// At least 0.
pub const NOT_NEGATIVE: Bounds = (Included(0.0), Unbounded);

impl Kind {
    /// `value` in the key's own type (a whole number becomes a float where a number is asked for).
    ///
    /// # Errors
    /// What to write instead.
    pub fn check(&self, value: &toml::Value) -> Result<toml::Value, String> {
        let fits = match self {
            Self::Bool => value.is_bool(),
            Self::Whole(least) => value.as_integer().is_some_and(|whole| whole >= *least),
            Self::Within(least, most) => value.as_integer().is_some_and(|whole| (*least..=*most).contains(&whole)),
            Self::OddOrNone => value.as_integer().is_some_and(|whole| whole == 0 || whole > 0 && whole % 2 == 1),
            Self::Number(bounds) => return number(value, bounds).map(toml::Value::Float).ok_or_else(|| self.advice()),
            Self::Range(bounds) => return range(value, bounds).ok_or_else(|| self.advice()),
            Self::Rising => rising(value),
            Self::Text => value.is_str(),
            Self::OneOf(entries) => return one_of(value, entries),
            Self::Augmentation => value.is_str() || value.is_table(),
        };
        if fits { Ok(value.clone()) } else { Err(self.advice()) }
    }

    fn advice(&self) -> String {
        format!("use {self}")
    }
}

fn number(value: &toml::Value, bounds: &Bounds) -> Option<f64> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))?;
    // NaN is in no range, infinity in the unbounded ones.
    (number.is_finite() && bounds.contains(&number)).then_some(number)
}

fn range(value: &toml::Value, bounds: &Bounds) -> Option<toml::Value> {
    let [low, high] = value.as_array()?.as_slice() else { return None };
    let (low, high) = (number(low, bounds)?, number(high, bounds)?);
    (low <= high).then(|| vec![low, high].into())
}

fn rising(value: &toml::Value) -> bool {
    let wholes: Option<Vec<i64>> = value.as_array().and_then(|all| all.iter().map(toml::Value::as_integer).collect());
    wholes.is_some_and(|all| [0].iter().chain(&all).is_sorted_by(|low, high| low < high))
}

fn one_of(value: &toml::Value, entries: &[CatalogEntry]) -> Result<toml::Value, String> {
    let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
    match value.as_str() {
        Some(name) if names.contains(&name) => Ok(value.clone()),
        Some(name) => Err(nearest_or_all(name, &names)),
        None => Err(format!("use {}", choices(&names))),
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::Whole(least) => write!(f, "a whole number, at least {least}"),
            Self::Within(least, most) => write!(f, "a whole number, {least} to {most}"),
            Self::OddOrNone => f.write_str("an odd whole number, or 0"),
            Self::Number(bounds) => write!(f, "a number, {}", words(bounds)),
            Self::Range(bounds) => write!(f, "two numbers, the smaller first, each {}", words(bounds)),
            Self::Rising => f.write_str("whole numbers, rising: [120, 160]"),
            Self::Text => f.write_str("text"),
            Self::OneOf(entries) => f.write_str(&choices(&entries.iter().map(|entry| entry.name).collect::<Vec<_>>())),
            Self::Augmentation => f.write_str("the name of a set, or { first = [...], second = [...] }"),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn words(bounds: &Bounds) -> String {
    let (low, high) = bounds;
    if let (Included(low), Included(high)) = (low, high) {
        return format!("{low} to {high}");
    }
    let low = bound(low, "at least", "above");
    let high = bound(high, "at most", "below");
    [low, high].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn bound(bound: &Bound<f64>, included: &str, excluded: &str) -> Option<String> {
    match bound {
        Included(value) => Some(format!("{included} {value}")),
        Excluded(value) => Some(format!("{excluded} {value}")),
        Unbounded => None,
    }
}

/// A value that a registry can hold: what a key is where nobody wrote it.
#[derive(Clone, Copy, Debug)]
pub enum Constant {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Two numbers, the smaller first.
    Pair([f64; 2]),
    /// Whole numbers.
    List(&'static [i64]),
    /// A text, or the name of an entry.
    Text(&'static str),
}

impl Constant {
    /// As a file has it.
    pub fn toml(&self) -> toml::Value {
        match *self {
            Self::Bool(value) => value.into(),
            Self::Int(value) => value.into(),
            Self::Float(value) => value.into(),
            Self::Pair(values) => values.to_vec().into(),
            Self::List(values) => values.to_vec().into(),
            Self::Text(value) => value.into(),
        }
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair([low, high]) => write!(f, "[{}, {}]", short(low), short(high)),
            Self::List(values) => write!(f, "{values:?}"),
            Self::Float(value) if *value != 0.0 && value.abs() < 1e-3 => write!(f, "{value:e}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text("") => f.write_str("\"\""),
            Self::Text(value) => f.write_str(value),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
        }
    }
}

/// Three decimals say enough.
fn short(value: &f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl Serialize for Constant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.toml().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, typed: &str, expected: Result<&str, &str>) {
        let value = toml::from_str::<toml::Table>(&format!("x = {typed}")).unwrap()["x"].clone();
        let found = kind.check(&value).map(|value| value.to_string());
        assert_eq!(found, expected.map(String::from).map_err(String::from), "{typed}");
    }

    #[test]
    fn values_of_the_right_kind_pass_in_the_type_of_the_key() {
        check(Kind::Whole(0), "3", Ok("3"));
        check(Kind::Number(FRACTION), "1", Ok("1.0"));
        check(Kind::Range(SHARE), "[0.08, 1]", Ok("[0.08, 1.0]"));
        check(Kind::OddOrNone, "3", Ok("3"));
        check(Kind::OddOrNone, "0", Ok("0"));
        check(Kind::Bool, "true", Ok("true"));
        check(Kind::Rising, "[120, 160]", Ok("[120, 160]"));
        check(Kind::Rising, "[]", Ok("[]"));
        check(Kind::OneOf(super::super::ENCODERS), "'convnet'", Ok("\"convnet\""));
    }

    #[test]
    fn others_are_told_what_to_write() {
        check(Kind::Whole(2), "1", Err("use a whole number, at least 2"));
        check(Kind::Whole(2), "2.0", Err("use a whole number, at least 2"));
        check(Kind::Number(FRACTION), "1.5", Err("use a number, 0 to 1"));
        check(Kind::Number(POSITIVE), "0", Err("use a number, above 0"));
        check(Kind::Number(NOT_NEGATIVE), "nan", Err("use a number, at least 0"));
        check(Kind::Number(NOT_NEGATIVE), "inf", Err("use a number, at least 0"));
        check(Kind::Range(SHARE), "[1.0, 0.5]", Err("use two numbers, the smaller first, each above 0, at most 1"));
        check(Kind::Rising, "[160, 120]", Err("use whole numbers, rising: [120, 160]"));
        check(Kind::Rising, "[0]", Err("use whole numbers, rising: [120, 160]"));
        check(Kind::OddOrNone, "4", Err("use an odd whole number, or 0"));
        check(Kind::Within(0, 30), "31", Err("use a whole number, 0 to 30"));
        check(Kind::OneOf(super::super::ENCODERS), "'resnet81'", Err("did you mean `resnet18`?"));
        check(Kind::OneOf(super::super::ENCODERS), "7", Err("use `resnet18`, `resnet50`, `convnet` or `wideresnet28`"));
    }
}
