//! What is wrong with the cells of a grid: each problem once, with its cells.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{
    Cell, Claim, Experiment, Problem, Reproduction, Test, Value,
    draft::Draft,
    problem::Spot,
    reproduce::Part,
    rules,
    settings::{self, Settings},
};

/// Everything wrong with the cells; rules about tables of which something is `unread` are not judged.
pub fn cells(experiment: &Experiment, drafts: &[Draft], unread: &BTreeSet<String>) -> Vec<Problem> {
    let mut found: Vec<(Problem, &Cell)> = Vec::new();
    for draft in drafts {
        let of_rules = rules::problems(&draft.recipe, &draft.settings, &experiment.origin, unread);
        found.extend(inapplicable(draft).into_iter().chain(of_rules).map(|problem| (problem, &draft.cell)));
    }
    if found.is_empty() && unread.is_empty() {
        found = twins(experiment, drafts);
    }
    by_problem(found, drafts.len())
}

/// Keys that an axis sets and the cell's method or optimizer does not know.
fn inapplicable(draft: &Draft) -> Vec<Problem> {
    let unknown = draft.varied.iter().filter(|key| !settings::applies(key, &draft.settings));
    unknown.filter_map(|key| Some(with_another_way(key, said(key, &draft.settings)?))).collect()
}

/// A key of some methods varies within their values, not beside those that have it not.
fn with_another_way(key: &str, mut problem: Problem) -> Problem {
    if let (Some(remedy), Some((section, own))) = (&mut problem.remedy, settings::choice(key)) {
        let name = section.name;
        *remedy += &format!("\nto vary it for those alone, write `{own}` into their values on the axis `{name}`");
    }
    problem
}

/// Settings that no cell's method or optimizer knows. Where some do and others do not, those that do take it.
pub fn idle(settings: &Settings, drafts: &[Draft]) -> Vec<Problem> {
    let idle = settings.keys().filter(|key| !drafts.iter().any(|draft| settings::applies(key, &draft.settings)));
    idle.filter_map(|key| said(key, &drafts.first()?.settings)).collect()
}

/// What to say where what `settings` choose does not know `key`, which they hold.
fn said(key: &str, settings: &Settings) -> Option<Problem> {
    let (text, remedy) = rules::inapplicable(key, settings)?;
    Some(settings.get(key)?.spot.problem(text, Some(remedy)))
}

/// Claims about numbers that nobody measures; every cell has the same probes.
pub fn unmeasured(experiment: &Experiment, drafts: &[Draft]) -> Vec<Problem> {
    let Some(Draft { recipe, .. }) = drafts.first() else { return Vec::new() };
    let of_claim = |(claim, spot): (&Claim, &Spot)| {
        let (text, remedy) = claim.metrics().iter().find_map(|metric| rules::unmeasured(metric, recipe))?;
        Some(spot.problem(text, Some(remedy)))
    };
    experiment.claims.iter().zip(&experiment.base.asked).filter_map(of_claim).collect()
}

/// Claims to reproduce what was made by another protocol, and differences that are named and are none.
pub fn unlike(experiment: &Experiment, drafts: &[Draft]) -> Vec<Problem> {
    let of_claim = |(claim, spot): (&Claim, &Spot)| {
        let Test::Reproduces(reproduction) = &claim.test else { return None };
        let is_at = |draft: &&Draft| {
            let said = |key: &String| reproduction.cell.get(key).or_else(|| claim.at.get(key));
            let is_there = |(key, own): (&String, &Value)| {
                said(key).or_else(|| experiment.baseline.get(key)).is_none_or(|asked| asked == own)
            };
            draft.cell.iter().all(is_there)
        };
        let draft = drafts.iter().find(is_at)?;
        let parts = reproduction.protocol(&draft.recipe, &claim.metric, experiment.seeds.len());
        unlike_protocol(reproduction, &parts, spot)
    };
    experiment.claims.iter().zip(&experiment.base.asked).filter_map(of_claim).collect()
}

fn unlike_protocol(reproduction: &Reproduction, parts: &[Part], spot: &Spot) -> Option<Problem> {
    let is_known = |part: &Part| reproduction.despite.contains(&part.what);
    let differing: Vec<&Part> = parts.iter().filter(|part| part.differs).collect();
    let told = differing.iter().filter(|part| !is_known(part));
    let told: Vec<String> =
        told.map(|part| format!("{} there {}, here {}", part.what, part.there, part.here)).collect();
    if !told.is_empty() {
        let names: Vec<String> = differing.iter().map(|part| format!("\"{}\"", part.what)).collect();
        let text = format!("this is not the protocol of `{}`: {}", reproduction.table, told.join("; "));
        let remedy = format!("make them alike, or say that they are known: despite = [{}]", names.join(", "));
        return Some(spot.problem(text, Some(remedy)));
    }
    let alike = reproduction.despite.iter().filter(|name| differing.iter().all(|part| part.what != **name));
    let alike: Vec<&str> = alike.map(String::as_str).collect();
    let text = format!("`despite` names what does not differ: {}", alike.join(", "));
    (!alike.is_empty()).then(|| spot.problem(text, Some("leave it out".into())))
}

/// Each problem once, with its cells.
fn by_problem(found: Vec<(Problem, &Cell)>, all: usize) -> Vec<Problem> {
    let mut once: IndexMap<(String, String), (Problem, Vec<&Cell>)> = IndexMap::new();
    for (problem, cell) in found {
        let same = once.entry((problem.place.clone(), problem.text.clone()));
        same.or_insert_with(|| (problem, Vec::new())).1.push(cell);
    }
    once.into_values().map(|(problem, cells)| in_cells(problem, &cells, all)).collect()
}

/// Says in which cells the problem is, unless it is in all of them.
fn in_cells(mut problem: Problem, cells: &[&Cell], all: usize) -> Problem {
    const NAMED: usize = 3;
    if cells.len() < all {
        let names: Vec<String> = cells.iter().take(NAMED).map(|cell| words(cell)).collect();
        let more = if cells.len() > NAMED { ", ..." } else { "" };
        let note = format!("in {} of {all} cells: {}{more}", cells.len(), names.join(", "));
        problem.remedy = Some(problem.remedy.map_or(note.clone(), |remedy| format!("{remedy}\n{note}")));
    }
    problem
}

/// `byol 512 crop-only`.
fn words(cell: &Cell) -> String {
    cell.values().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Cells that train what an earlier one does: a value of an axis changes nothing there, or only what judges.
fn twins<'a>(experiment: &Experiment, drafts: &'a [Draft]) -> Vec<(Problem, &'a Cell)> {
    let mut seen: BTreeMap<String, &Cell> = BTreeMap::new();
    let mut twins = Vec::new();
    for Draft { cell, recipe, .. } in drafts {
        let first = *seen.entry(recipe.id()).or_insert(cell);
        if let Some((key, value)) = cell.iter().find(|(key, value)| first.get(*key) != Some(value)) {
            let text = format!("this value of `{key}` trains the same as {}", first[key]);
            let spot = experiment.spot(key, value);
            let remedy = match key.starts_with("probes.") {
                true => "probes train nothing: `byolab probe` judges what is trained with other ones",
                false => "leave one of them out",
            };
            twins.push((spot.problem(text, Some(remedy.into())), cell));
        }
    }
    twins
}
