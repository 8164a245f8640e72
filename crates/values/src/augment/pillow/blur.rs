//! `BoxBlur.c`: a Gaussian as three boxes along the rows, then three down the columns, each rounded to bytes (Gwosdek et al.
//! 2011). With a kernel, torchvision's `gaussian_blur`, which takes a picture to floats and back.

use crate::augment::{Picture, op::Blur};

/// Boxes that a Gaussian is made of.
const BOXES: usize = 3;

/// Blurs by boxes where there is no kernel.
pub fn gaussian(picture: &mut Picture, blur: &Blur) {
    match blur.kernel {
        0 => boxes(picture, &Extended::new(blur.sigma)),
        1 => {}
        kernel => by_kernel(picture, kernel, blur.sigma),
    }
}

/// A box whose outermost pixels count in part.
struct Extended {
    /// Pixels on either side that count in full.
    radius: usize,
    /// In 2^-24.
    full: u32,
    part: u32,
}

impl Extended {
    /// One of three that together have the deviation `sigma`.
    fn new(sigma: f32) -> Self {
        let variance = sigma * sigma / BOXES as f32;
        let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
        let whole = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
        let part = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)));
        let (reach, radius) = (whole + part, (whole + part) as usize);
        let full = ((1 << 24) as f32 / (reach * 2.0 + 1.0)) as u32;
        Self { radius, full, part: ((1 << 24) - (2 * radius as u32 + 1) * full) / 2 }
    }

    /// `line` is `from` with its border repeated, longer by [`Self::reach`] at either end.
    fn along(&self, line: &[u8], to: &mut [u8]) {
        let width = 2 * self.radius + 1;
        let mut sum: u32 = line[1..=width].iter().copied().map(u32::from).sum();
        let windows = line.iter().zip(&line[1..]).zip(&line[width + 1..]);
        for (to, ((before, first), behind)) in to.iter_mut().zip(windows) {
            let [before, first, behind] = [*before, *first, *behind].map(u32::from);
            *to = ((sum * self.full + (before + behind) * self.part + (1 << 23)) >> 24) as u8;
            sum = sum + behind - first;
        }
    }

    /// Pixels on either side that count.
    fn reach(&self) -> usize {
        self.radius + 1
    }
}

fn boxes(picture: &mut Picture, one: &Extended) {
    let (side, reach) = (picture.side, one.reach());
    let mut line = vec![0; side + 2 * reach];
    for _ in 0..2 {
        for row in picture.bytes.chunks_exact_mut(side) {
            for _ in 0..BOXES {
                line[..reach].fill(row[0]);
                line[reach..][..side].copy_from_slice(row);
                line[reach + side..].fill(row[side - 1]);
                one.along(&line, row);
            }
        }
        transpose(picture);
    }
}

fn transpose(picture: &mut Picture) {
    let side = picture.side;
    for plane in picture.planes() {
        for y in 1..side {
            (0..y).for_each(|x| plane.swap(y * side + x, x * side + y));
        }
    }
}

/// A square of weights, mirrored at the border.
fn by_kernel(picture: &mut Picture, kernel: usize, sigma: f32) {
    let (side, half, line) = (picture.side, kernel / 2, weights(kernel, sigma));
    let planes = picture.bytes.chunks_exact(side * side).zip(picture.scratch.chunks_exact_mut(side * side));
    for (from, to) in planes {
        for (place, to) in to.iter_mut().enumerate() {
            let weighed = |tap: usize| {
                let (down, right) = (tap / kernel, tap % kernel);
                let from =
                    from[mirrored(place / side + down, half, side) * side + mirrored(place % side + right, half, side)];
                f64::from(line[down] * line[right]) * f64::from(from)
            };
            // PyTorch adds in f32, in an order of its own: a sum within 1e-5 of a half may go the other way there.
            *to = (0..kernel * kernel).map(weighed).sum::<f64>().round_ties_even() as u8;
        }
    }
    std::mem::swap(&mut picture.bytes, &mut picture.scratch);
}

/// The Gaussian at whole pixels, summing to 1.
fn weights(kernel: usize, sigma: f32) -> Vec<f32> {
    let at = |tap: usize| (-0.5 * ((tap as f32 - (kernel / 2) as f32) / sigma.max(f32::MIN_POSITIVE)).powi(2)).exp();
    let total: f32 = (0..kernel).map(at).sum();
    (0..kernel).map(|tap| at(tap) / total).collect()
}

/// Where place `at` of a line padded by `half` comes from.
fn mirrored(at: usize, half: usize, side: usize) -> usize {
    let inside = at.abs_diff(half);
    if inside < side { inside } else { 2 * (side - 1) - inside }
}
