//! A laboratory in memory: four experiments, trained by arithmetic.

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf, rc::Rc};

use anyhow::{Result, anyhow, bail};
use byolab::{
    chart::Figure,
    plan::{
        Axis, AxisValue, Cell, Claim, Experiment, Heat, Overrides, Plan, Problem, Problems, Recipe, Test, Trial, Value,
        catalog::encoders::Architecture,
        recipe::{
            Augmentation, ByolRecipe, DataRecipe, EncoderRecipe, LarsRecipe, MethodRecipe, OptimizerRecipe,
            ProbesRecipe, SimclrRecipe, TrainRecipe,
        },
    },
    protocol::{AlarmKind, Command, Event, Features, Record, What},
    results::{Doubt, Group, Judged, Results, Row, Verdict},
    store::{Note, Remark, Remarks, Run, RunnerInfo, Snapshot, State},
    tui::{
        BackgroundWork, ExperimentEntry, HeldOut, Lab, Picture, Sample, ShownView, StoreReading, UserMemory, Viewed,
    },
};
use jiff::Timestamp;

use crate::mock::{features, spectrum};

/// How far the trials of a laboratory are.
#[derive(Clone, Copy, PartialEq)]
pub enum Progress {
    /// Nothing is on disk.
    Untouched,
    /// Some heats are finished, one is training, one cell failed.
    Halfway,
    Finished,
}

/// What the workbench asked for, for tests to look at.
pub type Asked = Rc<RefCell<Vec<String>>>;

/// Answers from `progress` and the experiment alone; a start makes it half finished.
pub struct Laboratory {
    pub progress: Progress,
    pub asked: Asked,
    pub memory: Rc<RefCell<UserMemory>>,
    /// Nothing can be started.
    pub fails: bool,
    /// Images are still being read, and a runner has not begun.
    pub late: Rc<std::cell::Cell<bool>>,
    /// Keeping a picture is the end.
    pub jams: bool,
    /// Reading what is on disk about the open experiment is the end of it.
    pub breaks: bool,
    /// A start is not answered yet.
    pub starts: bool,
    /// By name: the experiment that was saved under it, and with what.
    pub saved: BTreeMap<String, (String, Overrides)>,
    /// Seconds since the laboratory was opened.
    pub clock: Rc<std::cell::Cell<i64>>,
    /// A reading would differ from the last one.
    pub news: Rc<std::cell::Cell<bool>>,
}

const STEPS: u64 = 39_000;
const EPOCHS: usize = 100;
const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

impl Laboratory {
    pub fn at(progress: Progress) -> Self {
        Self {
            progress,
            asked: Asked::default(),
            memory: Rc::default(),
            fails: false,
            late: Rc::default(),
            jams: false,
            breaks: false,
            starts: false,
            saved: BTreeMap::new(),
            clock: Rc::default(),
            news: Rc::default(),
        }
    }
}

impl Lab for Laboratory {
    fn experiments(&mut self) -> Vec<ExperimentEntry> {
        let entry = |name: &&str| {
            let plan = plan(name, &Overrides::default()).expect("the experiments are sound");
            let reading = reading(&plan, self.progress);
            ExperimentEntry {
                name: name.to_string(),
                origin: plan.experiment.origin.clone(),
                question: plan.experiment.question.clone(),
                source: plan.experiment.source.clone(),
                finished: reading.results.rows.iter().filter(|row| row.state == State::Finished).count(),
                failed: reading.results.rows.iter().filter(|row| row.state == State::Failed).count(),
                more: 0,
                said: reading.snapshot.said.clone(),
                trials: plan.trials.len(),
                runner: reading.snapshot.runner.filter(|_| *name == "batch-size"),
                seconds_left: Some(2760.0),
                verdicts: reading.results.claims.iter().map(|claim| claim.verdict).collect(),
                problems: None,
                trouble: None,
                is_read: true,
            }
        };
        let broken = ExperimentEntry {
            name: "mine".into(),
            origin: "experiments/mine.toml".into(),
            problems: Some(Problems(vec![problem()])),
            ..ExperimentEntry::default()
        };
        NAMES.iter().map(entry).chain([broken]).collect()
    }

