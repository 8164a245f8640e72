//! What formats for people say alike.

use byolab_store::results::{Judged, Measured, Results, Verdict, distinct};
use byolab_values::plan::{Claim, Measure, Test};

use super::number;

/// `14 of 16 trials finished`; where training ends once claims are decided, `14 of at most 160 trials finished`.
pub fn progress(results: &Results) -> String {
    let finished = results.rows.iter().filter(|row| row.is_finished()).count();
    let most = if results.until.is_some() { "at most " } else { "" };
    format!("{finished} of {most}{} trials finished", results.rows.len())
}

/// `✓ holds`, `✗ fails`, `? undecided`.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "✓ holds",
        Verdict::Fails => "✗ fails",
        Verdict::Undecided => "? undecided",
    }
}

/// `+2.1 [+0.9, +3.3] points`, where there is an estimate.
pub fn estimate(claim: &Claim, judged: &Judged) -> Option<String> {
    let (scale, unit) = units(claim, claim.measure());
    let change = number::change_with_interval(scale, judged.estimate?, judged.low, judged.high);
    let per = if matches!(claim.test, Test::SmallerSlope { .. }) { " per doubling" } else { "" };
    Some(change + unit + per + interval(claim, judged))
}

/// Which interval stands there, where it is not the usual one.
fn interval(claim: &Claim, judged: &Judged) -> &'static str {
    if claim.is_equivalence() && judged.seen.is_empty() && judged.low.is_some() { " (90 % interval)" } else { "" }
}

/// What a claim's estimate must exceed, or stay within, without its unit.
pub fn margin(claim: &Claim) -> String {
    let margin = number::change(units(claim, claim.measure()).0, claim.margin);
    if claim.is_equivalence() { margin.replacen('+', "±", 1) } else { margin }
}

/// The same of a claim's drops by one measure; none where they have no such number.
pub fn measured(claim: &Claim, found: &Measured) -> Option<String> {
    let (scale, unit) = units(claim, found.measure);
    Some(number::change_with_interval(scale, found.estimate?, found.low, found.high) + unit)
}

/// The metric as which numbers of a measure are written, and their unit with the space before it.
fn units(claim: &Claim, measure: Measure) -> (&str, &'static str) {
    match measure {
        Measure::Absolute | Measure::EqualHeight => (&claim.metric, number::points(&claim.metric)),
        Measure::Relative => (number::SHARE, " % of the baseline"),
        Measure::Kept => (number::SHARE, " % of the gain"),
        Measure::LogOdds => ("", " log-odds"),
    }
}

/// How many seeds the numbers of a line stand on: `3`, or `3 / 2 / 2` in the order of its columns where they differ.
pub fn counts(seeds: &[usize]) -> String {
    let spoken = if distinct(seeds).len() == 1 { &seeds[..1] } else { seeds };
    spoken.iter().map(usize::to_string).collect::<Vec<_>>().join(" / ")
}
