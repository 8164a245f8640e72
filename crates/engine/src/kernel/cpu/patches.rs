//! Convolutions of planes: patches of a few images are laid out as columns (im2col, Chellapilla et al. 2006) and multiplied
//! by the weights. On every processor, for any number of channels.

use rayon::prelude::*;

use super::sizes::Sizes;

/// Output pixels multiplied at once: enough for the product to run at its full rate, few enough for the cache.
const COLUMNS: usize = 512;
/// Input channels whose weight gradient one task computes.
const CHANNELS: usize = 16;

impl Sizes {
    /// Images whose columns are multiplied at once.
    fn group(&self) -> usize {
        (COLUMNS / self.out().pixels()).clamp(1, self.images.count)
    }

    /// A 1x1 convolution of stride 1 needs no patches: the image is the column matrix.
    fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }
}

/// `[images, outputs, height, width]`.
pub fn convolve(x: &[f32], weight: &[f32], sizes: Sizes) -> Vec<f32> {
    let (pixels, group, depth) = (sizes.out().pixels(), sizes.group(), sizes.images.channels * sizes.taps());
    let mut y = vec![0.0; sizes.images.count * sizes.outputs * pixels];
    y.par_chunks_mut(group * sizes.outputs * pixels).zip(x.par_chunks(group * sizes.images.each())).for_each_init(
        || (vec![0.0; depth * group * pixels], vec![0.0; sizes.outputs * group * pixels]),
        |(columns, product), (y, x)| {
            let images = x.len() / sizes.images.each();
            let width = images * pixels;
            let weight = Matrix::rows(weight, depth);
            if images == 1 {
                let columns = if sizes.is_pointwise() {
                    x
                } else {
                    patches(&sizes, x, 1, 0..sizes.images.channels, columns);
                    columns
                };
                multiply([sizes.outputs, width, depth], y, weight, Matrix::rows(columns, width), false);
            } else {
                patches(&sizes, x, images, 0..sizes.images.channels, columns);
                multiply([sizes.outputs, width, depth], product, weight, Matrix::rows(columns, width), false);
                images_first(product, y, [sizes.outputs, images, pixels]);
            }
        },
    );
    y
}

/// The gradient of the input.
pub fn input_gradient(dy: &[f32], weight: &[f32], sizes: Sizes) -> Vec<f32> {
    let (pixels, group, depth) = (sizes.out().pixels(), sizes.group(), sizes.images.channels * sizes.taps());
    let mut dx = vec![0.0; sizes.images.count * sizes.images.each()];
    dx.par_chunks_mut(group * sizes.images.each()).zip(dy.par_chunks(group * sizes.outputs * pixels)).for_each_init(
        || (vec![0.0; depth * group * pixels], vec![0.0; sizes.outputs * group * pixels]),
        |(columns, packed), (dx, dy)| {
            let images = dx.len() / sizes.images.each();
            let width = images * pixels;
            let dy = if images == 1 {
                dy
            } else {
                channels_first(dy, packed, [sizes.outputs, images, pixels]);
                packed
            };
            let weight = Matrix::rows(weight, depth).transposed();
            if sizes.is_pointwise() && images == 1 {
                multiply([depth, width, sizes.outputs], dx, weight, Matrix::rows(dy, width), false);
            } else {
                multiply([depth, width, sizes.outputs], columns, weight, Matrix::rows(dy, width), false);
                add_patches(&sizes, columns, images, dx);
            }
        },
    );
    dx
}

/// The gradient of the weights, `[outputs, channels, kernel, kernel]`. Each task owns that of a few input channels and sums over
/// all images, so no task waits for another and the order of the sum is fixed.
pub fn weight_gradient(x: &[f32], dy: &[f32], sizes: Sizes) -> Vec<f32> {
    let (pixels, group) = (sizes.out().pixels(), sizes.group());
    let mut packed = vec![0.0; dy.len()];
    let image = sizes.outputs * pixels;
    packed.par_chunks_mut(group * image).zip(dy.par_chunks(group * image)).for_each(|(packed, dy)| {
        channels_first(dy, packed, [sizes.outputs, dy.len() / image, pixels]);
    });

    let block = CHANNELS.min(sizes.images.channels.div_ceil(2));
    let rows = block * sizes.taps();
    let parts: Vec<Vec<f32>> = (0..sizes.images.channels.div_ceil(block))
        .into_par_iter()
        .map_init(
            || vec![0.0; rows * group * pixels],
            |columns, part| {
                let channels = part * block..((part + 1) * block).min(sizes.images.channels);
                let rows = channels.len() * sizes.taps();
                // [rows, output]: the long side contiguous, so that the product writes whole vectors.
                let mut sum = vec![0.0; rows * sizes.outputs];
                for (x, packed) in x.chunks(group * sizes.images.each()).zip(packed.chunks(group * image)) {
                    let images = x.len() / sizes.images.each();
                    let width = images * pixels;
                    patches(&sizes, x, images, channels.clone(), columns);
                    let (columns, packed) = (Matrix::rows(columns, width), Matrix::rows(packed, width).transposed());
                    multiply([rows, sizes.outputs, width], &mut sum, columns, packed, true);
                }
                sum
            },
        )
        .collect();
    let depth = sizes.images.channels * sizes.taps();
    let mut dw = vec![0.0; sizes.outputs * depth];
    for (part, sum) in parts.iter().enumerate() {
        for (row, sums) in sum.chunks(sizes.outputs).enumerate() {
            for (output, value) in sums.iter().enumerate() {
                dw[output * depth + part * rows + row] = *value;
            }
        }
    }
    dw
}

