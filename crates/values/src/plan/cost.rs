//! What training a recipe costs: parameters, operations of a step, memory. From the shapes of its networks, so before
//! anything is trained; the engine's tests hold the shapes to its own networks.

use anyhow::{Result, ensure};

use super::{
    Recipe,
    recipe::{HeadNorm, MethodRecipe, OptimizerRecipe, Precision},
    shape::Layer,
};

/// Bytes of a number of a network in single precision.
const NUMBER: usize = 4;
/// Images that pass a network together when it is judged.
pub const JUDGED: usize = 256;
/// Micro-batches of views that are drawn ahead.
pub const AHEAD: usize = 2;
/// Micro-batches of views that are held: those, one in use, and one being drawn.
const FED: usize = AHEAD + 2;
/// Classes of a supervised head, which is small beside its encoder however many there are.
const CLASSES: usize = 10;
/// Memory that any device has for training, where nobody says how much it has.
const ANY_DEVICE: u64 = 2 << 30;
/// What a process holds before it has images or a network, about.
const PROCESS: usize = 70 << 20;

/// Numbers of an image that wait for the backward pass of a layer: the output, and what normalisation makes of it.
fn kept(layer: &Layer, normalised: Normalised) -> usize {
    let read = layer.inner && normalised == Normalised::Read;
    layer.output() * if layer.norm && !read { 2 } else { 1 }
}

/// The networks of a recipe as layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// From the image to the features.
    pub encoder: Vec<Layer>,
    /// From the features to the projections.
    pub projector: Vec<Layer>,
    /// From the projections to the predictions.
    pub predictor: Vec<Layer>,
    /// Whether a teacher has the encoder and the projector too.
    pub teacher: bool,
}

impl Shape {
    /// The networks that the engine would build.
    pub fn of(recipe: &Recipe) -> Self {
        let encoder = recipe.encoder.name.layers(recipe.encoder.width, recipe.data.working_side());
        let features = encoder.last().expect("an encoder has layers").outputs;
        let (projector, predictor) = heads(&recipe.method, features);
        Self { encoder, projector, predictor, teacher: recipe.method.target().is_some() }
    }

    /// Channels of the encoder's output.
    fn features(&self) -> usize {
        self.encoder.last().expect("an encoder has layers").outputs
    }

    fn student(&self) -> impl Iterator<Item = &Layer> {
        self.encoder.iter().chain(&self.projector).chain(&self.predictor)
    }

    fn followed(&self) -> impl Iterator<Item = &Layer> {
        self.encoder.iter().chain(&self.projector).filter(|_| self.teacher)
    }

    /// Parameters of the student; biases are not counted.
    pub fn parameters(&self) -> usize {
        self.student().map(Layer::parameters).sum()
    }

    /// Floating-point operations of a training step for each image of its batch: two views pass student and teacher
    /// forward, and backward through the student at twice that, but for the gradient of the images.
    pub fn operations(&self) -> f64 {
        let student: usize = self.student().map(Layer::products).sum();
        let teacher: usize = self.followed().map(Layer::products).sum();
        let images = self.encoder[0].products();
        4.0 * (3 * student - images + teacher) as f64
    }

    /// Numbers that every trial holds between steps and at their end: weights, their gradients, new weights, moments,
    /// and the teacher's.
    fn state(&self, recipe: &Recipe) -> usize {
        let moments = if matches!(recipe.optimizer, OptimizerRecipe::Adamw(_)) { 2 } else { 1 };
        let teacher: usize = self.followed().map(Layer::parameters).sum();
        (3 + moments) * self.parameters() + 2 * teacher
    }

    /// Bytes of an image in a step: what waits for the backward pass, of both views, and three maps to work in.
    fn passing(&self, precision: Precision, checkpointing: bool, normalised: Normalised) -> usize {
        let of = |layers: &[Layer]| layers.iter().map(|layer| kept(layer, normalised)).sum::<usize>();
        let heads = 2 * (of(&self.projector) + of(&self.predictor));
        let views = if checkpointing { 1 } else { 2 };
        heads * NUMBER + (views * of(&self.encoder) + 3 * self.largest()) * precision.bytes()
    }

