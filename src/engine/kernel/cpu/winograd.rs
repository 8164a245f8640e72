//! 3x3 convolutions of stride 1 by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray 2016), for processors with
//! AVX-512: 16 products for every four outputs in place of 36. Tiles of 4x4 pixels are transformed with 16 channels in a
//! register; at each of the 16 points of the transform a matrix product over channels remains.
//!
//! The weight's gradient is the same bilinear form read backwards, so it needs as few products.

// Rows and columns of small matrices are indices; iterators over them are closures, which keep the compiler from the
// features of the functions around them.
#![allow(clippy::needless_range_loop)]

use std::{
    arch::x86_64::{
        __m512, _mm512_add_ps, _mm512_i32gather_ps, _mm512_i32scatter_ps, _mm512_loadu_ps, _mm512_mul_ps,
        _mm512_mullo_epi32, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_ps, _mm512_storeu_ps,
        _mm512_sub_ps,
    },
    ops::Range,
};

use rayon::prelude::*;

use super::{
    LANES,
    buffer::{Scratch, Shared, scratch, with_scratch, written},
    fills_registers,
    lanes::{Product, load},
    sizes::Images,
};

/// Points of the transform: products for each tile and pair of channels.
const POINTS: usize = 16;
/// Bytes of transformed tiles that a task holds: what a core's second cache has room for.
const TASK: usize = 1 << 20;
/// Tiles of a task at least, and of all images: weights are transformed and read for so many.
const TILES: usize = 96;
/// Bytes of transformed tiles that are held at once for the weight's gradient.
const CHUNK: usize = 16 << 20;
/// Channels summed over before a product moves on: the weights of so many stay in the first cache.
const DEPTH: usize = 128;

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
    /// Whether Winograd's convolution to so many channels serves: registers are full and images whole tiles, so many that
    /// transforming the weights pays.
    pub fn tile(&self, outputs: usize) -> bool {
        let full = fills_registers(self.channels) && fills_registers(outputs);
        let even = self.height.is_multiple_of(2) && self.width.is_multiple_of(2);
        full && even && self.rows() * self.across() >= TILES
    }

    fn across(&self) -> usize {
        self.width / 2
    }

    fn down(&self) -> usize {
        self.height / 2
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

    /// The parts of images in some rows of tiles, which begin and end as [`Images::rows_of`] has it.
    fn bands(&self, rows: Range<usize>) -> impl Iterator<Item = Band> {
        let (down, step) = (self.down(), self.down().min(rows.len()));
        rows.step_by(step).map(move |row| Band { image: row / down, top: row % down, rows: step })
    }
}

impl Band {
    /// Where its pixels begin in all images.
    fn begin(&self, images: &Images) -> usize {
        self.image * images.each() + 2 * self.top * images.row(0)
    }

    /// Its tiles, numbered from `first` on: number, row and column.
    fn tiles(&self, images: &Images, first: usize) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let across = images.across();
        (first..).zip(0..self.rows * across).map(move |(tile, index)| (tile, index / across, index % across))
    }
}

/// Convolves `x` with `kernel`, a border of one zero around; returns `[count, height, width, outputs]`.
pub fn convolve(x: &[f32], images: Images, outputs: usize, kernel: Kernel) -> Vec<f32> {
    assert!(images.tile(outputs), "AVX-512 was looked for");
    assert_eq!(x.len(), images.len(), "images fit");
    let to = Images { channels: outputs, ..images };
    let weights = transformed(kernel, images.channels, outputs);
    let tiles = TASK / (4 * POINTS * (images.channels + outputs));
    let rows = images.rows_of(tiles.clamp(TILES, 4 * TILES));
    let tasks: Vec<Range<usize>> =
        (0..images.rows()).step_by(rows).map(|first| first..images.rows().min(first + rows)).collect();
    let convolve = |task: Range<usize>, out: &Shared| {
        let tiles = task.len() * images.across();
        let (inputs, products) = (Points::new(tiles, images.channels), Points::new(tiles, outputs));
        with_scratch([inputs.len(), products.len()], |[values, sums]| {
            // SAFETY: the processor has AVX-512, by the assertion above; buffers are as long as was asked for; each task
            // writes the pixels of its own bands.
            unsafe {
                let mut first = 0;
                for band in images.bands(task.clone()) {
                    forward_tiles(x, &images, band, values.as_mut_ptr(), inputs, first);
                    first += band.rows * images.across();
                }
                for point in 0..POINTS {
                    let (a, c) = (values.as_ptr().add(inputs.at(point)), sums.as_mut_ptr().add(products.at(point)));
                    let b = weights.as_ptr().add(point * images.channels * outputs);
                    product([tiles, images.channels, outputs], [a, b], [images.channels, 1], c, false);
                }
                let mut first = 0;
                for band in images.bands(task) {
                    backward_tiles(sums.as_ptr(), products, first, &to, band, out);
                    first += band.rows * images.across();
                }
            }
        });
    };
    // SAFETY: the tasks' bands are all rows of all images.
    unsafe { written(to.len(), |out| tasks.into_par_iter().for_each(|task| convolve(task, &out))) }
}

