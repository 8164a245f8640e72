//! The loop: the trials of a heat in lock-step, over the same images in the same order, through the same views.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use burn::tensor::{Device, Tensor};

use super::{
    augmenter::Augmenter,
    evaluation::{self, Evaluation},
    kernel,
    learner::Learner,
    loader::DataLoader,
    method::Batch,
    probe::spread,
    state::{self, TrialProgress},
    values, workers,
};
use byolab_values::{
    collapse::{Representation, Spread},
    data::Dataset,
    plan::{Recipe, Trial, recipe::TrainRecipe, schedule::Clock},
    protocol::{Control, Event, Features, Metrics, OF_TRAINING, Observe, Resume, What},
};

/// Where and by what a heat is trained, and how it shares the device.
#[derive(Clone, Copy)]
pub struct HeatOptions<'a> {
    /// In words: `cpu`, `cuda:0 (NVIDIA H200)`.
    pub device: &'a str,
    /// Version and commit of the program.
    pub commit: &'a str,
    /// What is said of activations that are computed again instead of being kept, to save memory.
    pub checkpointing: Option<&'a str>,
    /// What else is done otherwise than expected.
    pub notes: &'a [String],
    /// Whether the CPU takes a step of several trials at the same time, as there is memory for. On rated steps it never does.
    pub abreast: bool,
    /// Whether a GPU records the trials' steps and replays them, as there is memory for.
    pub recorded: bool,
    /// How long a state may be the newest that is kept, to the next record of numbers: what a kill can cost at most, however
    /// long an epoch is.
    pub kept_within: Duration,
}

/// Trains `trials` to their ends; `resume[i]` is where trial i goes on. A trial whose loss is not finite fails, and the
/// others go on without it.
///
/// # Errors
/// The observer's, and a checkpoint that does not belong to its trial.
pub fn train(
    trials: &[&Trial],
    data: &Dataset,
    device: &Device,
    options: HeatOptions,
    resume: Vec<Option<Resume>>,
    observe: &mut dyn Observe,
) -> Result<()> {
    let recipe = &trials[0].recipe;
    let clock = Clock::new(&recipe.train, data.train.len());
    assert!(clock.steps_per_epoch > 0, "the plan keeps the optimizer batch within the training images");
    let (train, version) = (&recipe.train, options.commit);
    let shared =
        HeatContext { train, clock, data, device, abreast: options.abreast, kept_within: options.kept_within, version };
    let clock = &shared.clock;
    let (mut members, mut untrained) = (Vec::new(), None);
    for ((index, trial), resume) in trials.iter().enumerate().zip(resume) {
        let (mut member, measured) = TrainedTrial::begin(index, trial, resume, &mut untrained, data, device)?;
        let started = What::Started {
            steps: clock.steps,
            steps_per_epoch: clock.steps_per_epoch,
            device: options.device.to_string(),
            commit: options.commit.to_string(),
        };
        member.tell(observe, started)?;
        if options.checkpointing.is_some() {
            member.learner.checkpoint_activations();
        }
        let slow = kernel::slow_convolutions(device, trial.recipe.encoder.width);
        let notes = options.notes.iter().map(String::as_str);
        notes.chain(options.checkpointing).chain(slow).try_for_each(|text| member.note(observe, text))?;
        if options.recorded {
            member.records = member.learner.record();
            if !member.records && !workers::is_cpu(device) {
                member.note(
                    observe,
                    "steps are launched one by one: what this method does at a step cannot be recorded",
                )?;
            }
        }
        if let Some(evaluation) = measured {
            member.tell_evaluation(observe, evaluation)?;
        }
        members.push(member);
    }
    let first = members.iter().map(|member| member.progress.step).min().unwrap_or(clock.steps);
    thread::scope(|scope| {
        let demands = trials.iter().map(|trial| trial.recipe.demand());
        let demand = demands.reduce(|one, other| one.with_labels_of(&other)).expect("a heat has trials");
        let augmenter = Augmenter::of(demand, recipe, data, device);
        if !augmenter.is_on_device() && !workers::is_cpu(device) {
            let text = "views are made on the host: the device cannot hold the images or does not know an operation";
            members.iter().try_for_each(|member| member.note(observe, text))?;
        }
        let loader = DataLoader::start(scope, augmenter, clock.steps_per_epoch, first..clock.steps);
        for step in first..clock.steps {
            if shared.round(&mut members, step, &loader, observe)? == Control::Stop {
                break;
            }
        }
        Ok(())
    })
}

