//! 3x3 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016): 36 products for every 16
//! outputs in place of 144. Tiles of 6x6 pixels are transformed with channels side by side in registers; at each of the 36
//! points of the transform a matrix product over channels remains.
//!
//! The weight's gradient is the same bilinear form read backwards, so it needs as few products.
//!
//! A transform evaluates polynomials at 0, at plus and minus [`A`] and [`B`], and at infinity. With the usual 1 and 2 twice
//! as much would be lost to rounding; with these an output's error is six times that of a convolution without tiles
//! (6.3e-7 of the outputs against 1.1e-7, in the root mean square over normal weights and rectified images of 64 channels).

// Rows and columns of small matrices are indices: iterators over them are closures, which keep the compiler from the registers
// of the functions around them.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use macerator::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    buffer::{Scratch, Shared, scratch, with_scratch, written},
    lanes::{Affine, Input, Lanes, Panel, Product, load, rectified, splat, store},
    sizes::Images,
};

/// Pixels along a side of a tile, and of what it is made from.
const TILE: usize = 4;
const SIDE: usize = TILE + 2;
/// Points of the transform: products for each tile and pair of channels.
const POINTS: usize = SIDE * SIDE;
/// Where polynomials are evaluated beside 0 and infinity, and at the same below 0.
const A: f32 = 0.625;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// What a kernel's values at 0, at [`A`] and at [`B`] are divided by.
const AT_0: f32 = A2 * B2;
const AT_A: f32 = 2.0 * A2 * (A2 - B2);
const AT_B: f32 = 2.0 * B2 * (B2 - A2);
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

/// The values of a kernel, `weight[output * by_output + input * by_input + tap]`, or turned by half a turn.
#[derive(Clone, Copy)]
pub struct Kernel<'a> {
    pub weight: &'a [f32],
    pub by_output: usize,
    pub by_input: usize,
    pub turned: bool,
}

/// Rows of tiles of one image.
#[derive(Clone, Copy)]
struct Band {
    image: usize,
    top: usize,
    rows: usize,
}

impl Images {
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

    /// The numbers of some rows of tiles, which begin and end as [`Images::rows_of`] has it.
    fn numbers(&self, rows: Range<usize>) -> Range<usize> {
        let place = |row: usize| {
            let (image, down) = (row / self.down(), row % self.down());
            image * self.each() + TILE * down * self.row(0)
        };
        place(rows.start)..place(rows.end)
    }

    /// The parts of images in some rows of tiles, which begin and end as [`Images::rows_of`] has it, and the number of each
    /// one's first tile where the first of all is `first`.
    fn bands(&self, rows: Range<usize>, first: usize) -> impl Iterator<Item = (Band, usize)> + use<> {
        let (down, across, step) = (self.down(), self.across(), self.down().min(rows.len()));
        let tiles = (first..).step_by(step * across);
        rows.step_by(step).map(move |row| Band { image: row / down, top: row % down, rows: step }).zip(tiles)
    }
}

impl Band {
    /// Its tiles, numbered from `first` on, and where they are.
    fn tiles(&self, images: &Images, first: usize) -> impl Iterator<Item = (usize, Place)> + use<> {
        let (Self { image, top, rows }, across, images) = (*self, images.across(), *images);
        (first..).zip(0..rows * across).map(move |(tile, index)| {
            let (y, x) = (TILE * (top + index / across), TILE * (index % across));
            let begin = image * images.each() + y * images.row(0) + x * images.channels;
            (tile, Place { begin, rows: TILE.min(images.height - y), columns: TILE.min(images.width - x) })
        })
    }
}

/// Where a tile begins in all images, and how much of it lies within its own.
struct Place {
    begin: usize,
    rows: usize,
    columns: usize,
}

impl Place {
    fn is_whole(&self) -> bool {
        [self.rows, self.columns] == [TILE, TILE]
    }

    #[inline(always)]
    fn has(&self, down: usize, right: usize) -> bool {
        down < self.rows && right < self.columns
    }
}

