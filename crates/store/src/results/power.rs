//! Power before spending: what difference the planned seeds of an experiment can see.

use crate::store::Snapshot;
use byolab_values::plan::{Claim, Look, Measure, Plan, describe::Power};

use super::{Row, claims, forecast, stats, table};

/// Seeds from which on a spread that was trained is believed before the one that the file states.
const TELLING: usize = 3;

/// For each claim, the least difference that its planned seeds decide with probability 0.8; in units of the metric by the
/// spread of earlier runs of the same experiment, or by the one that the file states.
pub fn power(plan: &Plan, snapshot: &Snapshot) -> Vec<Power> {
    let seeds = plan.experiment.seeds.len();
    let spreads = match plan.experiment.look {
        Look::Once => stats::detectable(seeds),
        Look::Always => forecast::detectable(seeds),
    };
    let rows = table::rows(plan, snapshot);
    plan.experiment.claims.iter().map(|claim| of_claim(claim, plan, &rows, spreads)).collect()
}

/// The claim, with its measure where that is not points.
fn named(claim: &Claim) -> String {
    match claim.measure() {
        Measure::Absolute => claim.text.clone(),
        measure => format!("{} ({})", claim.text, measure.name()),
    }
}

fn of_claim(claim: &Claim, plan: &Plan, rows: &[Row], spreads: Option<f64>) -> Power {
    let trained = claims::trained(claim, &plan.experiment, rows);
    let trained = trained.and_then(|seen| Some((seen.std.filter(|std| *std > 0.0)?, Some(seen.n))));
    let stated = claim.spread.map(|spread| (spread, None));
    let telling = trained.filter(|(_, n)| *n >= Some(TELLING));
    let known = telling.or(stated).or(trained);
    let spread = known.map(|(spread, _)| spread);
    Power {
        claim: named(claim),
        seeds: plan.experiment.seeds.len(),
        spreads,
        spread,
        trained: known.and_then(|(_, trained)| trained),
        difference: spreads.zip(spread).map(|(spreads, spread)| spreads * spread),
    }
}