/// The gradient of the weights, `[outputs, channels, 9]`, from that of the outputs.
pub fn weight_gradient(x: &[f32], dy: &[f32], images: Images, outputs: usize) -> Vec<f32> {
    assert!(images.tile(outputs), "AVX-512 was looked for");
    let out = Images { channels: outputs, ..images };
    assert_eq!([x.len(), dy.len()], [images.len(), out.len()], "images and gradients fit");
    let tiles = CHUNK / (4 * POINTS * (images.channels + outputs));
    let (chunk, task) = (images.rows_of(tiles.max(4 * TILES)), images.rows_of(TILES));
    let chunk = chunk / task * task;
    let most = chunk.min(images.rows()) * images.across();
    let (inputs, gradients) = (Points::new(most, images.channels), Points::new(most, outputs));
    let (mut values, mut tangents) = (scratch(inputs.len()), scratch(gradients.len()));
    let mut sums = scratch(POINTS * images.channels * outputs);
    sums.fill(0.0);
    for begin in (0..images.rows()).step_by(chunk) {
        let end = images.rows().min(begin + chunk);
        let (all_values, all_tangents) = (Shared::new(&mut values), Shared::new(&mut tangents));
        let tasks: Vec<Range<usize>> = (begin..end).step_by(task).map(|row| row..end.min(row + task)).collect();
        tasks.into_par_iter().for_each(|task| {
            let mut first = (task.start - begin) * images.across();
            for band in images.bands(task) {
                // SAFETY: as in `convolve`; tiles of different tasks do not overlap.
                unsafe {
                    forward_tiles(x, &images, band, all_values.start(), inputs, first);
                    tangent_tiles(dy, &out, band, all_tangents.start(), gradients, first);
                }
                first += band.rows * images.across();
            }
        });
        let depth = (end - begin) * images.across();
        sums.par_chunks_mut(images.channels * outputs).enumerate().for_each(|(point, sums)| {
            // SAFETY: the processor has AVX-512; a point has `most` tiles, of which `depth` are filled.
            unsafe {
                let a = values.as_ptr().add(inputs.at(point));
                let b = tangents.as_ptr().add(gradients.at(point));
                product([images.channels, depth, outputs], [a, b], [1, images.channels], sums.as_mut_ptr(), true);
            }
        });
    }
    // SAFETY: the processor has AVX-512; each task writes all taps of its own channel.
    unsafe {
        written(outputs * images.channels * 9, |out| {
            (0..images.channels)
                .into_par_iter()
                .for_each(|channel| gathered(&sums, images.channels, outputs, channel, out.start()));
        })
    }
}

/// Where the tiles of each point are: `[tiles, channels]`, a register apart so that points do not fall on the same lines
/// of the cache.
#[derive(Clone, Copy)]
struct Points {
    channels: usize,
    each: usize,
}

impl Points {
    fn new(tiles: usize, channels: usize) -> Self {
        Self { channels, each: tiles * channels + LANES }
    }

    fn len(self) -> usize {
        POINTS * self.each
    }

    fn at(self, point: usize) -> usize {
        point * self.each
    }

    /// Where a tile's channels begin at the first point.
    fn tile(self, tile: usize) -> usize {
        tile * self.channels
    }
}

/// The kernel at the points of the transform, `[POINTS, inputs, outputs]`: `G g G^T`.
fn transformed(kernel: Kernel, inputs: usize, outputs: usize) -> Scratch {
    let last = (outputs - 1) * kernel.by_output + (inputs - 1) * kernel.by_input + 9;
    assert!(kernel.weight.len() >= last, "a kernel fits");
    let mut all = scratch(POINTS * inputs * outputs);
    let out = Shared::new(&mut all);
    (0..inputs).into_par_iter().for_each(|input| {
        // SAFETY: the processor has AVX-512, by the callers' assertions; reads lie within the kernel, by the assertion
        // above; each task writes its own input's values.
        unsafe { transformed_input(kernel, input, inputs, outputs, out.start()) };
    });
    all
}

