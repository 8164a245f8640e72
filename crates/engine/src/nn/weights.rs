//! A network's numbers, apart from its shape: a [`Layout`] names and sizes them, [`Weights`] and [`Running`] hold them.
//! The same functions are applied to the student's numbers and to the teacher's, as in the authors' Haiku code; so
//! there is no module to clone and no parameter identity to confuse the two.

use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::kernel::many::{self, Destination};
use byolab_values::plan::streams::{Draws, Stream};

/// What a parameter is for: decides its first value, and whether it is decayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// He et al. 2015, fan out, as torchvision's ResNet: normal with variance 2 / `fan`.
    Convolution {
        /// Outputs that a number of the input goes into: output channels times the kernel's pixels.
        fan: usize,
    },
    /// Uniform within 1 / sqrt(`fan`), as PyTorch's linear layer.
    Linear {
        /// Numbers that an output is summed from.
        fan: usize,
    },
    /// A bias of a linear layer, uniform within 1 / sqrt(`fan`).
    Bias {
        /// Numbers that an output is summed from.
        fan: usize,
    },
    /// A linear layer's, normal.
    Narrow {
        /// Its standard deviation.
        deviation: f32,
    },
    /// gamma of batch normalisation, 1.
    Scale,
    /// beta of batch normalisation, and what else is added and begins at 0.
    Shift,
}

impl Role {
    /// Neither a bias nor a normalisation parameter. Under LARS only these take weight decay and adaptation (BYOL
    /// section 3.3).
    pub fn is_weight(self) -> bool {
        matches!(self, Self::Convolution { .. } | Self::Linear { .. } | Self::Narrow { .. })
    }
}

/// One parameter: its torchvision name, its shape, its role.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// torchvision's, where that has the layer.
    pub name: String,
    /// Its dimensions; numbers are held as one row.
    pub shape: Vec<usize>,
    /// What it is for: how it is drawn, and whether it is decayed.
    pub role: Role,
}

/// The parameters and the normalisation layers of a network, in the order in which they were declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// In the order in which layers declared them.
    pub parameters: Vec<Parameter>,
    /// Name and channels of each batch normalisation.
    pub norms: Vec<(String, usize)>,
}

impl Layout {
    /// Declares a parameter and returns its place in [`Weights`].
    pub fn parameter(&mut self, name: String, shape: Vec<usize>, role: Role) -> usize {
        self.parameters.push(Parameter { name, shape, role });
        self.parameters.len() - 1
    }

    /// Declares a batch normalisation's statistics and returns their place in [`Running`].
    pub fn norm(&mut self, name: String, channels: usize) -> usize {
        self.norms.push((name, channels));
        self.norms.len() - 1
    }

    /// First values, drawn on the host from (seed, name): the same encoder for every method of a seed. `copy` tells a
    /// separately drawn teacher (1) from the student (0).
    pub fn initial(&self, seed: u64, copy: u32, device: &Device) -> Weights {
        let tensor = |parameter: &Parameter| {
            let values = initial_values(parameter, seed, copy);
            Tensor::from_data(TensorData::new(values, [parameter.shape.iter().product::<usize>()]), device)
        };
        Weights(self.parameters.iter().map(tensor).collect())
    }

    /// Running statistics before any batch: mean 0, variance 1.
    pub fn running(&self, device: &Device) -> Running {
        Running::new(
            self.norms.iter().map(|(_, channels)| Tensor::zeros([*channels], device)).collect(),
            self.norms.iter().map(|(_, channels)| Tensor::ones([*channels], device)).collect(),
        )
    }
}

fn initial_values(parameter: &Parameter, seed: u64, copy: u32) -> Vec<f32> {
    let count = parameter.shape.iter().product();
    let mut draws = Draws::new(seed, Stream::Weights, 0, name_key(&parameter.name), copy);
    match parameter.role {
        Role::Scale => vec![1.0; count],
        Role::Shift => vec![0.0; count],
        Role::Convolution { fan } => {
            let std = (2.0 / fan as f32).sqrt();
            (0..count).map(|_| std * draws.normal()).collect()
        }
        Role::Narrow { deviation } => (0..count).map(|_| deviation * draws.normal()).collect(),
        Role::Linear { fan } | Role::Bias { fan } => {
            let bound = 1.0 / (fan as f32).sqrt();
            (0..count).map(|_| draws.uniform(-bound, bound)).collect()
        }
    }
}

