//! Images with a pixel's channels side by side in registers, and products of such matrices: what convolutions are made of.
//!
//! Channels stand in panels of 16, or of 8 where they are no multiple of 16. A panel is one register of AVX-512, two of AVX2
//! and four of NEON; every processor adds the same numbers in the same order.

// As in `winograd`: what is compiled for registers holds no closures.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use macerator::{Arch, Simd, Vector, WithSimd, vload_unaligned, vstore_unaligned};

use super::{buffer::Shared, sizes::ImageBatch, widest};

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
///
/// ```text
///             taps x depth                 panels x columns              panels x columns
///            +------------+               +----------------+            +----------------+
///  segments  |     a      |   taps x depth|       b        |  segments  |       c        |
///  x rows    +------------+               +----------------+  x rows    +----------------+
/// ```
#[derive(Clone, Copy)]
pub struct Product<'a> {
    pub a: Left<'a>,
    pub b: Right<'a>,
    pub c: Sums,
    /// Where each segment begins in `a` and in `c`.
    pub segments: &'a [[usize; 2]],
    /// Rows of a segment.
    pub rows: usize,
    /// Where each tap begins in `a`.
    pub taps: &'a [usize],
    /// Steps of a tap.
    pub depth: usize,
    pub panels: usize,
    pub panel: Panel,
}

/// The first factor of a [`Product`].
#[derive(Clone, Copy)]
pub struct Left<'a> {
    pub numbers: &'a [f32],
    /// From a row to the next, and from a step in depth to the next.
    pub by_row: usize,
    pub by_depth: usize,
}

/// The second factor of a [`Product`], whose columns lie in panels beside each other.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    pub numbers: &'a [f32],
    /// From a row to the next, from a tap to the next, and from a panel to the next.
    pub row: usize,
    pub tap: usize,
    pub panel: usize,
}

/// Where the sums of a [`Product`] go.
#[derive(Clone, Copy)]
pub struct Sums {
    pub start: *mut f32,
    /// Numbers that are there from `start` on, and that nobody else reads or writes meanwhile.
    pub room: usize,
    /// From a row to the next, and from a panel to the next.
    pub row: usize,
    pub panel: usize,
    /// Whether they are added to what is there.
    pub add: bool,
}

impl Sums {
    /// In the place of what is in `part` of a buffer.
    pub fn in_place_of(buffer: Shared, part: Range<usize>, row: usize, panel: usize) -> Self {
        Self { start: buffer.part(part.clone()), room: part.len(), row, panel, add: false }
    }

    /// Added to `numbers`.
    pub fn onto(numbers: &mut [f32], row: usize, panel: usize) -> Self {
        Self { start: numbers.as_mut_ptr(), room: numbers.len(), row, panel, add: true }
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    /// Computes it. Whoever asks for that promises the room of `c`.
    ///
    /// # Panics
    /// Where it would leave one of the matrices.
    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        self.check();
        let lanes = S::lanes32();
        let mut panel = 0;
        while panel < self.panels {
            // Where registers are many and wide, several panels share what is read of `a`.
            let most = if lanes == 16 { 4 } else { 1 };
            let panels = (self.panels - panel).min(most);
            // SAFETY: no part leaves the matrices, which was checked; the caller's for `c`.
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
    /// That all places lie within the matrices.
    fn check(&self) {
        // Pixels of every second column are none in an image of one.
        if self.rows == 0 || self.segments.is_empty() {
            return;
        }
        let last = |count: usize, step: usize| count.saturating_sub(1) * step;
        let begins = |of: usize| self.segments.iter().map(|begin| begin[of]).max().unwrap_or(0);
        let (tap, columns) = (self.taps.iter().max().copied().unwrap_or(0), self.panel.columns());
        let a = begins(0) + last(self.rows, self.a.by_row) + tap + last(self.depth, self.a.by_depth) + 1;
        let b = last(self.taps.len(), self.b.tap)
            + last(self.depth, self.b.row)
            + last(self.panels, self.b.panel)
            + columns;
        let c = begins(1) + last(self.rows, self.c.row) + last(self.panels, self.c.panel) + columns;
        let there = [self.a.numbers.len(), self.b.numbers.len(), self.c.room];
        assert!(a <= there[0] && b <= there[1] && c <= there[2], "a product of {:?} numbers has {there:?}", [a, b, c]);
    }

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
                        self.a.numbers.as_ptr().add(a + row * self.a.by_row),
                        self.b.numbers.as_ptr().add(panel * self.b.panel),
                        self.c.start.add(c + row * self.c.row + panel * self.c.panel),
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
                let (mut a, mut b) = (a.add(*tap), b.add(at * self.b.tap));
                for _ in 0..self.depth {
                    let mut columns = [[splat::<S>(0.0); Q]; P];
                    for p in 0..P {
                        for q in 0..Q {
                            columns[p][q] = load::<S>(b.add(p * self.b.panel + q * S::lanes32()));
                        }
                    }
                    for r in 0..R {
                        let value = splat::<S>(*a.add(r * self.a.by_row));
                        for p in 0..P {
                            for q in 0..Q {
                                sums[r][p][q] = value.fma(columns[p][q], sums[r][p][q]);
                            }
                        }
                    }
                    a = a.add(self.a.by_depth);
                    b = b.add(self.b.row);
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (p, sums) in sums.iter().enumerate() {
                    for (q, sum) in sums.iter().enumerate() {
                        let to = c.add(r * self.c.row + p * self.c.panel + q * S::lanes32());
                        let sum = if self.c.add { load::<S>(to) + *sum } else { *sum };
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
