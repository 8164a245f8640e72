//! Hand-made experiments with known numbers, for the tests of results and reports.

use byolab::{
    plan::{
        Axis, AxisValue, Cell, Claim, Experiment, Heat, Plan, Selector, Test, Trial, Value,
        catalog::encoders::Architecture, recipe::*,
    },
    protocol::{Event, Metrics, Record, What},
    results::{Results, judge},
    store::{Run, Snapshot, State},
};

pub fn text(value: &str) -> Value {
    Value::Text(value.into())
}

pub fn selector<const N: usize>(pairs: [(&str, Value); N]) -> Selector {
    pairs.map(|(key, value)| (key.to_string(), value)).into()
}

/// `less = ["byol", "simclr"], along = "train.batch", to = 64`.
pub fn smaller_drop(metric: &str, margin: f64) -> Claim {
    Claim {
        text: "BYOL's drop from 512 to 64 is smaller than SimCLR's".into(),
        metric: metric.into(),
        test: Test::SmallerDrop {
            methods: [text("byol"), text("simclr")],
            along: "train.batch".into(),
            to: Value::Int(64),
            measure: Default::default(),
        },
        at: Selector::new(),
        margin,
        spread: None,
    }
}

/// BYOL above SimCLR at the baseline, unless `at` says otherwise.
pub fn greater(at: Selector) -> Claim {
    Claim {
        text: "BYOL is better than SimCLR".into(),
        metric: "knn.top1".into(),
        test: Test::Greater { cells: [selector([("method", text("byol"))]), selector([("method", text("simclr"))])] },
        at,
        margin: 0.0,
        spread: None,
    }
}

/// An experiment whose numbers are set by hand.
pub struct Bench {
    pub plan: Plan,
    pub snapshot: Snapshot,
}

impl Bench {
    /// BYOL and SimCLR at batch 512 (the baseline) and 64, nothing on disk.
    pub fn new(seeds: &[u64]) -> Self {
        let axes = vec![axis("method", [text("byol"), text("simclr")]), axis("train.batch", [512, 64].map(Value::Int))];
        Self::with_axes(axes, seeds)
    }

    /// The same with an axis of two augmentation sets, of which the baseline says nothing.
    pub fn with_augmentations(seeds: &[u64]) -> Self {
        let mut axes = Self::new(seeds).plan.experiment.axes;
        axes.push(axis("augment", [text("byol"), text("crop-only")]));
        Self::with_axes(axes, seeds)
    }

    /// BYOL and SimCLR at three rates, at a batch of 512.
    pub fn with_rates(seeds: &[u64]) -> Self {
        let rates = axis("optimizer.lr", [0.1, 0.2, 0.4].map(Value::Float));
        let batch = axis("train.batch", [Value::Int(512)]);
        Self::with_axes(vec![axis("method", [text("byol"), text("simclr")]), batch, rates], seeds)
    }

    /// Finishes one trial per value of `knn` at a rate.
    pub fn finish_at(mut self, method: &str, rate: Value, knn: &[f64]) -> Self {
        let wanted = |trial: &&Trial| trial.cell["method"] == text(method) && trial.cell["optimizer.lr"] == rate;
        let trials: Vec<String> = self.plan.trials.iter().filter(wanted).map(|trial| trial.id.clone()).collect();
        for (id, knn) in trials.into_iter().zip(knn) {
            self.snapshot.runs.insert(id, finished(*knn));
        }
        self
    }

    fn with_axes(axes: Vec<Axis>, seeds: &[u64]) -> Self {
        let trials: Vec<Trial> =
            seeds.iter().flat_map(|seed| cells(&axes).into_iter().map(|cell| trial(cell, *seed))).collect();
        let heats = (0..trials.len()).map(|trial| Heat { trials: vec![trial] }).collect();
        let experiment = Experiment {
            base: Default::default(),
            name: "batch-size".into(),
            origin: "built in: batch-size".into(),
            text: String::new(),
            question: "Does BYOL lose less than SimCLR when the batch shrinks?".into(),
            source: Some("BYOL, arXiv 2006.07733, Figure 3a and Table 16".into()),
            expect: Some("BYOL loses about a point from 512 to 64, SimCLR three: it has fewer negatives.".into()),
            names: Default::default(),
            published: None,
            seeds: seeds.to_vec(),
            look: Default::default(),
            baseline: selector([("train.batch", Value::Int(512))]),
            axes,
            claims: Vec::new(),
        };
        Self { plan: Plan { experiment, trials, heats, overrides: Default::default() }, snapshot: Snapshot::default() }
    }

    pub fn claim(mut self, claim: Claim) -> Self {
        self.plan.experiment.claims.push(claim);
        self
    }

