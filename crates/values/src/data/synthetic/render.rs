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
    let plane = side * side;
    let mut pixels = vec![0; 3 * plane];
    for at in 0..plane {
        let colour = pixel(factors, at % side, at / side, side);
        for (channel, value) in colour.into_iter().enumerate() {
            let value = value + factors.noise * noise.normal();
            pixels[channel * plane + at] = (255.0 * value.clamp(0.0, 1.0)).round() as u8;
        }
    }
    pixels
}

/// The colour of a pixel before noise.
fn pixel(factors: &Factors, column: usize, row: usize, side: usize) -> Colour {
    let middle = side as f32 / 2.0;
    let place = |at: usize, point: usize| at as f32 + (point as f32 + 0.5) / POINTS as f32 - middle;
    let mut sum = [0.0; 3];
    for point in 0..POINTS * POINTS {
        let (x, y) = (place(column, point % POINTS), place(row, point / POINTS));
        let light = factors.lighting.at(x / middle, y / middle);
        for (sum, value) in sum.iter_mut().zip(factors.surface(x, y)) {
            *sum += value * light;
        }
    }
    sum.map(|sum| sum / (POINTS * POINTS) as f32)
}

impl Factors {
    /// The unlit colour at (x, y) pixels from the image's middle.
    fn surface(&self, x: f32, y: f32) -> Colour {
        let [left, top] = self.patch.position;
        let (from_x, from_y) = (x - left, y - top);
        if !self.patch.covers(from_x, from_y) {
            return self.background.at(x, y);
        }
        self.colours[usize::from(self.texture.shows_second(self.class, from_x, from_y))]
    }
}

impl Patch {
    fn covers(&self, x: f32, y: f32) -> bool {
        if self.round { x.hypot(y) < self.scale } else { x.abs().max(y.abs()) < self.scale }
    }
}

impl Background {
    fn at(&self, x: f32, y: f32) -> Colour {
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
