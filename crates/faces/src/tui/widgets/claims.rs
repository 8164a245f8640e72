//! Claims with their verdicts, one line each.

use super::text::Text;
use crate::tui::theme::Tone;
use byolab_store::{
    chart::{Metric, metric},
    results::{Judged, Verdict},
};
use byolab_values::plan::{Claim, Experiment};

/// The sign and the word of a verdict, and their tone.
pub fn sign(verdict: Verdict) -> (&'static str, &'static str, Tone) {
    match verdict {
        Verdict::Holds => ("✓", "holds", Tone::Good),
        Verdict::Fails => ("✗", "fails", Tone::Bad),
        Verdict::Undecided => ("?", "undecided", Tone::Doubtful),
    }
}

/// Columns that a line takes at most, so that the evidence stays near its claim.
const WIDTH: u16 = 110;

/// Columns from which on the evidence names its metric.
const ROOMY: u16 = 76;

/// The verdict, the claim and its evidence within `width` columns; the claim's words give way to the evidence.
pub fn line(claim: &Judged, experiment: &Experiment, width: u16) -> Text {
    let (sign, word, tone) = sign(claim.verdict);
    let word = format!(" {sign} {word:<10}");
    let source = experiment.claims.iter().find(|source| source.text == claim.text);
    let evidence = source.map(|source| evidence(source, claim)).unwrap_or_default();
    // A screen shows one metric, and a claim may ask for another.
    let metric = source.filter(|_| claim.estimate.is_some() && width >= ROOMY).map(|source| metric(source).title);
    let evidence = metric.map_or(evidence.clone(), |metric| format!("{metric} {evidence}"));
    let room =
        usize::from(width.min(WIDTH).saturating_sub(Text::plain(&word).width() + Text::plain(&evidence).width() + 2));
    let text = match claim.text.chars().count() > room {
        true => claim.text.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        false => format!("{:<room$}", claim.text),
    };
    Text::new(word, tone).and(text, Tone::Plain).then(evidence, Tone::Dim)
}

/// The estimate with its interval and number of seeds, in the units shown.
pub fn evidence(claim: &Claim, judged: &Judged) -> String {
    let metric = metric(claim);
    let interval = judged.low.zip(judged.high).map(|(low, high)| metric.show_interval([low, high]));
    let estimate = judged.estimate.map(|estimate| metric.show_change(estimate));
    [estimate, interval, Some(format!("n {}", judged.n))].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What the estimate has to exceed, in the units shown.
pub fn margin(claim: &Claim) -> String {
    format!("margin {}", metric(claim).show_change(claim.margin))
}

fn metric(claim: &Claim) -> Metric {
    metric::find(&claim.metric).unwrap_or(metric::LINEAR)
}