/// Convolves `x` with `kernel`, a border of one zero around; returns `[count, height, width, outputs]`, and in order what
/// `finish` makes of its parts while they are in the cache: so many numbers, from so far on.
pub fn convolve<T: Send>(
    x: Input,
    images: Images,
    outputs: usize,
    kernel: Kernel,
    finish: impl Fn(usize, &[f32]) -> T + Sync,
) -> (Vec<f32>, Vec<T>) {
    assert!(images.tile(outputs), "it was asked whether tiles serve");
    assert_eq!(x.values.len(), images.len(), "images fit");
    let panel = Panel::of([images.channels, outputs]).expect("it was asked whether registers are full");
    let (to, weights) = (Images { channels: outputs, ..images }, transformed(kernel, images.channels, outputs, panel));
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
    images: [&'a Images; 2],
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
                            a: values.as_ptr().add(point * GROUP),
                            by_row: columns,
                            by_depth: 1,
                            b: weights.as_ptr().add(skipped),
                            b_row: columns,
                            b_tap: columns * columns,
                            b_panel: inputs.channels * columns,
                            c: sums.as_mut_ptr().add(point * GROUP),
                            c_row: columns,
                            c_panel: POINTS * GROUP,
                            segments: &segments,
                            rows: tiles,
                            taps,
                            depth: columns,
                            panels: products.channels / columns,
                            panel,
                            add: part > 0,
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
pub fn weight_gradient(x: Input, dy: &[f32], images: Images, outputs: usize) -> Vec<f32> {
    assert!(images.tile(outputs), "it was asked whether tiles serve");
    let out = Images { channels: outputs, ..images };
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
    images: [&'a Images; 2],
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
                // SAFETY: the caller's.
                unsafe {
                    let product = Product {
                        a: a.as_ptr(),
                        by_row: 1,
                        by_depth: columns,
                        b: b.as_ptr().add(gradients.group(groups[0])),
                        b_row: columns,
                        b_tap: gradients.group(1),
                        b_panel: POINTS * GROUP,
                        c: sums.as_mut_ptr(),
                        c_row: columns,
                        c_panel: inputs.channels * columns,
                        segments: &segments,
                        rows: columns,
                        taps: &taps,
                        depth: tiles,
                        panels: gradients.channels / columns,
                        panel,
                        add: true,
                    };
                    product.with_simd::<S>();
                }
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

/// The kernel at the points of the transform, `[POINTS, outputs / columns, inputs, panel]`: `G g G^T`.
fn transformed(kernel: Kernel, inputs: usize, outputs: usize, panel: Panel) -> Scratch {
    let last = (outputs - 1) * kernel.by_output + (inputs - 1) * kernel.by_input + 9;
    assert!(kernel.weight.len() >= last, "a kernel fits");
    let mut all = scratch(POINTS * inputs * outputs);
    let out = Shared::new(&mut all);
    (0..inputs).into_par_iter().for_each(|input| {
        // SAFETY: each task writes its own input's values.
        unsafe { panel.dispatch(KernelOf { input, kernel, inputs, outputs, panel, out }) };
    });
    all
}

/// The kernel of one input channel, brought to the points.
struct KernelOf<'a> {
    input: usize,
    kernel: Kernel<'a>,
    inputs: usize,
    outputs: usize,
    panel: Panel,
    out: Shared,
}

impl WithSimd for KernelOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { input, kernel, inputs, outputs, panel, out } = self;
        let lanes = S::lanes32();
        for output in (0..outputs).step_by(lanes) {
            let mut taps = [[0.0; 16]; 9];
            for lane in 0..lanes {
                let from = &kernel.weight[(output + lane) * kernel.by_output + input * kernel.by_input..][..9];
                for (tap, value) in from.iter().enumerate() {
                    taps[if kernel.turned { 8 - tap } else { tap }][lane] = *value;
                }
            }
            // SAFETY: lines are no shorter than a register; the caller's for `out`.
            unsafe {
                let mut columns = [[splat::<S>(0.0); 3]; SIDE];
                for column in 0..3 {
                    let [a, b, c] = [&taps[column], &taps[3 + column], &taps[6 + column]];
                    let line = widened::<S>([load::<S>(a.as_ptr()), load::<S>(b.as_ptr()), load::<S>(c.as_ptr())]);
                    for row in 0..SIDE {
                        columns[row][column] = line[row];
                    }
                }
                let place = panel.place(output, inputs, input);
                for (row, line) in columns.into_iter().enumerate() {
                    for (column, value) in widened::<S>(line).into_iter().enumerate() {
                        let point = row * SIDE + column;
                        store::<S>(out.from(point * inputs * outputs + place), value);
                    }
                }
            }
        }
    }
}

/// `G g` of one column.
#[inline(always)]
fn widened<S: Simd>([a, b, c]: [Lanes<S>; 3]) -> [Lanes<S>; SIDE] {
    let [above_a, below_a] = either::<S>([a, b, c], A, AT_A);
    let [above_b, below_b] = either::<S>([a, b, c], B, AT_B);
    [a * splat::<S>(1.0 / AT_0), above_a, below_a, above_b, below_b, c]
}

/// `(a + b x + c x^2) / divisor` at `x` and at `-x`.
#[inline(always)]
fn either<S: Simd>([a, b, c]: [Lanes<S>; 3], x: f32, divisor: f32) -> [Lanes<S>; 2] {
    let even = c.fma(splat::<S>(x * x / divisor), a * splat::<S>(1.0 / divisor));
    let odd = b * splat::<S>(x / divisor);
    [even + odd, even - odd]
}

/// The gradient of one input channel's weights: `G^T sums G`.
struct GradientOf<'a> {
    input: usize,
    sums: &'a [f32],
    inputs: usize,
    outputs: usize,
    panel: Panel,
    out: Shared,
}

