//! Images with 16 channels in a register, and products of such matrices, for processors with AVX-512: what convolutions
//! are made of. Tensors hold planes; a task turns those of its images into pixels, whose channels lie beside each other,
//! and its results back.

use std::arch::x86_64::{
    __m512, __m512d, __mmask16, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
    _mm512_storeu_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};

/// Numbers in a register.
pub const LANES: usize = 16;

/// Images `[count, channels, height, width]`.
#[derive(Clone, Copy)]
pub struct Images {
    pub count: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Images {
    /// Whether this processor can, and channels fill its registers.
    pub fn serve(&self, outputs: usize) -> bool {
        self.channels.is_multiple_of(LANES) && outputs.is_multiple_of(LANES) && is_x86_feature_detected!("avx512f")
    }

    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Numbers of a row of pixels with a border of one at either end.
    pub fn row(&self) -> usize {
        (self.width + 2) * self.channels
    }

    /// All rows of an image with the border of one above and below, for [`spread`].
    pub fn bordered(&self) -> (isize, usize) {
        (-1, self.height + 2)
    }
}

/// Some rows of an image, from the first, which may be -1, as `[rows, width + 2 border, channels]`, zeros around the
/// image.
///
/// # Safety
/// `x` holds the images; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
pub unsafe fn spread(
    x: &[f32],
    images: &Images,
    image: usize,
    (first, rows): (isize, usize),
    border: usize,
    padded: &mut [f32],
) {
    let (channels, width) = (images.channels, images.width);
    let row = (width + 2 * border) * channels;
    assert!(padded.len() >= rows * row, "the rows fit");
    let inside = 0.max(first) as usize..((first + rows as isize) as usize).min(images.height);
    for (at, line) in padded.chunks_exact_mut(row).take(rows).enumerate() {
        if inside.contains(&((first + at as isize) as usize)) {
            line[..border * channels].fill(0.0);
            line[row - border * channels..].fill(0.0);
        } else {
            line.fill(0.0);
        }
    }
    let (begin, pixels) = (inside.start * width, inside.len() * width);
    let top = (inside.start as isize - first) as usize;
    // SAFETY: reads lie within the image's planes, writes within the rows.
    unsafe {
        let plane = x.as_ptr().add(image * channels * images.pixels() + begin);
        for channel in (0..channels).step_by(LANES) {
            for at in (0..pixels).step_by(LANES) {
                let mask = some(pixels - at);
                let mut block = [_mm512_setzero_ps(); LANES];
                for (lane, line) in block.iter_mut().enumerate() {
                    *line = _mm512_maskz_loadu_ps(mask, plane.add((channel + lane) * images.pixels() + at));
                }
                let block = turned(block);
                for (pixel, values) in (at..pixels.min(at + LANES)).zip(block) {
                    let place = (top + pixel / width) * row + (pixel % width + border) * channels + channel;
                    _mm512_storeu_ps(padded.as_mut_ptr().add(place), values);
                }
            }
        }
    }
}

/// Writes 16 channels of `pixels` pixels, `by_pixel` numbers apart, into planes `plane` numbers apart.
///
/// # Safety
/// The pixels and the planes are there; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
pub unsafe fn gather(from: *const f32, by_pixel: usize, pixels: usize, to: *mut f32, plane: usize) {
    for at in (0..pixels).step_by(LANES) {
        let mask = some(pixels - at);
        let mut block = [_mm512_setzero_ps(); LANES];
        // SAFETY: the caller's.
        unsafe {
            for (pixel, line) in (at..pixels.min(at + LANES)).zip(&mut block) {
                *line = load(from.add(pixel * by_pixel));
            }
            for (lane, values) in turned(block).into_iter().enumerate() {
                _mm512_mask_storeu_ps(to.add(lane * plane + at), mask, values);
            }
        }
    }
}

/// A mask of the first `n` lanes.
#[inline]
fn some(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// `c = a b`, or `c += a b`: rows of `c` come in segments, each of which begins anywhere in `a` and in `c`; the depth that
/// is summed over comes in taps, each of which begins anywhere in `a`. `b` is `[taps, depth, n]`.
#[derive(Clone, Copy)]
pub struct Product<'a> {
    pub a: *const f32,
    /// From a row of `a` to the next, and from a step in depth to the next.
    pub by_row: usize,
    pub by_depth: usize,
    pub b: *const f32,
    pub c: *mut f32,
    /// From a row of `c` to the next.
    pub c_row: usize,
    /// Where each segment begins in `a` and in `c`.
    pub segments: &'a [[usize; 2]],
    /// Rows of a segment.
    pub rows: usize,
    /// Where each tap begins in `a`.
    pub taps: &'a [usize],
    pub depth: usize,
    /// Columns, a multiple of 16.
    pub n: usize,
    pub add: bool,
}

impl Product<'_> {
    /// Computes it.
    ///
    /// # Safety
    /// The matrices are there; the processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn run(&self) {
        let mut column = 0;
        while column < self.n {
            let registers = ((self.n - column) / LANES).min(4);
            for segment in self.segments {
                // SAFETY: parts of the matrices are there where they are.
                unsafe {
                    match registers {
                        4 => self.segment::<6, 4>(*segment, column),
                        3 => self.segment::<8, 3>(*segment, column),
                        2 => self.segment::<8, 2>(*segment, column),
                        _ => self.segment::<8, 1>(*segment, column),
                    }
                }
            }
            column += registers * LANES;
        }
    }

    /// All rows of a segment, `R` at a time; `N` registers of columns.
    #[target_feature(enable = "avx512f")]
    unsafe fn segment<const R: usize, const N: usize>(&self, [a, c]: [usize; 2], column: usize) {
        let mut row = 0;
        while row < self.rows {
            let left = self.rows - row;
            // Eight rows are twice four, rather than six and two.
            let step = if left >= R && (R, left) != (6, 8) { R } else { 1 << left.min(4).ilog2() };
            // SAFETY: the caller's.
            unsafe {
                let place =
                    (self.a.add(a + row * self.by_row), self.b.add(column), self.c.add(c + column + row * self.c_row));
                match step {
                    4 => self.block::<4, N>(place),
                    2 => self.block::<2, N>(place),
                    1 => self.block::<1, N>(place),
                    _ => self.block::<R, N>(place),
                }
            }
            row += step;
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn block<const R: usize, const N: usize>(&self, (a, mut b, c): (*const f32, *const f32, *mut f32)) {
        // SAFETY: the caller's.
        unsafe {
            // From 0 each time: many short sums are more exact than one that is long.
            let mut sums = [[_mm512_setzero_ps(); N]; R];
            for tap in self.taps {
                let mut a = a.add(*tap);
                for _ in 0..self.depth {
                    let columns: [__m512; N] = std::array::from_fn(|j| load(b.add(j * LANES)));
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let value = _mm512_set1_ps(*a.add(i * self.by_row));
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = _mm512_fmadd_ps(value, column, *sum);
                        }
                    }
                    a = a.add(self.by_depth);
                    b = b.add(self.n);
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    let to = c.add(i * self.c_row + j * LANES);
                    let sum = if self.add { _mm512_add_ps(load(to), *sum) } else { *sum };
                    _mm512_storeu_ps(to, sum);
                }
            }
        }
    }
}

/// Reads 16 numbers. Apart from its target features it is a plain function, so that closures may call it.
#[inline(always)]
pub unsafe fn load(from: *const f32) -> __m512 {
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
fn pd(x: __m512) -> __m512d {
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