/// What the trials of a heat share.
struct HeatContext<'a> {
    train: &'a TrainRecipe,
    clock: Clock,
    data: &'a Dataset,
    device: &'a Device,
    abreast: bool,
    kept_within: Duration,
    /// The program's version and commit.
    version: &'a str,
}

impl HeatContext<'_> {
    /// One optimizer step of every trial that has come this far; a trial whose checkpoint is ahead waits for the others.
    fn round(
        &self,
        members: &mut Vec<TrainedTrial>,
        step: u64,
        loader: &DataLoader,
        observe: &mut dyn Observe,
    ) -> Result<Control> {
        let due: Vec<bool> = members.iter().map(|member| member.progress.step == step).collect();
        let data_wait = self.advance(members, step, loader);
        self.judge(members, step + 1);
        let mut control = Control::Continue;
        let mut alive = Vec::new();
        for (mut member, due) in std::mem::take(members).into_iter().zip(due) {
            if due {
                member.data_wait = data_wait;
                match member.report(self, observe)? {
                    Some(answer) => control = control.max(answer),
                    None => continue,
                }
            }
            alive.push(member);
        }
        *members = alive;
        if control == Control::Stop {
            for member in members.iter_mut().filter(|member| member.progress.step < self.clock.steps) {
                member.checkpoint(observe)?;
                member.tell(observe, What::Stopped)?;
            }
        }
        Ok(if members.is_empty() { Control::Stop } else { control })
    }

    /// Takes the step; the share of its time in which there were no images yet.
    fn advance(&self, members: &mut [TrainedTrial], step: u64, loader: &DataLoader) -> f64 {
        let Self { train, clock, device, .. } = self;
        let rated = clock.is_logged(step + 1, train.log_every);
        if rated {
            // A device that is busy gives the loader time: only what it still waits for counts.
            wait_for(device);
            loader.take_waited();
        }
        let begin = Instant::now();
        let each = |members: &mut [TrainedTrial], work: &(dyn Fn(&mut TrainedTrial) + Sync)| {
            let due = members.iter_mut().filter(|member| member.progress.step == step);
            match self.abreast && !rated {
                true => workers::abreast(device, due.collect(), work),
                false => due.for_each(work),
            }
        };
        each(members, &|member| {
            member.learner.begin_epoch(step / clock.steps_per_epoch);
            member.learner.begin_step(member.recipe.target_decay_at(step, clock));
        });
        for _ in 0..train.optimizer_batch / train.batch {
            let batch = loader.next();
            each(members, &|member| member.accumulate(&batch, rated, device));
        }
        each(members, &|member| member.step(clock, rated, device));
        loader.take_waited().as_secs_f64() / begin.elapsed().as_secs_f64()
    }

    /// Finds out what encoders are worth after `step`, where that is due and can be done for several at the same time.
    fn judge(&self, members: &mut [TrainedTrial], step: u64) {
        if self.abreast && self.clock.is_epoch(step, self.train.evaluate_every) {
            let due = members.iter_mut().filter(|member| member.progress.step == step && member.is_finite());
            workers::abreast(self.device, due.collect(), &|member| member.evaluation = Some(member.evaluate(self)));
        }
    }
}

/// One trial of the heat.
struct TrainedTrial<'a> {
    index: usize,
    trial: &'a Trial,
    recipe: &'a Recipe,
    learner: Learner,
    progress: TrialProgress,
    /// Losses of the micro-batches since the last record, still on the device.
    losses: Vec<Tensor<1>>,
    projection: Option<Tensor<2>>,
    target: Option<Tensor<2>>,
    /// Of the method's own, of the newest micro-batch.
    curves: Vec<(&'static str, Tensor<1>)>,
    gradient_norm: Option<Tensor<1>>,
    /// Seconds of the step that is being rated.
    seconds: f64,
    /// Of the last rated step: the share of its time in which there were no images yet.
    data_wait: f64,
    /// What was found out after this step beside the other trials, and is not told yet.
    evaluation: Option<Evaluation>,
    /// When its state was kept last.
    kept: Instant,
    /// Whether its steps are to be recorded, and nobody has looked whether they are.
    records: bool,
}

