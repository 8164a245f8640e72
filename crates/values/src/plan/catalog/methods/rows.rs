//! Rows of length 1 that a student keeps, beside its weights or among them; layers that do not learn yet.

/// What becomes of them from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptRows {
    /// They begin at random, the loss puts others in their place, and a checkpoint holds them: NNCLR's support set.
    Remembered([usize; 2]),
    /// They are drawn anew at every step: LeJEPA's slices.
    Drawn([usize; 2]),
}

impl KeptRows {
    /// How many there are, and how long in numbers.
    pub fn shape(self) -> [usize; 2] {
        match self {
            Self::Remembered(shape) | Self::Drawn(shape) => shape,
        }
    }
}

/// A layer whose weights are rows of length 1: SwAV's prototypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitRows {
    /// What the names of its parameters begin with.
    pub part: &'static str,
    /// First steps in which it does not learn.
    pub frozen_steps: u64,
}

/// A layer that stays as it is at first, undecayed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrozenLayer {
    /// What the names of its parameters begin with.
    pub part: &'static str,
    /// First epochs in which it does.
    pub epochs: u64,
}