    fn plan(&mut self, name: &str, overrides: &Overrides) -> Result<Plan, Problems> {
        if let Some((known, kept)) = self.saved.get(name).cloned() {
            let mut plan = self.plan(&known, &kept)?;
            plan.experiment.name = name.into();
            return Ok(plan);
        }
        match name {
            // Those whose values and keys are real.
            "demo" | "byol-small-batch" | "smoke" => Plan::new(Experiment::find(name)?, overrides),
            _ => plan(name, overrides).ok_or_else(|| Problems(vec![problem()])),
        }
    }

    fn opened(&mut self, _: &str, left: Overrides) -> Overrides {
        left
    }

    fn read(&mut self, plan: &Plan) -> Result<Option<StoreReading>> {
        assert!(!self.breaks, "two rows are one");
        self.news.set(false);
        Ok(Some(reading(plan, self.progress)))
    }

    fn waiting(&self) -> Option<usize> {
        None
    }

    fn has_news(&mut self, _: &Plan) -> Result<bool> {
        Ok(self.news.get())
    }

    fn start(&mut self, work: BackgroundWork, plan: &Plan, overrides: &Overrides) {
        self.starts = true;
        if self.fails {
            return;
        }
        self.asked.borrow_mut().push(format!(
            "{} {} {}",
            if work == BackgroundWork::Train { "start" } else { "judge" },
            plan.trials.len(),
            told(overrides)
        ));
        self.progress = Progress::Halfway;
        self.news.set(true);
    }

    fn started(&mut self) -> Option<Result<()>> {
        if !self.starts || self.late.get() {
            return None;
        }
        self.starts = false;
        Some(if self.fails { Err(anyhow!("cannot start the runner: no room on the disk")) } else { Ok(()) })
    }

    fn command(&mut self, _: &Plan, commands: &[Command]) -> Result<()> {
        let said = commands.iter().map(|command| match command {
            Command::Stop => "stop".to_string(),
            Command::First { trial } => format!("first {trial}"),
            Command::Skip { trial } => format!("skip {trial}"),
        });
        self.asked.borrow_mut().extend(said);
        Ok(())
    }

    fn set_aside(&mut self, _: &Plan, ids: &[String]) -> Result<()> {
        self.asked.borrow_mut().push(format!("set aside {}", ids.join(" ")));
        Ok(())
    }

    fn views(&mut self, plan: &Plan, asked: &byolab::tui::ViewsQuery) -> Result<Option<Sample>> {
        if self.late.get() {
            return Ok(None);
        }
        if self.fails {
            bail!("no images in data; `byolab data fetch cifar10` brings them");
        }
        let image = asked.image.min(IMAGES - 1);
        let picture = |turn: u8| {
            let pixel = |i: usize| [(8 * i) as u8, turn.wrapping_mul(40), (64 * image) as u8];
            Picture { side: 32, rgb: (0..32 * 32).flat_map(|i| pixel(i % 32)).collect() }
        };
        let epoch = asked.epoch as u8;
        let shown = |turn: u8| ShownView { picture: picture(turn), caption: format!("crop {turn}x20 at 3,4; flip") };
        let small = |side: usize| ShownView {
            picture: Picture { side, rgb: vec![200; 3 * side * side] },
            caption: "crop 9x7 at 1,2".into(),
        };
        let views = asked.sets.iter().zip(1..).map(|(_, set)| [shown(set + epoch), shown(set + epoch + 1)]);
        let small = |_: &Augmentation| plan.small_views().iter().map(|view| small(view.task.shape(32).side)).collect();
        let small = asked.sets.iter().map(small).collect();
        let row = Viewed { original: picture(0), views: views.collect(), small };
        let rows = (image..IMAGES.min(image + asked.count)).map(|_| row.clone()).collect();
        Ok(Some(Sample { image, images: IMAGES, rows }))
    }

    fn features(&mut self, plan: &Plan, trial: &Trial) -> Result<Option<Features>> {
        let snapshot = reading(plan, self.progress).snapshot;
        let step = snapshot.runs.get(&trial.id).map(|run| run.step);
        Ok(step.map(|step| Features { step, ..features(step as f64 / STEPS as f64, 200, CLASSES.len()) }))
    }

