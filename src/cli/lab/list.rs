//! The experiments that can be opened; planned again only when a file has changed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use byolab_faces::tui::{Entry, guard};
use byolab_values::plan::{Experiment, Overrides, Plan, Problems, library::FOLDER, problem::Spot};

/// An experiment that can be opened, or the entry of one that cannot.
pub type Listed = Result<Arc<Plan>, Box<Entry>>;

/// The folder's experiments, then the built-in ones that it does not replace.
#[derive(Default)]
pub struct List {
    listed: Vec<Listed>,
    /// The folder's files as they were planned; none before the first time.
    stamps: Option<Vec<Stamp>>,
}

/// A file, when it was changed, and its length.
type Stamp = (PathBuf, Option<SystemTime>, u64);

impl List {
    /// What there is now.
    pub fn newest(&mut self) -> &[Listed] {
        let stamps = Some(stamps(Path::new(FOLDER)));
        if self.stamps != stamps {
            (self.listed, self.stamps) = (all(), stamps);
        }
        &self.listed
    }
}

fn stamps(folder: &Path) -> Vec<Stamp> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let stamp = |entry: fs::DirEntry| {
        let metadata = fs::metadata(entry.path()).ok()?;
        Some((entry.path(), metadata.modified().ok(), metadata.len()))
    };
    let mut stamps: Vec<Stamp> = entries.filter_map(stamp).collect();
    stamps.sort();
    stamps
}

fn all() -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    let files = Experiment::files_in(Path::new(FOLDER));
    let files = files.iter().map(|path| of(&path.display().to_string()));
    let built_in = Experiment::builtin().into_iter().map(|experiment| of(&experiment.name));
    for experiment in files.chain(built_in) {
        if listed.iter().all(|known| name(known) != name(&experiment)) {
            listed.push(experiment);
        }
    }
    listed
}

/// The experiment of a path, or of the name of one that is built in.
fn of(origin: &str) -> Listed {
    planned(origin, &Overrides::default()).map(Arc::new).map_err(|problems| {
        let name = Path::new(origin).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Box::new(Entry { name, origin: origin.into(), problems: Some(problems), is_read: true, ..Entry::default() })
    })
}

/// The plan of an experiment; a planner that breaks down is a problem of that experiment alone.
pub fn planned(name: &str, overrides: &Overrides) -> Result<Plan, Problems> {
    let plan = || Plan::new(Experiment::find(name)?, overrides);
    let broken = |why| Spot::named(name).problem(format!("cannot be planned: {why}"), None).into();
    guard::attempt(plan).unwrap_or_else(|why| Err(broken(why)))
}

fn name(listed: &Listed) -> &str {
    match listed {
        Ok(plan) => &plan.experiment.name,
        Err(entry) => &entry.name,
    }
}
