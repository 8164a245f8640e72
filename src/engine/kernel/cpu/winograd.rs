//! 3x3 convolutions of stride 1 by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray 2016), for processors with
//! AVX-512: 16 products for every four outputs in place of 36. Tiles of 4x4 pixels are transformed with 16 channels in a
//! register; at each of the 16 points of the transform a matrix product over channels remains.
//!
//! The weight's gradient is the same bilinear form read backwards, so it needs as few products.

use std::{
    arch::x86_64::{
        __m512, __mmask16, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_fmadd_ps, _mm512_i32gather_ps,
        _mm512_i32scatter_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_mul_ps,
        _mm512_mullo_epi32, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_ps,
        _mm512_shuffle_f32x4, _mm512_storeu_ps, _mm512_sub_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps,
        _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    },
    ops::Range,
};

use rayon::prelude::*;

use super::buffer::{Scratch, Shared, scratch, with_scratch, written};

/// Numbers in a register.
const LANES: usize = 16;
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

/// Images `[count, channels, height, width]`.
#[derive(Clone, Copy)]
pub struct Images {
    pub count: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

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
    /// Whether this processor can, these images are whole tiles and whole registers of channels, and tiles are so many
    /// that transforming the weights pays.
    pub fn serve(&self, outputs: usize) -> bool {
        let even = self.height.is_multiple_of(2) && self.width.is_multiple_of(2);
        let whole = self.channels.is_multiple_of(LANES) && outputs.is_multiple_of(LANES);
        even && whole && self.rows() * self.across() >= TILES && is_x86_feature_detected!("avx512f")
    }