    /// Numbers of an image's largest map.
    fn largest(&self) -> usize {
        self.student().map(Layer::output).max().unwrap_or(0)
    }
}

/// How the trials of a heat share a device's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// So many take a step at the same time.
    Abreast(usize),
    /// They take it one after another, each recorded once and replayed in memory of its own, so that evaluations need more.
    Recorded,
    /// They take it one after another.
    InTurn,
    /// So too, and each view passes the encoder again before its backward pass and keeps nothing until then.
    Checkpointed,
}

/// What a device does with a normalised map that only a convolution reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalised {
    /// It is written, and waits for the backward pass.
    Written,
    /// The convolution computes it as it reads, where channels come in [`PANEL`]s.
    Read,
}

/// Channels that stand side by side on the CPU, at least.
const PANEL: usize = 8;

impl Normalised {
    fn of(self, recipe: &Recipe) -> Self {
        let panels = recipe.encoder.width.is_multiple_of(PANEL) && recipe.train.precision == Precision::F32;
        if panels { self } else { Self::Written }
    }
}

/// Peak memory in bytes of training the trials of a heat side by side on one device; on the CPU, of the process.
pub fn memory(heat: &[&Recipe], sharing: Sharing, normalised: Normalised) -> u64 {
    let Some(recipe) = heat.first() else { return 0 };
    let shapes: Vec<(Shape, &Recipe)> = heat.iter().map(|recipe| (Shape::of(recipe), *recipe)).collect();
    let pixels = 3 * recipe.data.working_side().pow(2);
    let images = pixels * (recipe.data.training_images() + recipe.data.held_out);
    let views = FED * 2 * recipe.train.batch * pixels * NUMBER;
    let state: usize = shapes.iter().map(|(shape, recipe)| shape.state(recipe) * NUMBER).sum();
    let checkpointed = sharing == Sharing::Checkpointed;
    let at_a_time = match sharing {
        Sharing::Abreast(trials) => trials,
        Sharing::Recorded => heat.len(),
        Sharing::InTurn | Sharing::Checkpointed => 1,
    };
    let at_most = |trials: usize, bytes: &dyn Fn(&Shape, &Recipe) -> usize| -> usize {
        let mut each: Vec<usize> = shapes.iter().map(|(shape, recipe)| bytes(shape, recipe)).collect();
        each.sort_unstable_by(|a, b| b.cmp(a));
        each.iter().take(trials).sum()
    };
    let passing =
        |shape: &Shape, recipe: &Recipe| shape.passing(recipe.train.precision, checkpointed, normalised.of(recipe));
    let step = recipe.train.batch * at_most(at_a_time, &passing);
    let busy = match sharing {
        Sharing::Recorded => step + at_most(1, &judged),
        _ => step.max(at_most(at_a_time, &judged)),
    };
    (PROCESS + images + views + state + busy) as u64
}

/// The fastest way in which the trials of a heat fit into so many bytes, where `fastest` is the device's; with a sentence
/// where activations are computed again.
///
/// # Errors
/// They do not even then: a sentence with its remedy.
pub fn fit(
    heat: &[&Recipe],
    available: Option<u64>,
    fastest: Sharing,
    normalised: Normalised,
) -> Result<(Sharing, Option<String>)> {
    let fastest = at_most(fastest, heat.len());
    if memory(heat, fastest, normalised) <= available.unwrap_or(ANY_DEVICE) {
        return Ok((fastest, None));
    }
    let Some(available) = available else { return Ok((Sharing::InTurn, None)) };
    let [whole, again] = [Sharing::InTurn, Sharing::Checkpointed].map(|sharing| memory(heat, sharing, normalised));
    if whole <= available {
        return Ok((Sharing::InTurn, None));
    }
    let [needed, least, there] = [whole, again, available].map(gibibytes);
    ensure!(
        again <= available,
        "training needs about {least}, even if activations are computed again, and {there} are there: lower train.batch \
         or encoder.width, or train fewer methods side by side"
    );
    let note = format!(
        "training needs about {needed} and {there} are there: activations are computed again in the backward pass, which \
         takes {least} and changes no number"
    );
    Ok((Sharing::Checkpointed, Some(note)))
}

