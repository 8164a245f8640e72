//! Affine maps of the plane as torchvision samples them; what comes from outside the image is black.

use crate::augment::Canvas;

/// Where output pixels come from, in pixels relative to the middle of the image: `[x, y]` from
/// `[a x + b y + c, d x + e y + f]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineMap(pub [f32; 6]);

impl AffineMap {
    /// Counter-clockwise by `degrees`.
    pub fn rotation(degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self([cos, -sin, 0.0, sin, cos, 0.0])
    }

    /// Rows shifted by `slope` pixels per row: torchvision's shear about the corner.
    pub fn shear_x(slope: f32, side: usize) -> Self {
        Self([1.0, slope, slope * side as f32 / 2.0, 0.0, 1.0, 0.0])
    }

    /// Columns shifted by `slope` pixels per column.
    pub fn shear_y(slope: f32, side: usize) -> Self {
        Self([1.0, 0.0, 0.0, slope, 1.0, slope * side as f32 / 2.0])
    }

    /// Moved right and down.
    pub fn translation(x: i32, y: i32) -> Self {
        Self([1.0, 0.0, -x as f32, 0.0, 1.0, -y as f32])
    }

    /// Each pixel from the nearest one.
    pub fn nearest(self, canvas: &mut Canvas) {
        self.sample(canvas, |plane, side, x, y| at(plane, side, x.round_ties_even(), y.round_ties_even()));
    }

    /// Each pixel from the four around it.
    pub fn bilinear(self, canvas: &mut Canvas) {
        self.sample(canvas, |plane, side, x, y| {
            let (left, top) = (x.floor(), y.floor());
            let (right, below) = (x - left, y - top);
            let row = |y| (1.0 - right) * at(plane, side, left, y) + right * at(plane, side, left + 1.0, y);
            (1.0 - below) * row(top) + below * row(top + 1.0)
        });
    }

    fn sample(self, canvas: &mut Canvas, pixel: impl Fn(&[f32], usize, f32, f32) -> f32) {
        let [a, b, c, d, e, f] = self.0;
        let side = canvas.side;
        let middle = (side as f32 - 1.0) / 2.0;
        canvas.scratch.copy_from_slice(&canvas.pixels);
        let planes = canvas.scratch.chunks_exact(side * side).zip(canvas.pixels.chunks_exact_mut(side * side));
        for (from, to) in planes {
            for (place, to) in to.iter_mut().enumerate() {
                let (x, y) = ((place % side) as f32 - middle, (place / side) as f32 - middle);
                *to = pixel(from, side, a * x + b * y + c + middle, d * x + e * y + f + middle);
            }
        }
    }
}

/// The value at whole `x` and `y`, black outside.
fn at(plane: &[f32], side: usize, x: f32, y: f32) -> f32 {
    let inside = |place: f32| (0.0..side as f32).contains(&place);
    if inside(x) && inside(y) { plane[y as usize * side + x as usize] } else { 0.0 }
}
