//! Claims to have reproduced a published number: what was published, and the protocols on both sides.

use serde::{Deserialize, Serialize};

use byolab_values::plan::{Claim, Plan, Reproduction, Test, reproduce::Part};

use super::{Judged, Row, Verdict, changes};

/// A published number that a claim is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduced {
    /// The claim's text.
    pub claim: String,
    /// What files name the table by.
    pub table: String,
    /// Where the table is from.
    pub source: String,
    /// The number, between 0 and 1.
    pub published: f64,
    /// Half the range over its seeds, where the source tells.
    pub spread: Option<f64>,
    /// Both protocols, part by part.
    pub protocol: Vec<Part>,
    /// What the claim says is known to differ.
    pub despite: Vec<String>,
}

impl Reproduced {
    /// What differs though it matters: `images there test, here held-out`.
    pub fn differing(&self) -> Vec<String> {
        self.protocol.iter().filter(|part| part.differs).map(words).collect()
    }

    /// What flags have made differ, without the claim's saying so.
    fn unsaid(&self) -> Vec<String> {
        let unsaid = self.protocol.iter().filter(|part| part.differs && !self.despite.contains(&part.what));
        unsaid.map(words).collect()
    }
}

fn words(part: &Part) -> String {
    format!("{} there {}, here {}", part.what, part.there, part.here)
}

/// Takes the verdicts of claims whose protocol flags have made another one.
pub fn refused(mut claims: Vec<Judged>, found: &[Reproduced]) -> Vec<Judged> {
    for claim in &mut claims {
        let unsaid = found.iter().find(|found| found.claim == claim.text).map(Reproduced::unsaid).unwrap_or_default();
        if !unsaid.is_empty() {
            (claim.verdict, claim.corrected) = (Verdict::Undecided, Verdict::Undecided);
            claim.missing = Some(format!("another protocol than the published one: {}", unsaid.join("; ")));
        }
    }
    claims
}

/// The reproductions that a plan claims.
pub fn reproductions(plan: &Plan, rows: &[Row]) -> Vec<Reproduced> {
    let of_claim = |claim: &Claim| match &claim.test {
        Test::Reproduces(reproduction) => reproduced(claim, reproduction, plan, rows),
        _ => None,
    };
    plan.experiment.claims.iter().filter_map(of_claim).collect()
}

fn reproduced(claim: &Claim, reproduction: &Reproduction, plan: &Plan, rows: &[Row]) -> Option<Reproduced> {
    let at = claim.at.iter().chain(&reproduction.cell).map(|(key, value)| (key.clone(), value.clone())).collect();
    let cell = changes::complete(&plan.experiment, rows, &at).ok()?;
    let trial = plan.trials.iter().find(|trial| trial.cell == cell)?;
    let (paper, number) = (reproduction.paper()?, reproduction.number()?);
    Some(Reproduced {
        claim: claim.text.clone(),
        table: paper.name.into(),
        source: paper.source.clone(),
        published: number.mean / 100.0,
        spread: number.spread.map(|spread| spread / 100.0),
        protocol: reproduction.protocol(&trial.recipe, &claim.metric, plan.experiment.seeds.len()),
        despite: reproduction.despite.clone(),
    })
}