    /// Finishes one trial per value of `knn`, seed by seed, with that k-NN and linear accuracy and 0.2 untrained.
    pub fn finish(mut self, method: &str, batch: i64, knn: &[f64]) -> Self {
        let wanted =
            |trial: &&Trial| trial.cell["method"] == text(method) && trial.cell["train.batch"] == Value::Int(batch);
        let trials: Vec<String> = self.plan.trials.iter().filter(wanted).map(|trial| trial.id.clone()).collect();
        for (id, knn) in trials.into_iter().zip(knn) {
            self.snapshot.runs.insert(id, finished(*knn));
        }
        self
    }

    /// What is on disk about the trial of `method`, `batch` and `seed`.
    pub fn run(&mut self, method: &str, batch: i64, seed: u64) -> &mut Run {
        self.snapshot.runs.entry(format!("{method}-{batch}-{seed}")).or_default()
    }

    pub fn judge(&self) -> Results {
        judge(&self.plan, &self.snapshot)
    }
}

/// Both methods finished at both batch sizes: the levels of a seed go up and down together, so that only the pairing
/// shows the drops: 1, 2 and 1.5 points for BYOL, 4, 5 and 4.8 points for SimCLR.
pub fn paired_drops() -> Bench {
    Bench::new(&[0, 1, 2])
        .finish("byol", 512, &[0.50, 0.60, 0.40])
        .finish("byol", 64, &[0.49, 0.58, 0.385])
        .finish("simclr", 512, &[0.48, 0.59, 0.41])
        .finish("simclr", 64, &[0.44, 0.54, 0.362])
}

pub fn record(step: u64, what: What) -> Record {
    Record { time: jiff::Timestamp::UNIX_EPOCH, event: Event { step, what } }
}

fn finished(knn: f64) -> Run {
    let metrics = [
        ("knn.top1", knn),
        ("linear.top1", knn + 0.05),
        ("untrained.knn.top1", 0.2),
        ("untrained.linear.top1", 0.25),
        ("loss", 1.5),
        ("feature_std", 0.0441),
        ("effective_rank", 61.2),
        ("alignment", 0.31),
        ("uniformity", -2.75),
        ("images_per_second", 812.0),
    ];
    Run {
        state: State::Finished,
        step: 100,
        steps: 100,
        device: "cpu (Flex, 2 threads)".into(),
        commit: "0.1.0 (9bb2e48)".into(),
        results: metrics.map(|(name, value)| (name.to_string(), value)).into_iter().collect::<Metrics>(),
        ..Run::default()
    }
}

fn axis<const N: usize>(key: &str, labels: [Value; N]) -> Axis {
    let values = labels.map(|label| AxisValue { value: toml::Value::String(label.to_string()), label });
    Axis { key: key.into(), values: values.into() }
}

fn cells(axes: &[Axis]) -> Vec<Cell> {
    axes.iter().fold(vec![Cell::new()], |cells, axis| {
        let longer = |cell: &Cell| {
            let labels = axis.values.iter().map(|value| (axis.key.clone(), value.label.clone()));
            labels.map(|part| cell.clone().into_iter().chain([part]).collect()).collect::<Vec<Cell>>()
        };
        cells.iter().flat_map(longer).collect()
    })
}

fn trial(cell: Cell, seed: u64) -> Trial {
    let parts: Vec<String> = cell.values().map(Value::to_string).chain([seed.to_string()]).collect();
    Trial { id: parts.join("-"), recipe: recipe(&cell, seed), cell, seed }
}

fn recipe(cell: &Cell, seed: u64) -> Recipe {
    let batch = cell["train.batch"].number().unwrap() as usize;
    let set = cell.get("augment").map_or("byol".into(), Value::to_string);
    Recipe {
        data: DataRecipe { name: "synthetic".into(), limit: 2000, held_out: 500, ..DataRecipe::default() },
        augment: Augmentation {
            name: set,
            first: vec![Op::crop([0.08, 1.0], [0.75, 4.0 / 3.0]), Op::Flip { p: 0.5 }],
            second: vec![Op::crop([0.08, 1.0], [0.75, 4.0 / 3.0]), Op::Solarize { p: 0.2, threshold: 0.5 }],
            ..Default::default()
        },
        encoder: EncoderRecipe { name: Architecture::ConvNet, width: 16 },
        method: method(&cell["method"].to_string()),
        optimizer: OptimizerRecipe::Lars(LarsRecipe::default()),
        train: TrainRecipe {
            batch,
            optimizer_batch: 512,
            epochs: 20,
            warmup_epochs: 2.0,
            seed,
            evaluate_every: 5,
            protocol: Protocol::Average,
            ..TrainRecipe::default()
        },
        probes: ProbesRecipe::default(),
    }
}

fn method(name: &str) -> MethodRecipe {
    match name {
        "byol" => MethodRecipe::Byol(ByolRecipe {
            projector_hidden: 512,
            projector_out: 64,
            predictor_hidden: 512,
            ..ByolRecipe::default()
        }),
        _ => MethodRecipe::Simclr(SimclrRecipe { projector_hidden: 512, projector_out: 64, ..SimclrRecipe::default() }),
    }
}
