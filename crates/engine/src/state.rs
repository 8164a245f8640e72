//! A learner's whole state as safetensors bytes, and back: weights, running statistics, moments, teacher, and what the
//! heat remembers. Also the encoder alone, under torchvision's names.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{
    learner::{Learner, LearnerState},
    method::Network,
    nn::Layout,
    values,
};
use byolab_values::{
    data::Dataset,
    plan::Trial,
    protocol::{AlarmKind, Metrics},
    tensors::serialize,
};

/// What a heat remembers of a trial beside its learner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialProgress {
    /// Optimizer steps taken.
    pub step: u64,
    /// The untrained encoder's numbers and the newest evaluation's.
    pub metrics: Metrics,
    /// Losses since the last recorded one.
    pub losses: Vec<f32>,
    /// Alarms that were already raised.
    pub alarmed: BTreeSet<AlarmKind>,
    /// Accuracies of the method's own classifier at the newest evaluations, at most [`CLASSIFIED`].
    pub classified: Vec<f64>,
}

/// Evaluations whose median is told (FixMatch section 4: of the last 20 checkpoints).
const CLASSIFIED: usize = 20;

impl TrialProgress {
    /// The median of the newest accuracies, `top1` being the newest.
    pub fn classified(&mut self, top1: f64) -> f64 {
        self.classified.push(top1);
        let old = self.classified.len().saturating_sub(CLASSIFIED);
        self.classified.drain(..old);
        let mut sorted = self.classified.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
    }
}

/// The keys that a teacher remembers.
const QUEUE: &str = "teacher.queue";
/// The mean of its outputs.
const CENTRE: &str = "teacher.centre";
/// The rows that a student remembers.
const ROWS: &str = "student.rows";

fn moment_name(place: usize, parameter: &str) -> String {
    format!("moment.{place}.{parameter}")
}

type NamedArray = Vec<(String, Vec<usize>, Vec<f32>)>;

/// The state after a step.
pub fn save(learner: &Learner, memory: &TrialProgress) -> Vec<u8> {
    let (layout, LearnerState { student, teacher, optimizer }) = (&learner.architecture.layout, learner.state());
    let mut tensors = network("student", layout, student);
    let each = optimizer.of_each();
    for (parameter, moments) in layout.parameters.iter().zip(optimizer.moments.chunks(each)) {
        for (place, moment) in moments.iter().enumerate() {
            tensors.push((moment_name(place, &parameter.name), parameter.shape.clone(), values(moment.clone())));
        }
    }
    let rows = student.rows.iter().filter(|_| learner.architecture.remembers());
    tensors.extend(rows.map(|rows| (ROWS.into(), rows.dims().to_vec(), values(rows.clone()))));
    if let Some(teacher) = teacher {
        tensors.extend(network("teacher", layout, &teacher.network));
        for (name, kept) in [(QUEUE, &teacher.queue), (CENTRE, &teacher.centre)] {
            tensors.extend(kept.iter().map(|kept| (name.into(), kept.dims().to_vec(), values(kept.clone()))));
        }
    }
    tensors.push(("losses".into(), vec![memory.losses.len()], memory.losses.clone()));
    let metadata = BTreeMap::from([
        ("step".to_string(), memory.step.to_string()),
        ("alarmed".to_string(), serde_json::to_string(&memory.alarmed).expect("kinds have a text")),
        ("metrics".to_string(), serde_json::to_string(&memory.metrics).expect("numbers have a text")),
        ("classified".to_string(), serde_json::to_string(&memory.classified).expect("numbers have a text")),
    ]);
    bytes(&tensors, metadata)
}