    fn held_out(&mut self, _: &Trial, places: &[usize]) -> Result<Option<HeldOut>> {
        if self.late.get() {
            return Ok(None);
        }
        if self.fails {
            bail!("no images in data; `byolab data fetch cifar10` brings them");
        }
        let pixel = |place: usize, i: usize| [(8 * (i % 32)) as u8, (8 * (i / 32)) as u8, place as u8];
        let picture = |place: &usize| Picture { side: 32, rgb: (0..32 * 32).flat_map(|i| pixel(*place, i)).collect() };
        let classes = CLASSES.map(String::from).to_vec();
        Ok(Some(HeldOut { classes, pictures: places.iter().map(picture).collect() }))
    }

    fn remark(&mut self, experiment: &str, ids: &[String], remark: &Remark) -> Result<()> {
        if self.fails {
            bail!("nothing of {experiment} is on disk yet");
        }
        let Remark { tag, untag, note } = remark;
        self.asked.borrow_mut().push(format!("remark {experiment} {} +{tag:?} -{untag:?} {note:?}", ids.len()));
        Ok(())
    }

    fn keep_copied(&mut self, text: &str) -> Result<PathBuf> {
        self.asked.borrow_mut().push(format!("copied {text}"));
        Ok("state/copied.txt".into())
    }

    fn save(&mut self, plan: &Plan, overrides: &Overrides, name: &str) -> Result<PathBuf> {
        self.saved.insert(name.into(), (plan.experiment.name.clone(), overrides.clone()));
        self.asked.borrow_mut().push(format!("save {name} {}", told(overrides)));
        Ok(format!("experiments/{name}.toml").into())
    }

    fn keep_picture(&mut self, name: &str, picture: &str) -> Result<PathBuf> {
        assert!(!self.jams, "the paper is jammed");
        self.asked.borrow_mut().push(format!("picture {name}\n{picture}"));
        Ok(format!("byolab-{name}.txt").into())
    }

    fn keep_figures(&mut self, name: &str, figures: &[&Figure]) -> Result<PathBuf> {
        let titles: Vec<&str> = figures.iter().map(|figure| figure.title.as_str()).collect();
        self.asked.borrow_mut().push(format!("figures {name} {titles:?}"));
        Ok(format!("byolab-{name}-charts").into())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_753_010_000 + self.clock.get()).expect("in range")
    }

    fn recall(&mut self) -> UserMemory {
        self.memory.borrow().clone()
    }

    fn remember(&mut self, memory: &UserMemory) {
        *self.memory.borrow_mut() = memory.clone();
    }
}

fn told(Overrides { set, axes, only, seeds, .. }: &Overrides) -> String {
    let edits = [("set", set), ("axes", axes)].into_iter().filter(|(_, all)| !all.is_empty());
    let edits: String = edits.map(|(word, all)| format!(" {word} {all:?}")).collect();
    format!("{only:?} {seeds:?}{edits}")
}

/// Training images.
const IMAGES: usize = 3;

const NAMES: [&str; 4] = ["batch-size", "augmentations", "target-decay", "cifar10-quick"];

fn problem() -> Problem {
    Problem {
        place: "experiments/mine.toml:7:1".into(),
        excerpt: Some("epoch = 100".into()),
        text: "train.epoch is not a key".into(),
        remedy: Some("did you mean train.epochs?".into()),
    }
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| Value::Text(value.to_string())).collect()
}

