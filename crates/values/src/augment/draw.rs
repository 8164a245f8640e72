//! What happens to an image: the parameters of each operation, drawn per (seed, epoch, sample, view).
//!
//! Every operation has a generator of its own, so a set that lacks one operation draws the same crop, jitter and blur
//! as the full set: augmentation sets are compared on paired views.

use std::fmt;

use super::{
    Canvas, View,
    op::{Blur, Crop, Cutout, Jitter, RandAugment, Rotation, Shift, Solarize, equalize, flip, grayscale},
};
use crate::plan::{
    recipe::Op,
    streams::{Draws, Stream},
};

/// What a view depends on, besides the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Of the training.
    pub seed: u64,
    /// Each draws other numbers.
    pub epoch: u64,
    /// The image's index in the training images.
    pub sample: u64,
    /// Which of the set's views.
    pub view: View,
    /// Which of the draws of that view.
    pub draw: u8,
}

impl Key {
    /// What tells the numbers of one operation from those of others. Never renumbered, or every recorded trial would see other
    /// views.
    pub(super) fn place(self, lane: u32, earlier: u32) -> u32 {
        self.view as u32 | u32::from(self.draw) << 1 | lane << 8 | earlier << 16
    }
}

/// An operation with its parameters, ready to be applied.
#[derive(Clone, Debug, PartialEq)]
pub enum DrawnOp {
    /// A box, and how it is enlarged.
    Crop(Crop),
    /// Left to right.
    Flip,
    /// Changes of colour, in their order.
    Jitter(Jitter),
    /// Luma alone.
    Grayscale,
    /// A kernel.
    Blur(Blur),
    /// From a threshold on.
    Solarize(Solarize),
    /// Each channel.
    Equalize,
    /// About the middle.
    Rotation(Rotation),
    /// A gray square.
    Cutout(Cutout),
    /// Changes one after the other.
    RandAugment(RandAugment),
    /// By whole pixels.
    Shift(Shift),
}

impl DrawnOp {
    /// The same bits on every processor: AVX2 makes the loops wider and changes no operation.
    pub fn apply(&self, canvas: &mut Canvas) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was asked whether it has AVX2.
            return unsafe { self.apply_avx2(canvas) };
        }
        self.apply_here(canvas);
    }

    /// Whether it may leave values outside 0 to 1 to those that follow it.
    pub fn may_overshoot(&self) -> bool {
        matches!(self, Self::Crop(Crop { clamp: false, .. }))
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn apply_avx2(&self, canvas: &mut Canvas) {
        self.apply_here(canvas);
    }

    /// Inlined, with the loops of the frequent operations, into functions compiled for one kind of processor each.
    #[inline(always)]
    fn apply_here(&self, canvas: &mut Canvas) {
        match self {
            Self::Crop(crop) => crop.apply(canvas),
            Self::Flip => flip::apply(canvas),
            Self::Jitter(jitter) => jitter.apply(canvas),
            Self::Grayscale => grayscale::apply(canvas),
            Self::Blur(blur) => blur.apply(canvas),
            Self::Solarize(solarize) => solarize.apply(canvas),
            Self::Equalize => equalize::apply(canvas),
            Self::Rotation(rotation) => rotation.apply(canvas),
            Self::Cutout(cutout) => cutout.apply(canvas),
            Self::RandAugment(changes) => changes.apply(canvas),
            Self::Shift(shift) => shift.apply(canvas),
        }
    }
}

/// The operations that happen to one view of one image of `side` pixels, in order.
pub fn drawn(ops: &[Op], side: usize, key: Key) -> impl Iterator<Item = DrawnOp> + '_ {
    drawn_to(ops, [side, side], key)
}

