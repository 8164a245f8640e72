//! Gaussian blur, separable, mirrored at the border without repeating the border pixel.

use crate::{plan::streams::Draws, views::Canvas};

/// A Gaussian of `kernel` by `kernel` pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blur {
    /// Odd, and below twice the image's side.
    pub kernel: usize,
    /// Standard deviation in pixels.
    pub sigma: f32,
}

impl Blur {
    pub fn draw(sigma: [f64; 2], kernel: usize, draws: &mut Draws) -> Self {
        Self { kernel, sigma: draws.uniform(sigma[0] as f32, sigma[1] as f32) }
    }

    pub fn apply(self, canvas: &mut Canvas) {
        let side = canvas.side;
        assert!(self.kernel % 2 == 1, "a blur of {} pixels has no centre: the kernel is odd", self.kernel);
        assert!(self.kernel < 2 * side, "a blur of {} pixels does not fit an image of {side}", self.kernel);
        self.weigh(&mut canvas.weights);
        let half = self.kernel / 2;

        canvas.row.resize(side + 2 * half, 0.0);
        for (from, to) in canvas.pixels.chunks_exact(side).zip(canvas.scratch.chunks_exact_mut(side)) {
            for (at, value) in canvas.row.iter_mut().enumerate() {
                *value = from[mirror(at, half, side)];
            }
            weigh_up(to, canvas.weights.iter().enumerate().map(|(tap, &weight)| (weight, &canvas.row[tap..][..side])));
        }
        let planes = canvas.scratch.chunks_exact(side * side).zip(canvas.pixels.chunks_exact_mut(side * side));
        for (from, to) in planes {
            for (y, to) in to.chunks_exact_mut(side).enumerate() {
                let row = |tap| &from[mirror(y + tap, half, side) * side..][..side];
                weigh_up(to, canvas.weights.iter().enumerate().map(|(tap, &weight)| (weight, row(tap))));
            }
        }
    }

    /// The Gaussian at whole pixels, summing to 1.
    fn weigh(self, weights: &mut Vec<f32>) {
        let half = (self.kernel / 2) as f32;
        weights.clear();
        weights.extend((0..self.kernel).map(|tap| (-0.5 * ((tap as f32 - half) / self.sigma).powi(2)).exp()));
        let total: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// Where place `at` of a line padded by `half` comes from in a line of `side`.
fn mirror(at: usize, half: usize, side: usize) -> usize {
    let inside = at.abs_diff(half);
    if inside < side { inside } else { 2 * (side - 1) - inside }
}

/// The weighted sum of `rows`.
fn weigh_up<'a>(to: &mut [f32], rows: impl Iterator<Item = (f32, &'a [f32])>) {
    to.fill(0.0);
    for (weight, row) in rows {
        for (to, from) in to.iter_mut().zip(row) {
            *to += weight * from;
        }
    }
}
