//! A trainer without networks, an experiment for it, and a run of both.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::atomic::AtomicBool,
};

use anyhow::{Result, bail};
use byolab::{
    data::{Dataset, Images, Label},
    plan::{Experiment, Overrides, Plan, Trial},
    protocol::{Control, Event, Features, Metrics, Observe, Record, Resume, SPECTRUM, What},
    runner::{self, RunCounts, Surroundings, Trainer, Work, afresh::Afresh},
    store::{AskedFlags, ExperimentFolder, Snapshot, Store},
};
use jiff::Timestamp;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Two heats of two trials, 8 and 16 steps in 4 epochs.
const EXPERIMENT: &str = r#"
question = "Does the runner keep its word?"

[recipe]
data    = { name = "synthetic", limit = 64, held_out = 32 }
encoder = { name = "convnet", width = 8 }
train   = { epochs = 4, warmup_epochs = 0, evaluate_every = 2, checkpoint_every = 1 }
probes  = { knn_k = 5 }

[[axis]]
key    = "method"
values = ["byol", "simclr"]

[[axis]]
key    = "train.batch"
values = [32, 16]
"#;

pub fn plan() -> Plan {
    plan_of(&[])
}

/// The plan with some `--set`.
pub fn plan_of(set: &[&str]) -> Plan {
    plan_with(&Overrides { set: set.iter().map(|set| set.to_string()).collect(), ..Overrides::default() })
}

/// The plan with what a command line changes.
pub fn plan_with(overrides: &Overrides) -> Plan {
    let experiment = Experiment::parse("mock", "mock.toml", EXPERIMENT).expect("the experiment can be read");
    Plan::new(experiment, overrides).expect("the experiment can be planned")
}

/// The plan with claims, and what a command line changes.
pub fn plan_claiming(claims: &str, overrides: &Overrides) -> Plan {
    let text = format!("{EXPERIMENT}{claims}");
    let experiment = Experiment::parse("mock", "mock.toml", &text).expect("the experiment can be read");
    Plan::new(experiment, overrides).expect("the experiment can be planned")
}

pub fn folder(root: &Path) -> ExperimentFolder {
    Store::new(root).experiment("mock")
}

/// What befalls a trial at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Well,
    /// The trial alone fails.
    Fails,
    /// The whole heat ends with an error.
    Errs,
    Panics,
    /// Numbers of this step are not finite.
    Diverges,
}

/// Trains by adding up numbers: what it does after a step depends on all steps before.
pub struct Mock<'a> {
    pub fate: &'a dyn Fn(&Trial, u64) -> Fate,
    /// Ids of the trials of each heat, in the order of training.
    pub heats: Vec<Vec<String>>,
}

impl Default for Mock<'_> {
    fn default() -> Self {
        Self { fate: &|_, _| Fate::Well, heats: Vec::new() }
    }
}

/// One trial of a heat.
struct MockTrial<'a> {
    index: usize,
    trial: &'a Trial,
    step: u64,
    sum: f64,
}

impl Trainer for Mock<'_> {
    fn device(&self) -> String {
        "mock".into()
    }

    fn train(
        &mut self,
        trials: &[&Trial],
        _: &Dataset,
        resume: Vec<Option<Resume>>,
        observe: &mut dyn Observe,
    ) -> Result<()> {
        self.heats.push(trials.iter().map(|trial| trial.id.clone()).collect());
        let pairs = trials.iter().zip(resume).enumerate();
        let mut members: Vec<MockTrial> =
            pairs.map(|(index, (trial, resume))| MockTrial::new(index, trial, resume)).collect();
        for member in &members {
            member.begin(observe)?;
        }
        while let Some(step) = members.iter().map(|member| member.step).min() {
            let mut control = Control::Continue;
            for member in members.iter_mut().filter(|member| member.step == step) {
                control = control.max(member.advance((self.fate)(member.trial, step), observe)?);
            }
            members.retain(|member| member.step < member.trial.recipe.steps());
            if control == Control::Stop {
                return members.iter().try_for_each(|member| member.leave(observe));
            }
        }
        Ok(())
    }
}

impl<'a> MockTrial<'a> {
    fn new(index: usize, trial: &'a Trial, resume: Option<Resume>) -> Self {
        let (step, sum) = resume.map_or((0, 0.0), |resume| (resume.step, sum_of(&resume.bytes)));
        Self { index, trial, step, sum }
    }

