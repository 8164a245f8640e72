//! Gaussian blur, separable: a kernel of odd size mirrored at the border as in PyTorch, or PIL's three boxes.

use crate::{augment::Canvas, plan::streams::Draws};

/// A Gaussian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blur {
    /// Pixels of the kernel's side, odd, and below twice the image's side. 0: PIL's, as wide as sigma asks for.
    pub kernel: usize,
    /// Standard deviation in pixels.
    pub sigma: f32,
}

impl Blur {
    /// Sigma is uniform in `sigma`, in pixels.
    pub fn draw(sigma: [f64; 2], kernel: usize, draws: &mut Draws) -> Self {
        Self { kernel, sigma: draws.uniform(sigma[0] as f32, sigma[1] as f32) }
    }

    #[inline(always)]
    /// Blurs along rows, then along columns; mirrors at the border.
    pub fn apply(self, canvas: &mut Canvas) {
        let (kernel, side) = (self.kernel, canvas.side);
        match kernel {
            0 => {
                box_weights(&mut canvas.weights, self.sigma);
                (0..BOXES).for_each(|_| convolve(canvas, clamped));
            }
            1 => {}
            _ => {
                assert!(kernel % 2 == 1, "a blur of {kernel} pixels has no centre: the kernel is odd");
                assert!(kernel < 2 * side, "a blur of {kernel} pixels does not fit an image of {side}");
                self.gaussian_weights(&mut canvas.weights);
                convolve(canvas, mirrored);
            }
        }
    }

    /// The Gaussian at whole pixels, summing to 1.
    fn gaussian_weights(self, weights: &mut Vec<f32>) {
        let half = (self.kernel / 2) as f32;
        // A sigma that f32 rounds to 0 blurs nothing.
        let sigma = self.sigma.max(f32::MIN_POSITIVE);
        weights.clear();
        weights.extend((0..self.kernel).map(|tap| (-0.5 * ((tap as f32 - half) / sigma).powi(2)).exp()));
        let total: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// Boxes that PIL's Gaussian is made of.
const BOXES: usize = 3;

/// One of three equal boxes that together have the deviation `sigma`; its outermost weights are a part of the others
/// (Gwosdek et al. 2011, as in PIL's `BoxBlur.c`).
fn box_weights(weights: &mut Vec<f32>, sigma: f32) {
    let variance = sigma * sigma / BOXES as f32;
    let whole = (((12.0 * variance + 1.0).sqrt() - 1.0) / 2.0).floor();
    let part = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance)
        / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)));
    let total = 2.0 * (whole + part) + 1.0;
    weights.clear();
    weights.resize(2 * whole as usize + 3, 1.0 / total);
    let last = weights.len() - 1;
    (weights[0], weights[last]) = (part / total, part / total);
}

/// Where place `at` of a line padded by `half` comes from in a line of `side`: mirrored without repeating the border.
#[inline(always)]
fn mirrored(at: usize, half: usize, side: usize) -> usize {
    let inside = at.abs_diff(half);
    if inside < side { inside } else { 2 * (side - 1) - inside }
}

/// The same with the border repeated.
#[inline(always)]
fn clamped(at: usize, half: usize, side: usize) -> usize {
    at.saturating_sub(half).min(side - 1)
}

/// The canvas's weights along the columns, then along the rows; `border` says where a padded line comes from.
#[inline(always)]
fn convolve(canvas: &mut Canvas, border: impl Fn(usize, usize, usize) -> usize) {
    let Canvas { side, pixels, scratch, weights, row, .. } = canvas;
    let (side, half) = (*side, weights.len() / 2);
    let planes = pixels.chunks_exact(side * side).zip(scratch.chunks_exact_mut(side * side));
    for (from, to) in planes {
        for (y, to) in to.chunks_exact_mut(side).enumerate() {
            weigh_up(to, weights, |tap| &from[border(y + tap, half, side) * side..][..side]);
        }
    }
    row.resize(side + 2 * half, 0.0);
    for (from, to) in scratch.chunks_exact(side).zip(pixels.chunks_exact_mut(side)) {
        row[half..half + side].copy_from_slice(from);
        for at in (0..half).chain(half + side..side + 2 * half) {
            row[at] = from[border(at, half, side)];
        }
        weigh_up(to, weights, |tap| &row[tap..][..side]);
    }
}

/// The weighted sum of rows; three at a time, which is all of the smallest kernel.
#[inline(always)]
fn weigh_up<'a>(to: &mut [f32], weights: &[f32], row: impl Fn(usize) -> &'a [f32]) {
    let [a, b, c] = [row(0), row(1), row(2)].map(|row| &row[..to.len()]);
    for x in 0..to.len() {
        to[x] = weights[0] * a[x] + weights[1] * b[x] + weights[2] * c[x];
    }
    for (tap, weight) in weights.iter().enumerate().skip(3) {
        for (to, from) in to.iter_mut().zip(row(tap)) {
            *to += weight * from;
        }
    }
}
