//! Which experiment is meant, and with what it was run: the file that is named, else what the store keeps beside its
//! results.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Result, bail};

use super::{args::Chosen, tell};
use byolab_store::store::{AskedFlags, ExperimentFolder, Run, State, Store};
use byolab_values::plan::{Experiment, Overrides, Plan, Problems, UntilDecided};

/// The name of an experiment's file in its folder of the store.
const KEPT: &str = "experiment.toml";

/// The experiment to train: a path, the name of a file in `./experiments` or of one that is built in, else one that the
/// store keeps.
///
/// # Errors
/// Every problem of it, or that there is none.
pub fn find(store: &Store, typed: &str) -> Result<Experiment, Problems> {
    let path = Path::new(typed);
    let folder = if is_path(typed) { kept_folder(store, path) } else { Some(store.experiment(typed)) };
    let is_elsewhere = !is_path(typed) && Experiment::is_named(typed);
    match folder.filter(|_| !is_elsewhere).and_then(|folder| kept_text(&folder).map(|text| (folder, text))) {
        Some((folder, text)) => Experiment::parse(&folder.name(), &origin(&folder), &text),
        None => Experiment::find(typed),
    }
}

/// The plan of what was chosen.
///
/// # Errors
/// Every problem of the file, the flags and the cells.
pub fn plan(store: &Store, chosen: &Chosen) -> Result<Plan, Problems> {
    Plan::new(find(store, &chosen.experiment)?, &chosen.changes.overrides())
}

