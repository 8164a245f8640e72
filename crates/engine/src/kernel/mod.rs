//! Operations of our own, each tested against the composed version: batch normalisation with what follows it on every
//! device ([`normalisation`]), the denominators of NT-Xent ([`partition`]), what moves many tensors at once ([`many`]),
//! convolution ([`convolution`] on GPUs, [`cpu`] on the CPU), and on GPUs the views (`views`, tested against the host's).
//!
//! | operation | composed, chosen | CPU | GPUs |
//! |---|---|---|---|
//! | convolution, products of matrices | here | `cpu`, burn's | `convolution` |
//! | batch normalisation, and what follows it | here, `normalisation` | `cpu` | `normalisation/cube` |
//! | denominators of NT-Xent | here, `partition` | `cpu` | `partition/cube` |
//! | optimizer, EMA update, sums and averages over many tensors | `many` | `cpu` | `many/cube` |
//! | views of a batch | the crate `byolab_values::augment` | | `augment` |
//!
//! `maps` are feature maps in the order in which a device wants them, `sizes` those of a convolution, `gpu` is what kernels on GPUs share, `autodiff` what backward
//! passes share.

#[cfg(feature = "cube")]
pub mod augment;
mod autodiff;
pub mod convolution;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "cube")]
mod gpu;
pub mod many;
mod maps;
mod normalisation;
mod partition;
pub mod sizes;

use burn::tensor::{DType, Device, Tensor, activation::relu, module, ops::ConvOptions};

pub use maps::{Maps, Order};

use super::workers;
#[cfg(feature = "cube")]
use crate::backend;
use byolab_values::plan::cost::Normalised;

/// Large enough that its exponential is 0, small enough for f32.
const NEVER: f32 = 1e9;

/// The order in which the device of `images` computes an encoder whose layers all have a multiple of `width` channels.
#[cfg_attr(not(feature = "cpu"), expect(unused_variables, reason = "only the CPU's registers want to be filled"))]
fn order(images: &Tensor<4>, width: usize) -> Order {
    let (device, precision) = (images.device(), images.dtype());
    #[cfg(feature = "cpu")]
    if is_ours(&device, precision) {
        return if cpu::fills_registers(width) { Order::Pixels } else { Order::Planes };
    }
    // Those of GPUs are of pixels.
    if normalises(&device, precision) { Order::Pixels } else { Order::Planes }
}

/// Convolution without bias, padded by half the kernel.
///
/// # Shapes
/// `x` has `[n, ci, h, w]`, `weight` is `[co, ci, k, k]` with k 1 or 3; the output has `[n, co, h / stride, w / stride]`,
/// rounded up.
pub fn convolve(x: Maps, weight: Tensor<4>, stride: usize) -> Maps {
    #[cfg(feature = "cpu")]
    if is_ours(&x.values.device(), x.values.dtype()) {
        return cpu::convolve(x, weight, stride);
    }
    #[cfg(feature = "cube")]
    if x.order == Order::Pixels {
        return Maps::new(convolution::convolve(x.values, weight, stride), Order::Pixels);
    }
    let padding = weight.dims()[2] / 2;
    let options = ConvOptions::new([stride, stride], [padding, padding], [1, 1], 1);
    let y = module::conv2d(x.order.to_planes(x.values), weight, None, options);
    Maps::new(x.order.of_planes(y), x.order)
}

/// What [`batch_norm`] makes of `x` before a ReLU, convolved as by [`convolve`]; and mean and variance as of [`Normed`]. One
/// operation where the device has such, else two.
///
/// # Shapes
/// As of [`convolve`]; mean and variance are `[ci]`.
pub fn norm_relu_convolve(
    x: Maps,
    affine: [Tensor<1>; 2],
    epsilon: f64,
    weight: Tensor<4>,
    stride: usize,
) -> (Maps, [Tensor<1>; 2]) {
    #[cfg(feature = "cpu")]
    if let (Order::Pixels, Some(statistics)) = (x.order, x.statistics.clone()) {
        let [mean, variance] = [0, 1].map(|row| statistics.clone().narrow(0, row, 1).flatten(0, 1));
        return (cpu::norm_relu_convolve(x.values, statistics, affine, epsilon, weight, stride), [mean, variance]);
    }
    let normed = batch_norm(x.values, x.order, x.statistics, affine, epsilon, After::Relu);
    (convolve(Maps::new(normed.output, x.order), weight, stride), [normed.mean, normed.variance])
}

