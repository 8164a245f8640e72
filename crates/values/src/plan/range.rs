//! Ranges of numbers: `0.9..0.999 by 4` (so many values, evenly spaced, both ends included) and `64..512 by x2` (each the
//! double of the one before).

/// How ranges are written.
pub const HELP: &str = "0.9..0.999 by 4 (4 values, evenly spaced) or 64..512 by x2 (each twice the one before)";

/// Values that a range may have; more are a typing error.
const MOST: usize = 100;

/// Whether `typed` begins as a range does: a number and two dots.
pub fn is_range(typed: &str) -> bool {
    typed.split_once("..").is_some_and(|(from, _)| number(from).is_some())
}

/// An end of a range.
#[derive(Clone, Copy)]
enum End {
    Whole(i64),
    Any(f64),
}

impl End {
    fn number(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Any(number) => number,
        }
    }
}

/// The values of a range, as they would be typed one by one.
///
/// # Errors
/// What is wrong with it, in words.
pub fn values(typed: &str) -> Result<Vec<String>, String> {
    let unread = || format!("{typed:?} is not a range");
    let (ends, by) = typed.split_once("by").ok_or_else(|| format!("the range {typed:?} does not say its steps"))?;
    let (from, to) = ends.split_once("..").ok_or_else(unread)?;
    let (from, to) = number(from).zip(number(to)).ok_or_else(unread)?;
    if from.number() == to.number() {
        return Err(format!("the range {typed:?} ends where it begins"));
    }
    match by.trim().strip_prefix('x') {
        Some(factor) => {
            let factor = number(factor).filter(|factor| factor.number() > 1.0);
            multiplied(from, to, factor.ok_or_else(|| format!("{:?} is not a factor above 1", by.trim()))?)
        }
        None => {
            let count = by.trim().parse().ok().filter(|count| (2..=MOST).contains(count));
            Ok(even(from, to, count.ok_or_else(|| format!("a range has 2 to {MOST} values, not {:?}", by.trim()))?))
        }
    }
}

fn number(typed: &str) -> Option<End> {
    let typed = typed.trim().replace('_', "");
    let any = || typed.parse().ok().filter(|number: &f64| number.is_finite()).map(End::Any);
    typed.parse().ok().map(End::Whole).or_else(any)
}

/// `count` values at equal distances.
fn even(from: End, to: End, count: usize) -> Vec<String> {
    let steps = count as i128 - 1;
    if let (End::Whole(from), End::Whole(to)) = (from, to) {
        let (from, way) = (i128::from(from), i128::from(to) - i128::from(from));
        if way % steps == 0 {
            return (0..=steps).map(|step| (from + way / steps * step).to_string()).collect();
        }
    }
    let (from, to) = (from.number(), to.number());
    let at = |step: i128| if step == steps { to } else { from + (to - from) * (step as f64 / steps as f64) };
    (0..=steps).map(|step| short(at(step))).collect()
}

/// From one end to the other, each `factor` times the one before, or the one after.
fn multiplied(from: End, to: End, factor: End) -> Result<Vec<String>, String> {
    let is_rising = from.number() < to.number();
    let (low, high) = if is_rising { (from, to) } else { (to, from) };
    if low.number() <= 0.0 {
        return Err("a range by a factor stays above 0".into());
    }
    let mut values = match (low, high, factor) {
        (End::Whole(low), End::Whole(high), End::Whole(factor)) => whole_multiples(low, high, factor)?,
        _ => multiples(low.number(), high.number(), factor.number())?,
    };
    if !is_rising {
        values.reverse();
    }
    Ok(values)
}

fn whole_multiples(low: i64, high: i64, factor: i64) -> Result<Vec<String>, String> {
    let next = |last: &i128| Some(last * i128::from(factor));
    let values: Vec<i128> =
        std::iter::successors(Some(i128::from(low)), next).take_while(|value| *value <= i128::from(high)).collect();
    let told: Vec<String> = values.iter().map(ToString::to_string).collect();
    if values.last() == Some(&i128::from(high)) { Ok(told) } else { Err(missed(&told, &high.to_string())) }
}

fn multiples(low: f64, high: f64, factor: f64) -> Result<Vec<String>, String> {
    // The end counts as reached where rounding alone parts it from a value.
    let end = high * (1.0 + 1e-9);
    let values = std::iter::successors(Some(low), |last| Some(last * factor)).take_while(|value| *value <= end);
    let mut told: Vec<String> = values.take(MOST + 1).map(short).collect();
    let is_reached =
        told.last().and_then(|last| last.parse().ok()).is_some_and(|last: f64| (last / high - 1.0).abs() < 1e-9);
    if told.len() > MOST {
        return Err(format!("a range has 2 to {MOST} values"));
    }
    if is_reached {
        told.pop();
        told.push(short(high));
        return Ok(told);
    }
    Err(missed(&told, &short(high)))
}

fn missed(told: &[String], high: &str) -> String {
    format!("the range goes {} and misses {high}", told.join(", "))
}

/// A number without what rounding has left at its end.
fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    toml::Value::Float(rounded).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: &str) {
        assert!(is_range(typed), "{typed}");
        assert_eq!(values(typed).unwrap().join(" "), expected, "{typed}");
    }

    #[test]
    fn evenly_spaced_values_include_both_ends() {
        check("0.9..0.999 by 4", "0.9 0.933 0.966 0.999");
        check("0..1 by 5", "0.0 0.25 0.5 0.75 1.0");
        check("10..50 by 5", "10 20 30 40 50");
        check("50..10 by 3", "50 30 10");
        check("0.1..0.3 by 3", "0.1 0.2 0.3");
        check("-1 .. 1by3", "-1 0 1");
        check("1_000..3_000 by 2", "1000 3000");
        check("1e-4..1e-2 by 2", "0.0001 0.01");
        check("9007199254740993..9007199254740995 by 3", "9007199254740993 9007199254740994 9007199254740995");
    }

    #[test]
    fn a_factor_multiplies_up_or_down_to_the_other_end() {
        check("64..512 by x2", "64 128 256 512");
        check("512..64 by x2", "512 256 128 64");
        check("0.001..1 by x10", "0.001 0.01 0.1 1.0");
        check("1..8 by x2", "1 2 4 8");
        check("1..2.25 by x1.5", "1.0 1.5 2.25");
    }

    #[test]
    fn what_is_wrong_with_a_range_is_told() {
        for (typed, expected) in [
            ("0.9..0.999", "the range \"0.9..0.999\" does not say its steps"),
            ("0.9..x by 4", "\"0.9..x by 4\" is not a range"),
            ("1..1 by 4", "the range \"1..1 by 4\" ends where it begins"),
            ("1..2 by 1", "a range has 2 to 100 values, not \"1\""),
            ("1..2 by 1000000000", "a range has 2 to 100 values, not \"1000000000\""),
            ("64..500 by x2", "the range goes 64, 128, 256 and misses 500"),
            ("500..60 by x2", "the range goes 60, 120, 240, 480 and misses 500"),
            ("64..512 by x1", "\"x1\" is not a factor above 1"),
            ("64..512 by x", "\"x\" is not a factor above 1"),
            ("0..512 by x2", "a range by a factor stays above 0"),
            ("1..1e300 by x1.01", "a range has 2 to 100 values"),
        ] {
            assert_eq!(values(typed).unwrap_err(), expected);
        }
        for other in ["../up", "a..b", "0.9", "..5", "w/o color"] {
            assert!(!is_range(other), "{other}");
        }
    }
}
