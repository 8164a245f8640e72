//! Reasons not to believe a number yet, each with its remedy. Where nothing is finished there is no number to doubt,
//! only failures to tell of.

use std::collections::BTreeMap;

use crate::store::{Run, Snapshot, State};
use byolab_values::{
    plan::{Axis, Cell, Claim, Plan, Selector, Test, Trial, Value, papers},
    protocol::{Record, What},
};

use super::{
    AxisChange, Difference, Doubt, Judged, Reproduced, Row, Tuning, changes, claims, collapse, fair, listing,
    reproductions, stats, table, tuning,
};

/// What doubts are looked for in. Row i is of trial i.
struct Evidence<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    rows: &'a [Row],
    differences: &'a [Difference],
    claims: &'a [Judged],
}

/// Every kind of doubt; a new one is a function and its line here.
const CHECKS: [fn(&Evidence) -> Vec<Doubt>; 19] = [
    failures,
    missing_trials,
    missing_baselines,
    one_seed,
    alarms,
    nothing_learnt,
    better_before,
    published_best,
    other_protocols,
    unclear_differences,
    unclear_changes,
    many_claims,
    measures_disagree,
    unfair_comparisons,
    untuned,
    short_training,
    mixed_probes,
    mixed_devices,
    mixed_commits,
];

/// Every doubt about the rows, those that weigh most first.
pub fn doubts(
    plan: &Plan,
    snapshot: &Snapshot,
    rows: &[Row],
    differences: &[Difference],
    claims: &[Judged],
) -> Vec<Doubt> {
    let evidence = Evidence { plan, snapshot, rows, differences, claims };
    CHECKS.iter().flat_map(|check| check(&evidence)).collect()
}

impl<'a> Evidence<'a> {
    /// Finished trials with their rows.
    fn finished(&self) -> impl Iterator<Item = (&'a Trial, &'a Row)> {
        self.plan.trials.iter().zip(self.rows).filter(|(_, row)| row.is_finished())
    }

    fn any_finished(&self) -> bool {
        self.rows.iter().any(Row::is_finished)
    }

    fn run(&self, row: &Row) -> Option<&'a Run> {
        self.snapshot.runs.get(&row.trial)
    }

    /// The command that trains what is missing.
    fn again(&self) -> String {
        self.snapshot.store.hint_of("run", &self.plan.experiment, &self.plan.overrides)
    }

    fn run_again(&self) -> String {
        format!("`{}` trains what is missing", self.again())
    }
}

fn doubt(about: impl Into<String>, text: impl Into<String>, remedy: impl Into<String>) -> Doubt {
    Doubt { about: about.into(), text: text.into(), remedy: remedy.into() }
}

fn failures(evidence: &Evidence) -> Vec<Doubt> {
    let reason = |row: &Row| {
        let log = evidence.run(row).map_or(&[][..], |run| &run.log);
        log.iter().rev().find_map(|record| match &record.event.what {
            What::Failed { reason } => Some(format!("{} ({reason})", row.words())),
            _ => None,
        })
    };
    let failed = evidence.rows.iter().filter(|row| row.state == State::Failed);
    let failed: Vec<String> = failed.map(|row| reason(row).unwrap_or_else(|| row.words())).collect();
    if failed.is_empty() {
        return Vec::new();
    }
    let text = format!("{} of {} trials failed: {}", failed.len(), evidence.rows.len(), listing(&failed));
    let remedy = format!("mend the cause; `{}` tries them again", evidence.again());
    vec![doubt("trials", text, remedy)]
}

fn missing_trials(evidence: &Evidence) -> Vec<Doubt> {
    // Where training ends once claims are decided, what was not begun is not missing.
    let is_spared = |row: &&Row| evidence.plan.overrides.until.is_some() && row.state == State::Waiting;
    let left = evidence.rows.iter().filter(|row| !row.is_finished() && row.state != State::Failed);
    let left = left.filter(|row| !is_spared(row));
    let mut states = BTreeMap::<&str, usize>::new();
    left.for_each(|row| *states.entry(row.state.word()).or_default() += 1);
    if states.is_empty() || !evidence.any_finished() {
        return Vec::new();
    }
    let counts: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let (left, all) = (states.values().sum::<usize>(), evidence.rows.len());
    let empty = |cell: &&Cell| table::finished(evidence.rows, cell).next().is_none();
    let empty: Vec<String> = table::cells(evidence.rows).into_iter().filter(empty).map(table::words).collect();
    let empty = if empty.is_empty() { String::new() } else { format!("; no seed yet of {}", listing(&empty)) };
    let counts = counts.join(", ");
    let text = format!("not finished: {left} of {all} trials ({counts}){empty}; numbers and verdicts may move");
    vec![doubt("trials", text, evidence.run_again())]
}