/// The 1e-12 of the BYOL authors' `l2_normalize`.
const NORM_EPSILON: f32 = 1e-12;

/// Rows of length 1: `[n, d]` to the same.
pub fn normalize(x: Tensor<2>) -> Tensor<2> {
    let square = (x.clone() * x.clone()).sum_dim(1);
    x / square.clamp_min(NORM_EPSILON).sqrt()
}

/// `x y^T`, row against row.
///
/// GPUs convolve single pixels. burn 0.22.1's products round single precision to TF32 on CUDA without being asked, are tried
/// out one by one before the first of a shape, and are wrong on the one Vulkan device that was tried, SwiftShader, where
/// they use shared memory.
///
/// # Shapes
/// `x` is `[n, d]`, `y` `[m, d]`; the output is `[n, m]`.
pub fn rows_times_rows(x: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "cube")]
    if normalises(&x.device(), x.dtype()) && !workers::is_cpu(&x.device()) {
        let ([n, d], [m, _]) = (x.dims(), y.dims());
        return convolution::convolve(x.reshape([n, 1, 1, d]), y.reshape([m, d, 1, 1]), 1).reshape([n, m]);
    }
    x.matmul(y.transpose())
}

/// Rows up to which one sum after another is as good as any: it loses a few of a float's last digits at most.
const FEW_ROWS: usize = 1024;
/// Rows of a block.
const BLOCK: usize = 32;

/// The sum of all rows. burn's CPU backend adds one row after another, and of 50,000 rows loses 5e-4 of the sum: many rows
/// are added in blocks, then their sums as well.
///
/// # Shapes
/// `x` is `[n, d]`, the output `[1, d]`.
pub fn sum_of_rows(x: Tensor<2>) -> Tensor<2> {
    let mut sums = x;
    let most = if sums.dims()[0] > FEW_ROWS { BLOCK } else { FEW_ROWS };
    while sums.dims()[0] > most {
        sums = sums_of_blocks(sums);
    }
    sums.sum_dim(0)
}

/// The mean of all rows, `[n, d]` to `[1, d]`, as [`sum_of_rows`].
pub fn mean_of_rows(x: Tensor<2>) -> Tensor<2> {
    let n = x.dims()[0];
    if n > FEW_ROWS { sum_of_rows(x) / n as f64 } else { x.mean_dim(0) }
}

/// The sum of each block of rows, `[n, d]` to `[blocks, d]`; the last may be of fewer.
fn sums_of_blocks(x: Tensor<2>) -> Tensor<2> {
    let [n, d] = x.dims();
    let blocks = n / BLOCK;
    let whole = x.clone().slice(0..blocks * BLOCK).reshape([blocks, BLOCK, d]).sum_dim(1).reshape([blocks, d]);
    if n == blocks * BLOCK { whole } else { Tensor::cat(vec![whole, x.slice(blocks * BLOCK..n).sum_dim(0)], 0) }
}

/// `ln(sum_j exp(scale other_ij) + sum_(j != i) exp(scale own_ij))`, row by row.
///
/// # Shapes
/// `other` is `[n, m]`, `own` `[n, n]`; the output is `[n, 1]`.
pub fn log_partition(other: Tensor<2>, own: Tensor<2>, scale: f64) -> Tensor<2> {
    let [n, columns] = own.dims();
    assert!(n == columns && other.dims()[0] == n, "a row has a similarity with itself");
    if other.dtype() == DType::F32 {
        return partition::log_partition(other, own, scale);
    }
    let itself = Tensor::<2>::eye(n, &own.device()).cast(own.dtype()) * NEVER;
    log_sum_exp(Tensor::cat(vec![other * scale, own * scale - itself], 1))
}

/// Row by row, `[n, 1]`.
pub fn log_sum_exp(logits: Tensor<2>) -> Tensor<2> {
    let largest = logits.clone().max_dim(1).detach();
    (logits - largest.clone()).exp().sum_dim(1).log() + largest
}

#[cfg(feature = "cube")]
fn is_gpu(device: &Device) -> bool {
    backend::cube::device(device).is_some()
}

