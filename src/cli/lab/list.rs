//! The experiments that can be opened; planned again only when a file has changed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use byolab_faces::tui::Entry;
use byolab_values::plan::{Experiment, Overrides, Plan, Problems, library::FOLDER};

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
    for experiment in
        Experiment::in_folder(Path::new(FOLDER)).into_iter().chain(Experiment::builtin().into_iter().map(Ok))
    {
        let experiment = of(experiment);
        if listed.iter().all(|known| name(known) != name(&experiment)) {
            listed.push(experiment);
        }
    }
    listed
}

fn of(experiment: Result<Experiment, Problems>) -> Listed {
    experiment.and_then(|experiment| Plan::new(experiment, &Overrides::default())).map(Arc::new).map_err(|problems| {
        let place = problems.0.first().map(|problem| problem.place.clone()).unwrap_or_default();
        let file = place.split(':').next().unwrap_or_default();
        let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Box::new(Entry { name, origin: file.to_string(), problems: Some(problems), is_read: true, ..Entry::default() })
    })
}

fn name(listed: &Listed) -> &str {
    match listed {
        Ok(plan) => &plan.experiment.name,
        Err(entry) => &entry.name,
    }
}
