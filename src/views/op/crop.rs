//! Random resized crop: BYOL's sampler (one draw, clamped to the image; appendix B) and PyTorch's bicubic.

use std::fmt;

use crate::{plan::streams::Draws, views::Canvas};

/// A box of whole pixels that becomes the whole image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Crop {
    /// A share of the image's area uniform in `area`, width / height log-uniform in `aspect`, anywhere in the image.
    pub fn draw(area: [f64; 2], aspect: [f64; 2], side: usize, draws: &mut Draws) -> Self {
        let area = draws.uniform(area[0] as f32, area[1] as f32) * (side * side) as f32;
        let aspect = draws.uniform(aspect[0].ln() as f32, aspect[1].ln() as f32).exp();
        let clamped = |length: f32| (length.round() as usize).clamp(1, side);
        let (height, width) = (clamped((area / aspect).sqrt()), clamped((area * aspect).sqrt()));
        let (top, left) = (draws.below(side - height + 1), draws.below(side - width + 1));
        Self { top, left, height, width }
    }

    /// Bicubic resize of the box to the whole canvas: down the columns, then along the rows, then clamped to 0 to 1.
    pub fn apply(self, canvas: &mut Canvas) {
        let side = canvas.side;
        for y in 0..side {
            let taps = Taps::new(y, self.height, side);
            for channel in 0..3 {
                let row = |tap: usize| {
                    let from = (channel * side + self.top + taps.from[tap]) * side + self.left;
                    &canvas.pixels[from..][..self.width]
                };
                let to = &mut canvas.scratch[(channel * side + y) * side..][..self.width];
                combine(to, [row(0), row(1), row(2), row(3)], taps.weight);
            }
        }
        for x in 0..side {
            let Taps { from: at, weight } = Taps::new(x, self.width, side);
            for (from, to) in canvas.scratch.chunks_exact(side).zip(canvas.pixels.chunks_exact_mut(side)) {
                let value = (0..4).map(|tap| weight[tap] * from[at[tap]]).sum::<f32>();
                to[x] = value.clamp(0.0, 1.0);
            }
        }
    }
}

/// The weighted sum of four rows.
fn combine(to: &mut [f32], rows: [&[f32]; 4], weight: [f32; 4]) {
    let [a, b, c, d] = rows.map(|row| &row[..to.len()]);
    for x in 0..to.len() {
        to[x] = weight[0] * a[x] + weight[1] * b[x] + weight[2] * c[x] + weight[3] * d[x];
    }
}

/// The four source pixels of one output pixel along one axis.
struct Taps {
    from: [usize; 4],
    weight: [f32; 4],
}

impl Taps {
    /// Half-pixel centres, edges clamped to the box, cubic convolution with A = -0.75, no antialiasing.
    fn new(at: usize, length: usize, side: usize) -> Self {
        const A: f32 = -0.75;
        let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
        let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
        let source = (at as f32 + 0.5) * length as f32 / side as f32 - 0.5;
        let (first, part) = (source.floor(), source - source.floor());
        let from = [-1, 0, 1, 2].map(|tap| (first as isize + tap).clamp(0, length as isize - 1) as usize);
        Self { from, weight: [far(part + 1.0), near(part), near(1.0 - part), far(2.0 - part)] }
    }
}

impl fmt::Display for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crop {}x{} at {},{}", self.width, self.height, self.left, self.top)
    }
}
