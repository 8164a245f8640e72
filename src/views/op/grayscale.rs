//! The luma in all three channels.

use super::luma;
use crate::views::Canvas;

pub fn apply(canvas: &mut Canvas) {
    let [red, green, blue] = canvas.planes();
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        let gray = luma(*red, *green, *blue);
        (*red, *green, *blue) = (gray, gray, gray);
    }
}
