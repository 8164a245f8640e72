//! `list`: what the store holds.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Exit,
    found::{self, AsRun},
    print, print_json,
    submit::slurm,
    tell,
};
use byolab_store::{
    results::{self, flat},
    store::{ExperimentFolder, Remarks, Run, RunnerInfo, Snapshot, State, Store, WorkerInfo},
};
use byolab_values::plan::{Cell, Plan, Recipe, Value, words};

/// Columns of a terminal that everything fits into.
pub const WIDTH: usize = 80;

/// One experiment of the store.
#[derive(Serialize)]
struct ListedExperiment {
    experiment: String,
    /// Trials of which something is known.
    trials: usize,
    finished: usize,
    failed: usize,
    /// Trials of the plan, and how many of them are finished; none where the plan is not known.
    planned: Option<usize>,
    planned_finished: Option<usize>,
    /// Trials in the store that the plan does not name.
    beside: usize,
    runner: Option<RunnerInfo>,
    /// Whoever trains, in the order in which they were started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    workers: Vec<WorkerInfo>,
    #[serde(flatten)]
    remarks: Remarks,
    /// What a scheduler has of it, as far as it still knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<slurm::Task>,
    /// Only of the experiment that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<ListedRun>,
}

/// One trial of which something is known.
#[derive(Serialize)]
struct ListedRun {
    trial: String,
    state: State,
    step: u64,
    steps: u64,
    method: Option<&'static str>,
    batch: Option<usize>,
    augment: Option<String>,
    seed: Option<u64>,
    axes: Cell,
    #[serde(rename = "knn.top1")]
    knn: Option<f64>,
    #[serde(rename = "linear.top1")]
    linear: Option<f64>,
    /// That runners were at it.
    seconds: f64,
    /// Whether its projections or features are nearly one point.
    collapsed: bool,
    #[serde(flatten)]
    remarks: Remarks,
}

#[derive(Serialize)]
struct ListDocument {
    schema_version: u32,
    experiments: Vec<ListedExperiment>,
}

/// The experiments of the store, one a line; of the one that is asked for, the trials too.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(store: &Store, only: Option<&str>, json: bool) -> Result<Exit> {
    let only = only.map(|typed| found::name(store, typed));
    let chosen = |name: &String| only.as_ref().is_none_or(|only| only == name);
    let listed = |name: String| listed(&store.experiment(&name), only.is_some());
    let experiments = store.experiments()?.into_iter().filter(chosen).map(listed).collect::<Result<Vec<_>>>()?;
    if json {
        return print_json(&ListDocument { schema_version: 1, experiments });
    }
    if experiments.is_empty() {
        let what = only.as_ref().map_or("nothing".into(), |name| format!("nothing of {name}"));
        let hint = store.hint(&["run", only.as_deref().unwrap_or("demo")]);
        tell(&format!("{what} has run yet in {}: try `{hint}`", store.root().display()));
    }
    print(
        &experiments
            .iter()
            .map(|listed| line(listed) + &table(&listed.runs) + &at_work(listed) + &slurm::table(&listed.jobs))
            .collect::<String>(),
    )
}

/// The plan of what was run last, as far as it can be known.
pub fn plan_of(folder: &ExperimentFolder) -> Option<Plan> {
    let AsRun { experiment, asked, .. } = AsRun::of(folder).ok()??;
    let overrides = found::as_run(&experiment, &asked);
    Plan::new(experiment, &overrides).ok()
}

fn listed(folder: &ExperimentFolder, with_runs: bool) -> Result<ListedExperiment> {
    let plan = plan_of(folder);
    let snapshot = plan.as_ref().map_or_else(|| folder.snapshot(), |plan| folder.snapshot_for(plan))?;
    snapshot.unreadable.values().for_each(|sentence| tell(sentence));
    let count = |state| snapshot.runs.values().filter(|run| run.state == state).count();
    let is_finished = |id: &str| snapshot.runs.get(id).is_some_and(|run| run.state == State::Finished);
    Ok(ListedExperiment {
        experiment: folder.name(),
        trials: snapshot.runs.len(),
        finished: count(State::Finished),
        failed: count(State::Failed),
        planned: plan.as_ref().map(|plan| plan.trials.len()),
        planned_finished: plan.as_ref().map(|plan| plan.trials.iter().filter(|trial| is_finished(&trial.id)).count()),
        beside: plan.as_ref().map_or(0, |plan| snapshot.beside(plan).count()),
        remarks: folder.remarks(None)?,
        runs: if with_runs { runs(folder, plan.as_ref(), &snapshot)? } else { Vec::new() },
        jobs: if with_runs { slurm::tasks(folder) } else { Vec::new() },
        runner: snapshot.runner,
        workers: snapshot.workers,
    })
}

