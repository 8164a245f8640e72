//! Batch normalisation of pixels, `[rows, channels]`: eight channels at a time, rows in blocks that stay in the cache.

use rayon::prelude::*;

use super::{
    super::{
        buffer::{Shared, written},
        widest,
    },
    Next, Saved, Slope, affine, gated,
};

/// Running sums of a channel: none waits for another, and each is short.
const CHAINS: usize = 4;
/// Numbers of a block, about.
const BLOCK: usize = 1 << 14;
/// Rows of a block: at most so many are summed in single precision.
const ROWS: usize = 256;

/// Channels that are worked on together.
const LANES: usize = 8;

type Lanes = [f32; LANES];

/// Rows of a block. Not by the number of threads, so that the bits do not depend on it.
fn rows_of(channels: usize) -> usize {
    (BLOCK / channels).clamp(CHAINS, ROWS)
}

/// Some rows, eight channels in a row of lanes.
#[derive(Clone, Copy)]
struct Rows<'a> {
    lanes: &'a [Lanes],
    /// Eights of channels.
    groups: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    fn of(values: &'a [f32], channels: usize) -> Self {
        Self { lanes: values.as_chunks().0, groups: channels / LANES }
    }

    #[inline(always)]
    fn count(&self) -> usize {
        self.lanes.len() / self.groups
    }

    #[inline(always)]
    fn at(&self, row: usize, group: usize) -> &'a Lanes {
        &self.lanes[row * self.groups + group]
    }
}

/// The sums over the rows of what `terms` makes of each.
#[inline(always)]
fn sums<const N: usize>(rows: usize, terms: impl Fn(usize) -> [Lanes; N]) -> [[f64; LANES]; N] {
    let mut chains = [[[0.0; LANES]; N]; CHAINS];
    let whole = rows - rows % CHAINS;
    for first in (0..whole).step_by(CHAINS) {
        for (chain, sums) in chains.iter_mut().enumerate() {
            add(sums, &terms(first + chain));
        }
    }
    for row in whole..rows {
        add(&mut chains[0], &terms(row));
    }
    std::array::from_fn(|n| {
        std::array::from_fn(|lane| chains.iter().map(|chain: &[Lanes; N]| f64::from(chain[n][lane])).sum())
    })
}

#[inline(always)]
fn add<const N: usize>(sums: &mut [Lanes; N], terms: &[Lanes; N]) {
    for (sums, terms) in sums.iter_mut().zip(terms) {
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += term;
        }
    }
}

/// What `each` makes of every lane.
#[inline(always)]
fn lanes(each: impl Fn(usize) -> f32) -> Lanes {
    let mut all = [0.0; LANES];
    for (lane, value) in all.iter_mut().enumerate() {
        *value = each(lane);
    }
    all
}

/// A channel of some rows: how many, their mean, and the sum of squared distances from it.
pub type Moments = (f64, f64, f64);

/// The moments of every channel of some rows.
pub fn moments(x: &[f32], channels: usize) -> Vec<Moments> {
    let blocks = x.chunks(rows_of(channels) * channels).map(|x| widest(|| moments_of_block(Rows::of(x, channels))));
    let join = |some: Vec<Moments>, more| some.into_iter().zip(more).map(|(a, b)| joined(a, b)).collect();
    blocks.reduce(join).expect("there are rows")
}

/// Means and biased variances of every channel, one after the other, from the moments of all rows.
pub fn statistics(parts: &[Vec<Moments>]) -> Vec<f32> {
    let all = |channel: usize| parts.iter().map(|part| part[channel]).reduce(joined).expect("a batch has rows");
    let all: Vec<Moments> = (0..parts[0].len()).map(all).collect();
    let means = all.iter().map(|(_, mean, _)| *mean as f32);
    means.chain(all.iter().map(|(samples, _, squares)| (squares / samples) as f32)).collect()
}

/// The same from the numbers themselves.
pub fn statistics_of(x: &[f32], channels: usize) -> Vec<f32> {
    let blocks: Vec<Vec<Moments>> = x.par_chunks(rows_of(channels) * channels).map(|x| moments(x, channels)).collect();
    statistics(&blocks)
}

