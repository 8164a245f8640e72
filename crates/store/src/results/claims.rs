//! Whether the data support a claim.
//!
//! Every claim is a weighted sum over cells, taken seed by seed so that the pairing is kept, on one side of a margin. Where
//! the 95 % interval of the sum lies on that side the claim holds, where it lies on the other it fails, and else it is
//! undecided. Where two things are to be equal there is a margin on both sides (`equivalence`). Of a collapse projections and features are asked too. Each verdict stands beside the one that is left after Holm's
//! correction for the number of claims.
//!
//! The interval is the t interval where the experiment is looked at once, its seeds fixed beforehand; a confidence sequence
//! where it is looked at always.

use byolab_values::plan::{Cell, Claim, Experiment, Look, Measure, Reproduction, Selector, Test, Value};

use super::{
    Judged, Row, SeenSeed, Verdict,
    changes::{self, Unfixed},
    equivalence::{self, Equivalence},
    forecast::Forecast,
    holm::holm,
    listing,
    measures::{self, Measured},
    sequence,
    stats::{self, BySeed, Estimate, MOST_SEEDS, POWER},
    table,
};

/// A metric of a cell and the weight with which its value counts.
struct Term {
    weight: f64,
    cell: Cell,
    metric: String,
}

impl Term {
    fn new(weight: f64, cell: Cell, claim: &Claim) -> Self {
        Self { weight, cell, metric: claim.metric.clone() }
    }
}

/// Where an interval lies.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Above,
    Below,
    Across,
}

/// Judges every claim of the experiment, in order.
pub fn judge(experiment: &Experiment, rows: &[Row]) -> Vec<Judged> {
    let judged = experiment.claims.iter().map(|claim| judge_one(claim, experiment, rows)).collect();
    match experiment.look {
        Look::Once => corrected(judged, |claim| claim.p.is_some()),
        // Whoever has no p value yet is to have one: what is decided early must bear the correction for all.
        Look::Always => foreseen(&experiment.claims, corrected(judged, |_| true)),
    }
}

/// Holm's correction over the claims that count; one without a p value stands for 1.
fn corrected(mut claims: Vec<Judged>, counts: impl Fn(&Judged) -> bool) -> Vec<Judged> {
    let p: Vec<f64> = claims.iter().filter(|claim| counts(claim)).map(|claim| claim.p.unwrap_or(1.0)).collect();
    for (claim, p) in claims.iter_mut().filter(|claim| counts(claim)).zip(holm(&p)) {
        claim.p_holm = claim.p.map(|_| p);
        if p >= 0.05 {
            claim.corrected = Verdict::Undecided;
        }
    }
    claims
}

/// The level at which the next claim is decided: Holm's, of those that are undecided.
pub fn level(judged: &[Judged]) -> f64 {
    let open = judged.iter().filter(|claim| claim.corrected == Verdict::Undecided).count();
    sequence::ALPHA / open.max(1) as f64
}

/// Says of each undecided claim what more seeds would probably do.
fn foreseen(claims: &[Claim], mut judged: Vec<Judged>) -> Vec<Judged> {
    let (level, all) = (level(&judged), judged.len());
    let open = judged.iter_mut().zip(claims);
    let open = open.filter(|(judged, _)| judged.corrected == Verdict::Undecided && !judged.is_stuck);
    for (judged, claim) in open {
        let margin = claim.margin_near(judged.estimate.unwrap_or(0.0));
        let forecast = Forecast::new(&judged.values(), margin, level, MOST_SEEDS.saturating_sub(judged.n));
        judged.next = forecast.as_ref().map(|forecast| forecast.within(1));
        if judged.missing.is_none() {
            let lost = judged.verdict != Verdict::Undecided;
            let lost =
                if lost { format!("undecided after Holm's correction for {all} claims; ") } else { String::new() };
            judged.missing = Some(lost + &forecast_words(forecast.as_ref()));
        }
    }
    judged
}