    fn tell(&self, observe: &mut dyn Observe, what: What) -> Result<Control> {
        observe.event(self.index, Event { step: self.step, what })
    }

    fn begin(&self, observe: &mut dyn Observe) -> Result<Control> {
        let (steps, steps_per_epoch) = (self.trial.recipe.steps(), self.trial.recipe.steps_per_epoch());
        self.tell(observe, What::Started { steps, steps_per_epoch, device: "mock".into(), commit: "none".into() })?;
        let metrics = numbers(&[("untrained.knn.top1", 0.1)]);
        if self.step == 0 { self.evaluated(metrics, observe) } else { Ok(Control::Continue) }
    }

    fn evaluated(&self, metrics: Metrics, observe: &mut dyn Observe) -> Result<Control> {
        let recipe = &self.trial.recipe;
        let learnt = self.step as f64 / recipe.steps() as f64;
        let features = Features { step: self.step, ..features(learnt, recipe.data.held_out, 4) };
        observe.features(self.index, features)?;
        self.tell(observe, What::Spectrum { values: spectrum(learnt) })?;
        self.tell(observe, What::Evaluated { metrics })
    }

    fn advance(&mut self, fate: Fate, observe: &mut dyn Observe) -> Result<Control> {
        match fate {
            Fate::Well | Fate::Diverges => {}
            Fate::Fails => {
                self.tell(observe, What::Failed { reason: "the loss is not finite".into() })?;
                self.step = u64::MAX;
                return Ok(Control::Continue);
            }
            Fate::Errs => bail!("the device is out of memory"),
            Fate::Panics => panic!("index out of bounds"),
        }
        self.sum = 0.9 * self.sum + (self.step * self.trial.recipe.train.batch as u64) as f64;
        self.step += 1;
        let mut metrics = numbers(&[("loss", self.sum), ("images_per_second", 800.0)]);
        if fate == Fate::Diverges {
            metrics.extend(numbers(&[("gradient_norm", f64::NAN), ("target_cosine", f64::INFINITY)]));
        }
        let mut control = self.tell(observe, What::Trained { metrics })?;
        let train = &self.trial.recipe.train;
        let epoch = |every: usize| self.step.is_multiple_of(self.trial.recipe.steps_per_epoch() * every as u64);
        let metrics = numbers(&[("knn.top1", self.sum.sin().abs())]);
        if epoch(train.evaluate_every) {
            control = control.max(self.evaluated(metrics.clone(), observe)?);
        }
        if self.step == self.trial.recipe.steps() {
            observe.encoder(self.index, bytes(self.step, self.sum))?;
            self.tell(observe, What::Finished { metrics, probes: None })?;
        } else if epoch(train.checkpoint_every) {
            self.checkpoint(observe)?;
        }
        Ok(control)
    }

    fn checkpoint(&self, observe: &mut dyn Observe) -> Result<()> {
        observe.checkpoint(self.index, self.step, bytes(self.step, self.sum))?;
        self.tell(observe, What::Checkpointed).map(drop)
    }

    fn leave(&self, observe: &mut dyn Observe) -> Result<()> {
        self.checkpoint(observe)?;
        self.tell(observe, What::Stopped).map(drop)
    }
}

pub fn numbers(numbers: &[(&str, f64)]) -> Metrics {
    numbers.iter().map(|(name, value)| (name.to_string(), *value)).collect()
}

/// Features of `images` images of so many classes, which stand apart the more is learnt, from 0 to 1.
pub fn features(learnt: f64, images: usize, classes: usize) -> Features {
    const DIMS: usize = 16;
    let value = |image: usize, dim: usize| {
        let spread = ((image * DIMS + dim) as f64 * 12.9898).sin() * 43758.5453;
        let own = if dim % classes == image % classes { 4.0 * learnt } else { 0.0 };
        (own + spread.fract()) as f32
    };
    Features {
        step: 0,
        dims: DIMS,
        values: (0..images).flat_map(|image| (0..DIMS).map(move |dim| value(image, dim))).collect(),
        labels: (0..images).map(|image| (image % classes) as Label).collect(),
        places: (0..images).collect(),
        indices: (0..images).map(|image| 3 * image).collect(),
    }
}

