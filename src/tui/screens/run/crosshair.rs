//! The crosshair: one step in all charts, moved with keys.

use super::Lane;
use crate::{protocol::What, tui::keys::Action};

/// The share of the way so far that one key moves.
const STRIDE: u64 = 100;

/// Where `action` moves a crosshair that stands at `step`; none stands at the newest one.
pub fn moved(step: Option<u64>, action: Action, lanes: &[Lane]) -> Option<u64> {
    let last = lanes.iter().filter_map(|lane| Some(lane.run?.step)).max()?;
    let stride = last.div_ceil(STRIDE).max(1);
    let at = step.unwrap_or(last).min(last);
    Some(match action {
        Action::Left => at.saturating_sub(stride),
        Action::Right => (at + stride).min(last),
        Action::First => 0,
        Action::PreviousEvaluation => evaluations(lanes).filter(|step| *step < at).max().unwrap_or(at),
        Action::NextEvaluation => evaluations(lanes).filter(|step| *step > at).min().unwrap_or(at),
        _ => last,
    })
}

/// The steps at which features were judged.
fn evaluations(lanes: &[Lane]) -> impl Iterator<Item = u64> {
    let records = lanes.iter().filter_map(|lane| lane.run).flat_map(|run| &run.log);
    records.filter(|record| matches!(record.event.what, What::Evaluated { .. })).map(|record| record.event.step)
}
