//! 3x3 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016): 36 products for every 16
//! outputs in place of 144.
//!
//! A convolution is a product of polynomials, and a polynomial is known by its values at a few points, where the product is
//! one multiplication each. Along one side four outputs of a kernel of three need six points: 0, a, -a, b, -b and infinity
//! ([`points`] says which a and b, and why). Along two sides, with `d` a tile of 6x6 pixels, `g` a kernel of 3x3 and `y` the 4x4
//! outputs,
//!
//! ```text
//!  y = A^T [ (G g G^T) * (B^T d B) ] A            * number by number, at each of the 36 points
//!
//!        1  1   1   1   1  0             1           0  0               a2b2    0   -(a2+b2)    0     1  0
//!  A^T = 0  a  -a   b  -b  0             1           a  a2                 0  -ab2    -b2       a     1  0
//!        0  a2  a2  b2  b2 0       G =   1          -a  a2    B^T =        0   ab2    -b2      -a     1  0
//!        0  a3 -a3  b3 -b3 1             1           b  b2                 0  -a2b    -a2       b     1  0
//!                                        1          -b  b2                 0   a2b    -a2      -b     1  0
//!                                        0           0  1                  0  a2b2     0    -(a2+b2)  0  1
//! ```
//!
//! where `a2b2` is a squared times b squared, and each row of G is divided by what the other points make of its own: a2b2 for 0,
//! 2 a2 (a2 - b2) for a and -a, 2 b2 (b2 - a2) for b and -b, 1 for infinity. Neighbouring tiles share two rows of pixels:
//!
//! ```text
//!  pixels   0 1 2 3 4 5 6 7 8 9       a kernel and a tile are transformed once and serve all pairs of channels;
//!  tile 0   [---------]               at every point the sum over input channels is left, which makes of
//!  tile 1           [---------]         tiles x inputs   times   inputs x outputs
//!  outputs    0 1 2 3 | 4 5 6 7       a matrix product: 36 of them, with channels side by side in registers
//! ```
//!
//! The input's gradient is the same convolution with the kernel turned round. The weight's gradient is the same bilinear form
//! read backwards, `G^T [ (B^T d B) * (A dy A^T) ] G` summed over tiles, so it needs as few products.
//!
//! | file | does |
//! |---|---|
//! | `kernel` | takes kernels to the transform, and their gradients back |
//! | `tiles` | takes tiles to it, and what comes out back |
//! | `points` | where polynomials are evaluated |

// Rows and columns of small matrices are indices: iterators over them are closures, which keep the compiler from the registers
// of the functions around them.
#![allow(clippy::needless_range_loop)]

mod kernel;
mod points;
mod tiles;

use std::ops::Range;

use macerator::{Simd, WithSimd};
use rayon::prelude::*;

pub use kernel::Kernel;
use kernel::{GradientOf, transformed};
use tiles::{backward_tiles, forward_tiles, tangent_tiles};

use super::{
    buffer::{Shared, scratch, with_scratch, written},
    lanes::{Input, Left, Panel, Product, Right, Sums},
    sizes::ImageBatch,
};

/// Pixels along a side of a tile, and of what it is made from.
const TILE: usize = 4;
const SIDE: usize = TILE + 2;
/// Points of the transform: products for each tile and pair of channels.
const POINTS: usize = SIDE * SIDE;
/// Bytes of transformed tiles that a task holds: what a core's second cache has room for.
const TASK: usize = 1 << 19;
/// Tiles of a task at least: weights are read for so many.
const TILES: usize = 32;
/// Tiles of all images at least: weights are transformed for so many.
const ENOUGH: usize = 24;
/// Bytes of transformed tiles that are held at once for the weight's gradient.
const CHUNK: usize = 16 << 20;
/// Channels or tiles summed over before a product moves on, about: the panels of so many stay in the first cache.
const DEPTH: usize = 128;
/// Numbers of a panel's tiles that are beside each other at a point: a constant, so that places are, and a multiple of the
/// rows that a product takes at once.
const GROUP: usize = 192;

/// Rows of tiles of one image.
#[derive(Clone, Copy)]
struct Band {
    image: usize,
    top: usize,
    rows: usize,
}

