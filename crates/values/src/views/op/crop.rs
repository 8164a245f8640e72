//! Random resized crop: the sampler of BYOL's code or torchvision's, PyTorch's bicubic or bilinear.

use std::fmt;

use crate::{
    plan::{
        recipe::{Interpolation, Sampler},
        streams::Draws,
    },
    views::Canvas,
};

/// A box of whole pixels that becomes the whole image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// How it is enlarged.
    pub interpolation: Interpolation,
}

/// How often torchvision tries to find a box that fits.
const TRIES: usize = 10;

impl Crop {
    /// A share of the image's area uniform in `area`, width / height log-uniform in `aspect`, anywhere in the image.
    pub fn draw(
        area: [f64; 2],
        aspect: [f64; 2],
        sampler: Sampler,
        interpolation: Interpolation,
        side: usize,
        draws: &mut Draws,
    ) -> Self {
        let size = |draws: &mut Draws| {
            let area = draws.uniform(area[0] as f32, area[1] as f32) * (side * side) as f32;
            let aspect = draws.uniform(aspect[0].ln() as f32, aspect[1].ln() as f32).exp();
            [area / aspect, area * aspect].map(|square| square.sqrt().round() as usize)
        };
        let anywhere = |[height, width]: [usize; 2], draws: &mut Draws| {
            let (top, left) = (draws.below(side - height + 1), draws.below(side - width + 1));
            Self { top, left, height, width, interpolation }
        };
        match sampler {
            Sampler::Paper => anywhere(size(draws).map(|length| length.clamp(1, side)), draws),
            Sampler::Torchvision => {
                let fits = |size: &[usize; 2]| size.iter().all(|length| (1..=side).contains(length));
                match (0..TRIES).map(|_| size(draws)).find(fits) {
                    Some(size) => anywhere(size, draws),
                    None => Self::central(aspect, interpolation, side),
                }
            }
        }
    }

    /// What torchvision falls back to: the largest box in the middle whose aspect is in range.
    fn central(aspect: [f64; 2], interpolation: Interpolation, side: usize) -> Self {
        let shrunk = |factor: f64| ((side as f64 * factor).round() as usize).clamp(1, side);
        let (height, width) = (shrunk(1.0 / aspect[0].max(1.0)), shrunk(aspect[1].min(1.0)));
        Self { top: (side - height) / 2, left: (side - width) / 2, height, width, interpolation }
    }

    /// Resizes the box to the whole canvas: down the columns, then along the rows, then clamped to 0 to 1.
    #[inline(always)]
    pub fn apply(self, canvas: &mut Canvas) {
        let side = canvas.side;
        for y in 0..side {
            let taps = Taps::new(self.interpolation, y, self.height, side);
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
            let Taps { from: at, weight } = Taps::new(self.interpolation, x, self.width, side);
            for (from, to) in canvas.scratch.chunks_exact(side).zip(canvas.pixels.chunks_exact_mut(side)) {
                let value = (0..4).map(|tap| weight[tap] * from[at[tap]]).sum::<f32>();
                to[x] = value.clamp(0.0, 1.0);
            }
        }
    }
}

/// The weighted sum of four rows.
#[inline(always)]
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
    /// Half-pixel centres, edges clamped to the box, no antialiasing; bicubic is cubic convolution with A = -0.75.
    #[inline(always)]
    fn new(how: Interpolation, at: usize, length: usize, side: usize) -> Self {
        const A: f32 = -0.75;
        let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
        let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
        let source = (at as f32 + 0.5) * length as f32 / side as f32 - 0.5;
        let (first, part) = (source.floor(), source - source.floor());
        let from = [-1, 0, 1, 2].map(|tap| (first as isize + tap).clamp(0, length as isize - 1) as usize);
        let weight = match how {
            Interpolation::Bicubic => [far(part + 1.0), near(part), near(1.0 - part), far(2.0 - part)],
            Interpolation::Bilinear => [0.0, 1.0 - part, part, 0.0],
        };
        Self { from, weight }
    }
}

impl fmt::Display for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crop {}x{} at {},{}", self.width, self.height, self.left, self.top)
    }
}