fn experiment(name: &str) -> Option<Experiment> {
    let methods = ("method", texts(&["byol", "simclr"]));
    let batches = |sizes: &[i64]| ("train.batch", sizes.iter().map(|size| Value::Int(*size)).collect::<Vec<_>>());
    let (question, source, seeds, axes) = match name {
        "batch-size" => (
            "Does BYOL lose less than SimCLR when the batch shrinks?",
            Some("BYOL, arXiv 2006.07733, Figure 3a and Table 16"),
            3,
            vec![methods, batches(&[512, 256, 128, 64])],
        ),
        "augmentations" => (
            "Does BYOL lose less than SimCLR when image augmentations are taken away?",
            Some("BYOL, arXiv 2006.07733, Figure 3b and Table 17"),
            3,
            vec![
                methods,
                (
                    "augment",
                    texts(&[
                        "byol",
                        "remove-grayscale",
                        "remove-color",
                        "remove-blur",
                        "remove-jitter",
                        "crop-blur-only",
                        "crop-flip-only",
                        "crop-only",
                    ]),
                ),
            ],
        ),
        "target-decay" => (
            "How slowly should BYOL's target network follow?",
            None,
            2,
            vec![
                ("method", texts(&["byol"])),
                ("method.target_decay", [0.0, 0.9, 0.99, 0.996, 0.999, 1.0].map(Value::Float).to_vec()),
            ],
        ),
        "cifar10-quick" => (
            "Both methods on a few thousand images, two batch sizes, two augmentation sets: what does a quick look say?",
            None,
            1,
            vec![methods, batches(&[256, 64]), ("augment", texts(&["byol", "crop-only"]))],
        ),
        _ => return None,
    };
    // One of them has names of its own.
    let own = [("byol", "BYOL"), ("method.target_decay", "target decay τ"), ("1", "frozen")];
    let names = if name == "target-decay" { own.to_vec() } else { Vec::new() };
    let axis = |(key, values): (&str, Vec<Value>)| Axis {
        key: key.into(),
        values: values.into_iter().map(|label| AxisValue { label, value: toml::Value::Boolean(true) }).collect(),
    };
    Some(Experiment {
        names: names.into_iter().map(|(word, called)| (word.into(), called.into())).collect(),
        base: Default::default(),
        name: name.into(),
        origin: format!("experiments/{name}.toml"),
        text: String::new(),
        question: question.into(),
        source: source.map(Into::into),
        expect: None,
        published: None,
        seeds: (0..seeds).collect(),
        look: Default::default(),
        baseline: [("method.target_decay".to_string(), Value::Float(0.99))].into(),
        axes: axes.into_iter().map(axis).collect(),
        claims: vec![claim("BYOL loses less than SimCLR from 512 to 128"), claim("... and from 512 to 64")],
    })
}

fn claim(text: &str) -> Claim {
    Claim {
        text: text.into(),
        metric: "linear.top1".into(),
        test: Test::SmallerDrop {
            methods: [Value::Text("byol".into()), Value::Text("simclr".into())],
            along: "train.batch".into(),
            to: Value::Int(64),
            measure: Default::default(),
        },
        at: BTreeMap::new(),
        margin: 0.0,
        spread: None,
    }
}

/// The trials that the overrides leave, in heats by everything but the method's keys.
fn plan(name: &str, overrides: &Overrides) -> Option<Plan> {
    let experiment = experiment(name)?;
    let mut cells = vec![Cell::new()];
    for axis in &experiment.axes {
        let longer = |cell: &Cell| {
            let cell = cell.clone();
            axis.values.iter().map(move |value| {
                let mut cell = cell.clone();
                cell.insert(axis.key.clone(), value.label.clone());
                cell
            })
        };
        cells = cells.iter().flat_map(longer).collect();
    }
    let kept = |cell: &Cell| {
        overrides.only.iter().all(|only| {
            let (key, values) = only.split_once('=').expect("KEY=VALUES");
            values.split(',').any(|value| cell[key].to_string() == value)
        })
    };
    let seeds = overrides.seeds.clone().unwrap_or(experiment.seeds.clone());
    let mut trials = Vec::new();
    for seed in &seeds {
        for cell in cells.iter().filter(|cell| kept(cell)) {
            trials.push(trial(cell, *seed));
        }
    }
    let heats = heats(&trials);
    Some(Plan { experiment, trials, heats, overrides: overrides.clone() })
}

fn heats(trials: &[Trial]) -> Vec<Heat> {
    let mut heats: Vec<(String, Heat)> = Vec::new();
    for (i, trial) in trials.iter().enumerate() {
        let shared = trial.cell.iter().filter(|(key, _)| !key.starts_with("method"));
        let shared = format!("{:?} {}", shared.collect::<Vec<_>>(), trial.seed);
        match heats.iter_mut().find(|(key, _)| *key == shared) {
            Some((_, heat)) => heat.trials.push(i),
            None => heats.push((shared, Heat { trials: vec![i] })),
        }
    }
    heats.into_iter().map(|(_, heat)| heat).collect()
}

fn trial(cell: &Cell, seed: u64) -> Trial {
    let values: Vec<_> = cell.values().map(ToString::to_string).collect();
    let mut recipe = recipe(seed);
    if let Some(Value::Text(name)) = cell.get("augment") {
        recipe.augment.name = name.clone();
    }
    if cell["method"] == Value::Text("simclr".into()) {
        recipe.method = MethodRecipe::Simclr(SimclrRecipe::default());
    }
    Trial { id: format!("{}-{seed}", values.join("-")), cell: cell.clone(), seed, recipe }
}