/// Singular values of features that fill ever more of their space.
pub fn spectrum(learnt: f64) -> Vec<f32> {
    let values: Vec<f64> = (0..SPECTRUM).map(|i| (-(i as f64) / (3.0 + 12.0 * learnt)).exp()).collect();
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| (value / sum) as f32).collect()
}

/// A state of the mock.
pub fn bytes(step: u64, sum: f64) -> Vec<u8> {
    let data = sum.to_le_bytes();
    let view = TensorView::new(Dtype::F64, vec![1], &data).expect("one number");
    let metadata = HashMap::from([("step".to_string(), step.to_string())]);
    safetensors::serialize([("sum", view)], Some(metadata)).expect("one number can be written")
}

/// What [`bytes`] hold.
pub fn sum_of(bytes: &[u8]) -> f64 {
    let file = SafeTensors::deserialize(bytes).expect("the store keeps bytes whole");
    f64::from_le_bytes(file.tensor("sum").expect("the sum is there").data().try_into().expect("eight bytes"))
}

/// A process that goes on with what was tried before, or why there is none.
pub type HandOver<'a> = dyn FnMut(&[String]) -> anyhow::Error + 'a;

/// One run of the mock; what a test does not care about is left as it is.
pub struct Scene<'a> {
    pub plan: &'a Plan,
    pub root: &'a Path,
    pub mock: Mock<'a>,
    pub stop: &'a AtomicBool,
    pub listen: &'a mut dyn FnMut(usize, &Record),
    /// Data recipes that were loaded, by their limits.
    pub loaded: Vec<usize>,
    pub sample: fn(Timestamp) -> Metrics,
    /// What was said of the claims.
    pub said: Vec<String>,
    pub asked: AskedFlags,
    /// Who goes on where a device failed, and what was tried before.
    pub afresh: Option<&'a mut HandOver<'a>>,
    pub tried: Vec<String>,
    pub work: Work,
}

static NO_SIGNAL: AtomicBool = AtomicBool::new(false);

impl<'a> Scene<'a> {
    pub fn new(plan: &'a Plan, root: &'a Path) -> Self {
        let listen = Box::leak(Box::new(|_: usize, _: &Record| {}));
        Self {
            plan,
            root,
            mock: Mock::default(),
            stop: &NO_SIGNAL,
            listen,
            loaded: Vec::new(),
            sample: |_| Metrics::new(),
            said: Vec::new(),
            asked: AskedFlags::default(),
            afresh: None,
            tried: Vec::new(),
            work: Work::default(),
        }
    }

    /// Every second something is recorded.
    pub fn run(&mut self) -> Result<RunCounts> {
        let second = Cell::new(
            folder(self.root)
                .snapshot()?
                .runs
                .values()
                .filter_map(|run| run.last)
                .max()
                .map_or(0, Timestamp::as_second),
        );
        let began = second.get();
        let tick = || {
            second.set(second.get() + 1);
            Timestamp::from_second(second.get()).expect("a second of this century")
        };
        let (loaded, said) = (&mut self.loaded, &mut self.said);
        let mut around = Surroundings {
            folder: &folder(self.root),
            asked: &self.asked,
            load: &mut |recipe| {
                loaded.push(recipe.data.limit);
                Ok(images())
            },
            stop: self.stop,
            listen: self.listen,
            now: &tick,
            began: Timestamp::from_second(began).expect("a second of this century"),
            sample: &mut self.sample,
            say: &mut |line| said.push(line.to_owned()),
            afresh: self.afresh.as_mut().map(|hand_over| Afresh { tried: self.tried.clone(), hand_over }),
            work: self.work.clone(),
        };
        runner::run(self.plan, &mut self.mock, &mut around)
    }
}

/// Two black images: the mock does not look at them.
fn images() -> Dataset {
    let two = Images { side: 32, pixels: vec![0; 2 * 3 * 32 * 32].into(), labels: vec![0, 1] };
    Dataset { std: [1.0; 3], train: two.clone(), held_out: two, ..Dataset::default() }
}

/// A series: its points by the metric's name.
pub type Series = BTreeMap<String, Vec<(u64, f64)>>;

/// All numbers that a reading holds, and nothing of when and how often they were computed.
pub fn numbers_of(snapshot: &Snapshot) -> BTreeMap<String, (Series, Metrics)> {
    snapshot.runs.iter().map(|(id, run)| (id.clone(), (run.series.clone(), run.results.clone()))).collect()
}