fn forecast_words(forecast: Option<&Forecast>) -> String {
    let Some(forecast) = forecast else {
        return format!("one seed says nothing of the spread: at least {} are needed", sequence::LEAST);
    };
    let next = format!("one more seed would decide it with {:.0} % probability", 100.0 * forecast.within(1));
    let power = 100.0 * POWER;
    match forecast.seeds() {
        Some(1) => next,
        Some(more) => format!("{next}, {more} more with {power} %"),
        None => format!("{next}, and {MOST_SEEDS} seeds would not with {power} %"),
    }
}

fn judge_one(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Judged {
    let terms = match terms(claim, experiment, rows) {
        Ok(terms) => terms,
        Err(unfixed) => return judged(claim, Evidence::default(), Verdict::Undecided, Some(unfixed.to_string())),
    };
    let by_seed = match by_seed(claim, &terms, experiment, rows) {
        Ok(by_seed) => by_seed,
        Err(missing) => {
            let measures = measured(claim, experiment, rows);
            let judged = judged(claim, Evidence::default(), Verdict::Undecided, Some(missing));
            return Judged { is_stuck: true, measures, ..judged };
        }
    };
    let asked: Vec<&Row> = rows.iter().filter(|row| terms.iter().any(|term| row.axes == term.cell)).collect();
    let evidence = Evidence::new(claim, experiment, &by_seed);
    let side = evidence.estimate.and_then(|estimate| side(&estimate, claim.margin));
    let (verdict, mut reason) = match evidence.equal {
        Some(verdict) => (verdict, None),
        None => side.map_or((Verdict::Undecided, None), |side| verdict(&claim.test, side, &asked)),
    };
    let is_stuck = verdict == Verdict::Undecided && reason.is_some();
    // Where one looks always there are always trials to come: what they would decide is said when all claims are judged.
    let says_itself = experiment.look == Look::Always && evidence.estimate.is_some();
    if verdict == Verdict::Undecided && reason.is_none() && !says_itself {
        reason = Some(missing(claim, &terms, &asked, evidence.estimate.as_ref()));
    }
    Judged { is_stuck, measures: measured(claim, experiment, rows), ..judged(claim, evidence, verdict, reason) }
}

/// What the seeds say of a claim.
#[derive(Default)]
struct Evidence {
    /// With the interval that the claim is judged by.
    estimate: Option<Estimate>,
    p: Option<f64>,
    seen: Vec<SeenSeed>,
    /// The verdict where two things are to be equal.
    equal: Option<Verdict>,
}

impl Evidence {
    fn new(claim: &Claim, experiment: &Experiment, by_seed: &BySeed) -> Self {
        let estimate = stats::estimate(by_seed.values().copied());
        match experiment.look {
            Look::Once if claim.is_equivalence() => estimate.map_or_else(Self::default, |estimate| {
                Self::of_equality(estimate, equivalence::once(&estimate, claim.margin), Vec::new())
            }),
            Look::Once => {
                let p = estimate.and_then(|estimate| stats::p_value(&estimate, claim.margin));
                Self { estimate, p, seen: Vec::new(), equal: None }
            }
            Look::Always => Self::of_sequence(claim, experiment, by_seed, estimate),
        }
    }

    fn of_sequence(claim: &Claim, experiment: &Experiment, by_seed: &BySeed, estimate: Option<Estimate>) -> Self {
        let seeds = experiment.seeds.iter().filter_map(|seed| Some((*seed, *by_seed.get(seed)?)));
        let (seeds, values): (Vec<u64>, Vec<f64>) = seeds.unzip();
        let ends = |interval: Option<[f64; 2]>| (interval.map(|[low, _]| low), interval.map(|[_, high]| high));
        let seen = seeds.iter().zip(&values).zip(sequence::intervals(&values)).map(|((seed, value), interval)| {
            let (low, high) = ends(interval);
            SeenSeed { seed: *seed, value: *value, low, high }
        });
        let seen: Vec<SeenSeed> = seen.collect();
        let (low, high) = seen.last().map_or((None, None), |last| (last.low, last.high));
        let estimate = estimate.map(|estimate| Estimate { low, high, ..estimate });
        if let Some(estimate) = estimate.filter(|_| claim.is_equivalence()) {
            let found = equivalence::always(&values, low.zip(high).map(Into::into), claim.margin);
            return Self::of_equality(estimate, found, seen);
        }
        Self { estimate, p: sequence::p_value(&values, claim.margin), seen, equal: None }
    }

    fn of_equality(estimate: Estimate, found: Equivalence, seen: Vec<SeenSeed>) -> Self {
        let [low, high] = [0, 1].map(|end| found.interval.map(|ends| ends[end]));
        let estimate = Some(Estimate { low, high, ..estimate });
        Self { estimate, p: found.p, seen, equal: Some(found.verdict) }
    }
}

fn judged(claim: &Claim, evidence: Evidence, verdict: Verdict, missing: Option<String>) -> Judged {
    let Evidence { estimate, p, seen, .. } = evidence;
    Judged {
        text: claim.text.clone(),
        verdict,
        estimate: estimate.map(|estimate| estimate.mean),
        low: estimate.and_then(|estimate| estimate.low),
        high: estimate.and_then(|estimate| estimate.high),
        n: estimate.map_or(0, |estimate| estimate.n),
        p,
        p_holm: None,
        corrected: verdict,
        missing,
        next: None,
        seen,
        measures: Vec::new(),
        is_stuck: false,
    }
}

impl Judged {
    /// The quantity of the claim, seed by seed; empty where claims are judged once.
    pub(super) fn values(&self) -> Vec<f64> {
        self.seen.iter().map(|seen| seen.value).collect()
    }
}

/// What is compared, over the seeds that are trained; none where there are none.
pub fn trained(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Option<Estimate> {
    let terms = terms(claim, experiment, rows).ok()?;
    stats::estimate(by_seed(claim, &terms, experiment, rows).ok()?.into_values())
}

/// The drops of a claim by every measure that they have.
fn measured(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Vec<Measured> {
    let found = |measure| {
        let by_seed = measures::differences(claim, measure, experiment, rows)?;
        Ok(Evidence::new(claim, experiment, &by_seed).estimate)
    };
    let measures = measures::of(claim).into_iter().map(|measure| Measured::new(measure, found(measure)));
    measures.filter(|measured| measured.n > 0 || measured.missing.is_some()).collect()
}

/// The cells that a claim is about.
///
/// # Errors
/// The axes that leave it open.
pub fn cells(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Result<Vec<Cell>, Unfixed> {
    Ok(table::distinct(terms(claim, experiment, rows)?.into_iter().map(|term| term.cell)))
}

/// The sum that a claim is about.
fn terms(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Result<Vec<Term>, Unfixed> {
    let at = |test: &Selector| changes::complete(experiment, rows, &overlaid(&claim.at, test));
    match &claim.test {
        // Drop of B minus drop of A is change of A minus change of B.
        Test::SmallerDrop { methods, along, to, measure } => {
            let mut terms = Vec::new();
            for (method, sign) in methods.iter().zip([1.0, -1.0]) {
                let here = overlaid(&claim.at, &point(method, along, to));
                let there = changes::baseline(experiment, rows, along, &here)?;
                terms.push(Term::new(sign, changes::complete(experiment, rows, &here)?, claim));
                terms.push(Term::new(-sign, there, claim));
            }
            if *measure == Measure::Kept {
                terms.extend(untrained(&terms, claim));
            }
            Ok(terms)
        }
        Test::Greater { cells: [a, b] } | Test::Equal { cells: [a, b] } => {
            Ok(vec![Term::new(1.0, at(a)?, claim), Term::new(-1.0, at(b)?, claim)])
        }
        Test::Reproduces(reproduction) => Ok(vec![Term::new(1.0, at(&reproduction.cell)?, claim)]),
        Test::SmallerSlope { methods, along } => {
            let values = experiment.axes.iter().filter(|axis| axis.key == *along).flat_map(|axis| &axis.values);
            let values: Vec<&Value> = values.map(|value| &value.label).collect();
            let mut terms = Vec::new();
            for (method, sign) in methods.iter().zip([-1.0, 1.0]) {
                for (value, weight) in values.iter().zip(slope(&values)) {
                    terms.push(Term::new(sign * weight, at(&point(method, along, value))?, claim));
                }
            }
            Ok(terms)
        }
        Test::Collapses { cell } | Test::DoesNotCollapse { cell } | Test::Learns { cell } => {
            let cell = at(cell)?;
            let untrained = format!("untrained.{}", claim.metric);
            let before = Term { weight: -1.0, cell: cell.clone(), metric: untrained };
            Ok(vec![Term::new(1.0, cell, claim), before])
        }
    }
}

/// What the untrained encoders of these cells have: it is needed, and no part of the sum.
fn untrained(terms: &[Term], claim: &Claim) -> Vec<Term> {
    let metric = format!("untrained.{}", claim.metric);
    terms.iter().map(|term| Term { weight: 0.0, cell: term.cell.clone(), metric: metric.clone() }).collect()
}

/// The weights that make the least-squares slope of what stands at `values` against their binary logarithm
/// (NIST/SEMATECH e-Handbook of Statistical Methods, section 4.1.4.1).
fn slope(values: &[&Value]) -> Vec<f64> {
    let places: Vec<f64> = values.iter().filter_map(|value| value.number()).map(f64::log2).collect();
    let middle = places.iter().sum::<f64>() / places.len() as f64;
    let spread: f64 = places.iter().map(|place| (place - middle).powi(2)).sum();
    places.iter().map(|place| (place - middle) / spread).collect()
}

fn point(method: &Value, along: &str, value: &Value) -> Selector {
    Selector::from([("method".into(), method.clone()), (along.into(), value.clone())])
}

/// `at`, and what the test itself says of an axis before it.
fn overlaid(at: &Selector, test: &Selector) -> Selector {
    at.iter().chain(test).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What is compared, seed by seed: a sum of values, or drops by another measure.
///
/// # Errors
/// Why a seed has no such number.
fn by_seed(claim: &Claim, terms: &[Term], experiment: &Experiment, rows: &[Row]) -> Result<BySeed, String> {
    match (&claim.test, claim.measure()) {
        (Test::Reproduces(reproduction), _) => Ok(from_published(reproduction, terms, rows)),
        (_, Measure::Absolute) => Ok(sums(terms, rows)),
        (_, measure) => measures::differences(claim, measure, experiment, rows),
    }
}

/// By how much each seed is above the published number.
fn from_published(reproduction: &Reproduction, terms: &[Term], rows: &[Row]) -> BySeed {
    let Some(published) = reproduction.number() else { return BySeed::new() };
    let best = |row: &Row| row.curve.iter().map(|(_, value)| *value).reduce(f64::max);
    let of_curves = || table::finished(rows, &terms[0].cell).filter_map(|row| Some((row.seed, best(row)?))).collect();
    let ours = if reproduction.best { of_curves() } else { sums(terms, rows) };
    ours.into_iter().map(|(seed, value)| (seed, value - published.mean / 100.0)).collect()
}

/// The sum of each seed that every term has.
fn sums(terms: &[Term], rows: &[Row]) -> BySeed {
    let values: Vec<BySeed> = terms.iter().map(|term| table::values(rows, &term.cell, &term.metric)).collect();
    let sum =
        |seed| -> Option<f64> { terms.iter().zip(&values).map(|(term, of)| Some(term.weight * of.get(seed)?)).sum() };
    let seeds = values.first().into_iter().flat_map(BySeed::keys);
    seeds.filter_map(|seed| Some((*seed, sum(seed)?))).collect()
}

/// None for a single seed.
fn side(estimate: &Estimate, margin: f64) -> Option<Side> {
    let [low, high] = estimate.interval()?;
    Some(match () {
        () if low > margin => Side::Above,
        () if high < margin => Side::Below,
        () => Side::Across,
    })
}

/// The verdict, with its reason where a collapse had a say in it.
fn verdict(test: &Test, side: Side, asked: &[&Row]) -> (Verdict, Option<String>) {
    let collapsed = asked.iter().filter(|row| row.collapsed).count();
    let (none, all) = (collapsed == 0, collapsed == asked.len());
    let counted = || Some(format!("{collapsed} of {} runs have collapsed", asked.len()));
    match (test, side) {
        (Test::DoesNotCollapse { cell }, _) => {
            let (verdict, reason) = self::verdict(&Test::Collapses { cell: cell.clone() }, side, asked);
            (verdict.opposite(), reason)
        }
        (Test::Collapses { .. }, Side::Below) if all => (Verdict::Holds, None),
        (Test::Collapses { .. }, Side::Below) if none => {
            (Verdict::Fails, Some("nothing was learnt, but nothing has collapsed".into()))
        }
        (Test::Collapses { .. }, Side::Above) if none => (Verdict::Fails, None),
        (Test::Learns { .. }, Side::Above) if none => (Verdict::Holds, None),
        (Test::Learns { .. }, Side::Below) => (Verdict::Fails, None),
        (Test::Collapses { .. } | Test::Learns { .. }, Side::Across) if none => (Verdict::Undecided, None),
        (Test::Collapses { .. } | Test::Learns { .. }, _) => (Verdict::Undecided, counted()),
        (_, Side::Above) => (Verdict::Holds, None),
        (_, Side::Below) => (Verdict::Fails, None),
        (_, Side::Across) => (Verdict::Undecided, None),
    }
}

/// What would decide the claim: planned cells, finished trials, the metric, seeds; the first that is wanting.
fn missing(claim: &Claim, terms: &[Term], asked: &[&Row], estimate: Option<&Estimate>) -> String {
    let unplanned = terms.iter().find(|term| asked.iter().all(|row| row.axes != term.cell));
    if let Some(term) = unplanned {
        return format!("no trial of the plan has {}", table::words(&term.cell));
    }
    let unfinished: Vec<String> = asked.iter().filter(|row| !row.is_finished()).map(|row| row.words()).collect();
    if !unfinished.is_empty() {
        return format!("{} of {} trials not finished: {}", unfinished.len(), asked.len(), listing(&unfinished));
    }
    for metric in table::distinct(terms.iter().map(|term| term.metric.as_str())) {
        let silent = asked.iter().filter(|row| !row.metrics.contains_key(metric)).map(|row| row.words());
        let silent: Vec<String> = silent.collect();
        if !silent.is_empty() {
            return format!("{} of {} trials have no {metric}: {}", silent.len(), asked.len(), listing(&silent));
        }
    }
    estimate.map_or("no seed that every cell has".into(), |seen| more_seeds(seen, claim.margin_near(seen.mean)))
}

/// How many more seeds a decision needs, should effect and spread be as they look.
fn more_seeds(seen: &Estimate, margin: f64) -> String {
    if seen.n < 2 {
        return "one seed has no interval: at least 2 are needed".into();
    }
    let power = 100.0 * POWER;
    match stats::seeds_to_decide(seen, margin).map(|needed| needed.saturating_sub(seen.n).max(1)) {
        Some(1) => format!("about 1 more seed would decide it with {power} % power"),
        Some(more) => format!("about {more} more seeds would decide it with {power} % power"),
        None => format!("too close to the margin: {MOST_SEEDS} seeds would not decide it"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};

    #[test]
    fn slopes_agree_with_scipy() {
        for case in reference::cases("slopes") {
            let places: Vec<Value> = case.list("x").into_iter().map(Value::Float).collect();
            let weights = slope(&places.iter().collect::<Vec<_>>());
            case.near("slope", weights.iter().zip(case.list("y")).map(|(weight, y)| weight * y).sum());
        }
    }
}