/// Output of numbers with such means and such inverse standard deviations.
pub(super) fn forward(
    x: &[f32],
    [scale, shift]: [&[f32]; 2],
    [mean, inverse_std]: [&[f32]; 2],
    next: Next,
) -> Vec<f32> {
    let channels = scale.len();
    let block = rows_of(channels) * channels;
    let [gain, offset] = affines([scale, shift], [mean, inverse_std]);
    // SAFETY: the blocks are the whole buffer.
    unsafe {
        written(x.len(), |y| {
            x.par_chunks(block).enumerate().for_each(|(at, x)| {
                let begin = at * block;
                let rows = Rows::of(x, channels);
                widest(|| match next {
                    Next::Nothing => write(rows, [&gain, &offset], &y, begin, |_, _, y| y),
                    Next::Relu => write(rows, [&gain, &offset], &y, begin, |_, _, y| lanes(|lane| y[lane].max(0.0))),
                    Next::AddRelu(residual) => {
                        let added = Rows::of(&residual[begin..][..x.len()], channels);
                        let add = |row: usize, group: usize, y: Lanes| {
                            let added = added.at(row, group);
                            lanes(|lane| (y[lane] + added[lane]).max(0.0))
                        };
                        write(rows, [&gain, &offset], &y, begin, add);
                    }
                });
            });
        })
    }
}

/// The moments of every channel of a block.
#[inline(always)]
fn moments_of_block(x: Rows) -> Vec<Moments> {
    let rows = x.count();
    let mut all = Vec::with_capacity(x.groups * LANES);
    for group in 0..x.groups {
        let [totals] = sums(rows, |row| [*x.at(row, group)]);
        let mean = totals.map(|total| total / rows as f64);
        let near = mean.map(|mean| mean as f32);
        // About the rounded mean; what that is off by is taken back.
        let [off, squares] = sums(rows, |row| {
            let x = x.at(row, group);
            let distance = lanes(|lane| x[lane] - near[lane]);
            [distance, lanes(|lane| distance[lane] * distance[lane])]
        });
        for lane in 0..LANES {
            let off = off[lane] / rows as f64;
            all.push((rows as f64, f64::from(near[lane]) + off, squares[lane] - off * off * rows as f64));
        }
    }
    all
}

/// The moments of two blocks together (Chan, Golub and LeVeque 1983).
fn joined((n, mean, squares): Moments, (m, other, more): Moments) -> Moments {
    let (distance, all) = (other - mean, n + m);
    (all, mean + distance * m / all, squares + more + distance * distance * n * m / all)
}

/// Writes `then(row, group, gain x + offset)` of all numbers of a block.
#[inline(always)]
fn write(
    x: Rows,
    [gain, offset]: [&[f32]; 2],
    out: &Shared,
    begin: usize,
    then: impl Fn(usize, usize, Lanes) -> Lanes,
) {
    // SAFETY: blocks do not overlap.
    let y = unsafe { out.slice(begin..begin + x.lanes.len() * LANES) };
    let (y, _) = y.as_chunks_mut::<LANES>();
    let ([gain, offset], rows) = ([gain, offset].map(|all| all.as_chunks::<LANES>().0), x.count());
    for group in 0..x.groups {
        let (gain, offset) = (gain[group], offset[group]);
        for row in 0..rows {
            let (x, y) = (x.at(row, group), &mut y[row * x.groups + group]);
            let values = then(row, group, lanes(|lane| x[lane] * gain[lane] + offset[lane]));
            for (y, value) in y.iter_mut().zip(values) {
                y.write(value);
            }
        }
    }
}

/// Gains and offsets of all channels.
pub fn affines([scale, shift]: [&[f32]; 2], [mean, inverse_std]: [&[f32]; 2]) -> [Vec<f32>; 2] {
    let each = |at: usize| affine(scale[at], shift[at], mean[at], inverse_std[at]);
    let (gain, offset) = (0..scale.len()).map(each).map(|[gain, offset]| (gain, offset)).unzip();
    [gain, offset]
}

/// What follows a normalisation takes of a gradient: from place (counted in eights of channels), group, inputs and gradients
/// of the outputs, the gradients before it.
pub trait Gate: Fn(usize, usize, &Lanes, &Lanes) -> Lanes + Sync + Copy {}