/// The name under which the runs of an experiment are kept: also of one whose file is gone.
pub fn name(store: &Store, typed: &str) -> String {
    let path = Path::new(typed);
    match kept_folder(store, path) {
        _ if !is_path(typed) => typed.into(),
        Some(folder) => folder.name(),
        None => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

/// An experiment as it was run last, and what its runner was asked for.
pub struct AsRun {
    /// As its folder has it.
    pub experiment: Experiment,
    /// What it was run with.
    pub asked: AskedFlags,
    /// The file of that name, where it says something else by now: what to call it.
    pub changed: Option<String>,
}

impl AsRun {
    /// What the store keeps of an experiment; none where it was not run.
    ///
    /// # Errors
    /// What is kept is no experiment of this version, or cannot be read.
    pub fn of(folder: &ExperimentFolder) -> Result<Option<Self>> {
        let Some(text) = kept_text(folder) else { return Ok(None) };
        let asked = folder.asked()?.unwrap_or_default();
        let file = asked.file.as_ref().map(|file| file.display().to_string());
        let others: Vec<Experiment> =
            file.into_iter().chain([folder.name()]).filter_map(|name| Experiment::find(&name).ok()).collect();
        let changed = others.first().map(|other| other.origin.clone());
        if let Some(experiment) = others.into_iter().find(|other| other.text == text) {
            return Ok(Some(Self { experiment, asked, changed: None }));
        }
        let experiment = Experiment::parse(&folder.name(), &origin(folder), &text)?;
        Ok(Some(Self { experiment, asked, changed }))
    }

    /// Says, where the file of that name is another by now, that it is not the one that is meant.
    pub fn tell_if_changed(&self) {
        if let Some(file) = &self.changed {
            let (name, kept) = (&self.experiment.name, &self.experiment.origin);
            tell(&format!("{file} has changed since {name} was run; this is of what was run, {kept}"));
        }
    }
}

/// What a report is about: the file that is named by its path, with the flags; of an experiment named by its name, what
/// was run. Says on standard error where that is not the file of that name, or not all of it.
///
/// # Errors
/// Every problem of the file, the flags and the cells; a store that cannot be read.
pub fn reported(store: &Store, chosen: &Chosen) -> Result<(Plan, Overrides)> {
    let folder = store.experiment(&chosen.experiment);
    let flags = chosen.changes.overrides();
    let Some(run) = (if is_path(&chosen.experiment) { None } else { AsRun::of(&folder)? }) else {
        return Ok((plan(store, chosen)?, flags));
    };
    run.tell_if_changed();
    let overrides = match flags == Overrides::default() {
        true => as_run(&run.experiment, &run.asked),
        false => Overrides { until: flags.until.or(until_of(&run.asked, &flags)), ..flags.clone() },
    };
    if overrides != flags {
        tell(&format!("as it was run last: {}", overrides.flags().join(" ")));
    }
    Ok((Plan::new(run.experiment, &overrides)?, overrides))
}

/// Trials that were trained until claims were decided are judged as such, whatever part of them is asked for.
fn until_of(asked: &AskedFlags, flags: &Overrides) -> Option<UntilDecided> {
    let until = asked.overrides.until?;
    Some(flags.seeds.as_ref().map_or(until, |seeds| until.of(seeds.len())))
}

/// What has to be changed about an experiment so that the trials of its newest run are in its plan; nothing where the
/// experiment has them by itself.
pub fn as_run(experiment: &Experiment, asked: &AskedFlags) -> Overrides {
    let plan = |overrides: &Overrides| Plan::new(experiment.clone(), overrides).ok();
    let holds = |whole: &Plan, part: &Plan| {
        part.trials.iter().all(|trial| whole.trials.iter().any(|known| known.id == trial.id))
    };
    let is_whole = asked.overrides.until.is_none();
    match (plan(&Overrides::default()), plan(&asked.overrides)) {
        (Some(whole), Some(part)) if is_whole && holds(&whole, &part) => Overrides::default(),
        (_, Some(_)) => asked.overrides.clone(),
        (_, None) => Overrides::default(),
    }
}

/// A trial where it lies.
pub struct Held {
    /// Of the experiment.
    pub folder: ExperimentFolder,
    /// Of the trial.
    pub id: String,
    /// What the disk holds.
    pub run: Run,
}

/// The trial whose id is `typed`, or the only one whose id begins so; none where there is none. Of one that lies with
/// several experiments, where it is finished.
///
/// # Errors
/// Where several trials have ids that begin so, or the store cannot be read.
pub fn trial(store: &Store, typed: &str) -> Result<Option<Held>> {
    let mut all = Vec::new();
    for folder in store.experiments()?.iter().map(|name| store.experiment(name)) {
        let snapshot = folder.snapshot()?;
        let meant = |(id, run): &(String, Run)| run.is_called(id, typed);
        let held = |(id, run)| Held { folder: folder.clone(), id, run };
        all.extend(snapshot.runs.into_iter().filter(meant).map(held));
        let unreadable = snapshot.unreadable.into_iter().filter(|(id, _)| id.starts_with(typed));
        unreadable.for_each(|(_, sentence)| tell(&sentence));
    }
    let is_whole = |held: &Held| held.id == typed || held.run.folder == typed;
    if all.iter().any(is_whole) {
        all.retain(is_whole);
    }
    let ids: BTreeSet<&str> = all.iter().map(|held| held.id.as_str()).collect();
    if ids.len() > 1 {
        bail!("{} trials have ids that begin with `{typed}`: type more of it", ids.len());
    }
    Ok(all.into_iter().min_by_key(|held| held.run.state != State::Finished))
}

/// What is said where a name means nothing in the store.
pub fn nothing(store: &Store, typed: &str) -> String {
    let (root, list) = (store.root().display(), store.hint(&["list"]));
    format!("there is neither an experiment nor a trial `{typed}` in {root}; `{list}` lists them")
}

/// As `library` tells a path from a name.
fn is_path(typed: &str) -> bool {
    let path = Path::new(typed);
    path.extension().is_some_and(|extension| extension == "toml") || path.components().count() > 1
}

/// The folder of the store that keeps an experiment, of which the path is the folder or the file.
fn kept_folder(store: &Store, path: &Path) -> Option<ExperimentFolder> {
    let folder = if path.ends_with(KEPT) { path.parent()? } else { path };
    let (root, within) = (fs::canonicalize(store.root()).ok()?, fs::canonicalize(folder).ok()?);
    let named = || store.experiment(&within.file_name().unwrap_or_default().to_string_lossy());
    (within.parent()? == root).then(named).filter(|folder| folder.experiment_file().exists())
}

fn kept_text(folder: &ExperimentFolder) -> Option<String> {
    fs::read_to_string(folder.experiment_file()).ok()
}

fn origin(folder: &ExperimentFolder) -> String {
    folder.experiment_file().display().to_string()
}
