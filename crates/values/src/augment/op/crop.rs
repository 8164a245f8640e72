//! Random resized crop: the sampler of BYOL's code, torchvision's or TensorFlow's, and the interpolations of [`Interpolation`].
//! A box that becomes a whole image only grows, so that antialiasing would change nothing; one that becomes a small image may
//! shrink, and is antialiased then.

use std::fmt;

use crate::{
    augment::Canvas,
    plan::{
        recipe::{Interpolation, Sampler},
        streams::Draws,
    },
};

/// A box of whole pixels that becomes an image.
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
    /// Height and width of what it becomes.
    pub out: usize,
    /// How it is enlarged.
    pub interpolation: Interpolation,
    /// Whether what overshoots 0 to 1 is cut off.
    pub clamp: bool,
}

/// How often torchvision tries to find a box that fits.
const TRIES: usize = 10;
/// How often TensorFlow does for SimCLR's code.
const ATTEMPTS: usize = 100;
/// The share of the image that a box of SimCLR's code covers at least, `min_object_covered`.
const COVERED: f32 = 0.1;

impl Crop {
    /// A share of the image's area uniform in `area`, width / height log-uniform in `aspect`, anywhere in the image; by
    /// TensorFlow as [`Sampler::Tensorflow`] says. Enlarged as by default.
    pub fn draw(area: [f64; 2], aspect: [f64; 2], sampler: Sampler, side: usize, draws: &mut Draws) -> Self {
        let size = |draws: &mut Draws| {
            let area = draws.uniform(area[0] as f32, area[1] as f32) * (side * side) as f32;
            let aspect = draws.uniform(aspect[0].ln() as f32, aspect[1].ln() as f32).exp();
            [area / aspect, area * aspect].map(|square| square.sqrt().round() as usize)
        };
        let anywhere = |[height, width]: [usize; 2], draws: &mut Draws| {
            let (top, left) = (draws.below(side - height + 1), draws.below(side - width + 1));
            Self::at(top, left, height, width, side)
        };
        match sampler {
            Sampler::Paper => anywhere(size(draws).map(|length| length.clamp(1, side)), draws),
            Sampler::Torchvision => {
                let fits = |size: &[usize; 2]| size.iter().all(|length| (1..=side).contains(length));
                match (0..TRIES).map(|_| size(draws)).find(fits) {
                    Some(size) => anywhere(size, draws),
                    None => Self::central(aspect, side),
                }
            }
            Sampler::Tensorflow => (0..ATTEMPTS)
                .find_map(|_| Self::distorted(area, aspect, side, draws))
                .unwrap_or_else(|| Self::at(0, 0, side, side, side)),
        }
    }

    /// One attempt of `tf.image.sample_distorted_bounding_box`: rows uniform between those of the least and of the greatest
    /// area, one more or less where rounding has left the range. Rows and columns at the end are only in boxes that have all.
    fn distorted(area: [f64; 2], aspect: [f64; 2], side: usize, draws: &mut Draws) -> Option<Self> {
        let aspect = draws.uniform(aspect[0] as f32, aspect[1] as f32);
        let [least, most] = area.map(|share| share as f32 * side as f32 * side as f32);
        let columns = |rows: usize| (rows as f32 * aspect).round_ties_even() as usize;
        let covers = |rows: usize| (rows * columns(rows)) as f32;
        let [low, high] = [least, most].map(|area| (area / aspect).sqrt().round_ties_even() as usize);
        let high = (0..=high.min(side)).rev().find(|rows| columns(*rows) <= side)?;
        let mut rows = low.min(high);
        rows += draws.below(high - rows + 1);
        rows += usize::from(covers(rows) < least);
        rows -= usize::from(covers(rows) > most);
        let fits = covers(rows) >= least.max(1.0) && covers(rows) <= most && rows.max(columns(rows)) <= side;
        let [top, left] = [rows, columns(rows)].map(|length| draws.below(side.saturating_sub(length).max(1)));
        let covered = covers(rows) / (side * side) as f32 >= COVERED;
        (fits && covered).then(|| Self::at(top, left, rows, columns(rows), side))
    }

    /// What torchvision falls back to: the largest box in the middle whose aspect is in range.
    fn central(aspect: [f64; 2], side: usize) -> Self {
        let shrunk = |factor: f64| ((side as f64 * factor).round() as usize).clamp(1, side);
        let (height, width) = (shrunk(1.0 / aspect[0].max(1.0)), shrunk(aspect[1].min(1.0)));
        Self::at((side - height) / 2, (side - width) / 2, height, width, side)
    }

    /// A box that becomes `out` by `out` pixels, enlarged as by default.
    pub fn at(top: usize, left: usize, height: usize, width: usize, out: usize) -> Self {
        Self { top, left, height, width, out, interpolation: Interpolation::default(), clamp: true }
    }

    /// Resizes the box to the whole canvas: down the columns, then along the rows, then clamped to 0 to 1 where asked for.
    #[inline(always)]
    pub fn apply(self, canvas: &mut Canvas) {
        let side = canvas.side;
        if self.out != side {
            return self.apply_small(canvas);
        }
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
                to[x] = (0..4).map(|tap| weight[tap] * from[at[tap]]).sum::<f32>();
            }
        }
        // Apart from the loop above, whose writes are far from each other: registers are full here.
        if self.clamp {
            canvas.clamp();
        }
    }
}