impl ImageBatch {
    /// Whether Winograd's convolution to so many channels serves: registers are full, images fill their tiles so far that
    /// half the products are saved, and there are so many tiles that transforming the weights pays.
    pub fn tile(&self, outputs: usize) -> bool {
        let full = Panel::of([self.channels, outputs]).is_some();
        let saves = 2 * POINTS * self.down() * self.across() <= 9 * self.pixels();
        full && saves && self.rows() * self.across() >= ENOUGH
    }

    fn across(&self) -> usize {
        self.width.div_ceil(TILE)
    }

    fn down(&self) -> usize {
        self.height.div_ceil(TILE)
    }

    /// Rows of tiles in all images.
    fn rows(&self) -> usize {
        self.count * self.down()
    }

    /// Rows of tiles of a task that holds about so many tiles: a divisor of an image's, or whole images.
    fn rows_of(&self, tiles: usize) -> usize {
        let (rows, down) = ((tiles / self.across()).max(1), self.down());
        if rows >= down {
            return rows / down * down;
        }
        (1..=rows).rev().find(|rows| down.is_multiple_of(*rows)).expect("one divides all")
    }

    /// The numbers of some rows of tiles, which begin and end as [`ImageBatch::rows_of`] has it.
    fn numbers(&self, rows: Range<usize>) -> Range<usize> {
        let place = |row: usize| {
            let (image, down) = (row / self.down(), row % self.down());
            image * self.each() + TILE * down * self.row(0)
        };
        place(rows.start)..place(rows.end)
    }

    /// The parts of images in some rows of tiles, which begin and end as [`ImageBatch::rows_of`] has it, and the number of each
    /// one's first tile where the first of all is `first`.
    fn bands(&self, rows: Range<usize>, first: usize) -> impl Iterator<Item = (Band, usize)> + use<> {
        let (down, across, step) = (self.down(), self.across(), self.down().min(rows.len()));
        let tiles = (first..).step_by(step * across);
        rows.step_by(step).map(move |row| Band { image: row / down, top: row % down, rows: step }).zip(tiles)
    }
}

/// Convolves `x` with `kernel`, a border of one zero around; returns `[count, height, width, outputs]`, and in order what
/// `finish` makes of its parts while they are in the cache: so many numbers, from so far on.
pub fn convolve<T: Send>(
    x: Input,
    images: ImageBatch,
    outputs: usize,
    kernel: Kernel,
    finish: impl Fn(usize, &[f32]) -> T + Sync,
) -> (Vec<f32>, Vec<T>) {
    assert!(images.tile(outputs), "it was asked whether tiles serve");
    assert_eq!(x.values.len(), images.len(), "images fit");
    let panel = Panel::of([images.channels, outputs]).expect("it was asked whether registers are full");
    let (to, weights) =
        (ImageBatch { channels: outputs, ..images }, transformed(kernel, images.channels, outputs, panel));
    let tiles = TASK / (4 * POINTS * (images.channels + outputs));
    let rows = images.rows_of(tiles.clamp(TILES, 8 * TILES));
    let tasks: Vec<Range<usize>> =
        (0..images.rows()).step_by(rows).map(|first| first..images.rows().min(first + rows)).collect();
    let convolve = |rows: Range<usize>, out: Shared| {
        let (tiles, numbers) = (rows.len() * images.across(), to.numbers(rows.clone()));
        let points = [&images, &to].map(|images| Points { channels: images.channels, tiles, panel });
        with_scratch(points.map(Points::len), |[values, sums]| {
            let (images, weights) = ([&images, &to], &weights);
            let work = Convolution { x, images, rows, points, weights, values, sums, out };
            // SAFETY: the matrices are there; each task writes the pixels of its own bands.
            unsafe { panel.dispatch(work) };
        });
        // SAFETY: this task has written them.
        finish(numbers.start, unsafe { out.read(numbers) })
    };
    let mut finished = Vec::new();
    // SAFETY: the tasks' bands are all rows of all images.
    let y =
        unsafe { written(to.len(), |out| finished = tasks.into_par_iter().map(|rows| convolve(rows, out)).collect()) };
    (y, finished)
}

