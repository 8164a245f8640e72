//! Tiles at the points of the transform, and what comes out of them.

use macerator::Simd;

use super::{
    super::{
        buffer::Shared,
        lanes::{GainOffset, Input, Lanes, load, rectified, splat, store},
        sizes::ImageBatch,
    },
    Band, GROUP, Points, SIDE, TILE,
    points::{A, A2, AT_0, B, B2},
};

impl Band {
    /// Its tiles, numbered from `first` on, and where they are.
    fn tiles(&self, images: &ImageBatch, first: usize) -> impl Iterator<Item = (usize, TileOrigin)> + use<> {
        let (Self { image, top, rows }, across, images) = (*self, images.across(), *images);
        (first..).zip(0..rows * across).map(move |(tile, index)| {
            let (y, x) = (TILE * (top + index / across), TILE * (index % across));
            let begin = image * images.each() + y * images.row(0) + x * images.channels;
            (tile, TileOrigin { begin, rows: TILE.min(images.height - y), columns: TILE.min(images.width - x) })
        })
    }
}

/// Where a tile begins in all images, and how much of it lies within its own.
struct TileOrigin {
    begin: usize,
    rows: usize,
    columns: usize,
}

impl TileOrigin {
    fn is_whole(&self) -> bool {
        [self.rows, self.columns] == [TILE, TILE]
    }

    #[inline(always)]
    fn has(&self, down: usize, right: usize) -> bool {
        down < self.rows && right < self.columns
    }
}

/// The tiles of a band at the points of the transform: `B^T d B`.
#[inline(always)]
pub unsafe fn forward_tiles<S: Simd>(
    x: Input,
    images: &ImageBatch,
    band: Band,
    to: *mut f32,
    points: Points,
    first: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        match x.rectified {
            Some(by) => forward_rows::<S, true>(x.values, by, images, band, to, points, first),
            None => forward_rows::<S, false>(x.values, GainOffset::default(), images, band, to, points, first),
        }
    }
}

/// Neighbours share two of their six columns.
#[inline(always)]
unsafe fn forward_rows<S: Simd, const RECTIFIED: bool>(
    x: &[f32],
    by: GainOffset,
    images: &ImageBatch,
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
pub unsafe fn tangent_tiles<S: Simd>(
    dy: &[f32],
    images: &ImageBatch,
    band: Band,
    to: *mut f32,
    points: Points,
    first: usize,
) {
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
    place: &TileOrigin,
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
pub unsafe fn backward_tiles<S: Simd>(
    sums: *const f32,
    points: Points,
    first: usize,
    images: &ImageBatch,
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
    place: &TileOrigin,
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
