//! The crosshair: one step in all charts, moved with keys.

use super::shown::{ShownTrial, last_step};
use crate::tui::keys::Action;
use byolab_values::protocol::What;

/// The share of the way so far that one key moves.
const STRIDE: u64 = 100;

/// Whether an action moves from one step to another.
pub fn moves(action: Action) -> bool {
    use Action::*;
    matches!(
        action,
        Left | Right
            | First
            | Last
            | PreviousEvaluation
            | NextEvaluation
            | PreviousRecord
            | NextRecord
            | PreviousLine
            | NextLine
            | PageUp
            | PageDown
    )
}

/// Where `action` moves a crosshair that stands at `step`; none stands at the newest one. `lines` are the steps of the
/// lines of the log that a search has found.
pub fn moved(step: Option<u64>, action: Action, members: &[ShownTrial], lines: &[u64]) -> Option<u64> {
    let last = last_step(members)?;
    let stride = last.div_ceil(STRIDE).max(1);
    let at = step.unwrap_or(last).min(last);
    let before = |steps: &mut dyn Iterator<Item = u64>| steps.filter(|step| *step < at).max();
    let after = |steps: &mut dyn Iterator<Item = u64>| steps.filter(|step| *step > at).min();
    Some(match action {
        Action::Left => at.saturating_sub(stride),
        Action::Right => (at + stride).min(last),
        Action::First => 0,
        Action::PreviousEvaluation => before(&mut evaluations(members)).unwrap_or(at),
        Action::NextEvaluation => after(&mut evaluations(members)).unwrap_or(at),
        Action::PreviousRecord => before(&mut beside(members, at)).unwrap_or(at),
        Action::NextRecord => after(&mut beside(members, at)).unwrap_or(at),
        // As in a pager, the search goes round; it begins with the newest line.
        Action::PreviousLine | Action::PageUp if step.is_none() => lines.iter().copied().max().unwrap_or(at),
        Action::PreviousLine => before(&mut lines.iter().copied()).or(lines.iter().copied().max()).unwrap_or(at),
        // Whoever turns pages does not begin again at the other end.
        Action::PageUp => before(&mut lines.iter().copied()).unwrap_or(at),
        Action::PageDown => after(&mut lines.iter().copied()).unwrap_or(at),
        Action::NextLine => after(&mut lines.iter().copied()).or(lines.iter().copied().min()).unwrap_or(at),
        _ => last,
    })
}

/// The steps at which features were judged.
fn evaluations(members: &[ShownTrial]) -> impl Iterator<Item = u64> {
    let records = members.iter().filter_map(|member| member.run).flat_map(|run| &run.log);
    records.filter(|record| matches!(record.event.what, What::Evaluated { .. })).map(|record| record.event.step)
}

/// Of each series, the steps around `at` for which there is a number.
fn beside(members: &[ShownTrial], at: u64) -> impl Iterator<Item = u64> {
    let series = members.iter().filter_map(|member| member.run).flat_map(|run| run.series.values());
    series.flat_map(move |points| {
        let before = points[..points.partition_point(|point| point.0 < at)].last();
        let after = points.get(points.partition_point(|point| point.0 <= at));
        before.into_iter().chain(after).map(|point| point.0)
    })
}
