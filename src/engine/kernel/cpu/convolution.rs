//! Convolution as matrix products, where it is not done by [`super::winograd`] or [`super::direct`]: patches of a few images
//! are laid out as columns (im2col, Chellapilla et al. 2006) and multiplied by the weights.

use burn::backend::TensorMetadata;
use burn_flex::FlexTensor;
use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::{direct, lanes::Images, strided, strided::Strided, winograd};
use super::{tensor, values};

/// Output pixels multiplied at once: enough for the product to run at its full rate, few enough for the cache.
const COLUMNS: usize = 512;
/// Input channels whose weight gradient one task computes.
const CHANNELS: usize = 16;

/// The sizes of one convolution.
#[derive(Clone, Copy)]
struct Sizes {
    images: usize,
    input: usize,
    height: usize,
    width: usize,
    output: usize,
    kernel: usize,
    stride: usize,
}

impl Sizes {
    fn out_height(&self) -> usize {
        (self.height + 2 * (self.kernel / 2) - self.kernel) / self.stride + 1
    }

    fn out_width(&self) -> usize {
        (self.width + 2 * (self.kernel / 2) - self.kernel) / self.stride + 1
    }

    /// Pixels of an output image.
    fn pixels(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// Values of an input image.
    fn image(&self) -> usize {
        self.input * self.height * self.width
    }

    /// Rows of the patch matrix per input channel.
    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Images whose columns are multiplied at once.
    fn group(&self) -> usize {
        (COLUMNS / self.pixels()).clamp(1, self.images)
    }

    /// What a direct convolution of `channels` planes needs to know, where there is one for this kernel and processor.
    #[cfg(target_arch = "x86_64")]
    fn planes(&self, channels: usize) -> Option<direct::Planes> {
        let planes = direct::Planes { images: self.images, channels, height: self.height, width: self.width };
        (self.kernel == 3 && self.stride == 1 && planes.serve()).then_some(planes)
    }

    /// What Winograd's convolution from `channels` to `outputs` needs to know, where there is one.
    #[cfg(target_arch = "x86_64")]
    fn tiles(&self, channels: usize, outputs: usize) -> Option<Images> {
        let images = Images { count: self.images, channels, height: self.height, width: self.width };
        (self.kernel == 3 && self.stride == 1 && images.tile(outputs)).then_some(images)
    }

    /// The same of a convolution of stride 2.
    #[cfg(target_arch = "x86_64")]
    fn strided(&self) -> Option<Strided> {
        let images = Images { count: self.images, channels: self.input, height: self.height, width: self.width };
        let strided = Strided { images, outputs: self.output, kernel: self.kernel };
        (self.stride == 2 && strided.serves()).then_some(strided)
    }

    /// A 1x1 convolution of stride 1 needs no patches: the image is the column matrix.
    fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }
}