fn missing_baselines(evidence: &Evidence) -> Vec<Doubt> {
    let experiment = &evidence.plan.experiment;
    if experiment.baseline.is_empty() {
        return Vec::new();
    }
    let of = |method| {
        let at = Selector::from([("method".to_string(), method)]);
        let cell = changes::complete(experiment, evidence.rows, &at).ok()?;
        let of_method = |row: &&Row| row.is_finished() && row.axes["method"] == cell["method"];
        let finished: Vec<&Row> = evidence.rows.iter().filter(of_method).collect();
        let wanting = !finished.is_empty() && finished.iter().all(|row| row.axes != cell);
        let planned = evidence.rows.iter().any(|row| row.axes == cell);
        let remedy = if planned { evidence.run_again() } else { "let --only keep the baseline's values".into() };
        let text = format!("the baseline ({}) has no finished trial: no change can be told", table::words(&cell));
        wanting.then(|| doubt(cell["method"].to_string(), text, remedy))
    };
    table::methods(evidence.rows).into_iter().cloned().filter_map(of).collect()
}

fn one_seed(evidence: &Evidence) -> Vec<Doubt> {
    let first = evidence.plan.trials.first().map(|trial| trial.seed);
    if !evidence.any_finished() || evidence.plan.trials.iter().any(|trial| Some(trial.seed) != first) {
        return Vec::new();
    }
    let remedy = "three seeds or more: `seeds` in the experiment file, or `--seeds 0,1,2`";
    vec![doubt("seeds", "one seed only: no spread, no interval, no verdict", remedy)]
}

/// Alarms of runs whose numbers are averaged, told once per cell and remedy.
fn alarms(evidence: &Evidence) -> Vec<Doubt> {
    let of = |cell: &Cell| {
        let averaged = evidence.finished().filter(|(_, row)| row.axes == *cell);
        let heard: Vec<Vec<Alarm>> = averaged.map(|(trial, row)| heard(trial, evidence.run(row))).collect();
        let told = |remedy: &String| {
            let with = |alarms: &Vec<Alarm>| -> Vec<String> {
                alarms.iter().filter(|alarm| alarm.1 == *remedy).map(|alarm| alarm.0.clone()).collect()
            };
            let alarmed: Vec<Vec<String>> = heard.iter().map(with).filter(|texts| !texts.is_empty()).collect();
            let (count, first) = (alarmed.len(), alarmed[0].join("; "));
            let text = format!("{count} of {} averaged runs raised an alarm: {first}", heard.len());
            doubt(table::words(cell), text, remedy)
        };
        table::distinct(heard.iter().flatten().map(|alarm| &alarm.1)).into_iter().map(told).collect::<Vec<_>>()
    };
    table::cells(evidence.rows).into_iter().flat_map(of).collect()
}

/// A reason with its remedy.
type Alarm = (String, String);

/// The alarms of a run; of one whose numbers have collapsed unalarmed, because they were recorded by an earlier version,
/// what would have raised them.
fn heard(trial: &Trial, run: Option<&Run>) -> Vec<Alarm> {
    let Some(run) = run else { return Vec::new() };
    let raised = |record: &Record| match &record.event.what {
        What::Alarm { text, remedy, .. } => Some((text.clone(), remedy.clone())),
        _ => None,
    };
    let raised: Vec<Alarm> = run.log.iter().filter_map(raised).collect();
    match raised.is_empty() {
        true => collapse::reasons(&trial.recipe, run).into_iter().map(|(text, remedy)| (text, remedy.into())).collect(),
        false => raised,
    }
}

