//! Colour jitter: brightness, contrast, saturation and hue in an order drawn per image, as torchvision has them or as
//! BYOL's code has them.

use std::fmt;

use super::colour;
use crate::{
    augment::Canvas,
    plan::{recipe::Semantics, streams::Draws},
};

/// Amounts of the four operations, and the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter {
    /// What the four parts do.
    pub semantics: Semantics,
    /// A factor, 1 changes nothing; under [`Semantics::Byol`] a difference, 0 changes nothing.
    pub brightness: f32,
    /// Factors; 1 changes nothing.
    pub contrast: f32,
    /// A factor.
    pub saturation: f32,
    /// A share of a full turn, -0.5 to 0.5; 0 changes nothing.
    pub hue: f32,
    /// In which the parts follow each other.
    pub order: [JitterOp; 4],
}

/// One of the four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JitterOp {
    /// Lighter or darker.
    Brightness,
    /// Away from the mean, or towards it.
    Contrast,
    /// Away from gray, or towards it.
    Saturation,
    /// Around the colour circle.
    Hue,
}

impl Jitter {
    /// `strengths` are those of brightness, contrast, saturation and hue: factors uniform in 1 ± strength (never
    /// negative), differences uniform in ± strength.
    pub fn draw(semantics: Semantics, strengths: [f64; 4], draws: &mut Draws) -> Self {
        let [brightness, contrast, saturation, hue] = strengths;
        let around = |middle: f64, strength: f64, least: f64| ((middle - strength).max(least), middle + strength);
        let mut within = |(low, high): (f64, f64)| draws.uniform(low as f32, high as f32);
        let brightness = within(match semantics {
            Semantics::Torchvision => around(1.0, brightness, 0.0),
            Semantics::Byol => around(0.0, brightness, -1.0),
        });
        let (contrast, saturation) = (within(around(1.0, contrast, 0.0)), within(around(1.0, saturation, 0.0)));
        let hue = within(around(0.0, hue, -0.5));
        let mut order = [JitterOp::Brightness, JitterOp::Contrast, JitterOp::Saturation, JitterOp::Hue];
        for last in (1..4).rev() {
            order.swap(last, draws.below(last + 1));
        }
        Self { semantics, brightness, contrast, saturation, hue, order }
    }

    #[inline(always)]
    /// Changes the image, part by part.
    pub fn apply(&self, canvas: &mut Canvas) {
        for part in self.order {
            match (part, self.semantics) {
                (JitterOp::Brightness, Semantics::Torchvision) => colour::scale(canvas, self.brightness),
                (JitterOp::Brightness, Semantics::Byol) => colour::shift(canvas, self.brightness),
                (JitterOp::Contrast, Semantics::Torchvision) => colour::contrast(canvas, self.contrast),
                (JitterOp::Contrast, Semantics::Byol) => colour::contrast_by_channel(canvas, self.contrast),
                (JitterOp::Saturation, Semantics::Torchvision) => colour::saturate(canvas, self.saturation),
                (JitterOp::Saturation, Semantics::Byol) => colour::saturate_hsv(canvas, self.saturation),
                (JitterOp::Hue, _) if self.hue == 0.0 => {}
                (JitterOp::Hue, _) => colour::turn(canvas, self.hue),
            }
        }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("jitter")?;
        self.order.iter().try_for_each(|part| match part {
            JitterOp::Brightness if self.semantics == Semantics::Byol => write!(f, " b{:+.2}", self.brightness),
            JitterOp::Brightness => write!(f, " b{:.2}", self.brightness),
            JitterOp::Contrast => write!(f, " c{:.2}", self.contrast),
            JitterOp::Saturation => write!(f, " s{:.2}", self.saturation),
            JitterOp::Hue => write!(f, " h{:+.2}", self.hue),
        })
    }
}
