//! Methods: a way of learning. One file each and one line in [`build`].

mod barlow_twins;
mod batch;
mod byol;
mod dcl;
mod dino;
mod few_labels;
mod fixmatch;
mod lejepa;
mod mean_teacher;
mod moco;
mod moco_v3;
mod network;
mod nnclr;
mod pixels;
mod pretext;
mod pseudo_label;
mod random_init;
mod semi;
mod simclr;
mod simclr_ema;
mod simclr_v2;
mod simsiam;
mod supervised;
mod swav;
mod vicreg;
mod w_mse;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

pub(crate) use batch::classes;
pub use batch::{Batch, BatchPart, ViewBatch};
pub use network::{Embedder, Network, Taught, Teacher, replace};

use super::{
    encoder::{
        self, Encoder,
        tape::{Tape, Taped},
    },
    kernel::Maps,
    nn::{Head, Layout, Pass, Weights},
};
use byolab_values::plan::{
    Recipe, cost,
    demand::Demand,
    recipe::{
        Declaration, FrozenLayer, InitialTarget, KeptRows, MethodRecipe, RandomInitRecipe, TargetNetwork, UnitRows,
    },
    streams::{Draws, Stream},
};

/// What one pass over a batch gives.
#[derive(Clone)]
pub struct LossOutput {
    /// `[1]`, tracked.
    pub loss: Tensor<1>,
    /// The student's projections of view 1, `[n, d]`, without gradient: what the collapse sentinel looks at.
    pub projection: Tensor<2>,
    /// The teacher's projections of view 2, `[n, d]`, without gradient: what the student's of view 1 move towards.
    pub target: Option<Tensor<2>>,
    /// The method's own curves, `[1]` each, without gradient, by the metric's name.
    pub metrics: Vec<(&'static str, Tensor<1>)>,
}

impl LossOutput {
    fn new(loss: Tensor<1>, projection: Tensor<2>) -> Self {
        Self { loss, projection, target: None, metrics: Vec::new() }
    }

    /// The same with a curve of the method's own, `[1]`.
    fn metric(mut self, name: &'static str, value: Tensor<1>) -> Self {
        self.metrics.push((name, value.inner()));
        self
    }

