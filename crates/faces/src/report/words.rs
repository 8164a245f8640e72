//! What formats for people say alike.

use byolab_store::results::{Judged, Results, Verdict, distinct};
use byolab_values::plan::{Claim, Test};

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
    let change = number::change_with_interval(&claim.metric, judged.estimate?, judged.low, judged.high);
    let per = if matches!(claim.test, Test::SmallerSlope { .. }) { " per doubling" } else { "" };
    Some(change + number::points(&claim.metric) + per)
}

/// How many seeds the numbers of a line stand on: `3`, or `3 / 2 / 2` in the order of its columns where they differ.
pub fn counts(seeds: &[usize]) -> String {
    let spoken = if distinct(seeds).len() == 1 { &seeds[..1] } else { seeds };
    spoken.iter().map(usize::to_string).collect::<Vec<_>>().join(" / ")
}