/// In the order of the plan, then those beside it.
fn runs(folder: &ExperimentFolder, plan: Option<&Plan>, snapshot: &Snapshot) -> Result<Vec<ListedRun>> {
    let place = |id: &str| plan.and_then(|plan| plan.trials.iter().position(|trial| trial.id == id));
    let mut runs: Vec<(&String, &Run)> = snapshot.runs.iter().collect();
    runs.sort_by_key(|(id, _)| place(id).unwrap_or(usize::MAX));
    tell_passed_over(folder, runs.iter().map(|(id, _)| id.as_str()));
    runs.into_iter().map(|(id, run)| listed_run(folder, plan, id, run)).collect()
}

/// Says once what of these trials' recipes this version does not know.
pub fn tell_passed_over<'a>(folder: &ExperimentFolder, ids: impl Iterator<Item = &'a str>) {
    let mut sentences = ids.filter_map(|id| folder.passed_over(id));
    if let Some(first) = sentences.next() {
        let others = sentences.count();
        let more = if others > 0 { format!(", and so {}", words::count(others, "other trial")) } else { String::new() };
        tell(&format!("{first}{more}"));
    }
}

fn listed_run(folder: &ExperimentFolder, plan: Option<&Plan>, id: &str, run: &Run) -> Result<ListedRun> {
    let recipe = folder.recipe(id).map_err(|error| tell(&format!("{error:#}"))).ok();
    Ok(ListedRun {
        trial: id.into(),
        state: run.state,
        step: run.step,
        steps: run.steps,
        method: recipe.as_ref().map(|recipe| recipe.method.name()),
        batch: recipe.as_ref().map(|recipe| recipe.train.batch),
        seed: recipe.as_ref().map(|recipe| recipe.train.seed),
        axes: cell(plan, id, recipe.as_ref()),
        collapsed: recipe.as_ref().is_some_and(|recipe| results::collapsed(recipe, run)),
        augment: recipe.map(|recipe| recipe.augment.label()),
        knn: run.latest("knn.top1"),
        linear: run.results.get("linear.top1").copied().or_else(|| run.latest("linear.top1")),
        seconds: run.seconds,
        remarks: folder.remarks(Some(id))?,
    })
}

/// What tells a trial from the others but for its seed: its cell in the plan, or what its recipe says of the axes.
pub fn cell(plan: Option<&Plan>, id: &str, recipe: Option<&Recipe>) -> Cell {
    if let Some(trial) = plan.and_then(|plan| plan.trials.iter().find(|trial| trial.id == id)) {
        return trial.cell.clone();
    }
    let Some(recipe) = recipe else { return Cell::new() };
    let known: BTreeMap<String, toml::Value> = flat(recipe).into_iter().collect();
    let axes = plan.map(|plan| plan.experiment.axes.iter().map(|axis| axis.key.clone()).collect());
    let keys: Vec<String> = axes.unwrap_or_else(|| ["train.batch", "augment"].map(String::from).to_vec());
    let value = |key: &str| {
        let value = known.get(key).or_else(|| known.get(&format!("{key}.name")))?;
        Some(value.as_str().map_or_else(|| Value::Text(value.to_string()), |text| Value::Text(text.into())))
    };
    let method = [("method".to_string(), Value::Text(recipe.method.name().into()))];
    let axes = keys.into_iter().filter(|key| key != "method").filter_map(|key| value(&key).map(|value| (key, value)));
    method.into_iter().chain(axes).collect()
}

fn line(listed: &ListedExperiment) -> String {
    let ListedExperiment {
        experiment,
        trials,
        finished,
        failed,
        planned,
        planned_finished,
        beside,
        runner,
        workers,
        remarks,
        ..
    } = listed;
    let (finished, all) = (planned_finished.unwrap_or(*finished), planned.unwrap_or(*trials));
    let mut parts = vec![format!("{experiment:<24} {finished:>3} of {all} trials finished")];
    parts.extend((*failed > 0).then(|| format!(", {failed} failed")));
    parts.extend((*beside > 0).then(|| format!(", {beside} more in the store")));
    parts.extend(runner.as_ref().map(|runner| match workers.len() {
        0 | 1 => format!("   running: process {}", runner.pid),
        several => format!("   running: {several} workers"),
    }));
    parts.extend((!remarks.tags.is_empty()).then(|| format!("   {}", remarks.tagged())));
    let notes = remarks.notes.iter().map(|note| words::wrap_to(WIDTH, "  ", &note.text));
    parts.concat() + "\n" + &notes.collect::<String>()
}

