//! Colour jitter with torchvision's semantics: brightness multiplies, contrast blends with the mean luma, saturation
//! blends with the luma, hue turns in HSV; each clamps to 0 to 1. Loops are free of branches, so that they vectorise.

use std::fmt;

use super::luma;
use crate::{plan::streams::Draws, views::Canvas};

/// Factors of the four operations, and the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter {
    /// 1 changes nothing.
    pub brightness: f32,
    pub contrast: f32,
    pub saturation: f32,
    /// A share of a full turn, -0.5 to 0.5; 0 changes nothing.
    pub hue: f32,
    pub order: [Part; 4],
}

/// One of the four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Brightness,
    Contrast,
    Saturation,
    Hue,
}

impl Jitter {
    /// Factors uniform in 1 ± strength (never negative), hue uniform in ± `hue`.
    pub fn draw(brightness: f64, contrast: f64, saturation: f64, hue: f64, draws: &mut Draws) -> Self {
        let mut factor = |strength: f64| draws.uniform((1.0 - strength).max(0.0) as f32, (1.0 + strength) as f32);
        let (brightness, contrast, saturation) = (factor(brightness), factor(contrast), factor(saturation));
        let hue = draws.uniform(-hue as f32, hue as f32);
        let mut order = [Part::Brightness, Part::Contrast, Part::Saturation, Part::Hue];
        for last in (1..4).rev() {
            order.swap(last, draws.below(last + 1));
        }
        Self { brightness, contrast, saturation, hue, order }
    }

    pub fn apply(self, canvas: &mut Canvas) {
        for part in self.order {
            match part {
                Part::Brightness => canvas.pixels.iter_mut().for_each(|v| *v = (*v * self.brightness).clamp(0.0, 1.0)),
                Part::Contrast => self.contrast(canvas),
                Part::Saturation => saturate(canvas.planes(), self.saturation),
                Part::Hue if self.hue == 0.0 => {}
                Part::Hue => turn(canvas.planes(), self.hue),
            }
        }
    }

    fn contrast(self, canvas: &mut Canvas) {
        let mean = mean_luma(canvas.planes());
        for value in &mut canvas.pixels {
            *value = blend(*value, mean, self.contrast);
        }
    }
}

#[inline]
fn blend(value: f32, other: f32, factor: f32) -> f32 {
    (factor * value + (1.0 - factor) * other).clamp(0.0, 1.0)
}

/// Luma is linear, so the mean of the luma is the luma of the means; sixteen sums side by side vectorise.
fn mean_luma(planes: [&mut [f32]; 3]) -> f32 {
    let [red, green, blue] = planes.map(|plane| {
        let mut sums = [0.0; 16];
        let (blocks, rest) = plane.as_chunks::<16>();
        for block in blocks {
            sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
        }
        (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()) / plane.len() as f32
    });
    luma(red, green, blue)
}

fn saturate([red, green, blue]: [&mut [f32]; 3], factor: f32) {
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        let gray = luma(*red, *green, *blue);
        *red = blend(*red, gray, factor);
        *green = blend(*green, gray, factor);
        *blue = blend(*blue, gray, factor);
    }
}

/// Turns the hue by `shift` full turns, keeping the greatest and the least channel value: HSV with one division.
fn turn([red, green, blue]: [&mut [f32]; 3], shift: f32) {
    let wrap = |sixths: f32| if sixths >= 6.0 { sixths - 6.0 } else { sixths };
    let shift = wrap(6.0 * shift + 6.0);
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        let (r, g, b) = (*red, *green, *blue);
        let most = larger(larger(r, g), b);
        let chroma = most - smaller(smaller(r, g), b);
        let scale = 1.0 / if chroma > 0.0 { chroma } else { 1.0 };
        // The hue in sixths of a turn, plus one so that it is never negative: red is 1, green 3, blue 5.
        let (first, second, base) = if most == r {
            (g, b, 1.0)
        } else if most == g {
            (b, r, 3.0)
        } else {
            (r, g, 5.0)
        };
        let sixths = wrap(wrap((first - second) * scale + base) + shift);
        // How far each channel lies below the greatest one, in units of the chroma: 0 for a third of the circle.
        let channel = |offset: f32| {
            let k = wrap(sixths + offset);
            most - chroma * smaller(k, 4.0 - k).clamp(0.0, 1.0)
        };
        (*red, *green, *blue) = (channel(4.0), channel(2.0), channel(0.0));
    }
}

/// A maximum that is one instruction: nothing here is NaN.
#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("jitter")?;
        self.order.iter().try_for_each(|part| match part {
            Part::Brightness => write!(f, " b{:.2}", self.brightness),
            Part::Contrast => write!(f, " c{:.2}", self.contrast),
            Part::Saturation => write!(f, " s{:.2}", self.saturation),
            Part::Hue => write!(f, " h{:+.2}", self.hue),
        })
    }
}
