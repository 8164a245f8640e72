//! The workbench over the real store, results and runner.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::keep;
use crate::{
    data::{self, Dataset},
    plan::{
        Experiment, Overrides, Plan, Problems, Trial,
        library::FOLDER,
        recipe::{Augmentation, DataRecipe},
    },
    protocol::{Command, Features},
    results,
    runner::detach,
    store::{Snapshot, Store, Watch},
    tui::{Asked, Entry, HeldOut, Lab, Memory, Picture, Reading, Sample, Shown, Viewed},
    views::{self, Key, View},
};

/// Reads the store and starts runners as processes of their own.
pub struct StoreLab {
    store: Store,
    /// Flags of this process that its runners take over: `--runs`, `--data`, `--device`.
    inherited: Vec<String>,
    /// By experiment: what was read so far.
    watches: HashMap<String, Watch>,
    /// Folder of the datasets, and the images that were looked at last.
    data: PathBuf,
    images: Option<(DataRecipe, Dataset)>,
    /// By experiment: what home last showed, and of which plan; judged again only when the store has news.
    entries: HashMap<String, (Plan, Entry)>,
}

impl StoreLab {
    pub fn new(store: Store, data: PathBuf, inherited: Vec<String>) -> Self {
        Self { store, inherited, data, images: None, watches: HashMap::new(), entries: HashMap::new() }
    }

    /// The images of a recipe.
    fn images(&mut self, recipe: &DataRecipe) -> Result<&Dataset> {
        let known = self.images.take().filter(|(known, _)| known == recipe);
        let images = match known {
            Some((_, images)) => images,
            None => data::load(recipe, &self.data)?,
        };
        Ok(&self.images.insert((recipe.clone(), images)).1)
    }

    /// Reads what is new about an experiment; whether anything was.
    fn poll(&mut self, name: &str) -> Result<bool> {
        let folder = self.store.experiment(name);
        self.watches.entry(name.to_string()).or_insert_with(|| Watch::new(folder)).poll()
    }

    fn snapshot(&self, name: &str) -> &Snapshot {
        self.watches[name].snapshot()
    }

    fn entry(&mut self, experiment: Result<Experiment, Problems>) -> Entry {
        let plan = match experiment.and_then(|experiment| Plan::new(experiment, &Overrides::default())) {
            Ok(plan) => plan,
            Err(problems) => {
                let place = problems.0.first().map(|problem| problem.place.clone()).unwrap_or_default();
                let file = place.split(':').next().unwrap_or_default();
                let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
                return Entry { name, origin: file.to_string(), problems: Some(problems), ..Entry::default() };
            }
        };
        let name = plan.experiment.name.clone();
        // A store that cannot be read is told when the experiment is opened; the list shows what is known.
        let news = self.poll(&name).unwrap_or(false);
        if let Some((known, entry)) = self.entries.get(&name)
            && !news
            && known.experiment.text == plan.experiment.text
        {
            return entry.clone();
        }
        let entry = summary(&plan, self.snapshot(&name));
        self.entries.insert(name, (plan, entry.clone()));
        entry
    }
}

fn summary(plan: &Plan, snapshot: &Snapshot) -> Entry {
    let results = results::judge(plan, snapshot);
    let experiment = &plan.experiment;
    Entry {
        name: experiment.name.clone(),
        origin: experiment.origin.clone(),
        question: experiment.question.clone(),
        source: experiment.source.clone(),
        finished: results.rows.iter().filter(|row| row.state == "finished").count(),
        failed: results.rows.iter().filter(|row| row.state == "failed").count(),
        trials: plan.trials.len(),
        runner: snapshot.runner.clone(),
        verdicts: results.claims.iter().map(|claim| claim.verdict).collect(),
        problems: None,
    }
}

impl Lab for StoreLab {
    /// The folder's experiments, then the built-in ones that it does not replace.
    fn experiments(&mut self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut all = Experiment::in_folder(Path::new(FOLDER));
        all.extend(Experiment::builtin().into_iter().map(Ok));
        for experiment in all {
            let entry = self.entry(experiment);
            if entries.iter().all(|known| known.name != entry.name) {
                entries.push(entry);
            }
        }
        entries
    }

    fn plan(&mut self, name: &str, overrides: &Overrides) -> Result<Plan, Problems> {
        Plan::new(Experiment::find(name)?, overrides)
    }

