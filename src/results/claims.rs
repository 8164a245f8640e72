//! Whether the data support a claim.
//!
//! Every claim is a signed sum over cells, taken seed by seed so that the pairing is kept, which must exceed a margin:
//! it holds where the 95 % interval lies above the margin, fails where it lies below, and else is undecided.

use crate::plan::{Cell, Claim, Experiment, Selector, Test, Value};

use super::{
    Judged, Row, Verdict, changes,
    changes::Unfixed,
    listing,
    stats::{self, BySeed, Estimate, MOST_SEEDS},
    table,
};

/// A cell and the sign with which its value counts.
struct Term {
    sign: f64,
    cell: Cell,
}

/// Judges every claim of the experiment, in order.
pub fn judge(experiment: &Experiment, rows: &[Row]) -> Vec<Judged> {
    experiment.claims.iter().map(|claim| judge_one(claim, experiment, rows)).collect()
}

fn judge_one(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Judged {
    let terms = match terms(claim, experiment, rows) {
        Ok(terms) => terms,
        Err(unfixed) => return judged(claim, None, Verdict::Undecided, Some(unfixed.to_string())),
    };
    let estimate = stats::estimate(by_seed(&terms, rows, &claim.metric).into_values());
    let verdict = estimate.map_or(Verdict::Undecided, |estimate| verdict(&estimate, claim.margin));
    let missing = (verdict == Verdict::Undecided).then(|| missing(claim, &terms, rows, estimate.as_ref()));
    judged(claim, estimate, verdict, missing)
}

fn judged(claim: &Claim, estimate: Option<Estimate>, verdict: Verdict, missing: Option<String>) -> Judged {
    Judged {
        text: claim.text.clone(),
        verdict,
        estimate: estimate.map(|estimate| estimate.mean),
        low: estimate.and_then(|estimate| estimate.low),
        high: estimate.and_then(|estimate| estimate.high),
        n: estimate.map_or(0, |estimate| estimate.n),
        missing,
    }
}

/// The sum that a claim is about. Drop of B minus drop of A is change of A minus change of B.
fn terms(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Result<Vec<Term>, Unfixed> {
    match &claim.test {
        Test::SmallerDrop { methods: [a, b], along, to } => {
            let here = |method: &Value| selector(&claim.at, [("method", method), (along, to)]);
            let there = |method: &Value| changes::baseline(experiment, rows, along, &here(method));
            Ok(vec![
                Term { sign: 1.0, cell: changes::complete(experiment, rows, &here(a))? },
                Term { sign: -1.0, cell: there(a)? },
                Term { sign: -1.0, cell: changes::complete(experiment, rows, &here(b))? },
                Term { sign: 1.0, cell: there(b)? },
            ])
        }
        Test::Greater { cells: [a, b] } => {
            let cell = |side: &Selector| {
                let side = side.iter().map(|(key, value)| (key.as_str(), value));
                changes::complete(experiment, rows, &selector(&claim.at, side))
            };
            Ok(vec![Term { sign: 1.0, cell: cell(a)? }, Term { sign: -1.0, cell: cell(b)? }])
        }
    }
}

/// `at`, and what the test itself says of an axis before it.
fn selector<'a>(at: &Selector, test: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Selector {
    let mut selector = at.clone();
    selector.extend(test.into_iter().map(|(key, value)| (key.to_string(), value.clone())));
    selector
}

/// The sum of each seed that every term has.
fn by_seed(terms: &[Term], rows: &[Row], metric: &str) -> BySeed {
    let values: Vec<BySeed> = terms.iter().map(|term| table::values(rows, &term.cell, metric)).collect();
    let sum =
        |seed| -> Option<f64> { terms.iter().zip(&values).map(|(term, of)| Some(term.sign * of.get(seed)?)).sum() };
    let seeds = values.first().into_iter().flat_map(BySeed::keys);
    seeds.filter_map(|seed| Some((*seed, sum(seed)?))).collect()
}

fn verdict(estimate: &Estimate, margin: f64) -> Verdict {
    match (estimate.low, estimate.high) {
        (Some(low), _) if low > margin => Verdict::Holds,
        (_, Some(high)) if high < margin => Verdict::Fails,
        _ => Verdict::Undecided,
    }
}

/// What would decide the claim: planned cells, finished trials, the metric, seeds; the first that is wanting.
fn missing(claim: &Claim, terms: &[Term], rows: &[Row], estimate: Option<&Estimate>) -> String {
    let unplanned = terms.iter().find(|term| rows.iter().all(|row| row.axes != term.cell));
    if let Some(term) = unplanned {
        return format!("no trial of the plan has {}", table::words(&term.cell));
    }
    let asked: Vec<&Row> = rows.iter().filter(|row| terms.iter().any(|term| row.axes == term.cell)).collect();
    let unfinished: Vec<String> = asked.iter().filter(|row| !row.is_finished()).map(|row| row.words()).collect();
    if !unfinished.is_empty() {
        return format!("{} of {} trials not finished: {}", unfinished.len(), asked.len(), listing(&unfinished));
    }
    let silent = asked.iter().filter(|row| !row.metrics.contains_key(&claim.metric)).map(|row| row.words());
    let silent: Vec<String> = silent.collect();
    if !silent.is_empty() {
        return format!("{} of {} trials have no {}: {}", silent.len(), asked.len(), claim.metric, listing(&silent));
    }
    estimate.map_or("no seed that every cell has".into(), |seen| more_seeds(seen, claim.margin))
}

fn more_seeds(seen: &Estimate, margin: f64) -> String {
    if seen.n < 2 {
        return "one seed has no interval: at least 2 are needed".into();
    }
    match stats::seeds_to_decide(seen, margin).map(|needed| needed.saturating_sub(seen.n).max(1)) {
        Some(1) => "about 1 more seed would decide it".into(),
        Some(more) => format!("about {more} more seeds would decide it"),
        None => format!("too close to the margin: {MOST_SEEDS} seeds would not decide it"),
    }
}