pub fn forward(x: &FlexTensor, weight: &FlexTensor, stride: usize) -> FlexTensor {
    let (xs, ws) = (x.shape(), weight.shape());
    let sizes =
        Sizes { images: xs[0], input: xs[1], height: xs[2], width: xs[3], output: ws[0], kernel: ws[2], stride };
    let (pixels, group, depth) = (sizes.pixels(), sizes.group(), sizes.input * sizes.taps());
    let (x, weight) = (values(x), values(weight));
    #[cfg(target_arch = "x86_64")]
    if let Some(images) = sizes.tiles(sizes.input, sizes.output) {
        let kernel = winograd::Kernel { weight, by_output: sizes.input * 9, by_input: 9, turned: false };
        let y = winograd::convolve(x, images, sizes.output, kernel);
        return tensor(y, [sizes.images, sizes.output, sizes.height, sizes.width]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(strided) = sizes.strided() {
        let y = strided::convolve(x, weight, strided);
        return tensor(y, [sizes.images, sizes.output, sizes.out_height(), sizes.out_width()]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(planes) = sizes.planes(sizes.input) {
        let at = |output: usize, input: usize, tap: usize| weight[(output * sizes.input + input) * 9 + tap];
        let y = direct::convolve(x, planes, sizes.output, at);
        return tensor(y, [sizes.images, sizes.output, sizes.height, sizes.width]);
    }
    let mut y = vec![0.0; sizes.images * sizes.output * pixels];
    y.par_chunks_mut(group * sizes.output * pixels).zip(x.par_chunks(group * sizes.image())).for_each_init(
        || (vec![0.0; depth * group * pixels], vec![0.0; sizes.output * group * pixels]),
        |(columns, product), (y, x)| {
            let images = x.len() / sizes.image();
            let width = images * pixels;
            let weight = Matrix::rows(weight, depth);
            if images == 1 {
                let columns = if sizes.is_pointwise() {
                    x
                } else {
                    patches(&sizes, x, 1, 0..sizes.input, columns);
                    columns
                };
                multiply([sizes.output, width, depth], y, weight, Matrix::rows(columns, width), false);
            } else {
                patches(&sizes, x, images, 0..sizes.input, columns);
                multiply([sizes.output, width, depth], product, weight, Matrix::rows(columns, width), false);
                images_first(product, y, [sizes.output, images, pixels]);
            }
        },
    );
    tensor(y, [sizes.images, sizes.output, sizes.out_height(), sizes.out_width()])
}

pub fn input_gradient(dy: &FlexTensor, weight: &FlexTensor, stride: usize, [height, width]: [usize; 2]) -> FlexTensor {
    let (ys, ws) = (dy.shape(), weight.shape());
    let sizes = Sizes { images: ys[0], input: ws[1], height, width, output: ws[0], kernel: ws[2], stride };
    let (pixels, group, depth) = (sizes.pixels(), sizes.group(), sizes.input * sizes.taps());
    let (dy, weight) = (values(dy), values(weight));
    // The gradient is a convolution too, with the kernel turned around and its channels exchanged.
    #[cfg(target_arch = "x86_64")]
    if let Some(images) = sizes.tiles(sizes.output, sizes.input) {
        let kernel = winograd::Kernel { weight, by_output: 9, by_input: sizes.input * 9, turned: true };
        let dx = winograd::convolve(dy, images, sizes.input, kernel);
        return tensor(dx, [sizes.images, sizes.input, height, width]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(strided) = sizes.strided() {
        let dx = strided::input_gradient(dy, weight, strided);
        return tensor(dx, [sizes.images, sizes.input, height, width]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(planes) = sizes.planes(sizes.output) {
        let at = |input: usize, output: usize, tap: usize| weight[(output * sizes.input + input) * 9 + (8 - tap)];
        return tensor(direct::convolve(dy, planes, sizes.input, at), [sizes.images, sizes.input, height, width]);
    }
    let mut dx = vec![0.0; sizes.images * sizes.image()];
    dx.par_chunks_mut(group * sizes.image()).zip(dy.par_chunks(group * sizes.output * pixels)).for_each_init(
        || (vec![0.0; depth * group * pixels], vec![0.0; sizes.output * group * pixels]),
        |(columns, packed), (dx, dy)| {
            let images = dx.len() / sizes.image();
            let width = images * pixels;
            let dy = if images == 1 {
                dy
            } else {
                channels_first(dy, packed, [sizes.output, images, pixels]);
                packed
            };
            let weight = Matrix::rows(weight, depth).transposed();
            if sizes.is_pointwise() && images == 1 {
                multiply([depth, width, sizes.output], dx, weight, Matrix::rows(dy, width), false);
            } else {
                multiply([depth, width, sizes.output], columns, weight, Matrix::rows(dy, width), false);
                add_patches(&sizes, columns, images, dx);
            }
        },
    );
    tensor(dx, [sizes.images, sizes.input, height, width])
}

/// Each task owns the gradient of a few input channels and sums over all images, so no task waits for another and
/// the order of the sum is fixed.
pub fn weight_gradient(x: &FlexTensor, dy: &FlexTensor, stride: usize, kernel: usize) -> FlexTensor {
    let (xs, ys) = (x.shape(), dy.shape());
    let sizes = Sizes { images: xs[0], input: xs[1], height: xs[2], width: xs[3], output: ys[1], kernel, stride };
    let (pixels, group) = (sizes.pixels(), sizes.group());
    let (x, dy) = (values(x), values(dy));
    #[cfg(target_arch = "x86_64")]
    if let Some(images) = sizes.tiles(sizes.input, sizes.output) {
        let dw = winograd::weight_gradient(x, dy, images, sizes.output);
        return tensor(dw, [sizes.output, sizes.input, kernel, kernel]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(strided) = sizes.strided() {
        let dw = strided::weight_gradient(x, dy, strided);
        return tensor(dw, [sizes.output, sizes.input, kernel, kernel]);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(planes) = sizes.planes(sizes.input).filter(|planes| direct::sums_fit(planes, sizes.output)) {
        let dw = direct::weight_gradient(x, dy, planes, sizes.output);
        return tensor(dw, [sizes.output, sizes.input, kernel, kernel]);
    }
    let mut packed = vec![0.0; dy.len()];
    let image = sizes.output * pixels;
    packed.par_chunks_mut(group * image).zip(dy.par_chunks(group * image)).for_each(|(packed, dy)| {
        channels_first(dy, packed, [sizes.output, dy.len() / image, pixels]);
    });

    let block = CHANNELS.min(sizes.input.div_ceil(2));
    let rows = block * sizes.taps();
    let parts: Vec<Vec<f32>> = (0..sizes.input.div_ceil(block))
        .into_par_iter()
        .map_init(
            || vec![0.0; rows * group * pixels],
            |columns, part| {
                let channels = part * block..((part + 1) * block).min(sizes.input);
                let rows = channels.len() * sizes.taps();
                // [rows, output]: the long side contiguous, so that the product writes whole vectors.
                let mut sum = vec![0.0; rows * sizes.output];
                for (x, packed) in x.chunks(group * sizes.image()).zip(packed.chunks(group * image)) {
                    let images = x.len() / sizes.image();
                    let width = images * pixels;
                    patches(&sizes, x, images, channels.clone(), columns);
                    let (columns, packed) = (Matrix::rows(columns, width), Matrix::rows(packed, width).transposed());
                    multiply([rows, sizes.output, width], &mut sum, columns, packed, true);
                }
                sum
            },
        )
        .collect();
    let depth = sizes.input * sizes.taps();
    let mut dw = vec![0.0; sizes.output * depth];
    for (part, sum) in parts.iter().enumerate() {
        for (row, sums) in sum.chunks(sizes.output).enumerate() {
            for (output, value) in sums.iter().enumerate() {
                dw[output * depth + part * rows + row] = *value;
            }
        }
    }
    tensor(dw, [sizes.output, sizes.input, kernel, kernel])
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
    let width = images * sizes.pixels();
    for (row, columns) in columns.chunks_mut(width).take(channels.len() * sizes.taps()).enumerate() {
        let (channel, tap) = (channels.start + row / sizes.taps(), row % sizes.taps());
        for (image, column) in columns.chunks_mut(sizes.pixels()).enumerate() {
            let plane = &x[(image * sizes.input + channel) * sizes.height * sizes.width..];
            for_tap_rows(sizes, tap, |out, source| match source {
                Some(TapRow { start, low, high, .. }) => {
                    let line = &mut column[out * sizes.out_width()..][..sizes.out_width()];
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
                None => column[out * sizes.out_width()..][..sizes.out_width()].fill(0.0),
            });
        }
    }
}

/// The transpose of [`patches`]: every column value is added to the pixel it came from.
fn add_patches(sizes: &Sizes, columns: &[f32], images: usize, x: &mut [f32]) {
    let width = images * sizes.pixels();
    for (row, columns) in columns.chunks(width).take(sizes.input * sizes.taps()).enumerate() {
        let (channel, tap) = (row / sizes.taps(), row % sizes.taps());
        for (image, column) in columns.chunks(sizes.pixels()).enumerate() {
            let plane = &mut x[(image * sizes.input + channel) * sizes.height * sizes.width..];
            for_tap_rows(sizes, tap, |out, source| {
                let Some(TapRow { start, low, high }) = source else { return };
                let line = &column[out * sizes.out_width()..][low..high];
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
    let high = ((sizes.width + padding - tap_x).div_ceil(sizes.stride)).min(sizes.out_width());
    for out in 0..sizes.out_height() {
        let y = out * sizes.stride + tap_y;
        let inside = y >= padding && y < sizes.height + padding && low < high;
        visit(
            out,
            inside.then(|| {
                let x = low * sizes.stride + tap_x - padding;
                TapRow { start: (y - padding) * sizes.width + x, low, high }
            }),
        );
    }
}
