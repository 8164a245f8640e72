//! The workbench over the real store, results and runner.

mod images;
mod list;
mod reader;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError, channel},
    },
};

use anyhow::{Result, anyhow, bail};
use images::Cache;
use jiff::Timestamp;
use list::ExperimentList;
use reader::{Answer, Reader, Said, Subject};

use super::{found, keep};
use crate::runner::detach;
use byolab_faces::tui::{
    BackgroundWork, ExperimentEntry, HeldOut, Lab, Picture, Sample, ShownView, StoreReading, UserMemory, Viewed,
    ViewsQuery, guard,
};
use byolab_store::{
    chart::Figure,
    store::{ExperimentFolder, Remark, Store},
};
use byolab_values::{
    augment::{self, Key, View, ViewDemand},
    data::{Dataset, Images},
    plan::{Experiment, Overrides, Plan, Problems, Trial, recipe::Augmentation},
    process,
    protocol::{Command, Features},
};

/// Reads the store and starts runners as processes of their own.
pub struct StoreLab {
    store: Store,
    /// Flags of this process that its runners take over: `--runs`, `--data`, `--device`.
    inherited: Vec<String>,
    reader: Reader,
    followed: Option<Subject>,
    list: ExperimentList,
    /// By experiment: what the reader last said of it for the list.
    entries: HashMap<String, (Arc<Plan>, ExperimentEntry)>,
    /// What the reader said of the plan that is followed alone, until it is fetched.
    reading: Option<Result<StoreReading>>,
    images: Cache,
    /// Where the start that is under way will be answered.
    starting: Option<Receiver<Result<()>>>,
}

impl StoreLab {
    /// Over a store; `inherited` are the flags that a runner gets too.
    ///
    /// # Errors
    /// Where the system gives no thread to read in.
    pub fn new(store: Store, data: PathBuf, inherited: Vec<String>) -> Result<Self> {
        Ok(Self {
            reader: Reader::new(store.clone())?,
            list: ExperimentList::new(store.clone()),
            store,
            inherited,
            followed: None,
            entries: HashMap::new(),
            reading: None,
            images: Cache::new(data),
            starting: None,
        })
    }

    /// Has the reader follow these from now on, and gives it a moment to answer.
    fn follow(&mut self, subject: Subject) {
        self.reading = None;
        self.followed = Some(subject.clone());
        self.reader.ask(subject);
        let answers = self.reader.hear_soon();
        self.take(answers);
    }

    fn follow_one(&mut self, plan: &Plan) {
        self.follow(Subject::One(Arc::new(plan.clone())));
    }

    /// Whether the reader follows this plan alone.
    fn follows(&self, plan: &Plan) -> bool {
        let is_it = |known: &Arc<Plan>| known.experiment.name == plan.experiment.name && known.has_trials_of(plan);
        matches!(&self.followed, Some(Subject::One(known)) if is_it(known))
    }

    fn take(&mut self, answers: Vec<Answer>) {
        for Answer { plan, said } in answers {
            match said {
                Said::Summary(entry) => drop(self.entries.insert(entry.name.clone(), (plan, entry))),
                Said::Reading(reading) if self.is_followed(&plan) => self.reading = Some(reading),
                Said::Reading(_) => {}
            }
        }
    }

    /// Something was changed: what is followed is asked for again at once.
    fn look_again(&mut self) {
        self.followed = None;
    }

    fn is_followed(&self, plan: &Arc<Plan>) -> bool {
        matches!(&self.followed, Some(Subject::One(known)) if Arc::ptr_eq(known, plan))
    }

    fn hear(&mut self) {
        let answers = self.reader.hear();
        self.take(answers);
    }

    /// The experiment of a name: as it is in training, else as its file has it.
    fn experiment(&self, name: &str) -> Result<Experiment, Problems> {
        let file = found::find(&self.store, name)?;
        let folder = self.store.experiment(&file.name);
        Ok(if list::is_training(&folder) { list::shown(&folder, file).0 } else { file })
    }