/// Puts a saved state into an untrained learner of the same recipe.
///
/// # Errors
/// Where the bytes are not a state of this recipe: names the tensor.
pub fn restore(learner: &mut Learner, bytes: &[u8], device: &Device) -> Result<TrialProgress> {
    let file = SafeTensors::deserialize(bytes).context("the checkpoint is damaged")?;
    let (_, header) = SafeTensors::read_metadata(bytes).context("the checkpoint is damaged")?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let entry = |key: &str| metadata.get(key).with_context(|| format!("the checkpoint has no `{key}`"));
    let memory = TrialProgress {
        step: entry("step")?.parse().context("the checkpoint's step is not a number")?,
        alarmed: alarms(entry("alarmed")?)?,
        metrics: serde_json::from_str(entry("metrics")?).context("the checkpoint's metrics are damaged")?,
        losses: floats(&file, "losses", None)?,
        // Checkpoints of before there were classifiers have none.
        classified: metadata
            .get("classified")
            .map_or(Ok(Vec::new()), |text| serde_json::from_str(text))
            .context("the checkpoint's accuracies are damaged")?,
    };
    let layout = learner.architecture.layout.clone();
    let remembers = learner.architecture.remembers();
    let LearnerState { student, teacher, optimizer } = learner.state_mut();
    load_network(&file, "student", &layout, student, device)?;
    if let Some(rows) = student.rows.as_mut().filter(|_| remembers) {
        *rows = matrix(&file, ROWS, rows.dims(), device)?;
    }
    let each = optimizer.of_each();
    for (parameter, moments) in layout.parameters.iter().zip(optimizer.moments.chunks_mut(each)) {
        for (place, moment) in moments.iter_mut().enumerate() {
            *moment = tensor(&file, &moment_name(place, &parameter.name), moment.dims()[0], device)?;
        }
    }
    optimizer.steps = memory.step;
    if let Some(teacher) = teacher {
        load_network(&file, "teacher", &layout, &mut teacher.network, device)?;
        for (name, kept) in [(QUEUE, &mut teacher.queue), (CENTRE, &mut teacher.centre)] {
            if let Some(kept) = kept {
                *kept = matrix(&file, name, kept.dims(), device)?;
            }
        }
    }
    Ok(memory)
}

/// Alarms that were raised. Before there were kinds a checkpoint said whether that of the projections' spread was.
fn alarms(entry: &str) -> Result<BTreeSet<AlarmKind>> {
    match entry {
        "false" => Ok(BTreeSet::new()),
        "true" => Ok(BTreeSet::from([AlarmKind::ProjectionSpread])),
        kinds => serde_json::from_str(kinds).context("the checkpoint's alarms are damaged"),
    }
}

/// The encoder that is judged with its running statistics, under torchvision's names, so that PyTorch loads it. Where layers
/// of the head belong to what is judged, the projector too, under `projector.`.
pub fn encoder(learner: &Learner, about: BTreeMap<String, String>) -> Vec<u8> {
    let all = network("", &learner.architecture.layout, learner.judged());
    let kept = |(name, shape, values): (String, Vec<usize>, Vec<f32>)| {
        name_in_encoder(learner, name.strip_prefix('.')?).map(|name| (name.to_string(), shape, values))
    };
    let tensors: NamedArray = all.into_iter().filter_map(kept).collect();
    bytes(&tensors, about)
}

