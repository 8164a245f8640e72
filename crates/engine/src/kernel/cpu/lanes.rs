//! Images with a pixel's channels side by side in registers, and products of such matrices: what convolutions are made of.
//!
//! Channels stand in panels of 16, or of 8 where they are no multiple of 16. A panel is one register of AVX-512, two of AVX2
//! and four of NEON; every processor adds the same numbers in the same order.

// As in `winograd`: what is compiled for registers holds no closures.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use macerator::{Arch, Simd, Vector, WithSimd, vload_unaligned, vstore_unaligned};

use super::{sizes::ImageBatch, widest};

/// A register of numbers.
pub type Lanes<S> = Vector<S, f32>;

/// How many channels stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel(usize);

impl Panel {
    /// The widest that all of `channels` are a multiple of; none where there is none, or where this processor has no
    /// registers that pixels are for: with multiplication and addition in one.
    pub fn of<const N: usize>(channels: [usize; N]) -> Option<Self> {
        let fits = |panel: &usize| channels.iter().all(|channels| channels.is_multiple_of(*panel));
        [16, 8].into_iter().find(fits).filter(|_| has_registers()).map(Self)
    }

    pub fn columns(self) -> usize {
        self.0
    }

    /// Where a column of a row is in `[panels, rows, columns]`.
    #[inline(always)]
    pub fn place(self, column: usize, rows: usize, row: usize) -> usize {
        (column / self.0 * rows + row) * self.0 + column % self.0
    }

    /// Works in the widest registers that a panel fills.
    ///
    /// # Safety
    /// What `work` asks for.
    pub unsafe fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        let arch = if self.0 < 16 { Arch::V3 } else { Arch::detect() };
        #[cfg(not(target_arch = "x86_64"))]
        let arch = Arch::detect();
        // SAFETY: a panel was made where the processor has AVX2 at least, or is not of that family.
        unsafe { arch.dispatch(work) }
    }
}

fn has_registers() -> bool {
    #[cfg(target_arch = "x86_64")]
    return matches!(Arch::detect(), Arch::V3 | Arch::V4);
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

/// What a convolution reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub values: &'a [f32],
    /// By what they are normalised and go through a ReLU on the way; nothing where they are read as they are.
    pub rectified: Option<GainOffset<'a>>,
}

impl<'a> Input<'a> {
    pub fn plain(values: &'a [f32]) -> Self {
        Self { values, rectified: None }
    }

    /// Copies some pixels' channels.
    pub fn copy(&self, from: Range<usize>, to: &mut [f32]) {
        let values = &self.values[from];
        let Some(GainOffset { gain, offset }) = self.rectified else { return to.copy_from_slice(values) };
        widest(|| {
            for (x, to) in values.chunks_exact(gain.len()).zip(to.chunks_exact_mut(gain.len())) {
                for (channel, to) in to.iter_mut().enumerate() {
                    *to = (x[channel] * gain[channel] + offset[channel]).max(0.0);
                }
            }
        });
    }
}

/// Gain and offset of every channel.
#[derive(Clone, Copy, Default)]
pub struct GainOffset<'a> {
    pub gain: &'a [f32],
    pub offset: &'a [f32],
}

impl GainOffset<'_> {
    /// Those of a register's channels.
    #[inline(always)]
    pub fn of<S: Simd>(&self, channel: usize) -> [Lanes<S>; 2] {
        let (gain, offset) = (&self.gain[channel..][..S::lanes32()], &self.offset[channel..][..S::lanes32()]);
        // SAFETY: they are as long as a register.
        unsafe { [load::<S>(gain.as_ptr()), load::<S>(offset.as_ptr())] }
    }
}

/// `max(gain x + offset, 0)`, rounded as normalisation rounds it.
#[inline(always)]
pub fn rectified<S: Simd>(x: Lanes<S>, [gain, offset]: [Lanes<S>; 2]) -> Lanes<S> {
    (x * gain + offset).max(splat::<S>(0.0))
}

/// Copies an image as `[height + 2, width + 2, channels]`: zeros around it.
pub fn bordered(x: Input, images: &ImageBatch, image: usize, padded: &mut [f32]) {
    let (channels, line, row) = (images.channels, images.row(0), images.row(1));
    assert!(padded.len() >= (images.height + 2) * row, "the rows fit");
    let (above, padded) = padded.split_at_mut(row);
    above.fill(0.0);
    for (y, padded) in padded.chunks_exact_mut(row).take(images.height).enumerate() {
        let begin = image * images.each() + y * line;
        padded[..channels].fill(0.0);
        x.copy(begin..begin + line, &mut padded[channels..row - channels]);
        padded[row - channels..].fill(0.0);
    }
    padded[images.height * row..][..row].fill(0.0);
}

