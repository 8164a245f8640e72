//! From factors to pixels.

use std::f32::consts::TAU;

use super::{
    Factors,
    factors::{Background, Colour, Lighting, Patch},
};
use crate::plan::streams::{Draws, Stream};

/// Points per pixel along each axis, averaged: soft edges.
const POINTS: usize = 2;

/// The image of `factors` as bytes, `[3, side, side]`; `seed` and `index` key its noise.
pub fn render(factors: &Factors, side: usize, seed: u64, index: u64) -> Vec<u8> {
    let noise = &mut Draws::new(seed, Stream::Synthetic, 0, index, 1);
    paint(side, &factors.lighting, factors.noise, noise, |x, y| factors.surface(x, y))
}

/// A picture as bytes, `[3, side, side]`: unlit colours at (x, y) pixels from its middle, lit, with noise of a deviation.
pub fn paint(
    side: usize,
    lighting: &Lighting,
    deviation: f32,
    noise: &mut Draws,
    surface: impl Fn(f32, f32) -> Colour,
) -> Vec<u8> {
    let plane = side * side;
    let mut pixels = vec![0; 3 * plane];
    for at in 0..plane {
        let colour = pixel(lighting, at % side, at / side, side, &surface);
        for (channel, value) in colour.into_iter().enumerate() {
            let value = value + deviation * noise.normal();
            pixels[channel * plane + at] = (255.0 * value.clamp(0.0, 1.0)).round() as u8;
        }
    }
    pixels
}

/// The colour of a pixel before noise.
fn pixel(lighting: &Lighting, column: usize, row: usize, side: usize, surface: impl Fn(f32, f32) -> Colour) -> Colour {
    let middle = side as f32 / 2.0;
    let place = |at: usize, point: usize| at as f32 + (point as f32 + 0.5) / POINTS as f32 - middle;
    let mut sum = [0.0; 3];
    for point in 0..POINTS * POINTS {
        let (x, y) = (place(column, point % POINTS), place(row, point / POINTS));
        let light = lighting.at(x / middle, y / middle);
        for (sum, value) in sum.iter_mut().zip(surface(x, y)) {
            *sum += value * light;
        }
    }
    sum.map(|sum| sum / (POINTS * POINTS) as f32)
}

impl Factors {
    /// The unlit colour at (x, y) pixels from the image's middle.
    fn surface(&self, x: f32, y: f32) -> Colour {
        if self.covers(x, y) { self.shown(x, y) } else { self.background.at(x, y) }
    }

    /// Whether the patch covers (x, y) pixels from the image's middle.
    pub fn covers(&self, x: f32, y: f32) -> bool {
        let [left, top] = self.patch.position;
        self.patch.covers(x - left, y - top)
    }

    /// The texture's colour there.
    pub fn shown(&self, x: f32, y: f32) -> Colour {
        let [left, top] = self.patch.position;
        self.colours[usize::from(self.texture.shows_second(self.class, x - left, y - top))]
    }
}

impl Patch {
    fn covers(&self, x: f32, y: f32) -> bool {
        if self.round { x.hypot(y) < self.scale } else { x.abs().max(y.abs()) < self.scale }
    }
}

impl Background {
    /// The colour at (x, y) pixels from the middle.
    pub fn at(&self, x: f32, y: f32) -> Colour {
        let along = along(self.angle, x, y) / self.wavelength + self.phase;
        let share = 0.5 + 0.5 * (TAU * along).cos();
        std::array::from_fn(|channel| share * self.colours[0][channel] + (1.0 - share) * self.colours[1][channel])
    }
}

impl Lighting {
    /// Brightness at (x, y), each -1 to 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        1.0 + self.strength * along(self.angle, x, y)
    }
}

/// How far (x, y) lies in the direction of an angle in turns.
fn along(angle: f32, x: f32, y: f32) -> f32 {
    let (sine, cosine) = (TAU * angle).sin_cos();
    x * cosine + y * sine
}
