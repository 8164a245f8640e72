//! Kernels at the points of the transform, and their gradients.

use macerator::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    super::{
        buffer::{Scratch, Shared, scratch},
        lanes::{Lanes, Panel, load, splat, store},
    },
    POINTS, SIDE,
    points::{A, A2, AT_0, AT_A, AT_B, B, B2},
};

/// The values of a kernel, `weight[output * by_output + input * by_input + tap]`, or turned by half a turn.
#[derive(Clone, Copy)]
pub struct Kernel<'a> {
    pub weight: &'a [f32],
    pub by_output: usize,
    pub by_input: usize,
    pub turned: bool,
}

/// The kernel at the points of the transform, `[POINTS, outputs / columns, inputs, panel]`: `G g G^T`.
pub fn transformed(kernel: Kernel, inputs: usize, outputs: usize, panel: Panel) -> Scratch {
    let last = (outputs - 1) * kernel.by_output + (inputs - 1) * kernel.by_input + 9;
    assert!(kernel.weight.len() >= last, "a kernel fits");
    let mut all = scratch(POINTS * inputs * outputs);
    let out = Shared::new(&mut all);
    (0..inputs).into_par_iter().for_each(|input| {
        // SAFETY: each task writes its own input's values.
        unsafe { panel.dispatch(KernelOf { input, kernel, inputs, outputs, panel, out }) };
    });
    all
}

/// The kernel of one input channel, brought to the points.
struct KernelOf<'a> {
    input: usize,
    kernel: Kernel<'a>,
    inputs: usize,
    outputs: usize,
    panel: Panel,
    out: Shared,
}

impl WithSimd for KernelOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { input, kernel, inputs, outputs, panel, out } = self;
        let lanes = S::lanes32();
        for output in (0..outputs).step_by(lanes) {
            let mut taps = [[0.0; 16]; 9];
            for lane in 0..lanes {
                let from = &kernel.weight[(output + lane) * kernel.by_output + input * kernel.by_input..][..9];
                for (tap, value) in from.iter().enumerate() {
                    taps[if kernel.turned { 8 - tap } else { tap }][lane] = *value;
                }
            }
            // SAFETY: lines are no shorter than a register; the caller's for `out`.
            unsafe {
                let mut columns = [[splat::<S>(0.0); 3]; SIDE];
                for column in 0..3 {
                    let [a, b, c] = [&taps[column], &taps[3 + column], &taps[6 + column]];
                    let line = widened::<S>([load::<S>(a.as_ptr()), load::<S>(b.as_ptr()), load::<S>(c.as_ptr())]);
                    for row in 0..SIDE {
                        columns[row][column] = line[row];
                    }
                }
                let place = panel.place(output, inputs, input);
                for (row, line) in columns.into_iter().enumerate() {
                    for (column, value) in widened::<S>(line).into_iter().enumerate() {
                        let point = row * SIDE + column;
                        store::<S>(out.from(point * inputs * outputs + place), value);
                    }
                }
            }
        }
    }
}

/// `G g` of one column.
#[inline(always)]
fn widened<S: Simd>([a, b, c]: [Lanes<S>; 3]) -> [Lanes<S>; SIDE] {
    let [above_a, below_a] = either::<S>([a, b, c], A, AT_A);
    let [above_b, below_b] = either::<S>([a, b, c], B, AT_B);
    [a * splat::<S>(1.0 / AT_0), above_a, below_a, above_b, below_b, c]
}

/// `(a + b x + c x^2) / divisor` at `x` and at `-x`.
#[inline(always)]
fn either<S: Simd>([a, b, c]: [Lanes<S>; 3], x: f32, divisor: f32) -> [Lanes<S>; 2] {
    let even = c.fma(splat::<S>(x * x / divisor), a * splat::<S>(1.0 / divisor));
    let odd = b * splat::<S>(x / divisor);
    [even + odd, even - odd]
}

/// The gradient of one input channel's weights: `G^T sums G`.
pub struct GradientOf<'a> {
    pub input: usize,
    pub sums: &'a [f32],
    pub inputs: usize,
    pub outputs: usize,
    pub panel: Panel,
    pub out: Shared,
}

impl WithSimd for GradientOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { input, sums, inputs, outputs, panel, out } = self;
        let lanes = S::lanes32();
        for output in (0..outputs).step_by(lanes) {
            let place = panel.place(output, inputs, input);
            let mut taps = [[0.0; 16]; 9];
            // SAFETY: the sums are there, and lines no shorter than a register; the caller's for `out`.
            unsafe {
                let mut rows = [[splat::<S>(0.0); SIDE]; 3];
                for column in 0..SIDE {
                    let mut line = [splat::<S>(0.0); SIDE];
                    for (row, value) in line.iter_mut().enumerate() {
                        let point = row * SIDE + column;
                        *value = load::<S>(sums.as_ptr().add(point * inputs * outputs + place));
                    }
                    let line = narrowed::<S>(line);
                    for row in 0..3 {
                        rows[row][column] = line[row];
                    }
                }
                for (row, line) in rows.into_iter().enumerate() {
                    for (column, value) in narrowed::<S>(line).into_iter().enumerate() {
                        store::<S>(taps[row * 3 + column].as_mut_ptr(), value);
                    }
                }
                for lane in 0..lanes {
                    let to = out.from(((output + lane) * inputs + input) * 9);
                    for (tap, values) in taps.iter().enumerate() {
                        *to.add(tap) = values[lane];
                    }
                }
            }
        }
    }
}

/// `G^T u` of one column.
#[inline(always)]
fn narrowed<S: Simd>([zero, above_a, below_a, above_b, below_b, infinity]: [Lanes<S>; SIDE]) -> [Lanes<S>; 3] {
    let [even_a, odd_a] = [above_a + below_a, above_a - below_a];
    let [even_b, odd_b] = [above_b + below_b, above_b - below_b];
    [
        zero.fma(splat::<S>(1.0 / AT_0), weighed::<S>(even_a, 1.0, even_b, 1.0)),
        weighed::<S>(odd_a, A, odd_b, B),
        weighed::<S>(even_a, A2, even_b, B2) + infinity,
    ]
}

#[inline(always)]
fn weighed<S: Simd>(a: Lanes<S>, of_a: f32, b: Lanes<S>, of_b: f32) -> Lanes<S> {
    a.fma(splat::<S>(of_a / AT_A), b * splat::<S>(of_b / AT_B))
}
