//! Histogram equalisation, channel by channel, on values rounded to bytes: PIL's and torchvision's rule.

use crate::augment::Canvas;

/// Spreads the values of each channel over all of 0 to 1, as PIL does.
pub fn apply(canvas: &mut Canvas) {
    for plane in canvas.planes() {
        let byte = |value: f32| usize::from((value * 255.0).round() as u8);
        let mut counts = [0usize; 256];
        plane.iter().for_each(|value| counts[byte(*value)] += 1);
        let table = table(&counts, plane.len());
        plane.iter_mut().for_each(|value| *value = f32::from(table[byte(*value)]) / 255.0);
    }
}

/// What each byte becomes: the share of darker pixels in steps of a 255th of all but the brightest.
pub fn table(counts: &[usize; 256], pixels: usize) -> [u8; 256] {
    let brightest = counts.iter().rev().find(|count| **count > 0).copied().unwrap_or(0);
    let step = (pixels - brightest) / 255;
    let mut darker = step / 2;
    std::array::from_fn(|byte| {
        let value = darker.checked_div(step).map_or(byte, |value| value.min(255));
        darker += counts[byte];
        value as u8
    })
}