/// A matrix view with its strides.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Matrix<'a> {
    fn rows(values: &'a [f32], width: usize) -> Self {
        Self { values, row: width, column: 1 }
    }

    fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// `c = a b`, or `c += a b`, for `[m, n, k]`, on one thread; `c` is row-major.
fn multiply([m, n, k]: [usize; 3], c: &mut [f32], a: Matrix, b: Matrix, add: bool) {
    let last = |x: Matrix, rows: usize, columns: usize| (rows - 1) * x.row + (columns - 1) * x.column;
    assert!(c.len() >= m * n && a.values.len() > last(a, m, k) && b.values.len() > last(b, k, n), "a product fits");
    // SAFETY: the line above keeps every index inside its slice; `c` is borrowed alone.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            add,
            a.values.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.values.as_ptr(),
            b.column as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `[channels, images, pixels]` to `[images, channels, pixels]`.
fn images_first(from: &[f32], to: &mut [f32], [channels, images, pixels]: [usize; 3]) {
    for image in 0..images {
        for channel in 0..channels {
            let (a, b) = ((channel * images + image) * pixels, (image * channels + channel) * pixels);
            to[b..b + pixels].copy_from_slice(&from[a..a + pixels]);
        }
    }
}

/// `[images, channels, pixels]` to `[channels, images, pixels]`.
fn channels_first(from: &[f32], to: &mut [f32], [channels, images, pixels]: [usize; 3]) {
    images_first(from, to, [images, channels, pixels]);
}

/// The columns `[channels * taps, images * pixels]` of the patches around every output pixel.
fn patches(sizes: &Sizes, x: &[f32], images: usize, channels: std::ops::Range<usize>, columns: &mut [f32]) {
    let width = images * sizes.out().pixels();
    for (row, columns) in columns.chunks_mut(width).take(channels.len() * sizes.taps()).enumerate() {
        let (channel, tap) = (channels.start + row / sizes.taps(), row % sizes.taps());
        for (image, column) in columns.chunks_mut(sizes.out().pixels()).enumerate() {
            let plane = &x[(image * sizes.images.channels + channel) * sizes.images.height * sizes.images.width..];
            for_tap_rows(sizes, tap, |out, source| match source {
                Some(TapRow { start, low, high, .. }) => {
                    let line = &mut column[out * sizes.out().width..][..sizes.out().width];
                    line[..low].fill(0.0);
                    line[high..].fill(0.0);
                    if sizes.stride == 1 {
                        line[low..high].copy_from_slice(&plane[start..][..high - low]);
                    } else {
                        for (i, value) in line[low..high].iter_mut().enumerate() {
                            *value = plane[start + i * sizes.stride];
                        }
                    }
                }
                None => column[out * sizes.out().width..][..sizes.out().width].fill(0.0),
            });
        }
    }
}

/// The transpose of [`patches`]: every column value is added to the pixel it came from.
fn add_patches(sizes: &Sizes, columns: &[f32], images: usize, x: &mut [f32]) {
    let width = images * sizes.out().pixels();
    for (row, columns) in columns.chunks(width).take(sizes.images.channels * sizes.taps()).enumerate() {
        let (channel, tap) = (row / sizes.taps(), row % sizes.taps());
        for (image, column) in columns.chunks(sizes.out().pixels()).enumerate() {
            let plane = &mut x[(image * sizes.images.channels + channel) * sizes.images.height * sizes.images.width..];
            for_tap_rows(sizes, tap, |out, source| {
                let Some(TapRow { start, low, high }) = source else { return };
                let line = &column[out * sizes.out().width..][low..high];
                if sizes.stride == 1 {
                    for (pixel, value) in plane[start..][..high - low].iter_mut().zip(line) {
                        *pixel += value;
                    }
                } else {
                    for (i, value) in line.iter().enumerate() {
                        plane[start + i * sizes.stride] += value;
                    }
                }
            });
        }
    }
}

/// Where one tap of the kernel reads for one output row: output columns `low..high` from input index `start` on.
struct TapRow {
    start: usize,
    low: usize,
    high: usize,
}

/// Calls `visit(output row, where it reads)` for every output row; none where the tap falls outside the image.
fn for_tap_rows(sizes: &Sizes, tap: usize, mut visit: impl FnMut(usize, Option<TapRow>)) {
    let padding = sizes.kernel / 2;
    let (tap_y, tap_x) = (tap / sizes.kernel, tap % sizes.kernel);
    let low = padding.saturating_sub(tap_x).div_ceil(sizes.stride);
    let high = ((sizes.images.width + padding - tap_x).div_ceil(sizes.stride)).min(sizes.out().width);
    for out in 0..sizes.out().height {
        let y = out * sizes.stride + tap_y;
        let inside = y >= padding && y < sizes.images.height + padding && low < high;
        visit(
            out,
            inside.then(|| {
                let x = low * sizes.stride + tap_x - padding;
                TapRow { start: (y - padding) * sizes.images.width + x, low, high }
            }),
        );
    }
}
