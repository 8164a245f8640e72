//! Networks that learn by gradient or are moved by hand, and how images pass through them.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::{
    encoder::Encoder,
    kernel::many::{self, Destination},
    nn::{Head, Mode, Pass, Running, RunningUpdate, Weights},
    workers,
};
use byolab_values::plan::recipe::TargetNorm;

/// A network's numbers.
#[derive(Clone, Debug)]
pub struct Network {
    /// Parameters.
    pub weights: Weights,
    /// Statistics of normalisation layers.
    pub running: Running,
    /// Groups of a batch that batch normalisation takes apart in training.
    pub groups: usize,
    /// Rows of length 1 that projections are compared with, `[rows, d]`, where the method keeps some beside its weights.
    pub rows: Option<Tensor<2>>,
    /// Passes so far in this step, which number the next.
    pub passes: usize,
}

impl Network {
    /// Before its first pass.
    pub fn new(weights: Weights, running: Running, groups: usize) -> Self {
        Self { weights, running, groups, rows: None, passes: 0 }
    }

    /// Batch statistics, running ones moved.
    pub fn train(&mut self) -> Pass<'_> {
        self.pass(Mode::Train)
    }

    /// Running statistics.
    pub fn evaluate(&mut self) -> Pass<'_> {
        self.pass(Mode::Evaluate)
    }

    fn pass(&mut self, mode: Mode) -> Pass<'_> {
        self.passes += 1;
        let (groups, number) = (self.groups, self.passes);
        Pass { weights: &self.weights, running: &mut self.running, mode, groups, number }
    }

    /// What `forward` makes of each view in training, at the same time where the device is the CPU: the numbers are those of
    /// passes one after the other.
    pub fn each<T: Send>(
        &mut self,
        views: Vec<Tensor<4>>,
        forward: impl Fn(&mut Pass, Tensor<4>) -> T + Sync + Send,
    ) -> Vec<T> {
        let Some(device) = views.first().map(Tensor::device) else { return Vec::new() };
        let passing = self.beside(views.len()).into_iter().zip(views).collect();
        let done = workers::map(&device, passing, |(mut network, view): (Self, _)| {
            let output = forward(&mut network.train(), view);
            (network, output)
        });
        let (beside, outputs) = done.into_iter().unzip();
        self.settle(beside);
        outputs
    }

    /// So many that pass beside each other in training as if one after the other: their moves of running statistics wait to be
    /// [settled](Self::settle).
    fn beside(&self, passes: usize) -> Vec<Self> {
        let one = |place: usize| Self { running: self.running.noting(), passes: self.passes + place, ..self.clone() };
        (0..passes).map(one).collect()
    }

    /// Takes over what passed beside this.
    fn settle(&mut self, beside: Vec<Self>) {
        for network in beside {
            self.running.settle(network.running);
            self.passes = network.passes;
        }
    }
}

/// What is moved by hand: an average of the student, and the keys that it has given.
#[derive(Clone, Debug)]
pub struct Teacher {
    /// The encoder and the projector.
    pub network: Network,
    /// By which statistics it normalises.
    pub norm: TargetNorm,
    /// Rows of length 1, the newest first, `[keys, d]`.
    pub queue: Option<Tensor<2>>,
    /// The mean of its outputs, `[1, k]`, where they are centred.
    pub centre: Option<Tensor<2>>,
    /// What they are divided by, `[1, 1]`, where that may change.
    pub temperature: Option<Tensor<2>>,
}

/// What becomes of a teacher in a step, before its weights follow.
#[derive(Clone, Debug)]
pub struct Taught {
    running: RunningUpdate,
    /// Its keys, and its centre, afterwards.
    queue: Option<Tensor<2>>,
    centre: Option<Tensor<2>>,
}

impl Teacher {
    /// `teacher <- decay teacher + (1 - decay) student` over all its parameters, biases and normalisation included
    /// (BYOL algorithm 1, line 13); over running statistics too where they are averaged.
    pub fn ema_update(&mut self, student: &Network, decay: f64, place: Destination) {
        self.network.weights.average_with(&student.weights, decay, place);
        self.ema_update_running(student, decay, place);
    }

    /// The part of [`ema_update`](Self::ema_update) that is running statistics.
    pub fn ema_update_running(&mut self, student: &Network, decay: f64, place: Destination) {
        if self.norm == TargetNorm::Averaged {
            self.network.running.average_with(&student.running, decay, place);
        }
    }