/// The convolution of some rows of tiles, whose pixels of `out` nobody else writes.
struct Convolution<'a> {
    x: Input<'a>,
    /// Those read and those written, as images and as tiles.
    images: [&'a ImageBatch; 2],
    points: [Points; 2],
    rows: Range<usize>,
    weights: &'a [f32],
    values: &'a mut [f32],
    sums: &'a mut [f32],
    out: Shared,
}

impl WithSimd for Convolution<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { x, images: [from, to], points: [inputs, products], rows, weights, values, sums, out } = self;
        let (panel, columns, blocks) = (inputs.panel, inputs.panel.columns(), inputs.blocks());
        // SAFETY: buffers are as long as points say; the caller's for `out`.
        unsafe {
            for (band, first) in from.bands(rows.clone(), 0) {
                forward_tiles::<S>(x, from, band, values.as_mut_ptr(), inputs, first);
            }
            for point in 0..POINTS {
                for (part, taps) in blocks.chunks(DEPTH / columns).enumerate() {
                    let skipped = point * inputs.channels * products.channels + part * DEPTH * columns;
                    for (groups, tiles) in inputs.groups() {
                        let segments: Vec<[usize; 2]> =
                            groups.map(|group| [inputs, products].map(|points| points.group(group))).collect();
                        let product = Product {
                            a: Left { numbers: &values[point * GROUP..], by_row: columns, by_depth: 1 },
                            b: Right {
                                numbers: &weights[skipped..],
                                row: columns,
                                tap: columns * columns,
                                panel: inputs.channels * columns,
                            },
                            c: Sums {
                                add: part > 0,
                                ..Sums::onto(&mut sums[point * GROUP..], columns, POINTS * GROUP)
                            },
                            segments: &segments,
                            rows: tiles,
                            taps,
                            depth: columns,
                            panels: products.channels / columns,
                            panel,
                        };
                        product.with_simd::<S>();
                    }
                }
            }
            for (band, first) in to.bands(rows, 0) {
                backward_tiles::<S>(sums.as_ptr(), products, first, to, band, out);
            }
        }
    }
}

/// The gradient of the weights, `[outputs, channels, 9]`, from that of the outputs.
pub fn weight_gradient(x: Input, dy: &[f32], images: ImageBatch, outputs: usize) -> Vec<f32> {
    assert!(images.tile(outputs), "it was asked whether tiles serve");
    let out = ImageBatch { channels: outputs, ..images };
    assert_eq!([x.values.len(), dy.len()], [images.len(), out.len()], "images and gradients fit");
    let panel = Panel::of([images.channels, outputs]).expect("it was asked whether registers are full");
    let tiles = CHUNK / (4 * POINTS * (images.channels + outputs));
    let (chunk, task) = (images.rows_of(tiles.max(4 * TILES)), images.rows_of(TILES));
    let chunk = chunk / task * task;
    let tiles = chunk.min(images.rows()) * images.across();
    let [inputs, gradients] = [images.channels, outputs].map(|channels| Points { channels, tiles, panel });
    let (mut values, mut tangents) = (scratch(inputs.len()), scratch(gradients.len()));
    let each = images.channels * outputs;
    let mut sums = scratch(POINTS * each);
    sums.fill(0.0);
    for begin in (0..images.rows()).step_by(chunk) {
        let end = images.rows().min(begin + chunk);
        let to = [&mut values, &mut tangents].map(|values| Shared::new(values));
        let tasks: Vec<Range<usize>> = (begin..end).step_by(task).map(|row| row..end.min(row + task)).collect();
        tasks.into_par_iter().for_each(|rows| {
            let first = (rows.start - begin) * images.across();
            // SAFETY: tiles of different tasks do not overlap.
            unsafe {
                let (images, points) = ([&images, &out], [inputs, gradients]);
                panel.dispatch(Transformation { x, dy, images, rows, to, points, first });
            }
        });
        let points = [inputs, gradients].map(|points| Points { tiles: (end - begin) * images.across(), ..points });
        sums.par_chunks_mut(each).enumerate().for_each(|(point, sums)| {
            let (a, b) = (&values[point * GROUP..], &tangents[point * GROUP..]);
            // SAFETY: there are so many tiles.
            unsafe { panel.dispatch(Products { a, b, points, sums }) };
        });
    }
    // SAFETY: each task writes all taps of its own channel.
    unsafe {
        written(outputs * images.channels * 9, |out| {
            let (sums, inputs) = (&sums[..], images.channels);
            (0..inputs)
                .into_par_iter()
                .for_each(|input| panel.dispatch(GradientOf { input, sums, inputs, outputs, panel, out }));
        })
    }
}

