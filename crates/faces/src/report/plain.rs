//! The table, the verdicts and the doubts as plain lines: what a run ends with where there is no terminal interface.

use byolab_store::results::{Doubt, Judged, Results};
use byolab_values::plan::{Claim, Plan};

use super::{columns::wrapped, number, scores::scores, words};

/// No line is longer.
const WIDTH: usize = 100;

/// Plain text of at most 100 columns: question, scores, claims with verdict, doubts with remedy.
pub fn table(plan: &Plan, results: &Results) -> String {
    sections([head(results), scores(&plan.experiment, results).plain(WIDTH), findings(plan, results)])
}

/// Each claim with its verdict and the numbers behind it, then each doubt, at most 100 columns wide.
pub fn findings(plan: &Plan, results: &Results) -> String {
    let claims = plan.experiment.claims.iter().zip(&results.claims);
    sections([
        claims.map(|(claim, judged)| verdict(claim, judged)).collect(),
        results.doubts.iter().map(doubt).collect(),
    ])
}

/// What there is of these, a line between them.
fn sections<const N: usize>(sections: [String; N]) -> String {
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(results: &Results) -> String {
    let state = format!("{}. Accuracy in per cent, mean ± standard deviation over n seeds.", words::progress(results));
    hanging("", &results.question) + &hanging("", &state)
}

fn verdict(claim: &Claim, judged: &Judged) -> String {
    let margin = (claim.margin != 0.0).then(|| format!("margin {}", words::margin(claim)));
    let seeds = (judged.n > 0).then(|| format!("n {}", judged.n));
    let lost = judged.p_holm.filter(|_| judged.corrected != judged.verdict);
    let lost = lost.map(|p| format!("undecided after Holm's correction, p {}", number::p(p)));
    let evidence = [words::estimate(claim, judged), margin, seeds, lost, judged.missing.clone()];
    let evidence: Vec<String> = evidence.into_iter().flatten().collect();
    let lead = format!("{:<13}", words::verdict(judged.verdict));
    hanging(&lead, &judged.text) + &hanging(&" ".repeat(13), &evidence.join("; "))
}

fn doubt(doubt: &Doubt) -> String {
    hanging("! ", &format!("{}: {}", doubt.about, doubt.text)) + &hanging("  ", &format!("Remedy: {}", doubt.remedy))
}

/// Text behind `lead`, its further lines below its first.
fn hanging(lead: &str, text: &str) -> String {
    let indent = lead.chars().count();
    let lines = wrapped(text, WIDTH - indent);
    let lead = std::iter::once(lead.to_string()).chain(std::iter::repeat(" ".repeat(indent)));
    lead.zip(lines).map(|(lead, line)| lead + &line + "\n").collect()
}