/// FNV-1a: names a parameter's stream by its name, so that adding a layer elsewhere changes no other first value.
fn name_key(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Flat tensors in the layout's order.
#[derive(Clone, Debug)]
pub struct Weights(pub Vec<Tensor<1>>);

impl Weights {
    /// The same numbers as leaves of a new autodiff graph.
    pub fn tracked(&self) -> Self {
        Self(self.0.iter().map(|tensor| tensor.clone().autodiff().require_grad()).collect())
    }

    /// The same tracked numbers without a graph.
    pub fn untracked(&self) -> Self {
        Self(self.0.iter().map(|tensor| tensor.clone().inner()).collect())
    }

    /// The gradients of a loss that these tracked numbers were used for, without gradients of their own.
    pub fn gradients(&self, loss: &Tensor<1>) -> Vec<Tensor<1>> {
        self.taken_from(&mut loss.backward())
    }

    /// The same out of the gradients of all that the loss was made of.
    pub fn taken_from(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        let of = |weight: &Tensor<1>| {
            // A parameter that the loss does not reach (the predictor's, say, of an ablation) has gradient 0.
            weight.grad_remove(gradients).unwrap_or_else(|| weight.clone().inner().zeros_like())
        };
        self.0.iter().map(of).collect()
    }

    /// The first `count` parameters: a teacher has the student's encoder and projector, declared first.
    pub fn prefix(&self, count: usize) -> Self {
        Self(self.0[..count].to_vec())
    }

    /// `self <- decay self + (1 - decay) other`, over the parameters that self has.
    pub fn average_with(&mut self, other: &Self, decay: f64, place: Destination) {
        average(&mut self.0, &other.0, decay, place);
    }
}

fn average(mine: &mut [Tensor<1>], theirs: &[Tensor<1>], decay: f64, place: Destination) {
    many::blend(mine, theirs, decay, &vec![1.0 - decay; mine.len()], place);
}

/// A step of the running statistics of a layer.
#[derive(Clone, Debug)]
pub struct Move {
    /// Among normalisation layers.
    pub layer: usize,
    /// The share of them that stays.
    pub kept: f64,
    /// The shares of a batch's mean and variance that come.
    pub shares: [f64; 2],
    /// Mean and variance of the batch, `[channels]`.
    pub batch: [Tensor<1>; 2],
}

/// What becomes of running statistics in a step.
#[derive(Clone, Debug)]
pub enum RunningUpdate {
    /// Towards statistics of batches, in their order.
    Moves(Vec<Move>),
    /// They moved while they were read.
    Anew(Running),
}

/// Running statistics of batch normalisation, used by evaluation and by some teachers.
#[derive(Clone, Debug)]
pub struct Running {
    /// By layer, `[channels]`.
    pub mean: Vec<Tensor<1>>,
    /// Unbiased, as PyTorch's.
    pub variance: Vec<Tensor<1>>,
    /// Where moves are only noted: which.
    noted: Option<Vec<Move>>,
}

impl Running {
    /// Of all layers, `[channels]` each.
    pub fn new(mean: Vec<Tensor<1>>, variance: Vec<Tensor<1>>) -> Self {
        Self { mean, variance, noted: None }
    }

    /// Moves a layer's statistics, or notes that they are to be moved.
    pub fn advance(&mut self, by: Move) {
        if let Some(noted) = &mut self.noted {
            return noted.push(by);
        }
        self.make(vec![by]);
    }

    /// The same statistics, which do not move: for a pass beside another one, after which they are [settled](Self::settle).
    pub fn noting(&self) -> Self {
        Self { noted: Some(Vec::new()), ..self.clone() }
    }

    /// Makes the moves that were noted elsewhere, as if that pass had come now.
    pub fn settle(&mut self, elsewhere: Self) {
        elsewhere.noted.into_iter().flatten().for_each(|by| self.advance(by));
    }

    /// What a step did to these, which were [noting](Self::noting) or moved with it.
    pub fn change(self) -> RunningUpdate {
        match self.noted {
            Some(moves) => RunningUpdate::Moves(moves),
            None => RunningUpdate::Anew(self),
        }
    }

    /// Does the same to these, the moves of all layers at once.
    pub fn take(&mut self, change: RunningUpdate) {
        match change {
            RunningUpdate::Moves(moves) => self.make(moves),
            RunningUpdate::Anew(statistics) => *self = statistics,
        }
    }

    /// The same numbers in places of their own.
    pub fn apart(&self) -> Self {
        Self::new(many::apart(&self.mean), many::apart(&self.variance))
    }

    fn make(&mut self, mut moves: Vec<Move>) {
        while let Some(kept) = moves.first().map(|by| by.kept) {
            // A layer that moved twice moves in two rounds.
            let mut moved = vec![false; self.mean.len()];
            let first = |by: &mut Move| by.kept == kept && !std::mem::replace(&mut moved[by.layer], true);
            let round: Vec<Move> = moves.extract_if(.., first).collect();
            let shares: Vec<f64> = round.iter().flat_map(|by| by.shares).collect();
            let mut statistics = Vec::with_capacity(shares.len());
            for Move { layer, batch: [mean, variance], .. } in &round {
                statistics.push(std::mem::replace(&mut self.mean[*layer], mean.clone()));
                statistics.push(std::mem::replace(&mut self.variance[*layer], variance.clone()));
            }
            let batch: Vec<Tensor<1>> = round.iter().flat_map(|by| by.batch.clone()).collect();
            many::blend(&mut statistics, &batch, kept, &shares, Destination::Free);
            let mut statistics = statistics.into_iter();
            for Move { layer, .. } in round {
                let mut next = || statistics.next().expect("as many as were taken");
                (self.mean[layer], self.variance[layer]) = (next(), next());
            }
        }
    }

    /// `self <- decay self + (1 - decay) other`.
    pub fn average_with(&mut self, other: &Self, decay: f64, place: Destination) {
        average(&mut self.mean, &other.mean, decay, place);
        average(&mut self.variance, &other.variance, decay, place);
    }
}
