//! RandAugment (Cubuk et al. 2020) in torchvision's space: fourteen changes, each with thirty-one magnitudes.

use std::fmt;

use super::{Solarize, colour, equalize, tone, warp::AffineMap};
use crate::{augment::Canvas, plan::streams::Draws};

/// Changes in the order in which they happen.
#[derive(Clone, Debug, PartialEq)]
pub struct RandAugment(pub Vec<RandAugmentOp>);

/// One of the fourteen, with its amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RandAugmentOp {
    /// Nothing.
    Identity,
    /// Pixels per pixel.
    ShearX(f32),
    /// Pixels per pixel, downwards.
    ShearY(f32),
    /// Pixels.
    TranslateX(i32),
    /// Pixels, downwards.
    TranslateY(i32),
    /// Degrees, counter-clockwise.
    Rotate(f32),
    /// Factors; 1 changes nothing.
    Brightness(f32),
    /// Saturation; a factor.
    Color(f32),
    /// About the mean of the luma; a factor.
    Contrast(f32),
    /// A blend with the smoothed image; a factor.
    Sharpness(f32),
    /// Bits that stay.
    Posterize(u32),
    /// The threshold.
    Solarize(f32),
    /// Spreads each channel's values to 0 and 1.
    AutoContrast,
    /// As [`super::equalize`].
    Equalize,
}

/// Changes to choose from.
pub const CHANGES: usize = 14;
/// Steps of a magnitude that varies.
const STEPS: usize = 10;
/// The greatest magnitude.
pub const MOST: usize = 30;

impl RandAugment {
    /// `changes` times one of the fourteen, each equally likely, at `magnitude` of 0 to [`MOST`]; where a change has
    /// two directions, either. Where they `vary`, each happens half of the time, and at one of ten steps to the magnitude.
    pub fn draw((changes, magnitude): (usize, usize), vary: bool, side: usize, draws: &mut Draws) -> Self {
        let mut change = || {
            let (which, negative) = (draws.below(CHANGES), draws.chance(0.5));
            if !vary {
                return RandAugmentOp::of(which, magnitude, negative, side);
            }
            let step = draws.below(STEPS) + 1;
            match draws.chance(0.5) {
                true => RandAugmentOp::of(which, magnitude * step / STEPS, negative, side),
                false => RandAugmentOp::Identity,
            }
        };
        Self((0..changes).map(|_| change()).collect())
    }

    /// Changes the image, one change after the other.
    pub fn apply(&self, canvas: &mut Canvas) {
        self.0.iter().for_each(|change| change.apply(canvas));
    }
}

impl RandAugmentOp {
    /// The change number `which` in torchvision's order, at `magnitude` of 0 to [`MOST`].
    pub fn of(which: usize, magnitude: usize, negative: bool, side: usize) -> Self {
        let share = magnitude as f32 / MOST as f32;
        let signed = |most: f32| if negative { -amount(most, magnitude) } else { amount(most, magnitude) };
        let pixels = || signed((150.0 / 331.0 * side as f64) as f32) as i32;
        match which {
            0 => Self::Identity,
            1 => Self::ShearX(signed(0.3)),
            2 => Self::ShearY(signed(0.3)),
            3 => Self::TranslateX(pixels()),
            4 => Self::TranslateY(pixels()),
            5 => Self::Rotate(signed(30.0)),
            6 => Self::Brightness(1.0 + signed(0.9)),
            7 => Self::Color(1.0 + signed(0.9)),
            8 => Self::Contrast(1.0 + signed(0.9)),
            9 => Self::Sharpness(1.0 + signed(0.9)),
            10 => Self::Posterize(8 - (4.0 * share).round_ties_even() as u32),
            11 => Self::Solarize(1.0 - share),
            12 => Self::AutoContrast,
            13 => Self::Equalize,
            _ => panic!("RandAugment has {CHANGES} changes, and {which} is none of them"),
        }
    }

    /// Changes the image.
    pub fn apply(self, canvas: &mut Canvas) {
        let side = canvas.side;
        match self {
            Self::Identity => {}
            Self::ShearX(slope) => AffineMap::shear_x(slope, side).nearest(canvas),
            Self::ShearY(slope) => AffineMap::shear_y(slope, side).nearest(canvas),
            Self::TranslateX(pixels) => AffineMap::translation(pixels, 0).nearest(canvas),
            Self::TranslateY(pixels) => AffineMap::translation(0, pixels).nearest(canvas),
            Self::Rotate(degrees) => AffineMap::rotation(degrees).nearest(canvas),
            Self::Brightness(factor) => colour::scale(canvas, factor),
            Self::Color(factor) => colour::saturate(canvas, factor),
            Self::Contrast(factor) => colour::contrast(canvas, factor),
            Self::Sharpness(factor) => tone::sharpen(canvas, factor),
            Self::Posterize(bits) => tone::posterize(canvas, bits),
            Self::Solarize(threshold) => Solarize { threshold }.apply(canvas),
            Self::AutoContrast => tone::autocontrast(canvas),
            Self::Equalize => equalize::apply(canvas),
        }
    }
}

/// Of `most`, to the last bit of `torch.linspace`: bytes are cut and not rounded, so that it decides.
fn amount(most: f32, magnitude: usize) -> f32 {
    let step = most / MOST as f32;
    if magnitude < MOST / 2 {
        return step * magnitude as f32;
    }
    (f64::from(most) - f64::from(step) * (MOST - magnitude) as f64) as f32
}

impl fmt::Display for RandAugment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rand")?;
        self.0.iter().try_for_each(|change| write!(f, " {change}"))
    }
}

impl fmt::Display for RandAugmentOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity"),
            Self::ShearX(slope) => write!(f, "shear-x {slope:+.2}"),
            Self::ShearY(slope) => write!(f, "shear-y {slope:+.2}"),
            Self::TranslateX(pixels) => write!(f, "move-x {pixels:+}"),
            Self::TranslateY(pixels) => write!(f, "move-y {pixels:+}"),
            Self::Rotate(degrees) => write!(f, "rotate {degrees:+.0}"),
            Self::Brightness(factor) => write!(f, "b{factor:.2}"),
            Self::Color(factor) => write!(f, "s{factor:.2}"),
            Self::Contrast(factor) => write!(f, "c{factor:.2}"),
            Self::Sharpness(factor) => write!(f, "sharp {factor:.2}"),
            Self::Posterize(bits) => write!(f, "posterize {bits}"),
            Self::Solarize(threshold) => write!(f, "solarize {threshold:.2}"),
            Self::AutoContrast => f.write_str("autocontrast"),
            Self::Equalize => f.write_str("equalize"),
        }
    }
}