fn recipe(seed: u64) -> Recipe {
    Recipe {
        data: DataRecipe { name: "cifar10".into(), limit: 0, held_out: 5000, ..DataRecipe::default() },
        augment: Augmentation { name: "byol".into(), ..Augmentation::default() },
        encoder: EncoderRecipe { name: Architecture::ResNet18, width: 64 },
        method: MethodRecipe::Byol(ByolRecipe {
            target_decay: 0.99,
            projector_hidden: 512,
            projector_out: 128,
            predictor_hidden: 512,
            ..ByolRecipe::default()
        }),
        optimizer: OptimizerRecipe::Lars(LarsRecipe { lr: 0.2, ..LarsRecipe::default() }),
        train: TrainRecipe {
            batch: 512,
            optimizer_batch: 512,
            epochs: EPOCHS,
            warmup_epochs: 10.0,
            seed,
            evaluate_every: 5,
            checkpoint_every: 10,
            ..TrainRecipe::default()
        },
        probes: ProbesRecipe { linear_epochs: 100, ..ProbesRecipe::default() },
    }
}

fn reading(plan: &Plan, progress: Progress) -> StoreReading {
    let runs = plan.heats.iter().enumerate().flat_map(|(i, heat)| {
        heat.trials.iter().filter_map(move |trial| {
            let trial = &plan.trials[*trial];
            Some((trial.id.clone(), run(trial, state(progress, i, plan.heats.len(), trial)?)))
        })
    });
    let runner = RunnerInfo {
        pid: 4711,
        host: "gpu1".into(),
        device: "cuda:0 (NVIDIA H200)".into(),
        started: Timestamp::UNIX_EPOCH,
    };
    let first = plan.trials.iter().filter(|trial| trial.cell == plan.trials[0].cell);
    let said = Remarks { tags: ["baseline".to_string()].into(), notes: Vec::new() };
    let note = Note { time: Timestamp::UNIX_EPOCH, text: "the rate was tuned here".into() };
    let noted = Remarks { tags: ["keep".to_string()].into(), notes: vec![note] };
    let snapshot = Snapshot {
        said: if progress == Progress::Halfway { said } else { Remarks::default() },
        remarks: first.map(|trial| (trial.id.clone(), noted.clone())).collect(),
        runs: runs.collect(),
        runner: (progress == Progress::Halfway).then_some(runner),
        ..Snapshot::default()
    };
    StoreReading { results: results(plan, &snapshot), snapshot }
}

fn state(progress: Progress, heat: usize, heats: usize, trial: &Trial) -> Option<State> {
    let is_last_byol = heat + 1 == heats / 2 && trial.cell["method"] == Value::Text("byol".into());
    match progress {
        Progress::Untouched => None,
        Progress::Finished => Some(State::Finished),
        Progress::Halfway if is_last_byol && heats > 2 => Some(State::Failed),
        Progress::Halfway if heat < heats / 2 => Some(State::Finished),
        Progress::Halfway if heat == heats / 2 => Some(State::Running),
        Progress::Halfway => None,
    }
}

/// How good the trial gets: SimCLR falls steadily, BYOL late.
fn quality(trial: &Trial) -> f64 {
    let is_byol = trial.cell["method"] == Value::Text("byol".into());
    let place = trial.cell.get("train.batch").and_then(Value::number).map_or(0.0, |batch| (512.0 / batch).log2());
    let names = trial.cell.get("augment").map_or(0, |name| name.to_string().len());
    let decay =
        trial.cell.get("method.target_decay").and_then(Value::number).map_or(0.0, |tau| 8.0 * (tau - 0.99).abs());
    let drop = if is_byol { 0.002 * place.powf(3.2) } else { 0.015 * place.powf(1.5) };
    let start = if is_byol { 0.881 } else { 0.864 };
    let luck = 0.002 * (trial.seed as f64 - 1.0) * if is_byol { 1.0 } else { 0.5 + place };
    let shortcut = if is_byol { 0.004 } else { 0.011 } * (names as f64 - 4.0);
    start - drop - shortcut + luck - 0.04 * decay.min(9.0)
}

