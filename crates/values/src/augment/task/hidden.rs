//! What is to be filled in again: noise (Vincent et al. 2008) and holes (Pathak et al. 2016, arXiv 1604.07379).

use super::{Normalisation, TaskOutput};
use crate::{
    augment::Canvas,
    plan::{
        demand::{Noise, Region},
        streams::Draws,
    },
};

/// Blocks that are cut out at random, and the side of each in shares of the image's.
const BLOCKS: usize = 4;
const BLOCK: f64 = 0.25;

/// The image with noise; the image.
pub fn noisy(
    canvas: &Canvas,
    (noise, level): (Noise, f64),
    draws: &mut Draws,
    normalise: Normalisation,
    out: TaskOutput,
) {
    normalise.apply(&canvas.pixels, out.targets);
    out.pixels.copy_from_slice(out.targets);
    let plane = canvas.side * canvas.side;
    match noise {
        // In units of the normalised pixels' deviation.
        Noise::Gaussian => out.pixels.iter_mut().for_each(|value| *value += draws.normal() * level as f32),
        Noise::Masking => {
            for place in 0..plane {
                if draws.chance(level as f32) {
                    (0..3).for_each(|channel| out.pixels[channel * plane + place] = 0.0);
                }
            }
        }
    }
}

/// The image with a hole, which has the mean's colour; the image, and 1 for each pixel that is hidden.
pub fn hole(canvas: &Canvas, region: Region, draws: &mut Draws, normalise: Normalisation, out: TaskOutput) {
    let (side, plane) = (canvas.side, canvas.side * canvas.side);
    let (image, hidden) = out.targets.split_at_mut(3 * plane);
    normalise.apply(&canvas.pixels, image);
    out.pixels.copy_from_slice(image);
    let squares = match region {
        Region::Middle => vec![[side / 4, side / 4, side / 2]],
        Region::Random => {
            let block = ((side as f64 * BLOCK) as usize).max(1);
            (0..BLOCKS).map(|_| [draws.below(side - block + 1), draws.below(side - block + 1), block]).collect()
        }
    };
    hidden.fill(0.0);
    for [top, left, width] in squares {
        (top..top + width).for_each(|row| hidden[row * side + left..][..width].fill(1.0));
    }
    for (place, _) in hidden.iter().enumerate().filter(|(_, hidden)| **hidden > 0.0) {
        (0..3).for_each(|channel| out.pixels[channel * plane + place] = 0.0);
    }
}