    fn read(&mut self, plan: &Plan) -> Result<Reading> {
        let name = &plan.experiment.name;
        self.poll(name)?;
        let snapshot = self.snapshot(name).clone();
        Ok(Reading { results: results::judge(plan, &snapshot), snapshot })
    }

    fn has_news(&mut self, plan: &Plan) -> Result<bool> {
        self.poll(&plan.experiment.name)
    }

    fn start(&mut self, plan: &Plan, overrides: &Overrides) -> Result<()> {
        let folder = self.store.experiment(&plan.experiment.name);
        if folder.runner()?.is_some() {
            folder.command(&Command::Stop)?;
        }
        detach::start(&run_arguments(plan, overrides, &self.inherited), &folder).map(|_| ())
    }

    fn command(&mut self, plan: &Plan, commands: &[Command]) -> Result<()> {
        let folder = self.store.experiment(&plan.experiment.name);
        commands.iter().try_for_each(|command| folder.command(command))
    }

    fn set_aside(&mut self, plan: &Plan, ids: &[String]) -> Result<()> {
        self.store.experiment(&plan.experiment.name).set_aside(ids)
    }

    fn views(&mut self, plan: &Plan, asked: &Asked) -> Result<Sample> {
        let (seed, epoch) = (plan.trials[0].seed, asked.epoch);
        let images = &self.images(&plan.trials[0].recipe.data)?.train;
        let image = asked.image.min(images.len().saturating_sub(1));
        let shown = |index: usize, set: &Augmentation, view| {
            let (pixels, caption) = views::shown(images, index, set, Key { seed, epoch, sample: index as u64, view });
            Shown { picture: picture(images.side, &pixels), caption }
        };
        let row = |index: usize| Viewed {
            original: picture(images.side, images.image(index)),
            views: asked
                .sets
                .iter()
                .map(|set| [View::First, View::Second].map(|view| shown(index, set, view)))
                .collect(),
        };
        let rows = (image..images.len().min(image + asked.count)).map(row).collect();
        Ok(Sample { image, images: images.len(), rows })
    }

    fn features(&mut self, plan: &Plan, trial: &Trial) -> Result<Option<Features>> {
        self.store.experiment(&plan.experiment.name).features(&trial.id)
    }

    fn held_out(&mut self, trial: &Trial, places: &[usize]) -> Result<HeldOut> {
        let Dataset { classes, held_out, .. } = self.images(&trial.recipe.data)?;
        if let Some(beyond) = places.iter().find(|place| **place >= held_out.len()) {
            bail!("image {} is not among the {} held out here: the data has changed", beyond + 1, held_out.len());
        }
        let pictures = places.iter().map(|place| picture(held_out.side, held_out.image(*place))).collect();
        Ok(HeldOut { classes: classes.clone(), pictures })
    }

    fn save(&mut self, plan: &Plan, overrides: &Overrides, name: &str) -> Result<PathBuf> {
        keep::save(plan, overrides, name)
    }

    fn keep_picture(&mut self, name: &str, picture: &str) -> Result<PathBuf> {
        keep::picture(name, picture)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn recall(&mut self) -> Memory {
        keep::recall(self.store.root())
    }

    fn remember(&mut self, memory: &Memory) {
        keep::remember(self.store.root(), memory);
    }
}

/// A picture of planes of red, green and blue, `[3, side, side]`.
fn picture(side: usize, planes: &[u8]) -> Picture {
    let plane = side * side;
    Picture { side, rgb: (0..3 * plane).map(|i| planes[i % 3 * plane + i / 3]).collect() }
}

/// What a process of its own is told so that it trains this plan.
pub fn run_arguments(plan: &Plan, overrides: &Overrides, inherited: &[String]) -> Vec<String> {
    let experiment = &plan.experiment;
    // A path where it came from one; the name where it is built in.
    let named = if Path::new(&experiment.origin).exists() { &experiment.origin } else { &experiment.name };
    let mut arguments = vec!["run".to_string(), named.clone(), "--patient".to_string()];
    arguments.extend(inherited.iter().cloned());
    arguments.extend(overrides.set.iter().flat_map(|set| ["--set".to_string(), set.clone()]));
    arguments.extend(overrides.only.iter().flat_map(|only| ["--only".to_string(), only.clone()]));
    if let Some(seeds) = &overrides.seeds {
        let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
        arguments.extend(["--seeds".to_string(), seeds.join(",")]);
    }
    arguments
}