fn run(trial: &Trial, state: State) -> Run {
    let share = match state {
        State::Finished => 1.0,
        State::Failed => 0.06,
        _ => 0.41,
    };
    let step = (STEPS as f64 * share) as u64;
    let time = |step: u64| Timestamp::from_second(1_753_000_000 + step as i64 / 60).expect("in range");
    let record = |step: u64, what: What| Record { time: time(step), event: Event { step, what } };
    let device = "cuda:0 (NVIDIA H200)".to_string();
    let started = What::Started {
        steps: STEPS,
        steps_per_epoch: STEPS / EPOCHS as u64,
        device: device.clone(),
        commit: "0.1.0 4f2c9e1".into(),
    };
    let evaluated = |step: u64| What::Evaluated { metrics: [("knn.top1".to_string(), knn(trial, step))].into() };
    let mut log = vec![record(0, started), record(step / 2, What::Checkpointed), record(step / 2, evaluated(step / 2))];
    match state {
        State::Finished => log.push(record(step, What::Finished { metrics: BTreeMap::new(), probes: None })),
        State::Failed => {
            let (text, remedy) = ("the features have collapsed".into(), "lower optimizer.lr".into());
            log.push(record(step, What::Alarm { kind: AlarmKind::FeatureSpread, text, remedy }));
            log.push(record(step, What::Failed { reason: "the loss is not finite".into() }));
        }
        _ => {}
    }
    let results = match state {
        State::Finished => {
            [("knn.top1".to_string(), knn(trial, step)), ("linear.top1".to_string(), quality(trial))].into()
        }
        _ => BTreeMap::new(),
    };
    Run {
        folder: trial.id.clone(),
        probes: None,
        state,
        step,
        steps: STEPS,
        steps_per_epoch: STEPS / EPOCHS as u64,
        device,
        commit: "0.1.0 4f2c9e1".into(),
        series: series(trial, step),
        thinned: false,
        seconds: 0.0,
        spectra: spectra(step),
        results,
        log,
        started: Some(time(0)),
        last: Some(time(step)),
    }
}

fn spectra(last: u64) -> BTreeMap<u64, Vec<f32>> {
    let every = 10 * STEPS / EPOCHS as u64;
    (0..=last / every).map(|i| (i * every, spectrum((i * every) as f64 / STEPS as f64))).collect()
}

fn knn(trial: &Trial, step: u64) -> f64 {
    let progress = step as f64 / STEPS as f64;
    0.28 + (quality(trial) - 0.3) * (1.0 - (-5.0 * progress).exp())
}

fn series(trial: &Trial, last: u64) -> BTreeMap<String, Vec<(u64, f64)>> {
    let is_byol = trial.cell["method"] == Value::Text("byol".into());
    let every = |by: u64, value: &dyn Fn(f64) -> f64| -> Vec<(u64, f64)> {
        (0..=last / by).map(|i| (i * by, value((i * by) as f64 / STEPS as f64))).collect()
    };
    let wobble = |progress: f64| (progress * 700.0).sin() * 0.05;
    let loss = |progress: f64| match is_byol {
        true => 0.4 + 3.4 * (-9.0 * progress).exp() + wobble(progress),
        false => 1.7 + 3.0 * (-6.0 * progress).exp() + wobble(progress),
    };
    let epochs = 5 * STEPS / EPOCHS as u64;
    [
        ("loss", every(100, &loss)),
        ("untrained.knn.top1", vec![(0, 0.28)]),
        ("untrained.linear.top1", vec![(0, 0.304)]),
        ("knn.top1", every(epochs, &|progress| knn(trial, (progress * STEPS as f64) as u64))),
        ("feature_std", every(epochs, &|progress| 0.0625 - 0.02 * (-12.0 * progress).exp())),
        ("effective_rank", every(epochs, &|progress| 60.0 + 110.0 * progress)),
        ("alignment", every(epochs, &|progress| 0.5 - 0.2 * progress)),
        ("uniformity", every(epochs, &|progress| -1.5 - 1.9 * progress)),
        ("learning_rate", every(100, &|progress| 0.4 * (1.0 - progress))),
        ("gradient_norm", every(100, &|progress| 0.02 + 1.3 * (-20.0 * progress).exp())),
        (
            "target_cosine",
            if is_byol { every(100, &|progress| 0.93 - 0.8 * (-8.0 * progress).exp()) } else { Vec::new() },
        ),
        ("target_decay", if is_byol { every(100, &|progress| 0.99 + 0.01 * progress) } else { Vec::new() }),
        ("images_per_second", every(100, &|_| if is_byol { 7912.0 } else { 8120.0 })),
        ("card.busy", every(300, &|progress| 0.9 + 0.07 * (progress * 90.0).sin())),
        ("card.memory", every(300, &|progress| 14.2e9 - 5e9 * (-400.0 * progress).exp())),
        ("card.memory_total", every(300, &|_| 139e9)),
        ("card.power", every(300, &|progress| 520.0 + 60.0 * (progress * 90.0).sin())),
        ("card.temperature", every(300, &|progress| 61.0 - 20.0 * (-40.0 * progress).exp())),
        ("process.cpu", every(300, &|progress| 0.31 + 0.1 * (progress * 50.0).cos())),
        ("process.memory", every(300, &|_| 2.1e9)),
    ]
    .into_iter()
    .filter(|(_, points)| !points.is_empty())
    .map(|(name, points)| (name.to_string(), points))
    .collect()
}