    fn pixels(&self) -> usize {
        self.height * self.width
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
    /// Rows of pixels that its tiles cover, the border of one pixel among them: from the first, which may be -1, and how
    /// many.
    fn covered(&self) -> (isize, usize) {
        (2 * self.top as isize - 1, 2 * self.rows + 2)
    }
}

/// Convolves `x` with `kernel`, a border of one zero around; returns `[count, outputs, height, width]`.
pub fn convolve(x: &[f32], images: Images, outputs: usize, kernel: Kernel) -> Vec<f32> {
    assert!(images.serve(outputs), "AVX-512 was looked for");
    assert_eq!(x.len(), images.count * images.channels * images.pixels(), "images fit");
    let weights = transformed(kernel, images.channels, outputs);
    let tiles = TASK / (4 * POINTS * (images.channels + outputs));
    let rows = images.rows_of(tiles.clamp(TILES, 4 * TILES));
    let tasks: Vec<Range<usize>> =
        (0..images.rows()).step_by(rows).map(|first| first..images.rows().min(first + rows)).collect();
    let convolve = |task: Range<usize>, out: &Shared| {
        let tiles = task.len() * images.across();
        let padded = (2 * rows.min(images.down()) + 2) * (images.width + 2) * images.channels;
        let staged = 2 * rows.min(images.down()) * images.width * LANES;
        let (inputs, products) = (Points::new(tiles, images.channels), Points::new(tiles, outputs));
        with_scratch([padded, staged, inputs.len(), products.len()], |[padded, staged, values, sums]| {
            // SAFETY: the processor has AVX-512, by the assertion above; buffers are as long as was asked for; each task
            // writes the pixels of its own bands.
            unsafe {
                let mut first = 0;
                for band in images.bands(task.clone()) {
                    spread(x, &images, band, padded);
                    forward_tiles(padded, &images, band, values.as_mut_ptr(), inputs, first);
                    first += band.rows * images.across();
                }
                for point in 0..POINTS {
                    let (a, c) = (values.as_ptr().add(inputs.at(point)), sums.as_mut_ptr().add(products.at(point)));
                    let b = weights.as_ptr().add(point * images.channels * outputs);
                    product([tiles, images.channels, outputs], [a, b], [images.channels, 1], c, false);
                }
                let mut first = 0;
                for band in images.bands(task) {
                    backward_tiles(sums.as_ptr(), products, first, &images, outputs, band, staged, out);
                    first += band.rows * images.across();
                }
            }
        });
    };
    let len = images.count * outputs * images.pixels();
    // SAFETY: the tasks' bands are all rows of all images.
    unsafe { written(len, |out| tasks.into_par_iter().for_each(|task| convolve(task, &out))) }
}

/// The gradient of the weights, `[outputs, channels, 9]`, from that of the outputs.
pub fn weight_gradient(x: &[f32], dy: &[f32], images: Images, outputs: usize) -> Vec<f32> {
    assert!(images.serve(outputs), "AVX-512 was looked for");
    assert_eq!(x.len(), images.count * images.channels * images.pixels(), "images fit");
    assert_eq!(dy.len(), images.count * outputs * images.pixels(), "gradients fit");
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
            let high = 2 * task.len().min(images.down()) + 2;
            let widest = images.channels.max(outputs);
            with_scratch([high * (images.width + 2) * widest], |[padded]| {
                let mut first = (task.start - begin) * images.across();
                for band in images.bands(task) {
                    // SAFETY: as in `convolve`; tiles of different tasks do not overlap.
                    unsafe {
                        spread(x, &images, band, padded);
                        forward_tiles(padded, &images, band, all_values.start(), inputs, first);
                        let out = Images { channels: outputs, ..images };
                        spread(dy, &out, band, padded);
                        tangent_tiles(padded, &out, band, all_tangents.start(), gradients, first);
                    }
                    first += band.rows * images.across();
                }
            });
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

/// The pixels that a band covers as `[rows, width + 2, channels]`, zeros around the image.
#[target_feature(enable = "avx512f")]
unsafe fn spread(x: &[f32], images: &Images, band: Band, padded: &mut [f32]) {
    let (channels, width) = (images.channels, images.width);
    let (first, rows) = band.covered();
    let row = (width + 2) * channels;
    assert!(padded.len() >= rows * row, "a band fits");
    let inside = 0.max(first) as usize..((first + rows as isize) as usize).min(images.height);
    for at in 0..rows {
        let line = &mut padded[at * row..][..row];
        if inside.contains(&((first + at as isize) as usize)) {
            line[..channels].fill(0.0);
            line[row - channels..].fill(0.0);
        } else {
            line.fill(0.0);
        }
    }
    let (begin, pixels) = (inside.start * width, inside.len() * width);
    let top = (inside.start as isize - first) as usize;
    // SAFETY: reads lie within the image's planes, writes within the rows of the band.
    unsafe {
        let plane = x.as_ptr().add(band.image * channels * images.pixels() + begin);
        for channel in (0..channels).step_by(LANES) {
            for at in (0..pixels).step_by(LANES) {
                let mask = some(pixels - at);
                let mut block = [_mm512_setzero_ps(); LANES];
                for (lane, line) in block.iter_mut().enumerate() {
                    *line = _mm512_maskz_loadu_ps(mask, plane.add((channel + lane) * images.pixels() + at));
                }
                let block = turned(block);
                for (pixel, values) in (at..pixels.min(at + LANES)).zip(block) {
                    let place = (top + pixel / width) * row + (pixel % width + 1) * channels + channel;
                    _mm512_storeu_ps(padded.as_mut_ptr().add(place), values);
                }
            }
        }
    }
}

/// A mask of the first `n` lanes.
#[inline]
fn some(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// The tiles of a band at the points of the transform: `B^T d B`.
#[target_feature(enable = "avx512f")]
unsafe fn forward_tiles(padded: &[f32], images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    let channels = images.channels;
    let row = (images.width + 2) * channels;
    let mut tile = first;
    let across = images.across();
    for index in 0..band.rows * across {
        let (down, across) = (index / across, index % across);
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: a tile's four rows of four pixels lie within the band; the caller's for `to`.
            unsafe {
                let from = padded.as_ptr().add(2 * down * row + 2 * across * channels + channel);
                let mut columns = [[_mm512_setzero_ps(); 4]; 4];
                for column in 0..4 {
                    let d: [__m512; 4] = std::array::from_fn(|line| load(from.add(line * row + column * channels)));
                    let line = differences(d);
                    for row in 0..4 {
                        columns[row][column] = line[row];
                    }
                }
                let place = to.add(points.tile(tile) + channel);
                for (row, line) in columns.into_iter().enumerate() {
                    for (column, value) in differences(line).into_iter().enumerate() {
                        _mm512_storeu_ps(place.add(points.at(row * 4 + column)), value);
                    }
                }
            }
        }
        tile += 1;
    }
}

/// `B^T d` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn differences([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    [_mm512_sub_ps(a, c), _mm512_add_ps(b, c), _mm512_sub_ps(c, b), _mm512_sub_ps(b, d)]
}

/// The gradients of a band's outputs at the points of the transform: `A dy A^T`. `padded` has the border of [`spread`].
#[target_feature(enable = "avx512f")]
unsafe fn tangent_tiles(padded: &[f32], images: &Images, band: Band, to: *mut f32, points: Points, first: usize) {
    let channels = images.channels;
    let row = (images.width + 2) * channels;
    let mut tile = first;
    let across = images.across();
    for index in 0..band.rows * across {
        let (down, across) = (index / across, index % across);
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: as in `forward_tiles`.
            unsafe {
                let from = padded.as_ptr().add((2 * down + 1) * row + (2 * across + 1) * channels + channel);
                let [left, right] = [0, channels].map(|x| doubled([load(from.add(x)), load(from.add(row + x))]));
                let place = to.add(points.tile(tile) + channel);
                for row in 0..4 {
                    for (column, value) in doubled([left[row], right[row]]).into_iter().enumerate() {
                        _mm512_storeu_ps(place.add(points.at(row * 4 + column)), value);
                    }
                }
            }
        }
        tile += 1;
    }
}

