//! Operations that only RandAugment draws: autocontrast, posterize, sharpness. As torchvision has them.

use super::colour::blend;
use crate::augment::Canvas;

/// Stretches each channel to 0 to 1; one that is all alike stays.
pub fn autocontrast(canvas: &mut Canvas) {
    for plane in canvas.planes() {
        let (least, most) = plane.iter().fold((1.0f32, 0.0f32), |(low, high), v| (low.min(*v), high.max(*v)));
        if most > least {
            plane.iter_mut().for_each(|value| *value = (*value - least) / (most - least));
        }
    }
}

/// Keeps the upper `bits` of each value rounded to a byte.
pub fn posterize(canvas: &mut Canvas, bits: u32) {
    let mask = (0xff00u32 >> bits) as u8;
    for value in &mut canvas.pixels {
        *value = f32::from((*value * 255.0).round() as u8 & mask) / 255.0;
    }
}

/// `factor` of the image and the rest of its smoothed inside (nine pixels, the middle one five times); the border stays.
pub fn sharpen(canvas: &mut Canvas, factor: f32) {
    let side = canvas.side;
    canvas.scratch.copy_from_slice(&canvas.pixels);
    let planes = canvas.scratch.chunks_exact(side * side).zip(canvas.pixels.chunks_exact_mut(side * side));
    for (from, to) in planes {
        for y in 1..side.saturating_sub(1) {
            for x in 1..side - 1 {
                let row = |y: usize| from[y * side + x - 1..][..3].iter().sum::<f32>();
                let here = from[y * side + x];
                let smooth = (row(y - 1) + row(y) + row(y + 1) + 4.0 * here) / 13.0;
                to[y * side + x] = blend(here, smooth, factor);
            }
        }
    }
}
