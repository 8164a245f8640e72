//! Layers as functions of numbers held elsewhere: a layer knows the places of its parameters in [`Weights`], and a
//! [`Pass`] carries the numbers it is applied to.

mod head;
mod layers;
mod weights;

pub use head::Head;
pub use layers::{BatchNorm, Convolution, Linear, NormConstants};
pub use weights::{Layout, Move, Parameter, Role, Running, RunningUpdate, Weights};

/// How batch normalisation behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch; the running ones move.
    Train,
    /// The running statistics, moved by the batch first.
    Follow,
    /// The running statistics.
    Evaluate,
}

/// One application of a network: whose numbers, and in which mode.
pub struct Pass<'a> {
    /// Whose parameters.
    pub weights: &'a Weights,
    /// Whose statistics, which may move.
    pub running: &'a mut Running,
    /// How normalisation behaves.
    pub mode: Mode,
    /// Groups of the batch that [`Mode::Train`] takes apart, as so many devices would (MoCo's SplitBN).
    pub groups: usize,
    /// How many passes of the same network came before it in this step: what it teaches is added in this order, whenever it is
    /// done.
    pub number: usize,
}