/// A batch normalised by its own statistics.
pub struct Normed<const D: usize> {
    /// `x`'s shape.
    pub output: Tensor<D>,
    /// `[channels]`, without gradient.
    pub mean: Tensor<1>,
    /// Biased, `[channels]`, without gradient.
    pub variance: Tensor<1>,
}

/// What follows a normalisation; named so that it can be fused with it.
#[expect(
    clippy::large_enum_variant,
    reason = "made for one call and moved into it; a box would be an allocation a layer"
)]
pub enum After<const D: usize> {
    /// The normalised values are what is read.
    Nothing,
    /// Negative values become 0.
    Relu,
    /// A residual is added before the ReLU.
    AddRelu(Tensor<D>),
}

/// Batch normalisation by the statistics of the batch, and what follows it.
///
/// # Shapes
/// `x` is `[n, channels, ..]`, or with its channels last where its order says so; `scale` and `shift` are `[channels]` and
/// in single precision, as the statistics are, whatever that of `x` and of the output. `known` are [`Maps::statistics`].
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    order: Order,
    known: Option<Tensor<2>>,
    [scale, shift]: [Tensor<1>; 2],
    epsilon: f64,
    next: After<D>,
) -> Normed<D> {
    if normalises(&x.device(), x.dtype()) {
        return normalisation::batch_norm(x, order, known, [scale, shift], epsilon, next);
    }
    assert_eq!(order, Order::Planes, "pixels are taken where the normalisation is our own");
    let precision = x.dtype();
    let normed = module::batch_norm_train(widened(x), scale, shift, epsilon);
    Normed { output: after(normed.output.cast(precision), next), mean: normed.mean, variance: normed.variance }
}

/// What follows a normalisation, composed; `x` keeps its shape.
pub fn after<const D: usize>(x: Tensor<D>, next: After<D>) -> Tensor<D> {
    match next {
        After::Nothing => x,
        After::Relu => relu(x),
        After::AddRelu(residual) => relu(x + residual),
    }
}

/// The precision of statistics of numbers in `precision`.
pub fn wide(precision: DType) -> DType {
    if precision == DType::BF16 { DType::F32 } else { precision }
}

/// The same numbers in the precision of their statistics.
pub fn widened<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let precision = wide(x.dtype());
    x.cast(precision)
}

/// Whether the CPU's own operations serve: they compute in single precision.
#[cfg(feature = "cpu")]
fn is_ours(device: &Device, precision: DType) -> bool {
    workers::is_cpu(device) && precision == DType::F32
}

/// What the device does with normalised maps that only a convolution reads: see [`norm_relu_convolve`].
pub fn normalised(device: &Device) -> Normalised {
    #[cfg(feature = "cpu")]
    if workers::is_cpu(device) && cpu::fills_registers(8) {
        return Normalised::Read;
    }
    let _ = device;
    Normalised::Written
}

/// What is said of the convolutions of encoders whose layers have a multiple of `width` channels, where they are slow: on the CPU as
/// products of patches, on GPUs that those of our own are not for.
pub fn slow_convolutions(device: &Device, width: usize) -> Option<&'static str> {
    #[cfg(feature = "cpu")]
    if workers::is_cpu(device) && !cpu::fills_registers(width) {
        return Some(match cpu::fills_registers(8) {
            true => {
                "convolutions are slow: only an encoder.width that is a multiple of 8 fills this processor's registers"
            }
            false => "convolutions are slow: this processor has no registers of eight numbers",
        });
    }
    #[cfg(feature = "cube")]
    if backend::cube::device(device).is_some_and(|device| !convolution::is_ours(&device)) {
        return Some("convolutions are slow: ours are for NVIDIA cards of compute capability 8.0 or more, by CUDA");
    }
    let _ = (device, width);
    None
}

/// Whether the device of a tensor of this precision has a normalisation of our own.
fn normalises(device: &Device, precision: DType) -> bool {
    if workers::is_cpu(device) {
        return precision == DType::F32;
    }
    #[cfg(feature = "cube")]
    let has = is_gpu(device) && matches!(precision, DType::F32 | DType::BF16);
    #[cfg(not(feature = "cube"))]
    let has = false;
    has
}