/// Cells whose features classify no better than those of the untrained encoder, told once per method.
fn nothing_learnt(evidence: &Evidence) -> Vec<Doubt> {
    // What is meant to learn nothing is no reason to doubt.
    let random = |cell: &Cell| ["random-init", "pixels"].iter().any(|it| cell["method"] == Value::Text((*it).into()));
    let flat = |cell: &&Cell| {
        if random(cell) {
            return false;
        }
        let [trained, untrained] =
            ["knn.top1", "untrained.knn.top1"].map(|metric| table::values(evidence.rows, cell, metric));
        stats::estimate(stats::paired(&trained, &untrained).into_values()).is_some_and(|gain| gain.mean <= 0.0)
    };
    let flat: Vec<&Cell> = table::cells(evidence.rows).into_iter().filter(flat).collect();
    let of = |method: &Value| {
        let cells: Vec<String> =
            flat.iter().filter(|cell| cell["method"] == *method).map(|cell| table::words(cell)).collect();
        let text = format!(
            "k-NN is not above the untrained encoder in {}: nothing was learnt there, and differences mean little",
            listing(&cells)
        );
        let remedy = "train longer, or look at its loss, feature std and learning rate";
        (!cells.is_empty()).then(|| doubt(method.to_string(), text, remedy))
    };
    table::methods(evidence.rows).into_iter().filter_map(of).collect()
}

/// Runs whose k-NN accuracy was higher before their end: a table of best values over epochs would show another number.
fn better_before(evidence: &Evidence) -> Vec<Doubt> {
    const MUCH: f64 = 0.01;
    let fallen = |row: &Row| {
        let points = evidence.run(row)?.series.get("knn.top1")?;
        let (best, last) = (points.iter().max_by(|a, b| a.1.total_cmp(&b.1))?, points.last()?);
        let percent = |value: f64| 100.0 * value;
        (best.1 - last.1 > MUCH).then(|| {
            format!("{} ({:.1} % at step {}, {:.1} at the end)", row.words(), percent(best.1), best.0, percent(last.1))
        })
    };
    let fallen: Vec<String> = evidence.finished().filter_map(|(_, row)| fallen(row)).collect();
    let text = format!("k-NN was better before the end in {}; reported are final values", listing(&fallen));
    let remedy = "do not set them beside tables of best values over epochs, which were chosen on the test images";
    if fallen.is_empty() { Vec::new() } else { vec![doubt("final values", text, remedy)] }
}

/// A published table of best values over epochs beside our final ones.
fn published_best(evidence: &Evidence) -> Vec<Doubt> {
    let named = evidence.plan.experiment.published.as_deref().and_then(papers::paper);
    let best = named.filter(|paper| paper.best_of_epochs && evidence.any_finished());
    let told = |paper: &papers::Paper| {
        let text = format!("the published numbers ({}) are the best of all epochs, ours are final values", paper.title);
        doubt("published numbers", text, "expect ours to be lower; compare signs and orders")
    };
    best.map(told).into_iter().collect()
}

/// Claims to have reproduced a number that was made otherwise, or once: its own chance is in no interval.
fn other_protocols(evidence: &Evidence) -> Vec<Doubt> {
    let told = |found: &Reproduced| {
        let once = found
            .spread
            .is_none()
            .then(|| "the published number has no spread, so its own chance is in no interval".to_string());
        let unlike = found.differing();
        let unlike = (!unlike.is_empty()).then(|| format!("protocols differ: {}", listing(&unlike)));
        let text = [unlike, once].into_iter().flatten().collect::<Vec<_>>().join("; ");
        let remedy = "say so beside the number, or make the protocols alike";
        (!text.is_empty()).then(|| doubt("reproduction", format!("\"{}\": {text}", found.claim), remedy))
    };
    if !evidence.any_finished() {
        return Vec::new();
    }
    reproductions::reproductions(evidence.plan, evidence.rows).iter().filter_map(told).collect()
}

/// Differences between methods whose interval spans zero, told once per score.
fn unclear_differences(evidence: &Evidence) -> Vec<Doubt> {
    let of = |score: &str| {
        let decided = evidence.differences.iter().filter(|d| d.metric == score);
        let decided = decided.filter_map(|d| Some((between(d), [d.low?, d.high?])));
        let remedy = "more seeds; until then, call neither method better there";
        unclear(score, "the interval of the difference", decided.collect(), remedy)
    };
    table::SCORES.into_iter().filter_map(of).collect()
}

