//! The image moved by whole pixels, and mirrored at its border where nothing would be.

use std::fmt;

use crate::{augment::Canvas, plan::streams::Draws};

/// By how many pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Downwards.
    pub down: isize,
    /// To the right.
    pub right: isize,
}

impl Shift {
    /// Each way by at most the share `most` of the image's side, every number of pixels equally likely.
    pub fn draw(most: f64, side: usize, draws: &mut Draws) -> Self {
        let most = (most * side as f64).round() as usize;
        let mut pixels = || draws.below(2 * most + 1) as isize - most as isize;
        Self { down: pixels(), right: pixels() }
    }

    /// Moves it.
    pub fn apply(&self, canvas: &mut Canvas) {
        let (side, plane) = (canvas.side, canvas.side * canvas.side);
        let from = canvas.pixels.clone();
        self.each(side, |to, at| {
            (0..3).for_each(|channel| canvas.pixels[channel * plane + to] = from[channel * plane + at])
        });
    }

    /// Every place of a plane, and the place that its pixel comes from.
    pub fn each(&self, side: usize, mut take: impl FnMut(usize, usize)) {
        for row in 0..side {
            let from = mirrored(row as isize - self.down, side) * side;
            (0..side).for_each(|column| take(row * side + column, from + mirrored(column as isize - self.right, side)));
        }
    }
}

/// The place within `side` that a place outside shows, the border's own pixels not repeated.
fn mirrored(at: isize, side: usize) -> usize {
    let last = side as isize - 1;
    let at = at.abs();
    (if at > last { 2 * last - at } else { at }).clamp(0, last) as usize
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shift {:+},{:+}", self.down, self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_is_mirrored_without_its_own_pixel() {
        let row = |by: isize| (0..4).map(|at| mirrored(at - by, 4)).collect::<Vec<_>>();
        assert_eq!([2, 0, -2].map(row), [[2, 1, 0, 1], [0, 1, 2, 3], [2, 3, 2, 1]].map(Vec::from));
    }
}
