//! Patches of a grid of three by three cells. A patch lies anywhere in its cell, so that lines do not go on from one to the next
//! (Doersch et al. 2015, arXiv 1505.05192; Noroozi and Favaro 2016, arXiv 1603.09246).

use super::{Normalisation, TaskOutput, permutations::permutations};
use crate::{
    augment::{Canvas, op::luma},
    plan::{
        demand::{ColourGuard, PATCHES, PatchGrid},
        streams::Draws,
    },
};

/// The least deviation that a patch is divided by: a level of a byte.
const FLAT: f32 = 1.0 / 255.0;

/// The middle patch and one of its eight neighbours; which one, row by row.
pub fn context(canvas: &Canvas, colour: ColourGuard, draws: &mut Draws, normalise: Normalisation, out: TaskOutput) {
    let grid = PatchGrid::context(canvas.side);
    let neighbour = draws.below(PATCHES - 1);
    let middle = PATCHES / 2;
    let cells = [middle, if neighbour < middle { neighbour } else { neighbour + 1 }];
    for (cell, pixels) in cells.into_iter().zip(out.pixels.chunks_exact_mut(3 * grid.patch.pow(2))) {
        let mut patch = patch(canvas, cell, grid, draws);
        if colour == ColourGuard::Project {
            project(&mut patch);
        }
        normalise.apply(&patch, pixels);
        if colour == ColourGuard::Drop {
            drop_two(pixels, draws);
        }
    }
    out.targets[0] = neighbour as f32;
}

/// All nine patches in one of so many orders, each normalised by itself; which order. The share `gray` of the puzzles has no
/// colours.
pub fn jigsaw(canvas: &Canvas, (count, gray): (usize, f64), draws: &mut Draws, out: TaskOutput) {
    let grid = PatchGrid::jigsaw(canvas.side);
    let size = 3 * grid.patch.pow(2);
    let is_gray = draws.chance(gray as f32);
    let order = draws.below(count);
    let permutation = permutations(count)[order];
    for cell in 0..PATCHES {
        let mut patch = patch(canvas, cell, grid, draws);
        if is_gray {
            to_gray(&mut patch);
        }
        let place = permutation.iter().position(|from| usize::from(*from) == cell).expect("an order has every cell");
        standardise(&patch, &mut out.pixels[place * size..][..size]);
    }
    out.targets[0] = order as f32;
}

/// A patch somewhere in its cell, `[3, side, side]`.
fn patch(canvas: &Canvas, cell: usize, grid: PatchGrid, draws: &mut Draws) -> Vec<f32> {
    let side = grid.patch;
    let [top, left] = [cell / 3, cell % 3].map(|at| at * grid.pitch + draws.below(grid.places));
    let rows = canvas.pixels.chunks_exact(canvas.side * canvas.side).flat_map(|plane| {
        (top..top + side).flat_map(move |row| plane[row * canvas.side + left..][..side].iter().copied())
    });
    rows.collect()
}

/// Takes green against magenta out of colours, which chromatic aberration shifts (Doersch et al., section 3.1).
fn project(patch: &mut [f32]) {
    let plane = patch.len() / 3;
    for place in 0..plane {
        let [red, green, blue] = [0, 1, 2].map(|channel| patch[channel * plane + place]);
        let share = (-red + 2.0 * green - blue) / 6.0;
        for (channel, axis) in [-1.0, 2.0, -1.0].into_iter().enumerate() {
            patch[channel * plane + place] -= share * axis;
        }
    }
}

/// Leaves one channel of a normalised patch, and noise of a hundredth of its deviation in the place of the others.
fn drop_two(pixels: &mut [f32], draws: &mut Draws) {
    let plane = pixels.len() / 3;
    let kept = draws.below(3);
    let (_, deviation) = moments(&pixels[kept * plane..][..plane]);
    for (_, values) in pixels.chunks_exact_mut(plane).enumerate().filter(|(channel, _)| *channel != kept) {
        values.iter_mut().for_each(|value| *value = draws.normal() * deviation / 100.0);
    }
}

fn to_gray(patch: &mut [f32]) {
    let plane = patch.len() / 3;
    for place in 0..plane {
        let [red, green, blue] = [0, 1, 2].map(|channel| patch[channel * plane + place]);
        let luma = luma(red, green, blue);
        (0..3).for_each(|channel| patch[channel * plane + place] = luma);
    }
}

/// Mean 0 and deviation 1 in each channel of `from`.
fn standardise(from: &[f32], to: &mut [f32]) {
    let plane = from.len() / 3;
    for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
        let (mean, deviation) = moments(from);
        for (to, from) in to.iter_mut().zip(from) {
            *to = (from - mean) / deviation.max(FLAT);
        }
    }
}

fn moments(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_projected_has_no_green_against_magenta_and_keeps_its_gray() {
        let mut patch = vec![0.9, 0.5, 0.1, 0.5, 0.2, 0.5];
        project(&mut patch);
        for place in 0..2 {
            let [red, green, blue] = [0, 1, 2].map(|channel| patch[channel * 2 + place]);
            assert!((-red + 2.0 * green - blue).abs() < 1e-6);
        }
        assert_eq!(patch[1], 0.5, "gray stays");
    }
}
