//! What operations do to colours: torchvision's adjustments and those of BYOL's code. Each clamps to 0 to 1. Loops are
//! free of branches, so that they vectorise.

use crate::augment::Canvas;

/// Brightness as torchvision weighs it (ITU-R BT.601).
#[inline(always)]
pub fn luma(red: f32, green: f32, blue: f32) -> f32 {
    0.2989 * red + 0.587 * green + 0.114 * blue
}

/// `factor` times every value.
#[inline(always)]
pub fn scale(canvas: &mut Canvas, factor: f32) {
    for value in &mut canvas.pixels {
        *value = (*value * factor).clamp(0.0, 1.0);
    }
}

/// `delta` more in every value.
#[inline(always)]
pub fn shift(canvas: &mut Canvas, delta: f32) {
    for value in &mut canvas.pixels {
        *value = (*value + delta).clamp(0.0, 1.0);
    }
}

/// Contrast about the mean luma: torchvision's.
#[inline(always)]
pub fn contrast(canvas: &mut Canvas, factor: f32) {
    // Luma is linear, so the mean of the luma is the luma of the means.
    let [red, green, blue] = canvas.planes().map(|plane| mean(plane));
    let mean = luma(red, green, blue);
    for value in &mut canvas.pixels {
        *value = blend(*value, mean, factor);
    }
}

/// Contrast about the mean of each channel: BYOL's code.
#[inline(always)]
pub fn contrast_by_channel(canvas: &mut Canvas, factor: f32) {
    for plane in canvas.planes() {
        let mean = mean(plane);
        for value in plane {
            *value = blend(*value, mean, factor);
        }
    }
}

/// `factor` of the value and the rest of `other`.
#[inline(always)]
pub fn blend(value: f32, other: f32, factor: f32) -> f32 {
    (factor * value + (1.0 - factor) * other).clamp(0.0, 1.0)
}

/// Sixteen sums side by side vectorise.
#[inline(always)]
fn mean(plane: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let (blocks, rest) = plane.as_chunks::<16>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
    }
    (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()) / plane.len() as f32
}

/// The luma in all three channels.
#[inline(always)]
pub fn gray(canvas: &mut Canvas) {
    each_pixel(canvas, |pixel| {
        let gray = luma(pixel[0], pixel[1], pixel[2]);
        [gray, gray, gray]
    });
}

/// Saturation as a blend with the luma: torchvision's.
#[inline(always)]
pub fn saturate(canvas: &mut Canvas, factor: f32) {
    each_pixel(canvas, |pixel| {
        let gray = luma(pixel[0], pixel[1], pixel[2]);
        pixel.map(|value| blend(value, gray, factor))
    });
}

/// `factor` times the saturation of HSV, at most 1: BYOL's code.
#[inline(always)]
pub fn saturate_hsv(canvas: &mut Canvas, factor: f32) {
    each_pixel(canvas, |[red, green, blue]| {
        let most = larger(larger(red, green), blue);
        let chroma = most - smaller(smaller(red, green), blue);
        // The saturation is chroma / most: it reaches 1 where the chroma grows to `most`.
        let stretch = smaller(factor, most / if chroma > 0.0 { chroma } else { 1.0 });
        [red, green, blue].map(|value| (most - (most - value) * stretch).clamp(0.0, 1.0))
    });
}

/// Turns the hue by `turn` full turns, keeping the greatest and the least channel value: HSV with one division.
#[inline(always)]
pub fn turn(canvas: &mut Canvas, turn: f32) {
    let shift = wrap(6.0 * turn + 6.0);
    each_pixel(canvas, |[r, g, b]| {
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
        [4.0, 2.0, 0.0].map(|offset| {
            let k = wrap(sixths + offset);
            most - chroma * smaller(k, 4.0 - k).clamp(0.0, 1.0)
        })
    });
}

/// Into 0 to 6, from at most one turn above.
#[inline(always)]
fn wrap(sixths: f32) -> f32 {
    if sixths >= 6.0 { sixths - 6.0 } else { sixths }
}

/// Replaces red, green and blue of every pixel.
#[inline(always)]
fn each_pixel(canvas: &mut Canvas, change: impl Fn([f32; 3]) -> [f32; 3]) {
    let [red, green, blue] = canvas.planes();
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        [*red, *green, *blue] = change([*red, *green, *blue]);
    }
}

/// A maximum that is one instruction: nothing here is NaN.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}