#[target_feature(enable = "avx512f")]
unsafe fn transformed_input(kernel: Kernel, input: usize, inputs: usize, outputs: usize, out: *mut f32) {
    // SAFETY: the caller's.
    unsafe {
        let each = _mm512_mullo_epi32(counted(), _mm512_set1_epi32(kernel.by_output as i32));
        for output in (0..outputs).step_by(LANES) {
            let from = kernel.weight.as_ptr().add(output * kernel.by_output + input * kernel.by_input);
            let tap = |tap: usize| if kernel.turned { 8 - tap } else { tap };
            let mut g = [_mm512_setzero_ps(); 9];
            for (at, g) in g.iter_mut().enumerate() {
                *g = _mm512_i32gather_ps::<4>(each, from.add(tap(at)));
            }
            let mut columns = [[_mm512_setzero_ps(); 3]; 4];
            for column in 0..3 {
                let line = widened([g[column], g[3 + column], g[6 + column]]);
                for row in 0..4 {
                    columns[row][column] = line[row];
                }
            }
            for (row, line) in columns.into_iter().enumerate() {
                for (column, value) in widened(line).into_iter().enumerate() {
                    let point = row * 4 + column;
                    _mm512_storeu_ps(out.add((point * inputs + input) * outputs + output), value);
                }
            }
        }
    }
}

/// `G g` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn widened([a, b, c]: [__m512; 3]) -> [__m512; 4] {
    let half = _mm512_set1_ps(0.5);
    let (outer, inner) = (_mm512_mul_ps(_mm512_add_ps(a, c), half), _mm512_mul_ps(b, half));
    [a, _mm512_add_ps(outer, inner), _mm512_sub_ps(outer, inner), c]
}

/// `dw = G^T sums G` of one input channel.
#[target_feature(enable = "avx512f")]
unsafe fn gathered(sums: &[f32], inputs: usize, outputs: usize, input: usize, out: *mut f32) {
    // SAFETY: the caller's.
    unsafe {
        let each = _mm512_mullo_epi32(counted(), _mm512_set1_epi32((inputs * 9) as i32));
        for output in (0..outputs).step_by(LANES) {
            let mut rows = [[_mm512_setzero_ps(); 4]; 3];
            for column in 0..4 {
                let mut line = [_mm512_setzero_ps(); 4];
                for (row, value) in line.iter_mut().enumerate() {
                    let point = row * 4 + column;
                    *value = _mm512_loadu_ps(sums.as_ptr().add((point * inputs + input) * outputs + output));
                }
                let line = narrowed(line);
                for row in 0..3 {
                    rows[row][column] = line[row];
                }
            }
            for (row, line) in rows.into_iter().enumerate() {
                for (column, value) in narrowed(line).into_iter().enumerate() {
                    let to = out.add((output * inputs + input) * 9 + row * 3 + column);
                    _mm512_i32scatter_ps::<4>(to, each, value);
                }
            }
        }
    }
}

/// `G^T u` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn narrowed([a, b, c, d]: [__m512; 4]) -> [__m512; 3] {
    let half = _mm512_set1_ps(0.5);
    let (sum, difference) = (_mm512_mul_ps(_mm512_add_ps(b, c), half), _mm512_mul_ps(_mm512_sub_ps(b, c), half));
    [_mm512_add_ps(a, sum), difference, _mm512_add_ps(sum, d)]
}

/// 0, 1, .. 15.
#[inline]
#[target_feature(enable = "avx512f")]
fn counted() -> std::arch::x86_64::__m512i {
    _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
}

/// The tiles of a band at the points of the transform: `B^T d B`. Neighbours share two of their four columns.
#[target_feature(enable = "avx512f")]
unsafe fn forward_tiles(x: &[f32], images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    let (channels, across) = (images.channels, images.across());
    let image = &x[band.image * images.each()..][..images.each()];
    for down in 0..band.rows {
        let mut lines = [std::ptr::null(); 4];
        for (line, begin) in lines.iter_mut().enumerate() {
            // One line above the tile, which for the first is outside the image.
            let y = (2 * (band.top + down) + line).wrapping_sub(1);
            if y < images.height {
                *begin = image[y * images.row(0)..][..images.row(0)].as_ptr();
            }
        }
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: columns lie within the lines; the caller's for `to`.
            unsafe {
                let mut left = [[_mm512_setzero_ps(); 4], column(lines, channel)];
                for tile in 0..across {
                    let from = (2 * tile + 1) * channels + channel;
                    let last =
                        if tile + 1 < across { column(lines, from + channels) } else { [_mm512_setzero_ps(); 4] };
                    let right = [column(lines, from), last];
                    let place = to.add(points.tile(first + down * across + tile) + channel);
                    for row in 0..4 {
                        let line = [left[0][row], left[1][row], right[0][row], right[1][row]];
                        for (column, value) in differences(line).into_iter().enumerate() {
                            _mm512_storeu_ps(place.add(points.at(row * 4 + column)), value);
                        }
                    }
                    left = right;
                }
            }
        }
    }
}