impl WithSimd for GradientOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { input, sums, inputs, outputs, panel, out } = self;
        let lanes = S::lanes32();
        for output in (0..outputs).step_by(lanes) {
            let place = panel.place(output, inputs, input);
            let mut taps = [[0.0; 16]; 9];
            // SAFETY: the sums are there, and lines no shorter than a register; the caller's for `out`.
            unsafe {
                let mut rows = [[splat::<S>(0.0); SIDE]; 3];
                for column in 0..SIDE {
                    let mut line = [splat::<S>(0.0); SIDE];
                    for (row, value) in line.iter_mut().enumerate() {
                        let point = row * SIDE + column;
                        *value = load::<S>(sums.as_ptr().add(point * inputs * outputs + place));
                    }
                    let line = narrowed::<S>(line);
                    for row in 0..3 {
                        rows[row][column] = line[row];
                    }
                }
                for (row, line) in rows.into_iter().enumerate() {
                    for (column, value) in narrowed::<S>(line).into_iter().enumerate() {
                        store::<S>(taps[row * 3 + column].as_mut_ptr(), value);
                    }
                }
                for lane in 0..lanes {
                    let to = out.from(((output + lane) * inputs + input) * 9);
                    for (tap, values) in taps.iter().enumerate() {
                        *to.add(tap) = values[lane];
                    }
                }
            }
        }
    }
}

/// `G^T u` of one column.
#[inline(always)]
fn narrowed<S: Simd>([zero, above_a, below_a, above_b, below_b, infinity]: [Lanes<S>; SIDE]) -> [Lanes<S>; 3] {
    let [even_a, odd_a] = [above_a + below_a, above_a - below_a];
    let [even_b, odd_b] = [above_b + below_b, above_b - below_b];
    [
        zero.fma(splat::<S>(1.0 / AT_0), weighed::<S>(even_a, 1.0, even_b, 1.0)),
        weighed::<S>(odd_a, A, odd_b, B),
        weighed::<S>(even_a, A2, even_b, B2) + infinity,
    ]
}

#[inline(always)]
fn weighed<S: Simd>(a: Lanes<S>, of_a: f32, b: Lanes<S>, of_b: f32) -> Lanes<S> {
    a.fma(splat::<S>(of_a / AT_A), b * splat::<S>(of_b / AT_B))
}

/// The tiles of a band at the points of the transform: `B^T d B`.
#[inline(always)]
unsafe fn forward_tiles<S: Simd>(x: Input, images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    // SAFETY: the caller's.
    unsafe {
        match x.rectified {
            Some(by) => forward_rows::<S, true>(x.values, by, images, band, to, points, first),
            None => forward_rows::<S, false>(x.values, Affine::default(), images, band, to, points, first),
        }
    }
}

