//! Training steps replayed beside PyTorch's.

use byolab::engine::burn::tensor::{Device, Tensor, TensorData};
use byolab::{
    engine::{
        learner::{Learner, LearnerState},
        method::Batch,
        values,
    },
    plan::{
        Recipe,
        recipe::{OptimizerRecipe, SgdRecipe},
        schedule,
    },
};

use crate::support::{Reference, assert_close};

pub fn device() -> Device {
    Device::flex()
}

/// SGD as the references have it: decay on every parameter.
pub fn sgd(weight_decay: f64) -> OptimizerRecipe {
    OptimizerRecipe::Sgd(SgdRecipe { weight_decay, ..SgdRecipe::default() })
}

/// All values of an entry in one row.
pub fn flat(file: &Reference, name: &str) -> Tensor<1> {
    let values = file.values(name).to_vec();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), &device())
}

pub fn tensor<const D: usize>(file: &Reference, name: &str) -> Tensor<D> {
    Tensor::from_data(TensorData::new(file.values(name).to_vec(), file.shape(name).to_vec()), &device())
}

/// Puts the reference's numbers under `prefix` into the student, and copies of its share of them into the teacher. What
/// is not under `part` stays as it is.
pub fn fill(learner: &mut Learner, file: &Reference, prefix: &str, part: &str) {
    let layout = learner.architecture.layout.clone();
    for (index, parameter) in layout.parameters.iter().enumerate() {
        if let Some(name) = parameter.name.strip_prefix(part) {
            learner.state_mut().student.weights.0[index] = flat(file, &format!("{prefix}/{name}"));
        }
    }
    for (index, (norm, _)) in layout.norms.iter().enumerate() {
        if let Some(name) = norm.strip_prefix(part) {
            let running = &mut learner.state_mut().student.running;
            running.mean[index] = flat(file, &format!("{prefix}/{name}.running_mean"));
            running.variance[index] = flat(file, &format!("{prefix}/{name}.running_var"));
        }
    }
    let LearnerState { student, teacher, .. } = learner.state_mut();
    if let Some(teacher) = teacher {
        teacher.network.weights = student.weights.prefix(teacher.network.weights.0.len());
        teacher.network.running = student.running.clone();
        if teacher.queue.is_some() {
            teacher.queue = Some(tensor(file, &format!("{prefix}/queue")));
        }
    }
    if file.get(&format!("{prefix}/queue")).is_some() && learner.architecture.remembers() {
        learner.state_mut().student.rows = Some(tensor(file, &format!("{prefix}/queue")));
    }
}

/// Puts the reference's numbers under `prefix` into the student's parameters, all of them.
pub fn fill_as_named(learner: &mut Learner, file: &Reference, prefix: &str) {
    let layout = learner.architecture.layout.clone();
    for (index, parameter) in layout.parameters.iter().enumerate() {
        learner.state_mut().student.weights.0[index] = flat(file, &format!("{prefix}/{}", parameter.name));
    }
}

/// The losses of four steps over the reference's views, at a rate that falls from `peak` by a cosine.
pub fn four_steps(learner: &mut Learner, recipe: &Recipe, file: &Reference, peak: f64) -> Vec<f32> {
    four_given_steps(learner, recipe, file, peak, |_, _| {})
}

/// The same, where `give` has the numbers that a step would draw.
pub fn four_given_steps(
    learner: &mut Learner,
    recipe: &Recipe,
    file: &Reference,
    peak: f64,
    give: impl Fn(usize, &mut Learner),
) -> Vec<f32> {
    let shape = file.shape("views").to_vec();
    let size: usize = shape[2..].iter().product();
    let target = recipe.method.target();
    let mut losses = Vec::new();
    for step in 0..4u64 {
        let views = [0, 1].map(|view| {
            let begin = (step as usize * 2 + view) * size;
            let pixels = file.values("views")[begin..begin + size].to_vec();
            Tensor::<4>::from_data(TensorData::new(pixels, shape[2..].to_vec()), &device())
        });
        let begin = step as usize * shape[2];
        let labels = file.get("labels.i64").map_or(Vec::new(), |labels| labels[begin..begin + shape[2]].to_vec());
        let decay = target.map(|target| target.decay_at(step, 4));
        learner.begin_step(decay);
        give(step as usize, learner);
        let labels: Vec<u16> = labels.into_iter().map(|label| label as u16).collect();
        let batch = if labels.is_empty() { Batch::of(views) } else { Batch::of(views).labelled(&labels) };
        losses.extend(values(learner.accumulate(batch).loss));
        learner.step(schedule::learning_rate(step, 4, 0, peak), decay, false);
    }
    losses
}

/// The weights after training, the teacher's too, against those under `case`.
pub fn check_end(learner: &Learner, file: &Reference, case: &str, tolerance: f32) {
    let parameters = &learner.architecture.layout.parameters;
    let teacher = learner.state().teacher.iter().map(|teacher| ("end_target", &teacher.network.weights));
    for (kind, weights) in [("end", &learner.state().student.weights)].into_iter().chain(teacher) {
        for (parameter, found) in parameters.iter().zip(&weights.0) {
            let name = format!("{case}{kind}/{}", parameter.name);
            assert_close(&name, &values(found.clone()), file.values(&name), tolerance);
        }
    }
}