/// What whoever loads a trial's encoder elsewhere has to know, for its metadata: texts, lists as JSON.
pub fn about(learner: &Learner, trial: &Trial, data: &Dataset, step: u64, version: &str) -> BTreeMap<String, String> {
    let recipe = &trial.recipe;
    let built = || recipe.encoder.name.name().to_owned();
    let architecture = recipe.method.encoder().map_or_else(built, |found| found.shape.to_string());
    let list = |values: [f32; 3]| serde_json::to_string(&values).expect("numbers have a text");
    let entries = [
        ("format", "pt".to_string()),
        ("architecture", architecture),
        ("stem", "3x3 convolution, stride 1, no max-pool".to_string()),
        ("width", recipe.encoder.width.to_string()),
        ("features", learner.architecture.encoder.features().to_string()),
        ("mean", list(data.mean)),
        ("std", list(data.std)),
        ("data", recipe.data.name.clone()),
        ("side", data.train.side.to_string()),
        ("method", recipe.method.name().to_string()),
        ("trial", trial.id.clone()),
        ("step", step.to_string()),
        ("byolab", version.to_string()),
    ];
    entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

/// Puts a stored encoder into an untrained learner of the same recipe.
///
/// # Errors
/// Where the bytes are not an encoder of this recipe: names the tensor.
pub fn load_encoder(learner: &mut Learner, bytes: &[u8], device: &Device) -> Result<()> {
    let file = SafeTensors::deserialize(bytes).context("the encoder is damaged")?;
    let layout = learner.architecture.layout.clone();
    let known = |learner: &Learner, name: &str| name_in_encoder(learner, name).map(str::to_owned);
    for (index, parameter) in layout.parameters.iter().enumerate() {
        if let Some(name) = known(learner, &parameter.name) {
            let length = parameter.shape.iter().product();
            learner.judged_mut().weights.0[index] = tensor(&file, &name, length, device)?;
        }
    }
    for (index, (norm, channels)) in layout.norms.iter().enumerate() {
        if let Some(name) = known(learner, norm) {
            let running = &mut learner.judged_mut().running;
            running.mean[index] = tensor(&file, &format!("{name}.running_mean"), *channels, device)?;
            running.variance[index] = tensor(&file, &format!("{name}.running_var"), *channels, device)?;
        }
    }
    Ok(())
}

/// What a tensor of the student is called in a stored encoder; none for one that is not in it.
fn name_in_encoder<'a>(learner: &Learner, name: &'a str) -> Option<&'a str> {
    let judged = learner.architecture.declaration().judged_layers() > 0;
    name.strip_prefix("encoder.").or_else(|| Some(name).filter(|name| judged && name.starts_with("projector.")))
}

/// Parameters, then running statistics, under `prefix`.
fn network(prefix: &str, layout: &Layout, network: &Network) -> NamedArray {
    let parameters = layout.parameters.iter().zip(&network.weights.0);
    let mut named: NamedArray = parameters
        .map(|(parameter, weight)| {
            (format!("{prefix}.{}", parameter.name), parameter.shape.clone(), values(weight.clone()))
        })
        .collect();
    for (index, (name, channels)) in layout.norms.iter().enumerate() {
        for (kind, all) in [("running_mean", &network.running.mean), ("running_var", &network.running.variance)] {
            named.push((format!("{prefix}.{name}.{kind}"), vec![*channels], values(all[index].clone())));
        }
    }
    named
}

fn load_network(file: &SafeTensors, prefix: &str, layout: &Layout, to: &mut Network, device: &Device) -> Result<()> {
    for (parameter, weight) in layout.parameters.iter().zip(&mut to.weights.0) {
        *weight = tensor(file, &format!("{prefix}.{}", parameter.name), weight.dims()[0], device)?;
    }
    for (index, (name, channels)) in layout.norms.iter().enumerate() {
        to.running.mean[index] = tensor(file, &format!("{prefix}.{name}.running_mean"), *channels, device)?;
        to.running.variance[index] = tensor(file, &format!("{prefix}.{name}.running_var"), *channels, device)?;
    }
    Ok(())
}

fn matrix(file: &SafeTensors, name: &str, [rows, d]: [usize; 2], device: &Device) -> Result<Tensor<2>> {
    Ok(tensor(file, name, rows * d, device)?.reshape([rows, d]))
}

fn tensor(file: &SafeTensors, name: &str, length: usize, device: &Device) -> Result<Tensor<1>> {
    Ok(Tensor::from_data(TensorData::new(floats(file, name, Some(length))?, [length]), device))
}

fn floats(file: &SafeTensors, name: &str, length: Option<usize>) -> Result<Vec<f32>> {
    let view = file.tensor(name).with_context(|| format!("it has no tensor `{name}`"))?;
    let values: Vec<f32> =
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect();
    if let Some(length) = length {
        ensure!(values.len() == length, "its `{name}` has {} values, not {length}", values.len());
    }
    Ok(values)
}

fn bytes(tensors: &NamedArray, metadata: BTreeMap<String, String>) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors.iter().map(|(_, _, values)| le_bytes(values)).collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), data)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), data).expect("shape and values agree"))
    });
    serialize(views, &metadata).expect("tensors of f32 can be written")
}

fn le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