    /// The same with what the teacher made of view 2, `[n, d]`.
    fn toward(self, target: Tensor<2>) -> Self {
        Self { target: Some(target.inner()), ..self }
    }
}

/// The forward pass of a method.
pub trait Method: Send + Sync {
    /// The loss of a batch; the student's weights are tracked, the teacher's are not.
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput;
}

/// A method with the architecture that it trains.
pub struct Architecture {
    /// Names and shapes of all parameters, the encoder's first.
    pub layout: Layout,
    /// From images to features.
    pub encoder: Arc<dyn Encoder>,
    /// What is noted of the encoder's passes.
    pub tape: Arc<Tape>,
    /// From features to the loss.
    pub method: Box<dyn Method>,
    /// What the method says of itself.
    recipe: MethodRecipe,
    /// What it needs of a batch.
    pub demand: Demand,
    /// The head whose first layers are judged with the encoder, where some are.
    judged: Option<Head>,
    /// Where pixels are judged in place of the encoder's features: how many along a side.
    pixels: Option<usize>,
    /// The head that tells classes, where one does.
    classifier: Option<Head>,
    /// How many of the student's parameters, from the first on, a teacher has.
    followed: usize,
    /// How the teacher network follows, where there is one.
    pub target: Option<TargetNetwork>,
    /// Groups of a batch that batch normalisation takes apart.
    norm_groups: usize,
}

/// Declares encoder and heads, encoder first; `classes` are the dataset's.
pub fn build(recipe: &Recipe, classes: usize) -> Architecture {
    let mut layout = Layout::default();
    let (declaration, precision) = (recipe.method.declaration(), recipe.train.precision);
    let built = if declaration.halves() { encoder::halves } else { encoder::build };
    let encoder: Arc<dyn Encoder> = match recipe.method.encoder() {
        Some(found) => encoder::shaped(&found.shape, precision, &mut layout, "encoder").into(),
        None => built(&recipe.encoder, precision, &mut layout, "encoder").into(),
    };
    let (taped, tape) = Taped::new(encoder.clone(), layout.parameters.len());
    let declared = declaration.heads(&cost::given(recipe, classes));
    let (heads, followed) = Head::all(&mut layout, &declared);
    let judged = heads.first().filter(|_| declaration.judged_layers() > 0).cloned();
    let classifier = heads.first().filter(|_| declaration.classifies()).cloned();
    let pixels = declaration.pixels(recipe.data.working_side());
    let method = method(&recipe.method, Arc::new(taped), heads, pixels);
    let (recipe, target, norm_groups) = (recipe.method.clone(), recipe.method.target(), recipe.train.norm_groups);
    let demand = recipe.declaration().demand();
    Architecture {
        layout,
        encoder,
        tape,
        method,
        recipe,
        demand,
        judged,
        pixels,
        classifier,
        followed,
        target,
        norm_groups,
    }
}

/// The forward pass of a method, with the heads that it declares, or the side of the pixels that it judges.
fn method(
    recipe: &MethodRecipe,
    encoder: Arc<dyn Encoder>,
    heads: Vec<Head>,
    pixels: Option<usize>,
) -> Box<dyn Method> {
    match recipe {
        MethodRecipe::Byol(recipe) => Box::new(byol::Byol::new(encoder, heads, recipe)),
        MethodRecipe::Simclr(recipe) => Box::new(simclr::SimClr::new(encoder, only(heads), recipe)),
        MethodRecipe::SimclrEma(recipe) => Box::new(simclr_ema::SimClrEma::new(encoder, only(heads), recipe)),
        MethodRecipe::SimclrV2(recipe) => Box::new(simclr_v2::SimClrV2::new(encoder, only(heads), recipe)),
        MethodRecipe::Moco(recipe) => Box::new(moco::MoCo::new(encoder, only(heads), recipe)),
        MethodRecipe::Simsiam(_) => Box::new(simsiam::SimSiam::new(encoder, exactly(heads))),
        MethodRecipe::BarlowTwins(recipe) => Box::new(barlow_twins::BarlowTwins::new(encoder, only(heads), recipe)),
        MethodRecipe::Vicreg(recipe) => Box::new(vicreg::VicReg::new(encoder, only(heads), recipe)),
        MethodRecipe::MocoV3(recipe) => Box::new(moco_v3::MoCoV3::new(encoder, exactly(heads), recipe)),
        MethodRecipe::Dcl(recipe) => Box::new(dcl::Dcl::new(encoder, only(heads), recipe)),
        MethodRecipe::Lejepa(recipe) => Box::new(lejepa::LeJepa::new(encoder, only(heads), recipe)),
        MethodRecipe::Swav(recipe) => Box::new(swav::Swav::new(encoder, exactly(heads), recipe)),
        MethodRecipe::Dino(recipe) => Box::new(dino::Dino::new(encoder, exactly(heads), recipe)),
        MethodRecipe::Nnclr(recipe) => Box::new(nnclr::NnClr::new(encoder, exactly(heads), recipe)),
        MethodRecipe::WMse(recipe) => Box::new(w_mse::WMse::new(encoder, only(heads), recipe)),
        MethodRecipe::Supervised(_) => Box::new(supervised::Supervised::new(encoder, only(heads))),
        MethodRecipe::RandomInit(recipe) => Box::new(random_init::RandomInit::new(encoder, recipe)),
        MethodRecipe::Pixels(_) => Box::new(pixels::Pixels { side: pixels.expect("it judges pixels") }),
        MethodRecipe::Encoder(_) => Box::new(random_init::RandomInit::new(encoder, &RandomInitRecipe::default())),
        MethodRecipe::FewLabels(_) => Box::new(few_labels::FewLabels::new(encoder, only(heads))),
        MethodRecipe::Fixmatch(recipe) => Box::new(fixmatch::FixMatch::new(encoder, only(heads), recipe)),
        MethodRecipe::PseudoLabel(recipe) => Box::new(pseudo_label::PseudoLabel::new(encoder, only(heads), recipe)),
        MethodRecipe::MeanTeacher(recipe) => Box::new(mean_teacher::MeanTeacher::new(encoder, only(heads), recipe)),
        MethodRecipe::Exemplar(_)
        | MethodRecipe::ContextPrediction(_)
        | MethodRecipe::Jigsaw(_)
        | MethodRecipe::Denoising(_)
        | MethodRecipe::Colorization(_)
        | MethodRecipe::ContextEncoder(_)
        | MethodRecipe::SplitBrain(_)
        | MethodRecipe::Counting(_)
        | MethodRecipe::MultiTask(_)
        | MethodRecipe::Rotation(_) => Box::new(pretext::PretextTasks::new(encoder, heads, recipe)),
    }
}

/// The heads of a method that declares so many.
fn exactly<const N: usize>(heads: Vec<Head>) -> [Head; N] {
    heads.try_into().unwrap_or_else(|heads: Vec<Head>| panic!("{} heads are declared and {N} are used", heads.len()))
}

fn only(heads: Vec<Head>) -> Head {
    let [head] = exactly(heads);
    head
}

impl Architecture {
    /// What the method says of itself.
    pub fn declaration(&self) -> &dyn Declaration {
        self.recipe.declaration()
    }

