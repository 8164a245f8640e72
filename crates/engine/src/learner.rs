//! One trial's state and its step: gradients of one or more micro-batches, the optimizer, the teacher.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    kernel::{
        Maps,
        many::{self, Destination},
    },
    loss,
    method::{self, Architecture, Batch, LossOutput, Network, Taught, Teacher},
    nn::{Running, RunningUpdate, Weights},
    optimizer::{Optimizer, StepSize},
    recording::Recording,
    workers,
};
use byolab_values::plan::{
    Recipe,
    recipe::{KeptRows, TargetNorm, TargetUpdate},
    streams::{Draws, Stream},
};

/// A student, its teacher, and what moves them.
pub struct Learner {
    /// What the networks are made of, and how they learn.
    pub architecture: Architecture,
    state: LearnerState,
    /// Sums of gradients since the last step, and of how many micro-batches.
    gradients: Option<Vec<Tensor<1>>>,
    micro_batches: usize,
    replay: Replay,
    /// That of the steps to come.
    epoch: u64,
    /// What every random number is drawn by.
    seed: u64,
}

/// What learning changes, and what a checkpoint holds of it.
pub struct LearnerState {
    /// What learns by gradient.
    pub student: Network,
    /// What follows it; none where the method has none.
    pub teacher: Option<Teacher>,
    /// The optimizer with its moments.
    pub optimizer: Optimizer,
}

/// Whether what a micro-batch teaches is found out as one recorded piece of work.
enum Replay {
    /// Launch by launch.
    No,
    /// The next micro-batch is recorded.
    Next,
    /// From the batch here.
    Recorded { batch: Batch, recording: Box<Recording<Learnt>> },
}

/// What has passed forward and waits for its backward pass.
pub struct Passed {
    outcome: LossOutput,
    /// The student's, tracked.
    weights: Weights,
    student: Running,
    rows: Option<Tensor<2>>,
    teacher: Option<Teacher>,
}

/// What a micro-batch teaches.
#[derive(Clone)]
struct Learnt {
    /// Without gradient.
    outcome: LossOutput,
    gradients: Vec<Tensor<1>>,
    student: RunningUpdate,
    /// Those that the student remembers afterwards.
    rows: Option<Tensor<2>>,
    teacher: Option<Taught>,
}

impl Learner {
    /// The untrained learner of a recipe, for images of so many classes.
    pub fn new(recipe: &Recipe, classes: usize, device: &Device) -> Self {
        let architecture = method::build(recipe, classes);
        let (student, teacher) = architecture.initial(recipe.train.seed, device);
        let multiple = |part: &str| architecture.declaration().lr_multiple(part);
        let optimizer = Optimizer::new(&recipe.optimizer, &architecture.layout, &student.weights.0, multiple);
        let state = LearnerState { student, teacher, optimizer };
        let (replay, seed) = (Replay::No, recipe.train.seed);
        let mut learner = Self { architecture, state, gradients: None, micro_batches: 0, replay, epoch: 0, seed };
        learner.state.optimizer.still = learner.architecture.frozen(0);
        if let Some(found) = recipe.method.encoder() {
            learner.put(&found.tensors, device);
        }
        learner
    }

    /// Puts the numbers of the encoder that it was built around in their places.
    fn put(&mut self, tensors: &BTreeMap<String, Vec<f32>>, device: &Device) {
        let put = |to: &mut Tensor<1>, name: &str| {
            let Some(values) = name.strip_prefix("encoder.").and_then(|name| tensors.get(name)) else { return };
            assert_eq!(to.dims(), [values.len()], "a tensor has the size that its shape says");
            *to = Tensor::from_data(TensorData::new(values.clone(), [values.len()]), device);
        };
        let (layout, Network { weights, running, .. }) = (&self.architecture.layout, &mut self.state.student);
        for (parameter, weight) in layout.parameters.iter().zip(&mut weights.0) {
            put(weight, &parameter.name);
        }
        for (index, (norm, _)) in layout.norms.iter().enumerate() {
            put(&mut running.mean[index], &format!("{norm}.running_mean"));
            put(&mut running.variance[index], &format!("{norm}.running_var"));
        }
    }