impl<F: Fn(usize, usize, &Lanes, &Lanes) -> Lanes + Sync + Copy> Gate for F {}

/// That of a ReLU. Whether it was open is computed again, as it was, instead of being read from the output.
pub fn relu_gate<'a>([gain, offset]: [&'a [f32]; 2]) -> impl Gate + 'a {
    let [gain, offset] = [gain, offset].map(|all| all.as_chunks::<LANES>().0);
    move |_, group: usize, x: &Lanes, dy: &Lanes| {
        let (gain, offset) = (&gain[group], &offset[group]);
        lanes(|lane| gated::<true>(dy[lane], x[lane] * gain[lane] + offset[lane]))
    }
}

/// The gradient of the input, and those of scale and shift, channel by channel, where nothing follows.
pub fn backward(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    through(saved, dy, |_, _, _, dy: &Lanes| *dy)
}

/// The same where a ReLU follows.
pub fn backward_relu(saved: &Saved, shift: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    let [gain, offset] = affines([saved.scale, shift], [saved.mean, saved.inverse_std]);
    through(saved, dy, relu_gate([&gain, &offset]))
}

/// The gradients of the input and of what is before the ReLU, and those of scale and shift.
pub fn backward_add(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<[f32; 2]>) {
    let y = saved.y.as_chunks::<LANES>().0;
    let gate = |place: usize, _: usize, _: &Lanes, dy: &Lanes| {
        let y = &y[place];
        lanes(|lane| gated::<true>(dy[lane], y[lane]))
    };
    let (slopes, sums) = slopes(saved, &all_totals(saved, dy, gate));
    let mut before = Vec::new();
    // SAFETY: every place of both buffers is written, once.
    let dx = unsafe {
        written(dy.len(), |dx| {
            before = written(dy.len(), |before| {
                gradients(saved, &slopes, in_eights(dy), gate, |place, d, gradient| {
                    before.write(place, d);
                    dx.write(place, gradient);
                });
            });
        })
    };
    (dx, before, sums)
}

fn through(saved: &Saved, dy: &[f32], gate: impl Gate) -> (Vec<f32>, Vec<[f32; 2]>) {
    let (slopes, sums) = slopes(saved, &all_totals(saved, dy, gate));
    // SAFETY: every place is written, once.
    let dx = unsafe {
        written(dy.len(), |dx| {
            gradients(saved, &slopes, in_eights(dy), gate, |place, _, gradient| dx.write(place, gradient))
        })
    };
    (dx, sums)
}

/// Turns the outputs' gradients into the inputs', from the [`totals`] of all rows; returns those of scale and shift.
pub fn turn(saved: &Saved, dy: &mut [f32], parts: &[Totals], gate: impl Gate) -> Vec<[f32; 2]> {
    let (slopes, sums) = slopes(saved, parts);
    let all = Shared::new(dy);
    // SAFETY: a place is read and then written, once, by the task whose it is.
    let (read, write) =
        (|place| unsafe { all.lanes(place) }, |place, _, gradient| unsafe { all.write(place, gradient) });
    gradients(saved, &slopes, read, gate, write);
    sums
}

/// Of each channel of some rows: the sums of the gradients before what follows, alone and times their inputs' distance from
/// the mean.
pub type Totals = Vec<[f64; 2]>;

fn all_totals(saved: &Saved, dy: &[f32], gate: impl Gate) -> Vec<Totals> {
    let block = rows_of(saved.mean.len()) * saved.mean.len();
    dy.par_chunks(block).enumerate().map(|(at, dy)| totals(saved, at * block, dy, gate)).collect()
}

/// The totals of the rows whose gradients are `dy`, from the number `begin` on.
pub fn totals(saved: &Saved, begin: usize, dy: &[f32], gate: impl Gate) -> Totals {
    let channels = saved.mean.len();
    let block = rows_of(channels) * channels;
    let of_block = |(at, dy): (usize, &[f32])| {
        let begin = begin + at * block;
        let [x, dy] = [&saved.x[begin..][..dy.len()], dy].map(|values| Rows::of(values, channels));
        widest(|| totals_of_block(x, dy, saved.mean, begin / LANES, gate))
    };
    let add = |sums: Totals, more: Totals| sums.into_iter().zip(more).map(|([a, b], [c, d])| [a + c, b + d]).collect();
    dy.chunks(block).enumerate().map(of_block).reduce(add).expect("there are rows")
}