/// Neighbours share two of their six columns.
#[inline(always)]
unsafe fn forward_rows<S: Simd, const RECTIFIED: bool>(
    x: &[f32],
    by: Affine,
    images: &Images,
    band: Band,
    to: *mut f32,
    points: Points,
    first: usize,
) {
    let (channels, across) = (images.channels, images.across());
    let image = &x[band.image * images.each()..][..images.each()];
    for down in 0..band.rows {
        let mut lines = [std::ptr::null(); SIDE];
        for line in 0..SIDE {
            // One line above the tile, which for the first is outside the image.
            let y = (TILE * (band.top + down) + line).wrapping_sub(1);
            if y < images.height {
                lines[line] = image[y * images.row(0)..][..images.row(0)].as_ptr();
            }
        }
        for channel in (0..channels).step_by(S::lanes32()) {
            // SAFETY: columns lie within the lines; the caller's for `to`.
            unsafe {
                let by = if RECTIFIED { by.of::<S>(channel) } else { [splat::<S>(0.0); 2] };
                let lines = Lines { lines, channel, channels, width: images.width };
                let mut left = [[splat::<S>(0.0); SIDE], lines.column::<S, RECTIFIED>(0, by)];
                for tile in 0..across {
                    let x = TILE * tile + 1;
                    let [a, b] = left;
                    let c = lines.column::<S, RECTIFIED>(x, by);
                    let d = lines.column::<S, RECTIFIED>(x + 1, by);
                    left = [lines.column::<S, RECTIFIED>(x + 2, by), lines.column::<S, RECTIFIED>(x + 3, by)];
                    let [e, f] = left;
                    let place = to.add(points.place(first + down * across + tile, channel));
                    for row in 0..SIDE {
                        let line = evaluated::<S>([a[row], b[row], c[row], d[row], e[row], f[row]]);
                        for column in 0..SIDE {
                            store::<S>(place.add((row * SIDE + column) * GROUP), line[column]);
                        }
                    }
                }
            }
        }
    }
}

/// Where some channels of six lines are; those outside the image are nowhere.
struct Lines {
    lines: [*const f32; SIDE],
    channel: usize,
    channels: usize,
    width: usize,
}

impl Lines {
    /// `B^T d` of a column, of zeros where the image has none.
    #[inline(always)]
    unsafe fn column<S: Simd, const RECTIFIED: bool>(&self, x: usize, by: [Lanes<S>; 2]) -> [Lanes<S>; SIDE] {
        let mut d = [splat::<S>(0.0); SIDE];
        if x >= self.width {
            return d;
        }
        for row in 0..SIDE {
            if !self.lines[row].is_null() {
                // SAFETY: the caller's.
                let x = unsafe { load::<S>(self.lines[row].add(x * self.channels + self.channel)) };
                d[row] = if RECTIFIED { rectified::<S>(x, by) } else { x };
            }
        }
        evaluated::<S>(d)
    }
}

/// `B^T d` of one column.
#[inline(always)]
fn evaluated<S: Simd>([a, b, c, d, e, f]: [Lanes<S>; SIDE]) -> [Lanes<S>; SIDE] {
    let (product, sum) = (splat::<S>(AT_0), splat::<S>(-A2 - B2));
    let [above_a, below_a] = evaluated_at::<S>([b, c, d, e], A, B2);
    let [above_b, below_b] = evaluated_at::<S>([b, c, d, e], B, A2);
    [a.fma(product, c.fma(sum, e)), above_a, below_a, above_b, below_b, b.fma(product, d.fma(sum, f))]
}

/// What is found at `x` and at `-x`, the others being 0 and those whose square is `other`.
#[inline(always)]
fn evaluated_at<S: Simd>([b, c, d, e]: [Lanes<S>; 4], x: f32, other: f32) -> [Lanes<S>; 2] {
    let other = splat::<S>(-other);
    let (even, odd) = (c.fma(other, e), b.fma(other, d) * splat::<S>(x));
    [even + odd, even - odd]
}

