//! A coordinate on an axis, as users write and read it.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

/// A scalar of an experiment file. `1` and `1.0` are equal, and whole numbers are compared as such, however large. A list or
/// a whole table on an axis appears as the text of its label.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
}

impl Value {
    /// The value as a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Int(a), Self::Float(b)) => whole_beside(*a, *b),
            (Self::Float(a), Self::Int(b)) => whole_beside(*b, *a).reverse(),
            // Plus 0, so that -0.0 is 0.0.
            (Self::Float(a), Self::Float(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Int(_) | Self::Float(_), _) => Ordering::Less,
            (_, Self::Int(_) | Self::Float(_)) => Ordering::Greater,
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

/// A whole number beside any number, without rounding it.
fn whole_beside(whole: i64, number: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    match number {
        number if number.is_nan() => 0.0_f64.total_cmp(&number),
        number if number >= BEYOND => Ordering::Less,
        number if number < -BEYOND => Ordering::Greater,
        number => whole.cmp(&(number.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(number.fract() + 0.0))),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_compared_as_whole_numbers() {
        let (int, float) = (Value::Int, Value::Float);
        let large = 1_700_000_000_000_000_001;
        for (low, high) in [
            (int(large), int(large + 1)),
            (int((1 << 53) + 1), int((1 << 53) + 2)),
            (float((1_u64 << 53) as f64), int((1 << 53) + 1)),
            (int(i64::MAX), float(9.3e18)),
            (float(-9.3e18), int(i64::MIN)),
            (int(i64::MAX), float(i64::MAX as f64)),
            (int(-2), float(-1.5)),
            (float(-1.5), int(-1)),
            (int(1), float(1.5)),
            (float(f64::MAX), float(f64::NAN)),
            (int(3), float(f64::INFINITY)),
            (int(3), Value::Text("2".into())),
        ] {
            assert_eq!((low.cmp(&high), high.cmp(&low)), (Ordering::Less, Ordering::Greater), "{low} {high}");
        }
        for (a, b) in [
            (int(1), float(1.0)),
            (float(0.0), float(-0.0)),
            (int(0), float(-0.0)),
            (int(i64::MIN), float(-(2f64.powi(63)))),
        ] {
            assert_eq!((&a, a.cmp(&b)), (&b, Ordering::Equal));
        }
    }
}