/// Changes from the baseline whose interval spans zero, told once per score.
fn unclear_changes(evidence: &Evidence) -> Vec<Doubt> {
    let experiment = &evidence.plan.experiment;
    let axes =
        experiment.axes.iter().filter(|axis| axis.key != "method" && experiment.baseline.contains_key(&axis.key));
    let axes: Vec<&Axis> = axes.collect();
    let along = |axis: &Axis, score: &str| {
        // Where the baseline leaves an axis open there is no change to doubt.
        let changes = changes::changes(experiment, evidence.rows, score, &axis.key, &Selector::new());
        changes.unwrap_or_default().into_iter().filter_map(|change| Some((from(&change), change.estimate.interval()?)))
    };
    let of = |score: &str| {
        let decided = axes.iter().flat_map(|axis| along(axis, score)).collect();
        let remedy = "more seeds; until then, do not say that anything is lost or gained there";
        unclear(score, "the interval of the change from the baseline", decided, remedy)
    };
    table::SCORES.into_iter().filter_map(of).collect()
}

/// The doubt about those comparisons whose interval spans zero, if there are any.
fn unclear(score: &str, what: &str, decided: Vec<(String, [f64; 2])>, remedy: &str) -> Option<Doubt> {
    let all = decided.len();
    let spans = |[low, high]: [f64; 2]| low <= 0.0 && 0.0 <= high;
    let unclear: Vec<String> = decided.into_iter().filter(|(_, ends)| spans(*ends)).map(|(name, _)| name).collect();
    let text = format!("{what} spans zero in {} of {all} comparisons: {}", unclear.len(), listing(&unclear));
    (!unclear.is_empty()).then(|| doubt(score, text, remedy))
}

/// Verdicts that are not left when p values are corrected for the number of claims.
fn many_claims(evidence: &Evidence) -> Vec<Doubt> {
    let claims = evidence.claims;
    let lost = claims.iter().filter(|claim| claim.corrected != claim.verdict);
    let lost: Vec<String> = lost.map(|claim| format!("\"{}\"", claim.text)).collect();
    let text = format!(
        "{} of {} verdicts would not stand with Holm's correction for that many claims: {}",
        lost.len(),
        claims.len(),
        listing(&lost)
    );
    let remedy = "more seeds, or fewer claims, chosen beforehand";
    if lost.is_empty() { Vec::new() } else { vec![doubt("claims", text, remedy)] }
}

/// Drops of which another measure than the claim's says that the other method loses less.
fn measures_disagree(evidence: &Evidence) -> Vec<Doubt> {
    let claims = evidence.plan.experiment.claims.iter().zip(evidence.claims);
    claims.filter_map(|(claim, judged)| disagreement(claim, judged)).collect()
}

fn disagreement(claim: &Claim, judged: &Judged) -> Option<Doubt> {
    let Test::SmallerDrop { methods: [first, _], measure, .. } = &claim.test else { return None };
    let own = judged.measures.iter().find(|found| found.measure == *measure)?;
    let against = judged.measures.iter().filter(|found| found.contradicts(own)).map(|found| found.measure);
    let against: Vec<String> = against.map(|measure| format!("{} ({})", measure.name(), measure.line())).collect();
    let [less, more] = if own.estimate? > 0.0 { ["less", "more"] } else { ["more", "less"] };
    let text = format!(
        "measures disagree about \"{}\": {first} loses {less} by {}, and {more} by {}",
        claim.text,
        measure.name(),
        listing(&against)
    );
    let remedy = "say by which measure, with `measure` in the claim, or call neither method more robust";
    (!against.is_empty()).then(|| doubt("measures", text, remedy))
}

fn from(change: &AxisChange) -> String {
    format!("{} at {} {}", change.method, change.along, change.value)
}

fn between(difference: &Difference) -> String {
    let names = difference.between.join(" − ");
    if difference.axes.is_empty() { names } else { format!("{names} at {}", table::words(&difference.axes)) }
}

/// Knobs that vary along an axis without being named by it.
fn unfair_comparisons(evidence: &Evidence) -> Vec<Doubt> {
    let of = |axis: &Axis| {
        let unsaid = fair::unsaid(evidence.plan, axis);
        let text = format!("trials compared along {} also differ in {}", axis.key, unsaid.join("; "));
        let remedy =
            "set them alike in [recipe], or name them in the axis's values, so that they are part of the question";
        (!unsaid.is_empty()).then(|| doubt("fairness", text, remedy))
    };
    let axes = evidence.plan.experiment.axes.iter();
    if evidence.any_finished() { axes.filter_map(of).collect() } else { Vec::new() }
}

