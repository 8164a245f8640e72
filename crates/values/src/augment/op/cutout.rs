//! A square of one gray, centred anywhere in the image and cut off at its border (DeVries and Taylor 2017).

use std::{fmt, ops::Range};

use crate::{augment::Canvas, plan::streams::Draws};

#[derive(Clone, Debug, PartialEq)]
/// A square that is painted over; at the border a part of it.
pub struct Cutout {
    /// That it covers.
    pub rows: Range<usize>,
    /// That it covers.
    pub columns: Range<usize>,
    /// Of all three channels.
    pub fill: f32,
}

impl Cutout {
    /// `size` is the square's side as a share of the image's.
    pub fn draw(size: f64, fill: f64, side: usize, draws: &mut Draws) -> Self {
        let length = ((size * side as f64).round() as usize).max(1);
        let mut cut = || {
            let begin = draws.below(side) as isize - (length / 2) as isize;
            begin.max(0) as usize..(begin + length as isize).clamp(0, side as isize) as usize
        };
        Self { rows: cut(), columns: cut(), fill: fill as f32 }
    }

    /// Paints it.
    pub fn apply(&self, canvas: &mut Canvas) {
        let side = canvas.side;
        for plane in canvas.planes() {
            for row in plane.chunks_exact_mut(side).take(self.rows.end).skip(self.rows.start) {
                row[self.columns.clone()].fill(self.fill);
            }
        }
    }
}

impl fmt::Display for Cutout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, columns, .. } = self;
        write!(f, "cutout {}x{} at {},{}", columns.len(), rows.len(), columns.start, rows.start)
    }
}