/// `B^T d` of the column `at` in four lines, of which those outside the image are nowhere.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn column(lines: [*const f32; 4], at: usize) -> [__m512; 4] {
    let mut d = [_mm512_setzero_ps(); 4];
    for line in 0..4 {
        if !lines[line].is_null() {
            // SAFETY: the caller's.
            d[line] = unsafe { load(lines[line].add(at)) };
        }
    }
    differences(d)
}

/// `B^T d` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn differences([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    [_mm512_sub_ps(a, c), _mm512_add_ps(b, c), _mm512_sub_ps(c, b), _mm512_sub_ps(b, d)]
}

/// The gradients of a band's outputs at the points of the transform: `A dy A^T`.
#[target_feature(enable = "avx512f")]
unsafe fn tangent_tiles(dy: &[f32], images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    let channels = images.channels;
    let row = images.row(0);
    let begin = band.begin(images);
    for (tile, down, across) in band.tiles(images, first) {
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: a tile's two rows of two pixels lie within the band; the caller's for `to`.
            unsafe {
                let from = dy.as_ptr().add(begin + 2 * down * row + 2 * across * channels + channel);
                let [left, right] = [0, channels].map(|x| doubled([load(from.add(x)), load(from.add(row + x))]));
                let place = to.add(points.tile(tile) + channel);
                for row in 0..4 {
                    for (column, value) in doubled([left[row], right[row]]).into_iter().enumerate() {
                        _mm512_storeu_ps(place.add(points.at(row * 4 + column)), value);
                    }
                }
            }
        }
    }
}

/// `A y` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn doubled([a, b]: [__m512; 2]) -> [__m512; 4] {
    [a, _mm512_add_ps(a, b), _mm512_sub_ps(a, b), _mm512_sub_ps(_mm512_setzero_ps(), b)]
}

/// The outputs of a band, `A^T m A`.
#[target_feature(enable = "avx512f")]
unsafe fn backward_tiles(sums: *const f32, points: Points, first: usize, images: &Images, band: Band, out: &Shared) {
    let channels = images.channels;
    let row = images.row(0);
    let begin = band.begin(images);
    for (tile, down, across) in band.tiles(images, first) {
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: the caller's for `sums`; a tile's pixels lie within the band, which no other task writes.
            unsafe {
                let from = sums.add(points.tile(tile) + channel);
                let mut rows = [[_mm512_setzero_ps(); 4]; 2];
                for column in 0..4 {
                    let m: [__m512; 4] = std::array::from_fn(|row| load(from.add(points.at(row * 4 + column))));
                    let line = added(m);
                    for row in 0..2 {
                        rows[row][column] = line[row];
                    }
                }
                let to = out.from(begin + 2 * down * row + 2 * across * channels + channel);
                for (down, line) in rows.into_iter().enumerate() {
                    for (right, value) in added(line).into_iter().enumerate() {
                        _mm512_storeu_ps(to.add(down * row + right * channels), value);
                    }
                }
            }
        }
    }
}

/// `A^T m` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn added([a, b, c, d]: [__m512; 4]) -> [__m512; 2] {
    [_mm512_add_ps(_mm512_add_ps(a, b), c), _mm512_sub_ps(_mm512_sub_ps(b, c), d)]
}

/// `c = a b`, or `c += a b`, for `[m, k, n]`; `c` and `b` are row-major.
///
/// # Safety
/// The matrices are there; `n` is a multiple of 16; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn product(
    [m, k, n]: [usize; 3],
    [a, b]: [*const f32; 2],
    [by_row, by_depth]: [usize; 2],
    c: *mut f32,
    add: bool,
) {
    for depth in (0..k).step_by(DEPTH) {
        // SAFETY: the caller's.
        unsafe {
            let part = Product {
                a: a.add(depth * by_depth),
                by_row,
                by_depth,
                b: b.add(depth * n),
                c,
                c_row: n,
                segments: &[[0, 0]],
                rows: m,
                taps: &[0],
                depth: DEPTH.min(k - depth),
                n,
                add: add || depth > 0,
            };
            part.run();
        }
    }
}