fn results(plan: &Plan, snapshot: &Snapshot) -> Results {
    let row = |trial: &Trial| {
        let run = snapshot.runs.get(&trial.id);
        Row {
            trial: trial.id.clone(),
            state: run.map_or(State::Waiting, |run| run.state),
            seed: trial.seed,
            axes: trial.cell.clone(),
            metrics: run.map(|run| run.results.clone()).unwrap_or_default(),
            curve: Vec::new(),
            // The alarm of those that fail.
            collapsed: run.is_some_and(|run| run.state == State::Failed),
            device: run.map(|run| run.device.clone()),
            commit: run.map(|run| run.commit.clone()),
        }
    };
    let rows: Vec<Row> = plan.trials.iter().map(row).collect();
    let has_results = rows.iter().any(|row| row.state == State::Finished);
    Results {
        schema_version: 1,
        experiment: plan.experiment.name.clone(),
        question: plan.experiment.question.clone(),
        look: plan.experiment.look,
        until: plan.overrides.until,
        groups: groups(plan, &rows),
        rows,
        differences: Vec::new(),
        claims: judged(plan, has_results),
        doubts: if has_results { vec![doubt()] } else { Vec::new() },
        published: None,
        reproductions: Vec::new(),
        tunings: Vec::new(),
    }
}

fn groups(plan: &Plan, rows: &[Row]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (trial, metric) in plan.trials.iter().flat_map(|trial| ["linear.top1", "knn.top1"].map(|m| (trial, m))) {
        let here = rows.iter().filter(|row| row.axes == trial.cell && row.state == State::Finished);
        let values: Vec<f64> = here.filter_map(|row| row.metrics.get(metric)).copied().collect();
        let known = groups.iter().any(|group| group.axes == trial.cell && group.metric == metric);
        if values.is_empty() || known {
            continue;
        }
        let (n, mean) = (values.len(), values.iter().sum::<f64>() / values.len() as f64);
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
        let std = (n > 1).then(|| variance.sqrt());
        groups.push(Group {
            axes: trial.cell.clone(),
            metric: metric.into(),
            n,
            mean,
            std,
            low: None,
            high: None,
            bootstrap: None,
        });
    }
    groups
}

fn judged(plan: &Plan, has_results: bool) -> Vec<Judged> {
    let judged = |(i, claim): (usize, &Claim)| Judged {
        text: claim.text.clone(),
        verdict: if has_results && i == 0 { Verdict::Holds } else { Verdict::Undecided },
        estimate: has_results.then_some(if i == 0 { 0.016 } else { -0.006 }),
        low: has_results.then_some(if i == 0 { 0.005 } else { -0.023 }),
        high: has_results.then_some(if i == 0 { 0.027 } else { 0.011 }),
        n: if has_results { 3 } else { 0 },
        p: None,
        p_holm: None,
        corrected: if has_results && i == 0 { Verdict::Holds } else { Verdict::Undecided },
        missing: (has_results && i == 1).then(|| "about 4 more seeds would decide".into()),
        next: None,
        seen: Vec::new(),
        measures: Vec::new(),
        is_stuck: false,
    };
    plan.experiment.claims.iter().enumerate().map(judged).collect()
}

fn doubt() -> Doubt {
    Doubt {
        about: "simclr at 64".into(),
        text: "one seed collapsed at step 2 310".into(),
        remedy: "lower optimizer.lr or leave the cell out".into(),
    }
}