    /// Before the first step that belongs to an epoch, or before every one.
    pub fn begin_epoch(&mut self, epoch: u64) {
        if std::mem::replace(&mut self.epoch, epoch) == epoch {
            return;
        }
        self.state.optimizer.still = self.architecture.frozen(epoch);
        let (place, new) = (self.place(), self.architecture.temperature(epoch, &self.device()));
        let old = self.state.teacher.as_mut().and_then(|teacher| teacher.temperature.as_mut());
        if let Some((old, new)) = old.zip(new) {
            method::replace(old, new, place);
        }
    }

    /// What has been learnt so far.
    pub fn state(&self) -> &LearnerState {
        &self.state
    }

    /// The same to be changed by others. What was recorded reads the tensors that stood here: it is forgotten, and recorded anew
    /// with the next micro-batch.
    pub fn state_mut(&mut self) -> &mut LearnerState {
        if self.replays() {
            self.replay = Replay::Next;
        }
        &mut self.state
    }

    /// What is judged and kept: the student, or the network that follows it.
    pub fn judged(&self) -> &Network {
        match &self.state.teacher {
            Some(teacher) if self.architecture.declaration().judged_by_target() => &teacher.network,
            _ => &self.state.student,
        }
    }

    /// The same to be changed by others, as [`Learner::state_mut`].
    pub fn judged_mut(&mut self) -> &mut Network {
        let by_target = self.architecture.declaration().judged_by_target();
        let state = self.state_mut();
        match &mut state.teacher {
            Some(teacher) if by_target => &mut teacher.network,
            _ => &mut state.student,
        }
    }

    /// What it makes of images by its running statistics, `[n, 3, side, side]` to `[n, features]`.
    pub fn features(&self, x: Tensor<4>) -> Tensor<2> {
        self.architecture.features(&mut self.judged().clone().evaluate(), x)
    }

    /// How many stages the encoder has.
    pub fn stages(&self) -> usize {
        self.architecture.stages()
    }

    /// The maps of a stage of the encoder, from 1 on, by its running statistics; `[n, 3, side, side]` to `[n, channels, h, w]`.
    pub fn maps(&self, x: Tensor<4>, stage: usize) -> Maps {
        self.architecture.maps(&mut self.judged().clone().evaluate(), x, stage)
    }

    /// What the method's own classifier says of such features, `[n, classes]`, where it has one.
    pub fn classify(&self, features: Tensor<2>) -> Option<Tensor<2>> {
        self.architecture.classify(&mut self.judged().clone().evaluate(), features)
    }

    /// Has the encoder compute activations again in the backward pass instead of keeping them.
    pub fn checkpoint_activations(&self) {
        self.architecture.tape.keep_views();
    }

    /// Has passes forward and backward recorded with the next micro-batch and replayed from then on, where the device can:
    /// the same numbers, in memory that nothing else uses. All micro-batches must have the same number of images. Returns
    /// whether that is tried.
    pub fn record(&mut self) -> bool {
        // A teacher by its own running statistics moves them within a pass.
        let own = self.state.teacher.as_ref().is_some_and(|teacher| teacher.norm == TargetNorm::Own);
        let tried = !own && !workers::is_cpu(&self.device());
        if tried {
            self.replay = Replay::Next;
        }
        tried
    }

    /// Whether they are replayed.
    pub fn replays(&self) -> bool {
        matches!(self.replay, Replay::Recorded { .. })
    }

    /// Before the first micro-batch of a step: moves a teacher that moves here, whose share `target_decay` stays.
    pub fn begin_step(&mut self, target_decay: Option<f64>) {
        self.draw_rows();
        self.keep_unit_rows();
        if let Some(decay) = self.due(TargetUpdate::Before, target_decay) {
            let place = self.place();
            self.state.teacher.as_mut().expect("one is due").ema_update(&self.state.student, decay, place);
        }
    }

    /// Draws the rows of a method that has others at every step.
    fn draw_rows(&mut self) {
        let (place, device) = (self.place(), self.device());
        let step = self.state.optimizer.steps;
        let drawn = |shape| method::unit_rows(Draws::new(self.seed, Stream::Slices, step, 0, 0), shape, &device);
        if let (Some(KeptRows::Drawn(shape)), Some(rows)) =
            (self.architecture.declaration().rows(), &mut self.state.student.rows)
        {
            method::replace(rows, drawn(shape), place);
        }
    }