    /// The same, for a step whose [change](Self::change) it then [takes](Self::take). Moves of running statistics are only
    /// noted, unless a pass reads them.
    pub fn apart(&self) -> Self {
        let mut apart = self.clone();
        if self.norm == TargetNorm::Batch {
            apart.network.running = self.network.running.noting();
        }
        apart
    }

    /// What a step did to this one.
    pub fn change(self) -> Taught {
        Taught { running: self.network.running.change(), queue: self.queue, centre: self.centre }
    }

    /// Does the same to this one.
    pub fn take(&mut self, taught: Taught, place: Destination) {
        self.network.running.take(taught.running);
        for (kept, new) in [(&mut self.queue, taught.queue), (&mut self.centre, taught.centre)] {
            if let (Some(kept), Some(new)) = (kept, new) {
                replace(kept, new, place);
            }
        }
    }

    /// What another head of its makes of projections, `[n, d]` to `[n, k]`, without gradient.
    pub fn outputs(&mut self, head: &Head, projections: Tensor<2>) -> Tensor<2> {
        head.forward(&mut self.pass(), projections.inner())
    }

    fn pass(&mut self) -> Pass<'_> {
        self.network.pass(match self.norm {
            TargetNorm::Batch => Mode::Train,
            TargetNorm::Own => Mode::Follow,
            TargetNorm::Averaged => Mode::Evaluate,
        })
    }
}

/// Puts numbers in the place of others of the same shape.
pub fn replace<const D: usize>(numbers: &mut Tensor<D>, new: Tensor<D>, place: Destination) {
    match place {
        Destination::Free => *numbers = new,
        Destination::Pinned => many::blend(std::slice::from_mut(numbers), &[new], 0.0, &[1.0], place),
    }
}

/// Encoder and projector: z = g(f(v)).
pub struct Embedder {
    /// From images `[n, 3, side, side]` to features `[n, features]`.
    pub encoder: Arc<dyn Encoder>,
    /// From features to projections `[n, projections]`.
    pub projector: Head,
}

impl Embedder {
    /// The student's projections of a view, `[n, d]`, by the statistics of the batch.
    pub fn student(&self, student: &mut Network, view: Tensor<4>) -> Tensor<2> {
        self.forward(&mut student.train(), view)
    }

    /// The student's projections of both views, `[n, d]` each. The views pass separately, so that batch statistics are those of
    /// one view (BYOL's code, `_forward`): the same for every method of a heat.
    pub fn both(&self, student: &mut Network, views: [Tensor<4>; 2]) -> [Tensor<2>; 2] {
        self.each(student, views.into()).try_into().expect("as many projections as views")
    }

    /// The same of any number of views.
    pub fn each(&self, student: &mut Network, views: Vec<Tensor<4>>) -> Vec<Tensor<2>> {
        let features = student.each(views, |pass, view| self.encoder.forward(pass, view));
        features.into_iter().map(|features| self.projector.forward(&mut student.train(), features)).collect()
    }

    /// The student's projections of both views, and beside it the teacher's, `[n, d]` each.
    pub fn with_teacher(
        &self,
        student: &mut Network,
        teacher: &mut Teacher,
        views: [Tensor<4>; 2],
    ) -> ([Tensor<2>; 2], [Tensor<2>; 2]) {
        let (device, same) = (views[0].device(), views.clone());
        let taught = || same.map(|view| self.teacher(teacher, view));
        workers::beside(&device, || self.both(student, views), taught)
    }

    /// The student's projections of all views, and beside it the teacher's of the first two, the large ones; `[n, d]` each.
    pub fn each_with_teacher(
        &self,
        student: &mut Network,
        teacher: &mut Teacher,
        views: Vec<Tensor<4>>,
    ) -> (Vec<Tensor<2>>, Vec<Tensor<2>>) {
        let (device, large) = (views[0].device(), views[..2].to_vec());
        let taught = || large.into_iter().map(|view| self.teacher(teacher, view)).collect();
        workers::beside(&device, || self.each(student, views), taught)
    }

    /// The teacher's projections of a view, `[n, d]`. Its weights are not tracked: no gradient reaches it.
    pub fn teacher(&self, teacher: &mut Teacher, view: Tensor<4>) -> Tensor<2> {
        self.forward(&mut teacher.pass(), view.inner()).autodiff()
    }

    fn forward(&self, pass: &mut Pass, view: Tensor<4>) -> Tensor<2> {
        let features = self.encoder.forward(pass, view);
        self.projector.forward(pass, features)
    }
}