    /// The entry of a plan: what was last said of it, or that it is not read yet.
    fn entry(&self, plan: &Arc<Plan>) -> ExperimentEntry {
        let known = self.entries.get(&plan.experiment.name).filter(|(known, _)| Arc::ptr_eq(known, plan));
        known.map_or_else(|| ExperimentEntry::of(plan), |(_, entry)| entry.clone())
    }
}

impl Lab for StoreLab {
    fn experiments(&mut self) -> Vec<ExperimentEntry> {
        let listed = self.list.newest().to_vec();
        let plans: Vec<Arc<Plan>> = listed.iter().filter_map(|listed| listed.as_ref().ok().cloned()).collect();
        let same = |known: &[Arc<Plan>]| known.iter().map(Arc::as_ptr).eq(plans.iter().map(Arc::as_ptr));
        if matches!(&self.followed, Some(Subject::List(known)) if same(known)) {
            self.hear();
        } else {
            self.follow(Subject::List(plans));
        }
        listed.into_iter().map(|listed| listed.map_or_else(|entry| *entry, |plan| self.entry(&plan))).collect()
    }

    fn plan(&mut self, name: &str, overrides: &Overrides) -> Result<Plan, Problems> {
        list::guarded(name, || Plan::new(self.experiment(name)?, overrides))
    }

    fn opened(&mut self, name: &str, left: Overrides) -> Overrides {
        let folder = self.store.experiment(&found::name(&self.store, name));
        let shown = || found::find(&self.store, name).map(|file| list::shown(&folder, file).1).unwrap_or_default();
        if left == Overrides::default() || list::is_training(&folder) { shown() } else { left }
    }

    fn read(&mut self, plan: &Plan) -> Result<Option<StoreReading>> {
        let has_news = self.has_news(plan)?;
        // Asked again where it was given before: who asks has not kept it.
        if !has_news && self.reader.unread().is_none() {
            self.follow_one(plan);
        }
        self.reading.take().transpose()
    }

    fn has_news(&mut self, plan: &Plan) -> Result<bool> {
        if self.follows(plan) {
            self.hear();
        } else {
            self.follow_one(plan);
        }
        Ok(self.reading.is_some())
    }

    fn waiting(&self) -> Option<usize> {
        self.reader.unread()
    }

    fn start(&mut self, work: BackgroundWork, plan: &Plan, overrides: &Overrides) {
        let folder = self.store.experiment(&plan.experiment.name);
        let arguments = arguments(work, plan, overrides, &self.inherited);
        let (tell, answer) = channel();
        // A runner takes seconds until its device is open.
        let begun = process::begin(move || {
            // Who has left meanwhile does not hear the answer.
            let _ = tell.send(replace_runner(&folder, &arguments));
        });
        // A thread that has not begun tells nothing, which is an answer too.
        self.starting = Some(answer);
        drop(begun);
    }