    /// Brings rows of a layer that has them so to length 1.
    fn keep_unit_rows(&mut self) {
        let place = self.place();
        for parameter in self.architecture.unit_rows() {
            let shape = &self.architecture.layout.parameters[parameter].shape;
            let weight = &mut self.state.student.weights.0[parameter];
            let rows = loss::normalize(weight.clone().reshape([shape[0], shape[1]]));
            method::replace(weight, rows.reshape([shape[0] * shape[1]]), place);
        }
    }

    /// Gradients, but 0 for a layer that does not learn yet.
    fn thawed(&self, mut gradients: Vec<Tensor<1>>) -> Vec<Tensor<1>> {
        let frozen = self.architecture.declaration().unit_rows().map_or(0, |rows| rows.frozen_steps);
        if self.state.optimizer.steps < frozen {
            for parameter in self.architecture.unit_rows() {
                gradients[parameter] = gradients[parameter].zeros_like();
            }
        }
        for &parameter in &self.state.optimizer.still {
            gradients[parameter] = gradients[parameter].zeros_like();
        }
        gradients
    }

    /// The loss of a micro-batch, its gradients added to those that wait for the next step. What comes with the loss holds
    /// until the next micro-batch.
    pub fn accumulate(&mut self, batch: Batch) -> LossOutput {
        let batch = batch.told(&self.architecture.demand);
        if matches!(self.replay, Replay::Next) {
            self.replay = self.recorded(&batch);
        }
        let learnt = match &mut self.replay {
            Replay::Recorded { batch: pinned, recording } => {
                // Those of the last micro-batch are where the next ones come.
                if let (Some(gradients), 1) = (&mut self.gradients, self.micro_batches) {
                    *gradients = many::apart(gradients);
                }
                pinned.overwrite(&batch);
                // SAFETY: weights, statistics, keys and the batch are written in place from the recording on, by this thread alone;
                // whoever else would change them takes `state_mut`, which forgets the recording.
                let mut learnt = unsafe { recording.replay() }.clone();
                learnt.outcome.loss = many::apart(&[learnt.outcome.loss]).remove(0);
                learnt
            }
            _ => workers::among(&self.device(), || self.learn(batch)),
        };
        self.take(learnt)
    }

    /// Passes a micro-batch through student and teacher.
    pub fn forward(&self, batch: Batch) -> Passed {
        let batch = batch.told(&self.architecture.demand);
        workers::among(&self.device(), || self.pass(batch))
    }

    /// Adds the gradients of what has passed to those that wait for the next step.
    pub fn backward(&mut self, passed: Passed) -> LossOutput {
        let learnt = workers::among(&self.device(), || self.learnt(passed));
        self.take(learnt)
    }

    fn learn(&self, batch: Batch) -> Learnt {
        self.learnt(self.pass(batch))
    }

    fn pass(&self, batch: Batch) -> Passed {
        let method = &self.architecture.method;
        let (weights, running) = (self.state.student.weights.tracked(), self.state.student.running.noting());
        let fresh = Network::new(weights, running, self.state.student.groups);
        let mut student = Network { rows: self.state.student.rows.clone(), ..fresh };
        let mut teacher = self.state.teacher.as_ref().map(Teacher::apart);
        let outcome = method.loss(&mut student, teacher.as_mut(), batch.followed());
        Passed { outcome, weights: student.weights, student: student.running, rows: student.rows, teacher }
    }

    fn learnt(&self, Passed { outcome, weights, student, rows, teacher }: Passed) -> Learnt {
        let gradients = match self.architecture.declaration().learns() {
            true => self.architecture.gradients(&outcome.loss, &weights),
            false => self.state.student.weights.0.iter().map(Tensor::zeros_like).collect(),
        };
        let outcome = LossOutput { loss: outcome.loss.inner(), ..outcome };
        let rows = rows.filter(|_| self.architecture.remembers());
        Learnt { outcome, gradients, student: student.change(), rows, teacher: teacher.map(Teacher::change) }
    }

