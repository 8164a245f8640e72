//! Images with 16 channels in a register, and products of such matrices, for processors with AVX-512: what convolutions
//! are made of.

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{LANES, sizes::Images};

/// Copies some rows of an image, from the first, which may be -1, as `[rows, width + 2, channels]`: zeros around the image.
pub fn bordered(x: &[f32], images: &Images, image: usize, (first, rows): (isize, usize), padded: &mut [f32]) {
    let (channels, line, row) = (images.channels, images.row(0), images.row(1));
    assert!(padded.len() >= rows * row, "the rows fit");
    let image = &x[image * images.each()..][..images.each()];
    for (y, padded) in (first..).zip(padded.chunks_exact_mut(row).take(rows)) {
        if (0..images.height as isize).contains(&y) {
            padded[..channels].fill(0.0);
            padded[channels..row - channels].copy_from_slice(&image[y as usize * line..][..line]);
            padded[row - channels..].fill(0.0);
        } else {
            padded.fill(0.0);
        }
    }
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
