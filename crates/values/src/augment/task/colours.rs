//! Colours of a coarse grid as classes, in CIE Lab (Zhang et al. 2016, arXiv 1603.08511; split-brain: 2017, arXiv 1611.09842). Cells of
//! the grid are the means of their pixels.

use super::{Normalisation, TaskOutput};
use crate::{
    augment::{Canvas, op::luma},
    plan::demand::{COLOUR_BINS, COLOUR_CELL, LIGHTNESS_BINS},
};

/// Half of the range of a and b that is told apart.
const CHROMA: f32 = 110.0;

/// The image in gray; the class of a and b in each cell.
pub fn colorization(canvas: &Canvas, normalise: Normalisation, out: TaskOutput) {
    let plane = canvas.side * canvas.side;
    let mut gray = vec![0.0; 3 * plane];
    for place in 0..plane {
        let [red, green, blue] = [0, 1, 2].map(|channel| canvas.pixels[channel * plane + place]);
        let luma = luma(red, green, blue);
        (0..3).for_each(|channel| gray[channel * plane + place] = luma);
    }
    normalise.apply(&gray, out.pixels);
    for (target, lab) in out.targets.iter_mut().zip(cells(canvas)) {
        *target = colour(lab) as f32;
    }
}

/// The image; the class of a and b in each cell, then that of the lightness in each.
pub fn split_brain(canvas: &Canvas, normalise: Normalisation, out: TaskOutput) {
    normalise.apply(&canvas.pixels, out.pixels);
    let half = out.targets.len() / 2;
    let (colours, lights) = out.targets.split_at_mut(half);
    for ((to, light), lab) in colours.iter_mut().zip(lights).zip(cells(canvas)) {
        *to = colour(lab) as f32;
        *light = bin(lab[0] / 100.0, LIGHTNESS_BINS) as f32;
    }
}

/// L, a and b of each cell.
fn cells(canvas: &Canvas) -> impl Iterator<Item = [f32; 3]> + '_ {
    let (side, plane, grid) = (canvas.side, canvas.side * canvas.side, canvas.side / COLOUR_CELL);
    (0..grid * grid).map(move |cell| {
        let (top, left) = (cell / grid * COLOUR_CELL, cell % grid * COLOUR_CELL);
        let mean = |channel: usize| {
            let rows = (top..top + COLOUR_CELL).map(|row| channel * plane + row * side + left);
            let sum: f32 = rows.map(|at| canvas.pixels[at..][..COLOUR_CELL].iter().sum::<f32>()).sum();
            sum / (COLOUR_CELL * COLOUR_CELL) as f32
        };
        lab([mean(0), mean(1), mean(2)])
    })
}

/// Which of the squares of a and b.
fn colour([_, a, b]: [f32; 3]) -> usize {
    let [a, b] = [a, b].map(|value| bin((value + CHROMA) / (2.0 * CHROMA), COLOUR_BINS));
    a * COLOUR_BINS + b
}

fn bin(share: f32, bins: usize) -> usize {
    ((share * bins as f32).max(0.0) as usize).min(bins - 1)
}

/// sRGB from 0 to 1 as CIE Lab under D65: L from 0 to 100.
fn lab(rgb: [f32; 3]) -> [f32; 3] {
    let linear = rgb.map(|value| match value {
        value if value <= 0.040_45 => value / 12.92,
        value => ((value + 0.055) / 1.055).powf(2.4),
    });
    let weigh = |row: [f32; 3]| row.iter().zip(linear).map(|(weight, value)| weight * value).sum::<f32>();
    let [x, y, z] = [
        weigh([0.412_453, 0.357_580, 0.180_423]) / 0.950_47,
        weigh([0.212_671, 0.715_160, 0.072_169]),
        weigh([0.019_334, 0.119_193, 0.950_227]) / 1.088_83,
    ]
    .map(|value| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-image 0.25.2, `color.rgb2lab`.
    #[test]
    fn colours_are_those_of_scikit_image() {
        for (rgb, expected) in [
            ([1.0, 0.0, 0.0], [53.240_59, 80.092_31, 67.202_75]),
            ([0.2, 0.4, 0.6], [42.008, -0.154_04, -32.842_9]),
            ([0.01, 0.02, 0.005], [1.173_91, -1.198_75, 1.212_69]),
            ([0.5, 0.5, 0.5], [53.388_96, -0.001_47, 0.002_78]),
        ] {
            for (found, expected) in lab(rgb).into_iter().zip(expected) {
                assert!((found - expected).abs() < 2e-3, "{rgb:?}: {:?}", lab(rgb));
            }
        }
    }
}