/// Who trains what, of the one experiment that was asked for.
fn at_work(listed: &ListedExperiment) -> String {
    if listed.runs.is_empty() || listed.workers.is_empty() {
        return String::new();
    }
    let now = Timestamp::now();
    let ago = |time: Timestamp| words::duration(now.duration_since(time).as_secs_f64().max(0.0));
    let row = |worker: &WorkerInfo| {
        let job = worker.job.as_ref().map_or_else(String::new, |job| format!("job {job}"));
        let trains = if worker.trains.is_empty() { "nothing".into() } else { worker.trains.join(" ") };
        let device = worker.runner.device.split(" (").next().unwrap_or_default().to_string();
        let name = format!("{} on {}", worker.runner.pid, worker.runner.host);
        vec![name, device, trains, ago(worker.since), ago(worker.heard), job]
    };
    let heading = ["worker", "device", "trains", "for", "heard of", ""].map(String::from).to_vec();
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(listed.workers.iter().map(row)).collect();
    format!("\n{}", words::columns(&rows))
}

fn table(runs: &[ListedRun]) -> String {
    let mut keys: Vec<&String> = Vec::new();
    runs.iter().flat_map(|run| run.axes.keys()).for_each(|key| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    });
    let last = |key: &&String| key.rsplit('.').next().unwrap_or_default().to_string();
    let named = |names: [&str; 3]| names.map(String::from).to_vec();
    let heading =
        [named(["trial", "state", "step"]), keys.iter().map(last).collect(), named(["seed", "k-NN", "linear"])];
    let percent = |share: Option<f64>| share.map_or("-".into(), |share| format!("{:.1}", 100.0 * share));
    let row = |run: &ListedRun| {
        let axes = keys.iter().map(|key| run.axes.get(*key).map_or_else(String::new, Value::to_string));
        let begin = vec![run.trial.clone(), run.state.word().into(), format!("{}/{}", run.step, run.steps)];
        let seed = run.seed.map_or_else(String::new, |seed| seed.to_string());
        let collapsed = if run.collapsed { "! collapsed " } else { "" };
        let end = vec![seed, percent(run.knn), percent(run.linear), format!("{collapsed}{}", run.remarks.tagged())];
        begin.into_iter().chain(axes).chain(end).collect()
    };
    let mut rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    if !rows.is_empty() {
        rows.insert(0, heading.concat().into_iter().chain([String::new()]).collect());
    }
    fit(&mut rows, 3..3 + keys.len());
    words::columns(&rows)
}

/// Cuts the values of some columns, the widest first, until all of a line is in sight.
fn fit(rows: &mut [Vec<String>], cut: std::ops::Range<usize>) {
    const GAP: usize = 2;
    /// Fewer letters say nothing.
    const LEAST: usize = 4;
    let width =
        |rows: &[Vec<String>], column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let columns = rows.first().map_or(0, Vec::len);
    let mut widths: Vec<usize> = (0..columns).map(|column| width(rows, column)).collect();
    while widths.iter().map(|width| width + GAP).sum::<usize>() > WIDTH + GAP {
        let Some(widest) = cut.clone().max_by_key(|column| widths[*column]).filter(|column| widths[*column] > LEAST)
        else {
            break;
        };
        widths[widest] -= 1;
    }
    for row in rows {
        for column in cut.clone() {
            if row[column].chars().count() > widths[column] {
                row[column] = row[column].chars().take(widths[column] - 1).chain(['…']).collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(axes: &[(&str, &str)]) -> ListedRun {
        ListedRun {
            trial: "a123456789".into(),
            state: State::Interrupted,
            step: 123_456,
            steps: 1_000_000,
            method: None,
            batch: None,
            augment: None,
            seed: Some(0),
            axes: axes.iter().map(|(key, value)| (key.to_string(), Value::Text(value.to_string()))).collect(),
            knn: Some(0.4567),
            linear: None,
            seconds: 0.0,
            collapsed: false,
            remarks: Remarks::default(),
        }
    }

    #[test]
    fn a_table_has_axes_and_results_and_fits_a_terminal() {
        let short = table(&[run(&[("method", "byol"), ("train.batch", "64")])]);
        let expected = "\
trial       state        step            method  batch  seed  k-NN  linear
a123456789  interrupted  123456/1000000  byol       64     0  45.7  -
";
        assert_eq!(short, expected);
        let long = "x".repeat(40);
        let long = table(&[run(&[("method", &long), ("train.batch", &long), ("augment", "full")])]);
        assert!(long.lines().all(|line| line.chars().count() <= WIDTH), "{long}");
        assert!(long.contains('…') && long.contains("full") && long.contains("45.7"), "{long}");
    }
}