/// Images and gradients of some rows of tiles, brought to the points of the transform, from the tile `first` on.
struct Transformation<'a> {
    x: Input<'a>,
    dy: &'a [f32],
    images: [&'a ImageBatch; 2],
    rows: Range<usize>,
    to: [Shared; 2],
    points: [Points; 2],
    first: usize,
}

impl WithSimd for Transformation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { x, dy, images, rows, to, points, first } = self;
        for (band, first) in images[0].bands(rows, first) {
            // SAFETY: the caller's.
            unsafe {
                forward_tiles::<S>(x, images[0], band, to[0].start(), points[0], first);
                tangent_tiles::<S>(dy, images[1], band, to[1].start(), points[1], first);
            }
        }
    }
}

/// The products of images and gradients at a point, summed over their tiles and added to `sums`.
struct Products<'a> {
    a: &'a [f32],
    b: &'a [f32],
    points: [Points; 2],
    sums: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { a, b, points: [inputs, gradients], sums } = self;
        let (panel, columns) = (inputs.panel, inputs.panel.columns());
        let segments: Vec<[usize; 2]> =
            inputs.blocks().into_iter().enumerate().map(|(block, begin)| [begin, block * columns * columns]).collect();
        for (groups, tiles) in inputs.groups() {
            let groups: Vec<usize> = groups.collect();
            for groups in groups.chunks(DEPTH * columns / GROUP) {
                let taps: Vec<usize> = groups.iter().map(|group| inputs.group(*group)).collect();
                let product = Product {
                    a: Left { numbers: a, by_row: 1, by_depth: columns },
                    b: Right {
                        numbers: &b[gradients.group(groups[0])..],
                        row: columns,
                        tap: gradients.group(1),
                        panel: POINTS * GROUP,
                    },
                    c: Sums::onto(sums, columns, inputs.channels * columns),
                    segments: &segments,
                    rows: columns,
                    taps: &taps,
                    depth: tiles,
                    panels: gradients.channels / columns,
                    panel,
                };
                product.with_simd::<S>();
            }
        }
    }
}

/// So many tiles at the points of the transform: `[groups, channels / panel, POINTS, tiles, panel]`, [`GROUP`] numbers for
/// each point.
#[derive(Clone, Copy)]
struct Points {
    channels: usize,
    tiles: usize,
    panel: Panel,
}

impl Points {
    /// Tiles of a whole group.
    fn each(self) -> usize {
        GROUP / self.panel.columns()
    }

    fn len(self) -> usize {
        self.group(self.tiles.div_ceil(self.each()))
    }

    /// Where a group begins.
    fn group(self, group: usize) -> usize {
        group * POINTS * GROUP * (self.channels / self.panel.columns())
    }

    /// Where a channel of a tile is at the first point.
    fn place(self, tile: usize, channel: usize) -> usize {
        let (each, columns) = (self.each(), self.panel.columns());
        let block = channel / columns * POINTS * GROUP;
        self.group(tile / each) + block + tile % each * columns + channel % columns
    }

    /// Where the channels of each panel begin in a group.
    fn blocks(self) -> Vec<usize> {
        (0..self.channels).step_by(self.panel.columns()).map(|channel| self.place(0, channel)).collect()
    }

    /// The whole groups, and the last one where it is not; and how many tiles each of them has.
    fn groups(self) -> impl Iterator<Item = (Range<usize>, usize)> {
        let (whole, left) = (self.tiles / self.each(), self.tiles % self.each());
        [(0..whole, self.each()), (whole..whole + 1, left)]
            .into_iter()
            .filter(|(groups, left)| *left > 0 && !groups.is_empty())
    }
}