/// The gradients of a band's outputs at the points of the transform: `A dy A^T`.
#[inline(always)]
unsafe fn tangent_tiles<S: Simd>(dy: &[f32], images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    let size = [images.row(0), images.channels];
    for channel in (0..images.channels).step_by(S::lanes32()) {
        for (tile, place) in band.tiles(images, first) {
            // SAFETY: a tile's pixels lie within the band as far as its place says; the caller's for `to`.
            unsafe {
                let (from, to) = (dy.as_ptr().add(place.begin + channel), to.add(points.place(tile, channel)));
                if place.is_whole() {
                    tangent_tile::<S, true>(from, size, &place, to);
                } else {
                    tangent_tile::<S, false>(from, size, &place, to);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn tangent_tile<S: Simd, const WHOLE: bool>(
    from: *const f32,
    [row, channels]: [usize; 2],
    place: &Place,
    to: *mut f32,
) {
    let mut columns = [[splat::<S>(0.0); SIDE]; TILE];
    for right in 0..TILE {
        let mut y = [splat::<S>(0.0); TILE];
        for down in 0..TILE {
            if WHOLE || place.has(down, right) {
                // SAFETY: the caller's.
                y[down] = unsafe { load::<S>(from.add(down * row + right * channels)) };
            }
        }
        columns[right] = spread::<S>(y);
    }
    let [a, b, c, d] = &columns;
    for row in 0..SIDE {
        let line = spread::<S>([a[row], b[row], c[row], d[row]]);
        for column in 0..SIDE {
            // SAFETY: the caller's.
            unsafe { store::<S>(to.add((row * SIDE + column) * GROUP), line[column]) };
        }
    }
}

/// `A y` of one column.
#[inline(always)]
fn spread<S: Simd>([a, b, c, d]: [Lanes<S>; TILE]) -> [Lanes<S>; SIDE] {
    let [above_a, below_a] = spread_to::<S>([a, b, c, d], A);
    let [above_b, below_b] = spread_to::<S>([a, b, c, d], B);
    [a, above_a, below_a, above_b, below_b, d]
}

/// The cubic polynomial at `x` and at `-x`.
#[inline(always)]
fn spread_to<S: Simd>([a, b, c, d]: [Lanes<S>; TILE], x: f32) -> [Lanes<S>; 2] {
    let (even, odd) = (c.fma(splat::<S>(x * x), a), d.fma(splat::<S>(x * x), b) * splat::<S>(x));
    [even + odd, even - odd]
}

/// The outputs of a band, `A^T m A`.
#[inline(always)]
unsafe fn backward_tiles<S: Simd>(
    sums: *const f32,
    points: Points,
    first: usize,
    images: &Images,
    band: Band,
    out: Shared,
) {
    let size = [images.row(0), images.channels];
    for channel in (0..images.channels).step_by(S::lanes32()) {
        for (tile, place) in band.tiles(images, first) {
            // SAFETY: the caller's for `sums`; what is written of a tile lies within the band, which no other task writes.
            unsafe {
                let (from, to) = (sums.add(points.place(tile, channel)), out.from(place.begin + channel));
                if place.is_whole() {
                    backward_tile::<S, true>(from, to, size, &place);
                } else {
                    backward_tile::<S, false>(from, to, size, &place);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn backward_tile<S: Simd, const WHOLE: bool>(
    from: *const f32,
    to: *mut f32,
    [row, channels]: [usize; 2],
    place: &Place,
) {
    let mut columns = [[splat::<S>(0.0); TILE]; SIDE];
    for column in 0..SIDE {
        let mut m = [splat::<S>(0.0); SIDE];
        for row in 0..SIDE {
            // SAFETY: the caller's.
            m[row] = unsafe { load::<S>(from.add((row * SIDE + column) * GROUP)) };
        }
        columns[column] = summed::<S>(m);
    }
    let [a, b, c, d, e, f] = &columns;
    for down in 0..TILE {
        let line = summed::<S>([a[down], b[down], c[down], d[down], e[down], f[down]]);
        for right in 0..TILE {
            if WHOLE || place.has(down, right) {
                // SAFETY: the caller's.
                unsafe { store::<S>(to.add(down * row + right * channels), line[right]) };
            }
        }
    }
}

/// `A^T m` of one column.
#[inline(always)]
fn summed<S: Simd>([zero, above_a, below_a, above_b, below_b, infinity]: [Lanes<S>; SIDE]) -> [Lanes<S>; TILE] {
    let [even_a, odd_a] = [above_a + below_a, above_a - below_a];
    let [even_b, odd_b] = [above_b + below_b, above_b - below_b];
    [
        zero + even_a + even_b,
        odd_b.fma(splat::<S>(B), odd_a * splat::<S>(A)),
        even_b.fma(splat::<S>(B2), even_a * splat::<S>(A2)),
        odd_b.fma(splat::<S>(B * B2), odd_a.fma(splat::<S>(A * A2), infinity)),
    ]
}