    fn started(&mut self) -> Option<Result<()>> {
        let answer = match self.starting.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(anyhow!("starting broke off")),
            Ok(answer) => answer,
        };
        self.starting = None;
        self.look_again();
        Some(answer)
    }

    fn command(&mut self, plan: &Plan, commands: &[Command]) -> Result<()> {
        self.look_again();
        let folder = self.store.experiment(&plan.experiment.name);
        commands.iter().try_for_each(|command| folder.command(command))
    }

    fn set_aside(&mut self, plan: &Plan, ids: &[String]) -> Result<()> {
        self.look_again();
        self.store.experiment(&plan.experiment.name).set_aside(ids)
    }

    fn remark(&mut self, experiment: &str, ids: &[String], remark: &Remark) -> Result<()> {
        self.look_again();
        let folder = self.store.experiment(experiment);
        let now = self.now();
        match ids {
            [] => folder.remark(None, now, remark),
            ids => ids.iter().try_for_each(|id| folder.remark(Some(id), now, remark)),
        }
    }

    fn views(&mut self, plan: &Plan, asked: &ViewsQuery) -> Result<Option<Sample>> {
        let Some(Dataset { train, .. }) = self.images.of(&plan.trials[0].recipe.data)? else { return Ok(None) };
        let sample = guard::attempt(|| sample(train, plan, asked));
        sample.map(Some).map_err(|broken| anyhow!("these views cannot be drawn: {broken}"))
    }

    fn features(&mut self, plan: &Plan, trial: &Trial) -> Result<Option<Features>> {
        self.store.experiment(&plan.experiment.name).features(&trial.id)
    }

    fn held_out(&mut self, trial: &Trial, places: &[usize]) -> Result<Option<HeldOut>> {
        let Some(Dataset { classes, held_out, .. }) = self.images.of(&trial.recipe.data)? else { return Ok(None) };
        if let Some(beyond) = places.iter().find(|place| **place >= held_out.len()) {
            bail!("image {} is not among the {} held out here: the data has changed", beyond + 1, held_out.len());
        }
        let pictures = places.iter().map(|place| picture(held_out.side, held_out.image(*place))).collect();
        Ok(Some(HeldOut { classes: classes.clone(), pictures }))
    }

    fn save(&mut self, plan: &Plan, overrides: &Overrides, name: &str) -> Result<PathBuf> {
        keep::save(plan, overrides, name)
    }

    fn keep_picture(&mut self, name: &str, picture: &str) -> Result<PathBuf> {
        keep::picture(name, picture)
    }

    fn keep_copied(&mut self, text: &str) -> Result<PathBuf> {
        keep::copied(text)
    }

    fn keep_figures(&mut self, name: &str, figures: &[&Figure]) -> Result<PathBuf> {
        keep::figures(name, figures)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn recall(&mut self) -> UserMemory {
        keep::recall(self.store.root())
    }

    fn remember(&mut self, memory: &UserMemory) {
        keep::remember(self.store.root(), memory);
    }
}

/// Starts a runner; one that lives is told to stop, and the new one waits until it has.
fn replace_runner(folder: &ExperimentFolder, arguments: &[String]) -> Result<()> {
    if folder.runner()?.is_some() {
        folder.command(&Command::Stop)?;
    }
    detach::start(arguments, folder).map(drop)
}

/// The views that are asked for.
fn sample(images: &Images, plan: &Plan, asked: &ViewsQuery) -> Sample {
    let image = asked.image.min(images.len().saturating_sub(1));
    let (seed, small) = (plan.trials[0].seed, plan.small_views());
    let shown = |index: usize, set: &Augmentation, ViewDemand { view, draw, task }: ViewDemand| {
        let key = Key { seed, epoch: asked.epoch, sample: index as u64, view, draw };
        let shown = augment::shown(images, index, set, (key, task));
        ShownView { picture: picture(shown.side, &shown.pixels), caption: shown.drawn }
    };
    let pair = |index, set| [View::First, View::Second].map(|view| shown(index, set, view.into()));
    let row = |index: usize| Viewed {
        original: picture(images.side, images.image(index)),
        views: asked.sets.iter().map(|set| pair(index, set)).collect(),
        small: asked.sets.iter().map(|set| small.iter().map(|view| shown(index, set, *view)).collect()).collect(),
    };
    let rows = (image..images.len().min(image + asked.count)).map(row).collect();
    Sample { image, images: images.len(), rows }
}

/// A picture of planes of red, green and blue, `[3, side, side]`.
fn picture(side: usize, planes: &[u8]) -> Picture {
    let plane = side * side;
    Picture { side, rgb: (0..3 * plane).map(|i| planes[i % 3 * plane + i / 3]).collect() }
}

/// What a process of its own is told so that it does the work of this plan.
pub fn arguments(work: BackgroundWork, plan: &Plan, overrides: &Overrides, inherited: &[String]) -> Vec<String> {
    let experiment = &plan.experiment;
    // A path where it came from one; the name where it is built in.
    let named = if Path::new(&experiment.origin).exists() { &experiment.origin } else { &experiment.name };
    let mut arguments = match work {
        BackgroundWork::Train => vec!["run".to_string(), named.clone(), "--patient".to_string()],
        BackgroundWork::Judge => vec!["probe".to_string(), named.clone()],
    };
    arguments.extend(inherited.iter().cloned());
    arguments.extend(overrides.flags());
    arguments
}