/// Claims that compare methods at one value of an axis of the optimizer, though each is best at another.
fn untuned(evidence: &Evidence) -> Vec<Doubt> {
    let tunings = tuning::tunings(&evidence.plan.experiment, evidence.rows);
    let of = |claim: &Claim| {
        let cells = claims::cells(claim, &evidence.plan.experiment, evidence.rows).ok()?;
        let is_at = |found: &Tuning, cell: &Cell| found.at.iter().all(|(key, value)| cell.get(key) == Some(value));
        let at = |cell: &Cell| tunings.iter().find(|found| found.metric == claim.metric && is_at(found, cell));
        let compared = cells.iter().filter(|cell| cell.contains_key("method"));
        let found: Vec<(&Cell, &Tuning)> = compared.filter_map(|cell| Some((cell, at(cell)?))).collect();
        let along = &found.first()?.1.along;
        let told = table::distinct(found.iter().map(|(_, tuning)| format!("{} {}", tuning.at["method"], tuning.best)));
        let values = table::distinct(found.iter().map(|(cell, _)| &cell[along]));
        let methods = table::distinct(found.iter().map(|(cell, _)| &cell["method"])).len();
        let best = table::distinct(found.iter().map(|(_, tuning)| &tuning.best)).len();
        let text = format!(
            "\"{}\" compares at {along} {}, where not every method is best: {}",
            claim.text,
            values.first()?,
            listing(&told)
        );
        let remedy = "compare each method at its own best, chosen with other seeds, or say that they are untuned";
        (values.len() == 1 && methods > 1 && best > 1).then(|| doubt("tuning", text, remedy))
    };
    evidence.plan.experiment.claims.iter().filter_map(of).collect()
}

/// Training of which the warm-up takes more than half.
fn short_training(evidence: &Evidence) -> Vec<Doubt> {
    let schedules = evidence.finished().map(|(trial, _)| (trial.recipe.train.epochs, trial.recipe.train.warmup_epochs));
    let mut short: Vec<_> = schedules.filter(|(epochs, warmup)| warmup * 2.0 > *epochs as f64).collect();
    short.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    short.dedup();
    let told = |(epochs, warmup): (usize, f64)| {
        let text = format!("{warmup} of {epochs} epochs are warm-up: training has hardly left it");
        doubt("training", text, "raise train.epochs, or lower train.warmup_epochs")
    };
    short.into_iter().map(told).collect()
}

/// Numbers by other probes than the plan's, which stand beside numbers by these, or in their place.
fn mixed_probes(evidence: &Evidence) -> Vec<Doubt> {
    let mut counts = BTreeMap::<String, usize>::new();
    let probes = evidence.finished().filter_map(|(trial, row)| Some((trial, evidence.run(row)?.probes.as_ref()?)));
    probes.for_each(|(trial, found)| *counts.entry(fair::unlike(found, &trial.recipe.probes)).or_default() += 1);
    if counts.keys().all(String::is_empty) {
        return Vec::new();
    }
    let name = |name: &String| if name.is_empty() { "the plan's".to_string() } else { name.clone() };
    let names: Vec<String> = counts.iter().map(|(unlike, count)| format!("{} ×{count}", name(unlike))).collect();
    let text = format!("trials were judged by other probes than the plan's ({})", listing(&names));
    let remedy = format!("`byolab probe {}` judges all of them alike, without training", evidence.plan.experiment.name);
    vec![doubt("probes", text, remedy)]
}

fn mixed_devices(evidence: &Evidence) -> Vec<Doubt> {
    let remedy = "train all trials on one device; rates and rounding differ between devices";
    mixed(evidence, "devices", |row| row.device.clone(), remedy)
}

fn mixed_commits(evidence: &Evidence) -> Vec<Doubt> {
    mixed(evidence, "commits", |row| row.commit.clone(), "train all trials with one build of the program")
}

fn mixed(evidence: &Evidence, what: &str, of: impl Fn(&Row) -> Option<String>, remedy: &str) -> Vec<Doubt> {
    let mut counts = BTreeMap::<String, usize>::new();
    evidence.finished().filter_map(|(_, row)| of(row)).for_each(|name| *counts.entry(name).or_default() += 1);
    if counts.len() < 2 {
        return Vec::new();
    }
    let names: Vec<String> = counts.iter().map(|(name, count)| format!("{name} ×{count}")).collect();
    vec![doubt(what, format!("numbers of {} {what} stand side by side ({})", counts.len(), listing(&names)), remedy)]
}