#[inline(always)]
fn totals_of_block(x: Rows, dy: Rows, mean: &[f32], begin: usize, gate: impl Gate) -> Totals {
    let (rows, groups) = (x.count(), x.groups);
    let mean = mean.as_chunks::<LANES>().0;
    let mut all = Vec::with_capacity(groups * LANES);
    for group in 0..groups {
        let mean = mean[group];
        let [sum, dot] = sums(rows, |row| {
            let (x, dy) = (x.at(row, group), dy.at(row, group));
            let d = gate(begin + row * groups + group, group, x, dy);
            [d, lanes(|lane| d[lane] * (x[lane] - mean[lane]))]
        });
        all.extend(sum.into_iter().zip(dot).map(|(sum, dot)| [sum, dot]));
    }
    all
}

/// What the gradient of the input needs to know of every channel, and the gradients of scale and shift.
fn slopes(saved: &Saved, parts: &[Totals]) -> (Vec<Slope>, Vec<[f32; 2]>) {
    let total = |channel: usize, which: usize| parts.iter().map(|part| part[channel][which]).sum::<f64>();
    let channels = saved.mean.len();
    let samples = saved.x.len() / channels;
    (0..channels).map(|at| Slope::new(saved, at, [total(at, 0), total(at, 1)], samples)).unzip()
}

/// Calls `write(place, d, dx)` with the gradients before what follows and with those of the input, for each eight channels,
/// whose outputs' gradients are `dy(place)`.
fn gradients(
    saved: &Saved,
    slopes: &[Slope],
    dy: impl Fn(usize) -> Lanes + Sync,
    gate: impl Gate,
    write: impl Fn(usize, Lanes, Lanes) + Sync,
) {
    let channels = slopes.len();
    let block = rows_of(channels) * channels;
    saved.x.par_chunks(block).enumerate().for_each(|(at, x)| {
        let (begin, x) = (at * block / LANES, Rows::of(x, channels));
        widest(|| {
            for group in 0..x.groups {
                let slopes: &[Slope; LANES] = slopes[group * LANES..][..LANES].try_into().expect("channels are eights");
                let [gain, mean, mean_d, slope] = [
                    slopes.map(|slope| slope.gain),
                    slopes.map(|slope| slope.mean),
                    slopes.map(|slope| slope.mean_d),
                    slopes.map(|slope| slope.slope),
                ];
                for row in 0..x.count() {
                    let place = begin + row * x.groups + group;
                    let x = x.at(row, group);
                    let d = gate(place, group, x, &dy(place));
                    let gradient = lanes(|lane| {
                        let slope =
                            Slope { gain: gain[lane], mean: mean[lane], mean_d: mean_d[lane], slope: slope[lane] };
                        slope.of(d[lane], x[lane])
                    });
                    write(place, d, gradient);
                }
            }
        });
    });
}

fn in_eights(values: &[f32]) -> impl Fn(usize) -> Lanes + Sync {
    let values = values.as_chunks::<LANES>().0;
    |place| values[place]
}

impl Shared {
    /// Eight numbers.
    ///
    /// # Safety
    /// Nobody writes them at the same time.
    #[inline(always)]
    unsafe fn lanes(&self, place: usize) -> Lanes {
        // SAFETY: the caller's; they lie inside the buffer, by the assertion of `from`.
        unsafe { self.from((place + 1) * LANES).sub(LANES).cast::<Lanes>().read() }
    }

    /// Writes eight numbers.
    ///
    /// # Safety
    /// Nobody else reads or writes them at the same time.
    #[inline(always)]
    unsafe fn write(&self, place: usize, lanes: Lanes) {
        // SAFETY: the caller's; they lie inside the buffer, by the assertion of `from`.
        unsafe { self.from((place + 1) * LANES).sub(LANES).cast::<Lanes>().write(lanes) }
    }
}