impl Crop {
    /// The same onto a canvas that is of another size afterwards.
    fn apply_small(self, canvas: &mut Canvas) {
        let (side, out) = (canvas.side, self.out);
        let (down, across) = (self.small_taps(self.height), self.small_taps(self.width));
        let mut columns = vec![0.0; 3 * out * self.width];
        for (channel, to) in columns.chunks_exact_mut(out * self.width).enumerate() {
            for (row, (first, weights)) in to.chunks_exact_mut(self.width).zip(&down) {
                for (place, weight) in (first + self.top..).zip(weights) {
                    let from = &canvas.pixels[(channel * side + place) * side + self.left..][..self.width];
                    row.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
                }
            }
        }
        canvas.resize(out);
        for (row, to) in columns.chunks_exact(self.width).zip(canvas.pixels.chunks_exact_mut(out)) {
            for (to, (first, weights)) in to.iter_mut().zip(&across) {
                *to = weights.iter().zip(&row[*first..]).map(|(weight, from)| weight * from).sum();
            }
        }
        if self.clamp {
            canvas.clamp();
        }
    }

    /// Of each pixel of the small image along one axis: the first pixel of a line of `length` that counts, and the weights from
    /// there on.
    fn small_taps(&self, length: usize) -> Vec<(usize, Vec<f32>)> {
        let grown = |at| {
            let Taps { from, weight } = Taps::new(self.interpolation, at, length, self.out);
            let (first, last) = (from[0], from[3]);
            let mut weights = vec![0.0; last - first + 1];
            from.iter().zip(weight).for_each(|(place, weight)| weights[place - first] += weight);
            (first, weights)
        };
        let shrunk = |at| {
            let (first, weights) = kernel::taps(self.interpolation, at, length, self.out);
            (first, weights.into_iter().map(|weight| weight as f32).collect())
        };
        (0..self.out).map(|at| if length <= self.out { grown(at) } else { shrunk(at) }).collect()
    }
}

/// The kernels by which Pillow resizes, and other libraries where they antialias: Keys' with A = -0.5, or the triangle, as much wider
/// as a line is longer than what becomes of it.
pub(in crate::augment) mod kernel {
    use crate::plan::recipe::Interpolation;

    /// Of pixel `at` of `out`: the first pixel of a line of `length` that counts, and the weights from there on. What lies outside is
    /// left out, the rest sums to 1.
    pub fn taps(how: Interpolation, at: usize, length: usize, out: usize) -> (usize, Vec<f64>) {
        let scale = length as f64 / out as f64;
        let (centre, wider) = ((at as f64 + 0.5) * scale, scale.max(1.0));
        let support = wider * if how == Interpolation::Bilinear { 1.0 } else { 2.0 };
        let first = (centre - support + 0.5).max(0.0) as usize;
        let last = ((centre + support + 0.5) as usize).min(length);
        let weights = (first..last).map(|place| weight(how, (place as f64 - centre + 0.5) / wider));
        let total: f64 = weights.clone().sum();
        (first, weights.map(|weight| weight / total).collect())
    }

    fn weight(how: Interpolation, distance: f64) -> f64 {
        const A: f64 = -0.5;
        let x = distance.abs();
        match how {
            Interpolation::Bilinear => (1.0 - x).max(0.0),
            _ if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            _ if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
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
    /// Pixel `at` of `side`, from a line of `length`.
    #[inline(always)]
    fn new(how: Interpolation, at: usize, length: usize, side: usize) -> Self {
        let middle = if how == Interpolation::BicubicTf1 { 0.0 } else { 0.5 };
        let source = (at as f32 + middle) * length as f32 / side as f32 - middle;
        let (first, part) = (source.floor(), source - source.floor());
        let places = [-1, 0, 1, 2].map(|tap| first as isize + tap);
        let from = places.map(|place| place.clamp(0, length as isize - 1) as usize);
        let weight = match how {
            Interpolation::Bicubic | Interpolation::BicubicTf1 => cubic(part, -0.75),
            Interpolation::BicubicKeys => within(cubic(part, -0.5), places, length),
            Interpolation::Bilinear => [0.0, 1.0 - part, part, 0.0],
        };
        Self { from, weight }
    }
}

/// The weights of four pixels in a row for a point that lies by `part` behind the second (Keys 1981).
#[inline(always)]
fn cubic(part: f32, a: f32) -> [f32; 4] {
    let near = |x: f32| ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
    [far(part + 1.0), near(part), near(1.0 - part), far(2.0 - part)]
}

/// The weights of those places that are in a line of `length`, summing to 1.
#[inline(always)]
fn within(weight: [f32; 4], places: [isize; 4], length: usize) -> [f32; 4] {
    // What lies before the line is far behind it as an unsigned number: no branches.
    let is_in = |tap: usize| f32::from(u8::from((places[tap] as usize) < length));
    let kept: [f32; 4] = std::array::from_fn(|tap| weight[tap] * is_in(tap));
    let total: f32 = kept.iter().sum();
    kept.map(|weight| weight / total)
}

impl fmt::Display for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crop {}x{} at {},{}", self.width, self.height, self.left, self.top)
    }
}