/// `c = a b`, or `c += a b`: rows of `c` come in segments, each of which begins anywhere in `a` and in `c`; the depth that
/// is summed over comes in taps, each of which begins anywhere in `a`. `b` has a row for each step of each tap.
#[derive(Clone, Copy)]
pub struct Product<'a> {
    pub a: *const f32,
    /// From a row of `a` to the next, and from a step in depth to the next.
    pub by_row: usize,
    pub by_depth: usize,
    pub b: *const f32,
    /// From a row of `b` to the next, from a tap to the next, and from a panel to the next.
    pub b_row: usize,
    pub b_tap: usize,
    pub b_panel: usize,
    pub c: *mut f32,
    /// From a row of `c` to the next, and from a panel to the next.
    pub c_row: usize,
    pub c_panel: usize,
    /// Where each segment begins in `a` and in `c`.
    pub segments: &'a [[usize; 2]],
    /// Rows of a segment.
    pub rows: usize,
    /// Where each tap begins in `a`.
    pub taps: &'a [usize],
    pub depth: usize,
    pub panels: usize,
    pub panel: Panel,
    pub add: bool,
}

impl WithSimd for Product<'_> {
    type Output = ();

    /// Computes it. Whoever asks for that promises that the matrices are there.
    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let lanes = S::lanes32();
        let mut panel = 0;
        while panel < self.panels {
            // Where registers are many and wide, several panels share what is read of `a`.
            let most = if lanes == 16 { 4 } else { 1 };
            let panels = (self.panels - panel).min(most);
            // SAFETY: parts of the matrices are there where they are.
            unsafe {
                match (lanes, self.panel.0, panels) {
                    (16, _, 4) => self.segments::<S, 6, 4, 1>(panel),
                    (16, _, 3) => self.segments::<S, 8, 3, 1>(panel),
                    (16, _, 2) => self.segments::<S, 8, 2, 1>(panel),
                    (16, _, _) => self.segments::<S, 8, 1, 1>(panel),
                    (8, 16, _) => self.segments::<S, 6, 1, 2>(panel),
                    (8, _, _) => self.segments::<S, 8, 1, 1>(panel),
                    (4, 16, _) => self.segments::<S, 6, 1, 4>(panel),
                    (4, _, _) => self.segments::<S, 8, 1, 2>(panel),
                    _ => unreachable!("the processor was asked for its registers"),
                }
            }
            panel += panels;
        }
    }
}

impl Product<'_> {
    /// All segments, `R` rows at a time; `P` panels of `Q` registers.
    #[inline(always)]
    unsafe fn segments<S: Simd, const R: usize, const P: usize, const Q: usize>(&self, panel: usize) {
        for [a, c] in self.segments {
            let mut row = 0;
            while row < self.rows {
                let left = self.rows - row;
                // Eight rows are twice four, rather than six and two.
                let step = if left >= R && (R, left) != (6, 8) { R } else { 1 << left.min(4).ilog2() };
                // SAFETY: the caller's.
                unsafe {
                    let place = (
                        self.a.add(a + row * self.by_row),
                        self.b.add(panel * self.b_panel),
                        self.c.add(c + row * self.c_row + panel * self.c_panel),
                    );
                    match step {
                        4 => self.block::<S, 4, P, Q>(place),
                        2 => self.block::<S, 2, P, Q>(place),
                        1 => self.block::<S, 1, P, Q>(place),
                        _ => self.block::<S, R, P, Q>(place),
                    }
                }
                row += step;
            }
        }
    }

    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const P: usize, const Q: usize>(
        &self,
        (a, b, c): (*const f32, *const f32, *mut f32),
    ) {
        // SAFETY: the caller's.
        unsafe {
            // From 0 each time: many short sums are more exact than one that is long.
            let mut sums = [[[splat::<S>(0.0); Q]; P]; R];
            for (at, tap) in self.taps.iter().enumerate() {
                let (mut a, mut b) = (a.add(*tap), b.add(at * self.b_tap));
                for _ in 0..self.depth {
                    let mut columns = [[splat::<S>(0.0); Q]; P];
                    for p in 0..P {
                        for q in 0..Q {
                            columns[p][q] = load::<S>(b.add(p * self.b_panel + q * S::lanes32()));
                        }
                    }
                    for r in 0..R {
                        let value = splat::<S>(*a.add(r * self.by_row));
                        for p in 0..P {
                            for q in 0..Q {
                                sums[r][p][q] = value.fma(columns[p][q], sums[r][p][q]);
                            }
                        }
                    }
                    a = a.add(self.by_depth);
                    b = b.add(self.b_row);
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (p, sums) in sums.iter().enumerate() {
                    for (q, sum) in sums.iter().enumerate() {
                        let to = c.add(r * self.c_row + p * self.c_panel + q * S::lanes32());
                        let sum = if self.add { load::<S>(to) + *sum } else { *sum };
                        store::<S>(to, sum);
                    }
                }
            }
        }
    }
}

#[inline(always)]
pub fn splat<S: Simd>(value: f32) -> Lanes<S> {
    S::typed(S::splat_f32(value))
}

/// Reads a register.
///
/// # Safety
/// The numbers are there.
#[inline(always)]
pub unsafe fn load<S: Simd>(from: *const f32) -> Lanes<S> {
    // SAFETY: the caller's.
    unsafe { vload_unaligned(from) }
}

/// Writes a register.
///
/// # Safety
/// The numbers are there.
#[inline(always)]
pub unsafe fn store<S: Simd>(to: *mut f32, values: Lanes<S>) {
    // SAFETY: the caller's.
    unsafe { vstore_unaligned(to, values) }
}