impl<'a> TrainedTrial<'a> {
    /// The trial where it begins or goes on, and what its encoder is worth where it is untrained.
    fn begin(
        index: usize,
        trial: &'a Trial,
        resume: Option<Resume>,
        untrained: &mut Option<Evaluation>,
        data: &Dataset,
        device: &Device,
    ) -> Result<(Self, Option<Evaluation>)> {
        let recipe = &trial.recipe;
        let mut learner = Learner::new(recipe, data.classes.len(), device);
        let (progress, measured) = match resume {
            Some(resume) => (state::restore(&mut learner, &resume.bytes, device)?, None),
            None => {
                let by_encoder = learner.architecture.judges_encoder() && recipe.method.encoder().is_none();
                let mut measure = || evaluation::untrained(&mut learner, recipe, data, device);
                // The trials of a heat begin with the same encoder: one measurement serves all that are judged by it.
                let measured = if by_encoder { untrained.get_or_insert_with(measure).clone() } else { measure() };
                (TrialProgress::default(), Some(measured))
            }
        };
        let member = Self {
            index,
            trial,
            recipe,
            learner,
            progress,
            losses: Vec::new(),
            projection: None,
            target: None,
            curves: Vec::new(),
            gradient_norm: None,
            seconds: 0.0,
            data_wait: 0.0,
            evaluation: None,
            kept: Instant::now(),
            records: false,
        };
        Ok((member, measured))
    }

    /// Whether the losses since the last record are.
    fn is_finite(&self) -> bool {
        self.losses.iter().all(|loss| values(loss.clone())[0].is_finite())
    }

    fn evaluate(&mut self, heat: &HeatContext) -> Evaluation {
        let last = self.progress.step == heat.clock.steps;
        evaluation::evaluate(&mut self.learner, self.recipe, heat.data, heat.device, last)
    }

    fn tell(&self, observe: &mut dyn Observe, what: What) -> Result<Control> {
        observe.event(self.index, Event { step: self.progress.step, what })
    }

    fn note(&self, observe: &mut dyn Observe, text: &str) -> Result<()> {
        self.tell(observe, What::Noted { text: text.into() }).map(drop)
    }

    /// Features first: faces look for them when an event has arrived.
    fn tell_evaluation(&mut self, observe: &mut dyn Observe, evaluation: Evaluation) -> Result<Control> {
        let Evaluation { mut metrics, features, spectrum } = evaluation;
        if let Some(&top1) = metrics.get("classifier.top1") {
            metrics.insert("classifier.median20".into(), self.progress.classified(top1));
        }
        self.progress.metrics.extend(metrics.clone());
        observe.features(self.index, Features { step: self.progress.step, ..features })?;
        let control = self.tell(observe, What::Spectrum { values: spectrum })?;
        Ok(control.max(self.tell(observe, What::Evaluated { metrics })?))
    }

    fn accumulate(&mut self, batch: &Batch, rated: bool, device: &Device) {
        self.rate(rated, device, |member| {
            let outcome = member.learner.accumulate(batch.clone());
            member.losses.push(outcome.loss);
            member.projection = Some(outcome.projection);
            member.target = outcome.target;
            member.curves = outcome.metrics;
        });
    }

    fn step(&mut self, clock: &Clock, rated: bool, device: &Device) {
        let step = self.progress.step;
        let (lr, decay) = (self.recipe.learning_rate_at(step, clock), self.recipe.target_decay_at(step, clock));
        self.rate(rated, device, |member| member.gradient_norm = member.learner.step(lr, decay, rated));
        self.progress.step += 1;
    }

    /// Times `work` where this step is rated, waiting for the device on both sides; elsewhere nothing waits.
    fn rate(&mut self, rated: bool, device: &Device, work: impl FnOnce(&mut Self)) {
        if !rated {
            return work(self);
        }
        wait_for(device);
        let begin = Instant::now();
        work(self);
        wait_for(device);
        self.seconds += begin.elapsed().as_secs_f64();
    }