/// `A y` of one column.
#[inline]
#[target_feature(enable = "avx512f")]
fn doubled([a, b]: [__m512; 2]) -> [__m512; 4] {
    [a, _mm512_add_ps(a, b), _mm512_sub_ps(a, b), _mm512_sub_ps(_mm512_setzero_ps(), b)]
}

/// The outputs of a band, `A^T m A`, into the planes of its image.
#[target_feature(enable = "avx512f")]
#[allow(clippy::too_many_arguments)]
unsafe fn backward_tiles(
    sums: *const f32,
    points: Points,
    first: usize,
    images: &Images,
    outputs: usize,
    band: Band,
    staged: &mut [f32],
    out: &Shared,
) {
    let width = images.width;
    let pixels = 2 * band.rows * width;
    assert!(staged.len() >= pixels * LANES, "a band fits");
    for channel in (0..outputs).step_by(LANES) {
        let mut tile = first;
        let across = images.across();
        for index in 0..band.rows * across {
            let (down, across) = (index / across, index % across);
            // SAFETY: the caller's for `sums`; a tile's pixels lie within the band.
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
                let to = staged.as_mut_ptr().add((2 * down * width + 2 * across) * LANES);
                for (row, line) in rows.into_iter().enumerate() {
                    for (column, value) in added(line).into_iter().enumerate() {
                        _mm512_storeu_ps(to.add((row * width + column) * LANES), value);
                    }
                }
            }
            tile += 1;
        }
        // SAFETY: the band's pixels lie within the image's planes, which no other task writes.
        unsafe {
            let place = (band.image * outputs + channel) * images.pixels() + 2 * band.top * width;
            let plane = out.start().add(place);
            for at in (0..pixels).step_by(LANES) {
                let mask = some(pixels - at);
                let mut block = [_mm512_setzero_ps(); LANES];
                for (pixel, line) in (at..pixels.min(at + LANES)).zip(&mut block) {
                    *line = load(staged.as_ptr().add(pixel * LANES));
                }
                for (lane, values) in turned(block).into_iter().enumerate() {
                    _mm512_mask_storeu_ps(plane.add(lane * images.pixels() + at), mask, values);
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

/// Reads 16 numbers. Apart from its target features it is a plain function, so that closures may call it.
#[inline(always)]
unsafe fn load(from: *const f32) -> __m512 {
    // SAFETY: the caller's.
    unsafe { _mm512_loadu_ps(from) }
}

/// A block of 16 by 16 numbers, rows made columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn turned(r: [__m512; LANES]) -> [__m512; LANES] {
    let pairs: [__m512; LANES] = interleaved(r);
    let mut fours = [_mm512_setzero_ps(); LANES];
    for i in 0..4 {
        let [a, b, c, d] = [0, 1, 2, 3].map(|j| pairs[4 * i + j]);
        let [a, b, c, d] = [pd(a), pd(b), pd(c), pd(d)];
        fours[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
        fours[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
        fours[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
        fours[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
    let mut columns = [_mm512_setzero_ps(); LANES];
    for j in 0..4 {
        let (a, b) = (fours[j], fours[4 + j]);
        let (c, d) = (fours[8 + j], fours[12 + j]);
        let even = [_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0x88>(c, d)];
        let odd = [_mm512_shuffle_f32x4::<0xdd>(a, b), _mm512_shuffle_f32x4::<0xdd>(c, d)];
        columns[j] = _mm512_shuffle_f32x4::<0x88>(even[0], even[1]);
        columns[8 + j] = _mm512_shuffle_f32x4::<0xdd>(even[0], even[1]);
        columns[4 + j] = _mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]);
        columns[12 + j] = _mm512_shuffle_f32x4::<0xdd>(odd[0], odd[1]);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f")]
fn pd(x: __m512) -> std::arch::x86_64::__m512d {
    _mm512_castps_pd(x)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn interleaved(r: [__m512; LANES]) -> [__m512; LANES] {
    let mut pairs = [_mm512_setzero_ps(); LANES];
    for i in 0..LANES / 2 {
        pairs[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
    }
    pairs
}

/// `c = a b`, or `c += a b`, for `[m, k, n]`: `a[i, j]` is at `i * by_row + j * by_column`, `b` and `c` are row-major.
///
/// # Safety
/// The matrices are there; `n` is a multiple of 16; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn product(
    [m, k, n]: [usize; 3],
    [a, b]: [*const f32; 2],
    [by_row, by_column]: [usize; 2],
    c: *mut f32,
    add: bool,
) {
    for depth in (0..k).step_by(DEPTH) {
        let some = DEPTH.min(k - depth);
        let mut column = 0;
        while column < n {
            let registers = ((n - column) / LANES).min(4);
            // SAFETY: parts of the matrices are there where they are.
            unsafe {
                let part = Part {
                    a: a.add(depth * by_column),
                    by_row,
                    by_column,
                    b: b.add(depth * n + column),
                    c: c.add(column),
                    n,
                    depth: some,
                    add: add || depth > 0,
                };
                match registers {
                    4 => part.rows::<6, 4>(m),
                    3 => part.rows::<8, 3>(m),
                    2 => part.rows::<8, 2>(m),
                    _ => part.rows::<8, 1>(m),
                }
            }
            column += registers * LANES;
        }
    }
}

/// Some columns of a product, summed over some of its depth.
#[derive(Clone, Copy)]
struct Part {
    a: *const f32,
    by_row: usize,
    by_column: usize,
    b: *const f32,
    c: *mut f32,
    n: usize,
    depth: usize,
    add: bool,
}

impl Part {
    /// All `m` rows, `R` at a time; `N` registers of columns.
    #[target_feature(enable = "avx512f")]
    unsafe fn rows<const R: usize, const N: usize>(&self, m: usize) {
        let mut row = 0;
        // SAFETY: the caller's.
        unsafe {
            while m - row >= R {
                self.block::<R, N>(row);
                row += R;
            }
            while m - row >= 4 {
                self.block::<4, N>(row);
                row += 4;
            }
            while m - row >= 1 {
                self.block::<1, N>(row);
                row += 1;
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn block<const R: usize, const N: usize>(&self, row: usize) {
        // SAFETY: the caller's.
        unsafe {
            let c = self.c.add(row * self.n);
            // From 0 each time: many short sums are more exact than one that is long.
            let mut sums = [[_mm512_setzero_ps(); N]; R];
            let (mut a, mut b) = (self.a.add(row * self.by_row), self.b);
            for _ in 0..self.depth {
                let columns: [__m512; N] = std::array::from_fn(|j| load(b.add(j * LANES)));
                for (i, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*a.add(i * self.by_row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = _mm512_fmadd_ps(value, column, *sum);
                    }
                }
                a = a.add(self.by_column);
                b = b.add(self.n);
            }
            for (i, sums) in sums.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    let to = c.add(i * self.n + j * LANES);
                    let sum = if self.add { _mm512_add_ps(load(to), *sum) } else { *sum };
                    _mm512_storeu_ps(to, sum);
                }
            }
        }
    }
}
