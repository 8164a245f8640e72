//! Claims and doubts in full: with all their words, the evidence, and what would decide or mend them.

use ratatui::layout::Rect;

use crate::tui::{
    theme::Tone,
    widgets::{
        Brush, claims,
        text::{Text, paint_lines, wrap},
    },
};
use byolab_store::{
    chart::metric,
    results::{Doubt, Judged, Reproduced, Results},
};
use byolab_values::plan::{Claim, Experiment, Measure};

/// Columns that the words take at most, and before them.
const WIDTH: u16 = 100;
const INDENT: u16 = 14;

/// How many claims and doubts there are.
pub fn count(results: &Results) -> usize {
    results.claims.len() + results.doubts.len()
}

/// Paints the claims, then the doubts, scrolled so that the finding at place `first` stands at the top where the page is
/// too low for all of them.
pub fn paint(results: &Results, experiment: &Experiment, first: usize, area: Rect, brush: &mut Brush) {
    let width = area.width.min(WIDTH).saturating_sub(INDENT).max(20);
    let claims =
        experiment.claims.iter().zip(&results.claims).map(|(claim, judged)| self::claim(claim, judged, results, width));
    let doubts = results.doubts.iter().map(|told| doubt(told, width));
    let findings: Vec<Vec<Text>> = claims.chain(doubts).collect();
    let above: usize = findings.iter().take(first).map(Vec::len).sum();
    let lines: Vec<Text> = findings.into_iter().flatten().collect();
    let above = above.min(lines.len().saturating_sub(area.height.into()));
    paint_lines(&lines[above..], area, brush);
}

fn claim(claim: &Claim, judged: &Judged, results: &Results, width: u16) -> Vec<Text> {
    let (sign, word, tone) = claims::sign(judged.verdict);
    let margin = (claim.margin != 0.0).then(|| claims::margin(claim));
    let p = judged.p.map(|p| format!("p {p:.3}"));
    let lost = if judged.corrected == judged.verdict { "" } else { ", undecided" };
    let holm = judged.p_holm.filter(|_| judged.p_holm != judged.p);
    let holm = holm.map(|p| format!("after Holm's correction {p:.3}{lost}"));
    let measure = (claim.measure() != Measure::Absolute).then(|| format!("measure {}", claim.measure().name()));
    let evidence = [Some(claims::evidence(claim, judged)), measure, margin, p, holm];
    let evidence = evidence.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let lead = Text::new(format!(" {sign} {word}"), tone);
    let missing = judged.missing.iter().map(|missing| (missing.as_str(), Tone::Plain));
    let others = claims::others(claim, judged);
    let protocol = results.reproductions.iter().find(|found| found.claim == claim.text).map(protocol);
    let others = others.iter().chain(&protocol).map(|words| (words.as_str(), Tone::Dim));
    let paragraphs = [(evidence.as_str(), Tone::Dim)].into_iter().chain(others).chain(missing);
    let mut lines = finding(lead, &judged.text, paragraphs, width);
    let indent = " ".repeat(INDENT.into());
    let closing = claims::closing(claim, judged)
        .into_iter()
        .map(|line| Text::new(indent.clone(), Tone::Plain).and(line, Tone::Dim));
    // Above the empty line.
    let end = lines.len() - 1;
    lines.splice(end..end, closing);
    lines
}

/// What was published, and what differs.
fn protocol(found: &Reproduced) -> String {
    let unlike = found.differing();
    let unlike = if unlike.is_empty() { "the same protocol".into() } else { unlike.join("; ") };
    format!("published {} ({}): {unlike}", metric::LINEAR.show(found.published), found.table)
}

fn doubt(doubt: &Doubt, width: u16) -> Vec<Text> {
    let remedy = format!("remedy: {}", doubt.remedy);
    finding(
        Text::new(" ! doubt", Tone::Doubtful),
        &format!("{}: {}", doubt.about, doubt.text),
        [(remedy.as_str(), Tone::Dim)],
        width,
    )
}

/// A lead with its words beside it, paragraphs below them, and an empty line.
fn finding<'a>(
    lead: Text,
    words: &'a str,
    paragraphs: impl IntoIterator<Item = (&'a str, Tone)>,
    width: u16,
) -> Vec<Text> {
    let mut lead = Some(lead);
    let all = [(words, Tone::Strong)].into_iter().chain(paragraphs);
    let lines = all.flat_map(|(words, tone)| wrap(words, width).into_iter().map(move |line| (line, tone)));
    let beside = |(line, tone): (String, Tone)| {
        let lead = lead.take().unwrap_or_default();
        let gap = " ".repeat(usize::from(INDENT.saturating_sub(lead.width())));
        lead.and(gap, Tone::Plain).and(line, tone)
    };
    lines.map(beside).chain([Text::default()]).collect()
}
