//! Claims with their verdicts, one line each.

use super::text::Text;
use crate::tui::theme::Tone;
use byolab_store::{
    chart::{Metric, metric},
    results::{Judged, Measured, SeenSeed, Verdict},
};
use byolab_values::plan::{Claim, Experiment, Measure};

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
    let asked = source.filter(|_| claim.estimate.is_some() && width >= ROOMY).map(asked);
    let evidence = asked.map_or(evidence.clone(), |asked| format!("{asked} {evidence}"));
    let room =
        usize::from(width.min(WIDTH).saturating_sub(Text::plain(&word).width() + Text::plain(&evidence).width() + 2));
    let text = match claim.text.chars().count() > room {
        true => claim.text.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        false => format!("{:<room$}", claim.text),
    };
    Text::new(word, tone).and(text, Tone::Plain).then(evidence, Tone::Dim)
}

/// The metric of a claim, with its measure where that is not points: `linear`, `linear kept`.
fn asked(claim: &Claim) -> String {
    let metric = named(&claim.metric).title;
    match claim.measure() {
        Measure::Absolute => metric.into(),
        measure => format!("{metric} {}", measure.name()),
    }
}

/// The drops by other measures than the claim's, in the units shown: `relative +3.1 [+1.0, +5.2]; kept ...`; none where no
/// drops are compared.
pub fn others(claim: &Claim, judged: &Judged) -> Option<String> {
    let others = judged.measures.iter().filter(|found| found.measure != claim.measure());
    let other = |found: &Measured| {
        let units = units(claim, found.measure);
        let interval = found.low.zip(found.high).map(|(low, high)| format!(" {}", units.show_interval([low, high])));
        let estimate = units.show_change(found.estimate?) + &interval.unwrap_or_default();
        Some(format!("{} {estimate}", found.measure.name()))
    };
    let others: Vec<String> = others.filter_map(other).collect();
    (!others.is_empty()).then(|| format!("by other measures: {}", others.join("; ")))
}

/// The estimate with its interval and number of seeds, in the units shown.
pub fn evidence(claim: &Claim, judged: &Judged) -> String {
    let metric = metric(claim);
    let interval = judged.low.zip(judged.high).map(|(low, high)| metric.show_interval([low, high]));
    let estimate = judged.estimate.map(|estimate| metric.show_change(estimate));
    [estimate, interval, Some(format!("n {}", judged.n))].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Seeds whose intervals are shown: the newest.
const CLOSING: usize = 8;

/// Columns of an interval that is drawn.
const DRAWN: usize = 40;

/// How the interval of a claim that is judged always closed, one line a seed: number of seeds, interval, and a picture of it
/// on the scale of the widest shown, `●` where its middle and `┊` where a margin is.
pub fn closing(claim: &Claim, judged: &Judged) -> Vec<String> {
    let ends = |(place, seen): (usize, &SeenSeed)| Some((place + 1, [seen.low?, seen.high?]));
    let seen: Vec<(usize, [f64; 2])> = judged.seen.iter().enumerate().filter_map(ends).collect();
    let shown = &seen[seen.len().saturating_sub(CLOSING)..];
    let margins = if claim.is_equivalence() { vec![-claim.margin, claim.margin] } else { vec![claim.margin] };
    let all = shown.iter().flat_map(|(_, ends)| *ends).chain(margins.iter().copied());
    let (least, most) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), end| (least.min(end), most.max(end)));
    let column = |value: f64| (((value - least) / (most - least)) * (DRAWN - 1) as f64).round() as usize;
    let words: Vec<String> = shown.iter().map(|(_, ends)| metric(claim).show_interval(*ends)).collect();
    let width = words.iter().map(String::len).max().unwrap_or(0);
    let line = |((n, [low, high]), words): (&(usize, [f64; 2]), &String)| {
        let margins: Vec<usize> = margins.iter().map(|margin| column(*margin)).collect();
        let drawn: String = (0..DRAWN).map(|at| drawn(at, column(*low), column(*high), &margins)).collect();
        format!("n {n:>2} {words:<width$} {}", drawn.trim_end())
    };
    shown.iter().zip(&words).map(line).collect()
}

/// The sign at a column of an interval.
fn drawn(at: usize, low: usize, high: usize, margins: &[usize]) -> char {
    match at {
        _ if at == (low + high) / 2 => '●',
        _ if margins.contains(&at) => '┊',
        _ if (low..=high).contains(&at) => '─',
        _ => ' ',
    }
}

/// What the estimate has to exceed, in the units shown.
pub fn margin(claim: &Claim) -> String {
    let margin = metric(claim).show_change(claim.margin);
    if claim.is_equivalence() {
        format!("within {}", margin.replacen('+', "±", 1))
    } else {
        format!("margin {margin}")
    }
}

/// The metric of that name: a plan has no other.
fn named(name: &str) -> Metric {
    *metric::metric(name).expect("a plan has no claim of a metric that there is not")
}

/// How the numbers of a claim are written.
fn metric(claim: &Claim) -> Metric {
    units(claim, claim.measure())
}

fn units(claim: &Claim, measure: Measure) -> Metric {
    match measure {
        Measure::Absolute | Measure::EqualHeight => named(&claim.metric),
        Measure::Relative | Measure::Kept => metric::LINEAR,
        Measure::LogOdds => metric::LOG_ODDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::plan::{Selector, Test};

    #[test]
    fn an_interval_closes_seed_by_seed_on_one_scale() {
        let claim = Claim {
            text: "t".into(),
            metric: "knn.top1".into(),
            test: Test::Learns { cell: Selector::new() },
            at: Selector::new(),
            margin: 0.0,
            spread: None,
        };
        let seen = [(None, None), (Some(-0.02), Some(0.06)), (Some(0.0), Some(0.04)), (Some(0.01), Some(0.03))];
        let seen = (0..).zip(seen).map(|(seed, (low, high))| SeenSeed { seed, value: 0.02, low, high }).collect();
        let judged = Judged { seen, ..judged() };
        assert_eq!(
            closing(&claim, &judged),
            [
                "n  2 [-2.0, +6.0] ──────────┊────────●────────────────────",
                "n  3 [0.0, +4.0]            ┊────────●──────────",
                "n  4 [+1.0, +3.0]           ┊    ────●─────",
            ]
        );
        assert!(closing(&claim, &self::judged()).is_empty(), "judged once");
    }

    fn judged() -> Judged {
        Judged {
            text: "t".into(),
            verdict: Verdict::Undecided,
            estimate: None,
            low: None,
            high: None,
            n: 0,
            p: None,
            p_holm: None,
            corrected: Verdict::Undecided,
            missing: None,
            next: None,
            seen: Vec::new(),
            measures: Vec::new(),
            is_stuck: false,
        }
    }
}
