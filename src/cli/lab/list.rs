//! The experiments that can be opened; planned again only when a file has changed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::cli::found::{self, AsRun};
use byolab_faces::tui::{ExperimentEntry, guard};
use byolab_store::store::{ExperimentFolder, Store};
use byolab_values::plan::{Experiment, Overrides, Plan, Problems, library::FOLDER, problem::Spot};

/// An experiment that can be opened, or the entry of one that cannot.
pub type ListedPlan = Result<Arc<Plan>, Box<ExperimentEntry>>;

/// The folder's experiments, the built-in ones that it does not replace, then those of which only the store knows. Each
/// is planned as it is shown when it is opened.
pub struct ExperimentList {
    store: Store,
    listed: Vec<ListedPlan>,
    /// What it was planned from; none before the first time.
    stamps: Option<Vec<FileStamp>>,
}

/// A file, when it was changed, and its length.
type FileStamp = (PathBuf, Option<SystemTime>, u64);

impl ExperimentList {
    pub fn new(store: Store) -> Self {
        Self { store, listed: Vec::new(), stamps: None }
    }

    /// What there is now.
    pub fn newest(&mut self) -> &[ListedPlan] {
        let stamps = Some(self.stamps());
        if self.stamps != stamps {
            (self.listed, self.stamps) = (self.all(), stamps);
        }
        &self.listed
    }

    fn stamps(&self) -> Vec<FileStamp> {
        let mut stamps: Vec<FileStamp> = files(Path::new(FOLDER)).filter_map(stamp).collect();
        for folder in self.folders() {
            stamps.extend(folder.arguments().into_iter().filter_map(stamp));
            if is_training(&folder) {
                stamps.push((folder.path().into(), None, 0));
            }
        }
        stamps.sort();
        stamps
    }

    fn all(&self) -> Vec<ListedPlan> {
        let mut listed: Vec<ListedPlan> = Vec::new();
        let files = Experiment::files_in(Path::new(FOLDER)).into_iter().map(|path| path.display().to_string());
        let built_in = Experiment::builtin().into_iter().map(|experiment| experiment.name);
        let kept = self.folders().into_iter().map(|folder| folder.name());
        for typed in files.chain(built_in).chain(kept) {
            if listed.iter().all(|known| name(known) != stem(&typed)) {
                listed.push(self.of(&typed));
            }
        }
        listed
    }

    /// Those that were run; none where there is no store yet.
    fn folders(&self) -> Vec<ExperimentFolder> {
        self.store.experiments().unwrap_or_default().iter().map(|name| self.store.experiment(name)).collect()
    }

    /// The experiment of a path or a name.
    fn of(&self, typed: &str) -> ListedPlan {
        let planned = guarded(typed, || {
            let file = found::find(&self.store, typed)?;
            let folder = self.store.experiment(&file.name);
            let (experiment, overrides) = shown(&folder, file);
            Plan::new(experiment, &overrides)
        });
        planned.map(Arc::new).map_err(|problems| {
            let (name, origin) = (stem(typed), typed.into());
            Box::new(ExperimentEntry {
                name,
                origin,
                problems: Some(problems),
                is_read: true,
                ..ExperimentEntry::default()
            })
        })
    }
}

/// What an experiment is called that is known by a path or a name.
fn stem(typed: &str) -> String {
    let path = Path::new(typed);
    let is_file = path.extension().is_some_and(|extension| extension == "toml");
    let name = if is_file { path.file_stem() } else { path.file_name() };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// An experiment as it is shown first: as it is in training; else its file, with what was changed for the newest run
/// where its trials are not in the file's plan.
pub fn shown(folder: &ExperimentFolder, file: Experiment) -> (Experiment, Overrides) {
    match AsRun::of(folder) {
        Ok(Some(run)) if is_training(folder) => (run.experiment, run.asked.overrides),
        Ok(Some(run)) => {
            let overrides = found::as_run(&file, &run.asked);
            (file, overrides)
        }
        // Not run yet; or what is kept cannot be read, which is told where it is asked for.
        _ => (file, Overrides::default()),
    }
}

/// Whether a runner is at an experiment; where that cannot be told, it is shown as its file has it.
pub fn is_training(folder: &ExperimentFolder) -> bool {
    matches!(folder.runner(), Ok(Some(_)))
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn stamp(path: PathBuf) -> Option<FileStamp> {
    let metadata = fs::metadata(&path).ok()?;
    Some((path, metadata.modified().ok(), metadata.len()))
}

/// A plan of an experiment; a planner that breaks down is a problem of that experiment alone.
pub fn guarded(name: &str, plan: impl FnOnce() -> Result<Plan, Problems>) -> Result<Plan, Problems> {
    let broken = |why| Spot::named(name).problem(format!("cannot be planned: {why}"), None).into();
    guard::attempt(plan).unwrap_or_else(|why| Err(broken(why)))
}

fn name(listed: &ListedPlan) -> &str {
    match listed {
        Ok(plan) => &plan.experiment.name,
        Err(entry) => &entry.name,
    }
}