    /// Takes over what was learnt, the gradients for the next step.
    fn take(&mut self, Learnt { outcome, gradients, student, rows, teacher }: Learnt) -> LossOutput {
        let place = self.place();
        self.state.student.running.take(student);
        if let (Some(rows), Some(new)) = (&mut self.state.student.rows, rows) {
            method::replace(rows, new, place);
        }
        if let (Some(teacher), Some(taught)) = (&mut self.state.teacher, teacher) {
            teacher.take(taught, place);
        }
        self.gradients = Some(match self.gradients.take() {
            Some(sums) => many::sums(sums, gradients),
            None => gradients,
        });
        self.micro_batches += 1;
        outcome
    }

    /// Records what a micro-batch like `batch` teaches.
    fn recorded(&mut self, batch: &Batch) -> Replay {
        // What is written in place from now on must be nobody else's.
        let alone = |weights: &mut Weights| weights.0 = many::apart(&weights.0);
        alone(&mut self.state.student.weights);
        self.state.student.rows = self.state.student.rows.take().map(|rows| many::apart(&[rows]).remove(0));
        if let Some(teacher) = &mut self.state.teacher {
            alone(&mut teacher.network.weights);
            teacher.network.running = teacher.network.running.apart();
            for kept in [&mut teacher.queue, &mut teacher.centre, &mut teacher.temperature] {
                *kept = kept.take().map(|kept| many::apart(&[kept]).remove(0));
            }
        }
        let batch = batch.apart();
        match Recording::of(&self.device(), || self.learn(batch.clone())) {
            Some(recording) => Replay::Recorded { batch, recording: Box::new(recording) },
            None => Replay::No,
        }
    }

    /// Where weights, and what a recording reads besides, are written.
    fn place(&self) -> Destination {
        if self.replays() { Destination::Pinned } else { Destination::Free }
    }

    /// One optimizer step on the mean of the gradients since the last one, then the teacher (BYOL algorithm 1), whose
    /// share `target_decay` stays. Returns the gradient's norm, `[1]`, where it is `watched`.
    ///
    /// # Panics
    /// Where no micro-batch was seen.
    pub fn step(&mut self, lr: f64, target_decay: Option<f64>, watched: bool) -> Option<Tensor<1>> {
        let gradients = self.gradients.take().expect("a step follows at least one micro-batch");
        let share = 1.0 / self.micro_batches as f64;
        self.micro_batches = 0;
        workers::among(&self.device(), || {
            let norm = watched.then(|| global_norm(&gradients) * share);
            self.update(gradients, share, lr, target_decay);
            norm
        })
    }

    fn update(&mut self, gradients: Vec<Tensor<1>>, share: f64, lr: f64, target_decay: Option<f64>) {
        // Whoever does not learn has no teacher either.
        if !self.architecture.declaration().learns() {
            return;
        }
        let gradients = self.thawed(gradients);
        let (place, decay) = (self.place(), self.due(TargetUpdate::After, target_decay));
        let followed =
            self.state.teacher.as_mut().zip(decay).map(|(teacher, decay)| (&mut teacher.network.weights, decay));
        self.state.optimizer.step(&mut self.state.student.weights, gradients, StepSize { lr, share, place }, followed);
        if let (Some(teacher), Some(decay)) = (&mut self.state.teacher, decay) {
            teacher.ema_update_running(&self.state.student, decay, place);
        }
    }

    fn device(&self) -> Device {
        self.state.student.weights.0[0].device()
    }

    /// The share of the teacher that stays, where it moves `now`.
    fn due(&self, now: TargetUpdate, target_decay: Option<f64>) -> Option<f64> {
        let due = self.state.teacher.is_some() && self.architecture.target.is_some_and(|target| target.update == now);
        target_decay.filter(|_| due)
    }
}

fn global_norm(gradients: &[Tensor<1>]) -> Tensor<1> {
    let device = gradients[0].device();
    let squares = workers::map(&device, gradients.iter().collect(), |g| (g.clone() * g.clone()).sum_dim(0));
    Tensor::cat(squares, 0).sum_dim(0).sqrt()
}