/// A way in which a device shares itself, among so many trials.
pub fn at_most(sharing: Sharing, trials: usize) -> Sharing {
    match sharing {
        Sharing::Abreast(most) if most.min(trials) <= 1 => Sharing::InTurn,
        Sharing::Abreast(most) => Sharing::Abreast(most.min(trials)),
        other => other,
    }
}

/// Floating-point operations of so many optimizer steps of a training.
pub fn training(recipe: &Recipe, steps: u64) -> f64 {
    Shape::of(recipe).operations() * (steps as f64) * recipe.train.optimizer_batch as f64
}

/// What is said where nobody knows how much memory a device has.
pub fn guess(available: Option<u64>) -> Option<String> {
    let note = || format!("the device does not say how much memory it has: taken to be {}", gibibytes(ANY_DEVICE));
    available.is_none().then(note)
}

/// Bytes as people read them.
pub fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

/// Bytes of an evaluation beside the state: the features of all images twice, as they come and normalised, and the maps
/// of some images.
fn judged(shape: &Shape, recipe: &Recipe) -> usize {
    let features = shape.features();
    let images = recipe.data.training_images() + recipe.data.held_out;
    (2 * images * features + 4 * JUDGED * shape.largest()) * NUMBER
}

/// Channels of the features that are judged: the encoder's, or those of the head's layer that `method.head_layer` names.
pub fn features(recipe: &Recipe) -> usize {
    match &recipe.method {
        MethodRecipe::SimclrV2(method) if method.head_layer > 0 => method.projector_hidden,
        _ => Shape::of(recipe).features(),
    }
}

/// Projector and predictor.
fn heads(method: &MethodRecipe, features: usize) -> (Vec<Layer>, Vec<Layer>) {
    let none = Vec::new();
    match method {
        MethodRecipe::Byol(r) => {
            let projector = head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, false]);
            let predictor =
                head(r.projector_out, r.predictor_hidden, r.projector_out, r.predictor_depth, [true, false]);
            (projector, if r.predictor { predictor } else { none })
        }
        MethodRecipe::Simclr(r) => {
            let norms = [r.projector_norm != HeadNorm::None, r.projector_norm == HeadNorm::All];
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, norms), none)
        }
        MethodRecipe::SimclrEma(r) => (head(features, r.projector_hidden, r.projector_out, 2, [true, false]), none),
        MethodRecipe::SimclrV2(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, true]), none)
        }
        MethodRecipe::Moco(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [false, false]), none)
        }
        MethodRecipe::Simsiam(r) => (
            head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, true]),
            head(r.projector_out, r.predictor_hidden, r.projector_out, 2, [true, false]),
        ),
        MethodRecipe::BarlowTwins(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, false]), none)
        }
        MethodRecipe::Vicreg(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, false]), none)
        }
        MethodRecipe::MocoV3(r) => (
            head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, true]),
            head(r.projector_out, r.predictor_hidden, r.projector_out, 2, [true, false]),
        ),
        MethodRecipe::Dcl(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, false]), none)
        }
        MethodRecipe::WMse(r) => {
            (head(features, r.projector_hidden, r.projector_out, r.projector_depth, [true, false]), none)
        }
        MethodRecipe::Supervised(_) => (vec![Layer::linear(features, CLASSES, false)], none),
        MethodRecipe::RandomInit(_) => (Vec::new(), none),
    }
}

/// `depth` linear layers; whether the hidden ones are normalised, and the last.
fn head(features: usize, hidden: usize, out: usize, depth: usize, [norm, last_norm]: [bool; 2]) -> Vec<Layer> {
    let layer = |index: usize| {
        let inputs = if index == 0 { features } else { hidden };
        let last = index + 1 == depth;
        Layer::linear(inputs, if last { out } else { hidden }, if last { last_norm } else { norm })
    };
    (0..depth).map(layer).collect()
}
