//! Every random number comes from a generator keyed by (seed, stream, epoch, sample, view): the same on every device,
//! at every batch size, after every resume.
//!
//! ```text
//!  key of 32 bytes    | seed 8 | epoch 8 | sample 8 | view 4 | stream 2 | 0 0 |  ->  ChaCha8  ->  numbers of this use alone
//!
//!  the crop of image 7's first view in epoch 3 of seed 0:     (0, Views, 3, 7, first | crop's lane << 8 | earlier crops << 16)
//!  the order of the images in epoch 3:                        (0, Order, 3, 0, 0)
//!  the first values of the parameter `encoder.conv1.weight`:  (0, Weights, 0, hash of its name, 0)
//! ```
//!
//! Nothing is drawn from a generator that lives from step to step, so there is no state to lose, to save or to share out among
//! threads. Whatever does not stand in a key cannot change its numbers: neither the batch size nor the number of devices, nor
//! which other operations a set has. That is what pairs an ablated set with the full one, and a method with its neighbour.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// What a generator is for; no two uses share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Stream {
    /// First values of parameters.
    Weights = 1,
    /// The order of images in an epoch.
    Order = 2,
    /// Augmentations.
    Views = 3,
    /// Which images are held out, kept or labelled.
    Split = 4,
    /// Images that the program makes.
    Synthetic = 5,
    /// The linear probe.
    Probe = 6,
    /// Fine-tuning.
    Finetune = 7,
    /// The order of images with labels, where a method takes them over and over.
    Labelled = 8,
    /// Directions that a loss draws at every step.
    Slices = 9,
    /// Scenes that the program makes.
    Scenes = 10,
    /// Bootstrap intervals.
    Bootstrap = 20,
}

/// A keyed generator of uniform numbers. The whole key goes into ChaCha8's 256-bit seed: no hashing, no collisions.
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The generator of a key; `view` and `sample` are whatever parts the numbers of the stream further.
    pub fn new(seed: u64, stream: Stream, epoch: u64, sample: u64, view: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&epoch.to_le_bytes());
        key[16..24].copy_from_slice(&sample.to_le_bytes());
        key[24..28].copy_from_slice(&view.to_le_bytes());
        key[28..30].copy_from_slice(&(stream as u16).to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1), 24 bits: exact in f32.
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// Uniform in 0..n (Lemire's multiplication; the bias is below n / 2^64).
    pub fn below(&mut self, n: usize) -> usize {
        ((self.0.next_u64() as u128 * n as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (2.0 * std::f32::consts::PI * self.unit()).cos()
    }

    /// 0..n in random order (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}
