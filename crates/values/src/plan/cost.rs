//! What training a recipe costs: parameters, operations of a step, memory. From the shapes of its networks, so before
//! anything is trained; the engine's tests hold the shapes to its own networks.

use anyhow::{Result, ensure};

use super::{
    Recipe,
    recipe::{Given, KeptRows, Normalize, OptimizerRecipe, Precision},
    shape::{Layer, NamedHead},
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
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// From the image to the features.
    pub encoder: Vec<Layer>,
    /// Of the heads that a teacher has too, where there is one.
    pub followed: Vec<Layer>,
    /// Of the others.
    pub own: Vec<Layer>,
    /// Whether there is a teacher.
    pub teacher: bool,
    /// Views that pass for each image of a batch.
    pub views: f64,
    /// Those of them that pass the teacher, where there is one.
    pub taught: f64,
    /// Numbers of an image and view that wait for the backward pass beside what layers make.
    pub beside: usize,
    /// Numbers that student or teacher remember beside weights.
    pub remembered: usize,
}

impl Shape {
    /// The networks that the engine would build.
    pub fn of(recipe: &Recipe) -> Self {
        let side = recipe.data.working_side();
        let encoder = encoder(recipe);
        let method = recipe.method.declaration();
        let heads = method.heads(&given(recipe, CLASSES));
        let (followed, own): (Vec<NamedHead>, _) = heads.into_iter().partition(|head| head.followed);
        let [followed, own] = [followed, own].map(|heads| heads.iter().flat_map(|head| head.shape.layers()).collect());
        let remembered = method.queue().into_iter().chain(method.rows().map(KeptRows::shape));
        Self {
            encoder,
            followed,
            own,
            teacher: method.target().is_some(),
            views: recipe.demand().views(side),
            taught: recipe.demand().taught(side),
            beside: method.beside(),
            remembered: remembered.map(|[rows, d]| rows * d).sum(),
        }
    }

    fn student(&self) -> impl Iterator<Item = &Layer> {
        self.encoder.iter().chain(&self.followed).chain(&self.own)
    }

    fn teachers(&self) -> impl Iterator<Item = &Layer> {
        self.encoder.iter().chain(&self.followed).filter(|_| self.teacher)
    }

    /// Parameters of the student; biases are not counted.
    pub fn parameters(&self) -> usize {
        self.student().map(Layer::parameters).sum()
    }

    /// Floating-point operations of a training step for each image of its batch: its views pass student and teacher
    /// forward, and backward through the student at twice that, but for the gradient of the images.
    pub fn operations(&self) -> f64 {
        let student: usize = self.student().map(Layer::products).sum();
        let teacher: usize = self.teachers().map(Layer::products).sum();
        let images = self.encoder[0].products();
        2.0 * (self.views * (3 * student - images) as f64 + self.taught * teacher as f64)
    }

    /// Numbers that every trial holds between steps and at their end: weights, their gradients, new weights, moments,
    /// and the teacher's.
    fn state(&self, recipe: &Recipe) -> usize {
        let moments = if matches!(recipe.optimizer, OptimizerRecipe::Adamw(_)) { 2 } else { 1 };
        let teacher: usize = self.teachers().map(Layer::parameters).sum();
        (3 + moments) * self.parameters() + 2 * teacher + 2 * self.remembered
    }

    /// Bytes of an image in a step: what waits for the backward pass, of all views, and three maps to work in.
    fn passing(&self, precision: Precision, checkpointing: bool, normalised: Normalised) -> usize {
        let of = |layers: &[Layer]| layers.iter().map(|layer| kept(layer, normalised)).sum::<usize>();
        let all = |numbers: usize| (self.views * numbers as f64).ceil() as usize;
        let heads = all(of(&self.followed) + of(&self.own) + self.beside);
        let encoder = if checkpointing { of(&self.encoder) } else { all(of(&self.encoder)) };
        heads * NUMBER + (encoder + 3 * self.largest()) * precision.bytes()
    }

    /// Numbers of an image's largest map.
    fn largest(&self) -> usize {
        self.student().map(Layer::output).max().unwrap_or(0)
    }
}

/// The encoder's layers; of both encoders where lightness and colours have one each.
fn encoder(recipe: &Recipe) -> Vec<Layer> {
    let (width, side) = (recipe.encoder.width, recipe.data.working_side());
    match recipe.method.declaration().halves() {
        true => (0..2).flat_map(|_| recipe.encoder.name.layers(width / 2, side)).collect(),
        false => recipe.encoder.name.layers(width, side),
    }
}

/// What the recipe's method finds, in a data set of so many classes.
pub fn given(recipe: &Recipe, classes: usize) -> Given {
    let side = recipe.data.working_side();
    let last = *recipe.encoder.name.layers(recipe.encoder.width, side).last().expect("an encoder has layers");
    Given {
        batch: recipe.train.batch,
        side,
        features: last.outputs,
        maps: last.side,
        classes,
        images: recipe.images(),
        normalised: recipe.data.normalize != Normalize::None,
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
    let (demand, side) = (recipe.demand(), recipe.data.working_side());
    let numbers = (demand.views(side) * pixels as f64).ceil() as usize + demand.targets(side);
    let views = FED * recipe.train.batch * numbers * NUMBER;
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

/// Bytes of an evaluation beside the state: the features of all images twice, as they come and normalised, those of a stage
/// where they are more, and the maps of some images.
fn judged(shape: &Shape, recipe: &Recipe) -> usize {
    let given = given(recipe, CLASSES);
    let judged = recipe.method.declaration().pixels(given.side).map_or(given.features, |side| 3 * side * side);
    let features = judged.max(recipe.probes.stage_features);
    let images = recipe.data.training_images() + recipe.data.held_out;
    (2 * images * features + 4 * JUDGED * shape.largest()) * NUMBER
}

/// Channels of the features that are judged: the encoder's, or those of the head's layer that is judged.
pub fn features(recipe: &Recipe) -> usize {
    let (method, given) = (recipe.method.declaration(), given(recipe, CLASSES));
    if let Some(side) = method.pixels(given.side) {
        return 3 * side * side;
    }
    match method.judged_layers() {
        0 => given.features,
        layer => method.heads(&given)[0].shape.features[layer],
    }
}