    /// The parameters whose rows are kept at length 1, by their places.
    pub fn unit_rows(&self) -> Vec<usize> {
        self.declaration().unit_rows().map_or(Vec::new(), |UnitRows { part, .. }| self.places(part))
    }

    /// The parameters that do not learn in an epoch, by their places.
    pub fn frozen(&self, epoch: u64) -> Vec<usize> {
        let frozen = self.declaration().frozen().filter(|frozen| epoch < frozen.epochs);
        frozen.map_or(Vec::new(), |FrozenLayer { part, .. }| self.places(part))
    }

    fn places(&self, part: &str) -> Vec<usize> {
        let names = self.layout.parameters.iter().enumerate();
        names.filter(|(_, parameter)| parameter.name.starts_with(part)).map(|(place, _)| place).collect()
    }

    /// What its target's outputs are divided by in an epoch, `[1, 1]`, where that may change.
    pub fn temperature(&self, epoch: u64, device: &Device) -> Option<Tensor<2>> {
        let temperature = self.declaration().target_temperature(epoch)?;
        Some(Tensor::from_data(TensorData::new(vec![temperature as f32], [1, 1]), device))
    }

    /// Whether the student remembers rows.
    pub fn remembers(&self) -> bool {
        matches!(self.declaration().rows(), Some(KeptRows::Remembered(_)))
    }

    /// Whether the encoder alone is judged: the same for all methods before training.
    pub fn judges_encoder(&self) -> bool {
        self.judged.is_none() && self.pixels.is_none()
    }

    /// The features that are judged, `[n, d]`, of images `[n, 3, side, side]`.
    pub fn features(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        if let Some(side) = self.pixels {
            return pixels::averaged(x, side);
        }
        let features = self.encoder.forward(pass, x);
        match &self.judged {
            Some(head) => head.forward_to(pass, features, self.declaration().judged_layers()),
            None => features,
        }
    }

    /// How many stages the encoder has; none where pixels are judged.
    pub fn stages(&self) -> usize {
        if self.pixels.is_some() { 0 } else { self.encoder.stages() }
    }

    /// The maps of the encoder's stage `stage`, from 1 on, of images `[n, 3, side, side]`.
    pub fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        self.encoder.maps(pass, x, stage)
    }

    /// What the method's own classifier says of features, `[n, features]` to `[n, classes]`, where it has one.
    pub fn classify(&self, pass: &mut Pass, features: Tensor<2>) -> Option<Tensor<2>> {
        self.classifier.as_ref().map(|classifier| classifier.forward(pass, features))
    }

    /// The gradients of a loss of what has passed under `weights`, which are tracked: those of each
    /// parameter, laid out as it is.
    pub fn gradients(&self, loss: &Tensor<1>, weights: &Weights) -> Vec<Tensor<1>> {
        let mut all = loss.backward();
        let mut gradients = self.tape.backward(&weights.untracked(), &all);
        let others = Weights(weights.0[gradients.len()..].to_vec());
        gradients.extend(others.taken_from(&mut all));
        gradients
    }

    /// First numbers of the student and, where the method has one, of the teacher.
    pub fn initial(&self, seed: u64, device: &Device) -> (Network, Option<Teacher>) {
        let network =
            |copy| Network::new(self.layout.initial(seed, copy, device), self.layout.running(device), self.norm_groups);
        let teacher = self.target.map(|target| {
            // A draw of its own is BYOL's code: another random key.
            let drawn = network(if target.initial == InitialTarget::Separate { 1 } else { 0 });
            let network = Network { weights: drawn.weights.prefix(self.followed), ..drawn };
            let queue = self.declaration().queue().map(|shape| first_keys(seed, shape, device));
            let centre = self.declaration().centre().map(|length| Tensor::zeros([1, length], device));
            Teacher { network, norm: target.norm, queue, centre, temperature: self.temperature(0, device) }
        });
        let rows = self.declaration().rows().map(|rows| first_keys(seed, rows.shape(), device));
        (Network { rows, ..network(0) }, teacher)
    }
}

/// Random rows of length 1 (MoCo's code), the first that are remembered.
fn first_keys(seed: u64, shape: [usize; 2], device: &Device) -> Tensor<2> {
    unit_rows(Draws::new(seed, Stream::Weights, 0, 0, u32::MAX), shape, device)
}

/// Random directions, `[rows, d]`, rows of length 1.
pub fn unit_rows(mut draws: Draws, [rows, d]: [usize; 2], device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..rows * d).map(|_| draws.normal()).collect();
    super::loss::normalize(Tensor::from_data(TensorData::new(values, [rows, d]), device))
}
