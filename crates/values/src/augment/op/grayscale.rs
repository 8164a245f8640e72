//! The luma in all three channels.

use super::colour;
use crate::augment::Canvas;

#[inline(always)]
/// Takes the luma for all three channels.
pub fn apply(canvas: &mut Canvas) {
    colour::gray(canvas);
}