/// The same where crops come out at `out` by `out` pixels.
pub(super) fn drawn_to(ops: &[Op], [side, out]: [usize; 2], key: Key) -> impl Iterator<Item = DrawnOp> + '_ {
    let mut seen = side;
    ops.iter().enumerate().filter_map(move |(at, op)| {
        let earlier = ops[..at].iter().filter(|other| lane(other) == lane(op)).count() as u32;
        let place = key.place(lane(op), earlier);
        let drawn = draw(op, [seen, out], &mut Draws::new(key.seed, Stream::Views, key.epoch, key.sample, place));
        if let Some(DrawnOp::Crop(crop)) = &drawn {
            seen = crop.out;
        }
        drawn
    })
}

/// The drawn parameters as one line: `crop 20x17 at 5,3; flip; blur 1.32`.
pub fn describe(drawn: impl IntoIterator<Item = DrawnOp>) -> String {
    drawn.into_iter().map(|operation| operation.to_string()).collect::<Vec<_>>().join("; ")
}

/// Which generator an operation draws from; never renumbered, or every recorded trial would see other views.
fn lane(op: &Op) -> u32 {
    match op {
        Op::Crop { .. } => 0,
        Op::Flip { .. } => 1,
        Op::Jitter { .. } => 2,
        Op::Grayscale { .. } => 3,
        Op::Blur { .. } => 4,
        Op::Solarize { .. } => 5,
        Op::Equalize { .. } => 6,
        Op::Rotation { .. } => 7,
        Op::Cutout { .. } => 8,
        Op::RandAugment { .. } => 9,
        Op::Shift { .. } => 10,
    }
}

/// What happens to an image of `side` pixels; a crop comes out at `out`.
fn draw(op: &Op, [side, out]: [usize; 2], draws: &mut Draws) -> Option<DrawnOp> {
    draws.chance(op.probability() as f32).then(|| match *op {
        Op::Crop { area, aspect, sampler, interpolation, clamp } => {
            DrawnOp::Crop(Crop { interpolation, clamp, out, ..Crop::draw(area, aspect, sampler, side, draws) })
        }
        Op::Flip { .. } => DrawnOp::Flip,
        Op::Jitter { brightness, contrast, saturation, hue, semantics, .. } => {
            DrawnOp::Jitter(Jitter::draw(semantics, [brightness, contrast, saturation, hue], draws))
        }
        Op::Grayscale { .. } => DrawnOp::Grayscale,
        Op::Blur { sigma, kernel, .. } => DrawnOp::Blur(Blur::draw(sigma, kernel, draws)),
        Op::Solarize { threshold, .. } => DrawnOp::Solarize(Solarize { threshold: threshold as f32 }),
        Op::Equalize { .. } => DrawnOp::Equalize,
        Op::Rotation { degrees, .. } => DrawnOp::Rotation(Rotation::draw(degrees, draws)),
        Op::Cutout { size, fill, .. } => DrawnOp::Cutout(Cutout::draw(size, fill, side, draws)),
        Op::RandAugment { ops, magnitude, vary, .. } => {
            DrawnOp::RandAugment(RandAugment::draw((ops, magnitude), vary, side, draws))
        }
        Op::Shift { most, .. } => DrawnOp::Shift(Shift::draw(most, side, draws)),
    })
}

impl fmt::Display for DrawnOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crop(crop) => crop.fmt(f),
            Self::Flip => f.write_str("flip"),
            Self::Jitter(jitter) => jitter.fmt(f),
            Self::Grayscale => f.write_str("gray"),
            Self::Blur(blur) => write!(f, "blur {:.2}", blur.sigma),
            Self::Solarize(solarize) => write!(f, "solarize {:.2}", solarize.threshold),
            Self::Equalize => f.write_str("equalize"),
            Self::Rotation(rotation) => write!(f, "rotate {:+.0}", rotation.degrees),
            Self::Cutout(cutout) => cutout.fmt(f),
            Self::RandAugment(changes) => changes.fmt(f),
            Self::Shift(shift) => shift.fmt(f),
        }
    }
}