    /// Tells what is due after a step: numbers, evaluation, checkpoint, end. None where the trial has failed.
    fn report(&mut self, heat: &HeatContext, observe: &mut dyn Observe) -> Result<Option<Control>> {
        let (train, clock, step) = (heat.train, &heat.clock, self.progress.step);
        let mut control = Control::Continue;
        if std::mem::take(&mut self.records) && !self.learner.replays() {
            self.note(observe, "steps are launched one by one: the device does not record them")?;
        }
        if clock.is_logged(step, train.log_every) {
            let metrics = self.trained(clock);
            if !metrics["loss"].is_finite() {
                let reason =
                    format!("the loss is not finite at step {step}: lower optimizer.lr or lengthen the warm-up");
                self.tell(observe, What::Failed { reason })?;
                return Ok(None);
            }
            for name in OF_TRAINING {
                self.progress.metrics.insert(name.to_string(), metrics[name]);
            }
            let found = spread_of(&metrics, ["projection_std", "projection_rank"], self.projection_width());
            control = control.max(self.tell(observe, What::Trained { metrics })?);
            // Who does not learn has features in the place of projections.
            if self.learner.architecture.declaration().learns() {
                self.watch_collapse(Representation::Projections, &found, observe)?;
            }
        }
        if clock.is_epoch(step, train.evaluate_every) {
            let evaluation = self.evaluation.take().unwrap_or_else(|| self.evaluate(heat));
            let width = evaluation.features.dims;
            let found = spread_of(&evaluation.metrics, ["feature_std", "effective_rank"], width);
            control = control.max(self.tell_evaluation(observe, evaluation)?);
            self.watch_collapse(Representation::Features, &found, observe)?;
        }
        if step == clock.steps {
            let about = state::about(&self.learner, self.trial, heat.data, step, heat.version);
            observe.encoder(self.index, state::encoder(&self.learner, about))?;
            let probes = Some(self.recipe.probes.clone());
            self.tell(observe, What::Finished { metrics: self.progress.metrics.clone(), probes })?;
        } else if clock.is_epoch(step, train.checkpoint_every) || self.is_kept_too_long(heat) {
            self.checkpoint(observe)?;
        }
        Ok(Some(control))
    }

    /// The numbers of training since the last record, and an end to them.
    fn trained(&mut self, clock: &Clock) -> Metrics {
        let pending = std::mem::take(&mut self.losses);
        let mut losses = std::mem::take(&mut self.progress.losses);
        losses.extend(values(Tensor::cat(pending, 0)));
        let mean = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len() as f64;
        let projection = self.projection.clone().expect("a step has a projection");
        let gradient_norm = self.gradient_norm.clone().expect("a step has a gradient");
        let images = self.recipe.train.optimizer_batch as f64;
        let used = self.progress.step - 1;
        let mut metrics = Metrics::from([
            ("loss".to_string(), mean),
            ("learning_rate".to_string(), self.recipe.learning_rate_at(used, clock)),
            ("gradient_norm".to_string(), f64::from(values(gradient_norm)[0])),
            ("projection_std".to_string(), f64::from(values(spread::feature_std(projection.clone()))[0])),
            ("images_per_second".to_string(), images / std::mem::take(&mut self.seconds)),
            ("data_wait".to_string(), self.data_wait),
        ]);
        if let Some(rank) = spread::rank_of_few(projection.clone()) {
            metrics.insert("projection_rank".to_string(), rank);
        }
        for (name, value) in std::mem::take(&mut self.curves) {
            metrics.insert(name.to_string(), f64::from(values(value)[0]));
        }
        if let Some(target) = self.target.take() {
            let cosine = f64::from(values(spread::cosine(projection, target))[0]);
            metrics.insert("target_cosine".to_string(), cosine);
        }
        if let Some(decay) = self.recipe.target_decay_at(used, clock) {
            metrics.insert("target_decay".to_string(), decay);
        }
        metrics
    }

    fn projection_width(&self) -> usize {
        self.projection.as_ref().expect("a step has a projection").dims()[1]
    }

    /// Raises an alarm where `part` has collapsed, once of each kind.
    fn watch_collapse(&mut self, part: Representation, found: &Spread, observe: &mut dyn Observe) -> Result<()> {
        for (kind, text) in part.collapse(found) {
            if self.progress.alarmed.insert(kind) {
                self.tell(observe, What::Alarm { kind, text, remedy: part.remedy().into() })?;
            }
        }
        Ok(())
    }

    /// Asked where numbers were recorded alone: there the device has been waited for already.
    fn is_kept_too_long(&self, heat: &HeatContext) -> bool {
        heat.clock.is_logged(self.progress.step, heat.train.log_every) && self.kept.elapsed() >= heat.kept_within
    }

    fn checkpoint(&mut self, observe: &mut dyn Observe) -> Result<()> {
        let mut progress = self.progress.clone();
        if !self.losses.is_empty() {
            progress.losses.extend(values(Tensor::cat(self.losses.clone(), 0)));
        }
        observe.checkpoint(self.index, progress.step, state::save(&self.learner, &progress))?;
        self.kept = Instant::now();
        self.tell(observe, What::Checkpointed).map(|_| ())
    }
}

/// The spread that `metrics` tell under the names of a deviation and of a rank.
fn spread_of(metrics: &Metrics, [std, rank]: [&str; 2], width: usize) -> Spread {
    Spread { std: metrics[std], rank: metrics.get(rank).copied(), width }
}

/// Waits until the device has done all that was asked of it.
fn wait_for(device: &Device) {
    device.sync().expect("the device answers");
}
