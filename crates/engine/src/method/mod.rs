//! Methods: a way of learning. One file each and one line in [`build`].

mod barlow_twins;
mod byol;
mod dcl;
mod moco;
mod moco_v3;
mod network;
mod random_init;
mod simclr;
mod simclr_ema;
mod simclr_v2;
mod simsiam;
mod supervised;
mod vicreg;
mod w_mse;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

pub use network::{Embedder, Network, Taught, Teacher};

use super::{
    encoder::{
        self, Encoder,
        tape::{Tape, Taped},
    },
    nn::{Layout, Pass, Weights},
};
use byolab_values::{
    data::Label,
    plan::{
        Recipe,
        recipe::{InitialTarget, MethodRecipe, TargetNetwork},
        streams::{Draws, Stream},
    },
};

/// What passes the networks together.
#[derive(Clone)]
pub struct Batch {
    /// `[n, 3, side, side]` each.
    pub views: [Tensor<4>; 2],
    /// The classes of the images. Only a reference method looks at them.
    pub labels: Vec<Label>,
}

/// What one pass over two views gives.
#[derive(Clone)]
pub struct LossOutput {
    /// `[1]`, tracked.
    pub loss: Tensor<1>,
    /// The student's projections of view 1, `[n, d]`, without gradient: what the collapse sentinel looks at.
    pub projection: Tensor<2>,
    /// The teacher's projections of view 2, `[n, d]`, without gradient: what the student's of view 1 move towards.
    pub target: Option<Tensor<2>>,
}

impl LossOutput {
    fn new(loss: Tensor<1>, projection: Tensor<2>) -> Self {
        Self { loss, projection, target: None }
    }

    /// The same with what the teacher made of view 2, `[n, d]`.
    fn toward(self, target: Tensor<2>) -> Self {
        Self { target: Some(target.inner()), ..self }
    }
}

/// The forward pass of a method.
pub trait Method: Send + Sync {
    /// How many of the student's parameters, from the first on, a teacher network has; none where there is no teacher.
    fn teacher_parameters(&self) -> Option<usize> {
        None
    }

    /// Keys that the teacher remembers, and their dimensions.
    fn queue(&self) -> Option<[usize; 2]> {
        None
    }

    /// The loss of a batch; the student's weights are tracked, the teacher's are not.
    fn loss(&self, student: &mut Network, teacher: Option<&mut Teacher>, batch: Batch) -> LossOutput;

    /// Whether the loss depends on labels.
    fn reads_labels(&self) -> bool {
        false
    }

    /// Whether gradients move the student.
    fn learns(&self) -> bool {
        true
    }

    /// The multiple of the learning rate of parameters whose names begin with `part` (`predictor`).
    fn lr_multiple(&self, _part: &str) -> f64 {
        1.0
    }

    /// Layers of the head that belong to the features which are judged.
    fn judged_layers(&self) -> usize {
        0
    }

    /// The features that are judged, `[n, d]`, of images `[n, 3, side, side]`.
    fn features(&self, encoder: &dyn Encoder, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        encoder.forward(pass, x)
    }
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
    /// How the teacher network follows, where there is one.
    pub target: Option<TargetNetwork>,
    /// Groups of a batch that batch normalisation takes apart.
    norm_groups: usize,
}

/// Declares encoder and heads, encoder first; `classes` are the dataset's.
pub fn build(recipe: &Recipe, classes: usize) -> Architecture {
    let mut layout = Layout::default();
    let encoder: Arc<dyn Encoder> =
        encoder::build(&recipe.encoder, recipe.train.precision, &mut layout, "encoder").into();
    let (taped, tape) = Taped::new(encoder.clone(), layout.parameters.len());
    let (declare, shared): (_, Arc<dyn Encoder>) = (&mut layout, Arc::new(taped));
    let method: Box<dyn Method> = match &recipe.method {
        MethodRecipe::Byol(recipe) => Box::new(byol::Byol::new(declare, shared, recipe)),
        MethodRecipe::Simclr(recipe) => Box::new(simclr::SimClr::new(declare, shared, recipe)),
        MethodRecipe::SimclrEma(recipe) => Box::new(simclr_ema::SimClrEma::new(declare, shared, recipe)),
        MethodRecipe::SimclrV2(recipe) => Box::new(simclr_v2::SimClrV2::new(declare, shared, recipe)),
        MethodRecipe::Moco(recipe) => Box::new(moco::MoCo::new(declare, shared, recipe)),
        MethodRecipe::Simsiam(recipe) => Box::new(simsiam::SimSiam::new(declare, shared, recipe)),
        MethodRecipe::BarlowTwins(recipe) => Box::new(barlow_twins::BarlowTwins::new(declare, shared, recipe)),
        MethodRecipe::Vicreg(recipe) => Box::new(vicreg::VicReg::new(declare, shared, recipe)),
        MethodRecipe::MocoV3(recipe) => Box::new(moco_v3::MoCoV3::new(declare, shared, recipe)),
        MethodRecipe::Dcl(recipe) => Box::new(dcl::Dcl::new(declare, shared, recipe)),
        MethodRecipe::WMse(recipe) => Box::new(w_mse::WMse::new(declare, shared, recipe)),
        MethodRecipe::Supervised(_) => Box::new(supervised::Supervised::new(declare, shared, classes)),
        MethodRecipe::RandomInit(_) => Box::new(random_init::RandomInit::new(shared)),
    };
    let (target, norm_groups) = (recipe.method.target(), recipe.train.norm_groups);
    Architecture { layout, encoder, tape, method, target, norm_groups }
}

impl Architecture {
    /// The features that are judged, `[n, d]`, of images `[n, 3, side, side]`.
    pub fn features(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        self.method.features(&*self.encoder, pass, x)
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
        let network = |copy| Network {
            weights: self.layout.initial(seed, copy, device),
            running: self.layout.running(device),
            groups: self.norm_groups,
        };
        let teacher = self.method.teacher_parameters().map(|count| {
            let target = self.target.expect("a method with a teacher says how it follows");
            // A draw of its own is BYOL's code: another random key.
            let drawn = network(if target.initial == InitialTarget::Separate { 1 } else { 0 });
            let network = Network { weights: drawn.weights.prefix(count), ..drawn };
            let queue = self.method.queue().map(|shape| first_keys(seed, shape, device));
            Teacher { network, norm: target.norm, queue }
        });
        (network(0), teacher)
    }
}

/// Random rows of length 1 (MoCo's code).
fn first_keys(seed: u64, [keys, dimensions]: [usize; 2], device: &Device) -> Tensor<2> {
    let mut draws = Draws::new(seed, Stream::Weights, 0, 0, u32::MAX);
    let values: Vec<f32> = (0..keys * dimensions).map(|_| draws.normal()).collect();
    super::loss::normalize(Tensor::from_data(burn::tensor::TensorData::new(values, [keys, dimensions]), device))
}
