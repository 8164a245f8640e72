//! Batch normalisation of pixels, `[rows, channels]`: sixteen channels at a time, rows in blocks that stay in the cache.

use rayon::prelude::*;

use super::{
    super::{
        LANES,
        buffer::{Shared, written},
        values, widest,
    },
    Next, Saved, Slope, affine, gated,
};

/// Running sums of a channel: none waits for another, and each is short.
const CHAINS: usize = 4;
/// Numbers of a block, about.
const BLOCK: usize = 1 << 14;
/// Rows of a block: at most so many are summed in single precision.
const ROWS: usize = 256;

type Lanes = [f32; LANES];

/// Rows of a block. Not by the number of threads, so that the bits do not depend on it.
fn rows_of(channels: usize) -> usize {
    (BLOCK / channels).clamp(CHAINS, ROWS)
}

/// Some rows, sixteen channels in a row of lanes.
#[derive(Clone, Copy)]
struct Rows<'a> {
    lanes: &'a [Lanes],
    /// Sixteens of channels.
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

/// A channel of a block: how many rows, their mean, and the sum of squared distances from it.
type Moments = (f64, f64, f64);

/// Output, mean and inverse standard deviation.
pub fn forward(x: &[f32], [scale, shift]: [&[f32]; 2], next: Next, epsilon: f64) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let channels = scale.len();
    let block = rows_of(channels) * channels;
    let blocks: Vec<Vec<Moments>> = x.par_chunks(block).map(|x| widest(|| moments(Rows::of(x, channels)))).collect();
    let statistics = (0..channels).map(|channel| {
        let (samples, mean, squares) =
            blocks.iter().map(|block| block[channel]).reduce(joined).expect("a batch has rows");
        (mean as f32, (1.0 / (squares / samples + epsilon).sqrt()) as f32)
    });
    let (mean, inverse_std): (Vec<f32>, Vec<f32>) = statistics.unzip();
    let (gain, offset): (Vec<f32>, Vec<f32>) = (0..channels)
        .map(|at| affine(scale[at], shift[at], mean[at], inverse_std[at]))
        .map(|[gain, offset]| (gain, offset))
        .unzip();
    // SAFETY: the blocks are the whole buffer.
    let y = unsafe {
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
    };
    (y, mean, inverse_std)
}

/// The moments of every channel of a block.
#[inline(always)]
fn moments(x: Rows) -> Vec<Moments> {
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

/// The gradient of the input, and those of scale and shift, channel by channel.
pub fn backward<const RELU: bool>(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    let (slopes, sums) = slopes::<RELU>(saved, dy);
    // SAFETY: the blocks are the whole buffer.
    let dx = unsafe { written(dy.len(), |dx| gradients::<RELU, false>(saved, dy, &slopes, [dx, dx])) };
    (dx, sums)
}

/// The gradients of the input and of what is before the ReLU, and those of scale and shift.
pub fn backward_add(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<[f32; 2]>) {
    let (slopes, sums) = slopes::<true>(saved, dy);
    let mut before = Vec::new();
    // SAFETY: as above, of both buffers.
    let dx = unsafe {
        written(dy.len(), |dx| {
            before = written(dy.len(), |before| gradients::<true, true>(saved, dy, &slopes, [dx, before]));
        })
    };
    (dx, before, sums)
}

/// What the gradient of the input needs to know of every channel, and the gradients of scale and shift.
fn slopes<const RELU: bool>(saved: &Saved, dy: &[f32]) -> (Vec<Slope>, Vec<[f32; 2]>) {
    let (x, y, mean) = (values(saved.x), values(saved.y), values(saved.mean));
    let channels = mean.len();
    let block = rows_of(channels) * channels;
    let parts = x.par_chunks(block).zip(y.par_chunks(block)).zip(dy.par_chunks(block));
    let parts: Vec<Vec<[f64; 2]>> = parts
        .map(|((x, y), dy)| {
            let [x, y, dy] = [x, y, dy].map(|values| Rows::of(values, channels));
            widest(|| totals::<RELU>(x, y, dy, mean))
        })
        .collect();
    let total = |channel: usize, which: usize| parts.iter().map(|part| part[channel][which]).sum::<f64>();
    let samples = x.len() / channels;
    (0..channels).map(|at| Slope::new(saved, at, [total(at, 0), total(at, 1)], samples)).unzip()
}

/// The sums of the gradients before the ReLU in a block, alone and times their inputs' distance from the mean.
#[inline(always)]
fn totals<const RELU: bool>(x: Rows, y: Rows, dy: Rows, mean: &[f32]) -> Vec<[f64; 2]> {
    let rows = x.count();
    let mean = mean.as_chunks::<LANES>().0;
    let mut all = Vec::with_capacity(x.groups * LANES);
    for group in 0..x.groups {
        let mean = mean[group];
        let [sum, dot] = sums(rows, |row| {
            let (x, y, dy) = (x.at(row, group), y.at(row, group), dy.at(row, group));
            let d = lanes(|lane| gated::<RELU>(dy[lane], y[lane]));
            [d, lanes(|lane| d[lane] * (x[lane] - mean[lane]))]
        });
        all.extend(sum.into_iter().zip(dot).map(|(sum, dot)| [sum, dot]));
    }
    all
}

/// Writes the gradient of the input, and of what is before the ReLU where that is kept.
fn gradients<const RELU: bool, const KEPT: bool>(
    saved: &Saved,
    dy: &[f32],
    slopes: &[Slope],
    [dx, before]: [Shared; 2],
) {
    let (x, y) = (values(saved.x), values(saved.y));
    let channels = slopes.len();
    let block = rows_of(channels) * channels;
    let inputs = x.par_chunks(block).zip(y.par_chunks(block)).zip(dy.par_chunks(block));
    inputs.enumerate().for_each(|(at, ((x, y), dy))| {
        let places = at * block..at * block + x.len();
        // SAFETY: blocks do not overlap; `before` is written only where it is another buffer than `dx`.
        let (dx, kept) = unsafe { (dx.slice(places.clone()), if KEPT { before.slice(places) } else { &mut [] }) };
        let (dx, kept) = (dx.as_chunks_mut::<LANES>().0, kept.as_chunks_mut::<LANES>().0);
        let [x, y, dy] = [x, y, dy].map(|values| Rows::of(values, channels));
        widest(|| {
            for group in 0..x.groups {
                let slopes: &[Slope; LANES] =
                    slopes[group * LANES..][..LANES].try_into().expect("channels are sixteens");
                let [gain, mean, mean_d, slope] = [
                    slopes.map(|slope| slope.gain),
                    slopes.map(|slope| slope.mean),
                    slopes.map(|slope| slope.mean_d),
                    slopes.map(|slope| slope.slope),
                ];
                for row in 0..x.count() {
                    let (x, y, dy) = (x.at(row, group), y.at(row, group), dy.at(row, group));
                    let place = row * (channels / LANES) + group;
                    let d = lanes(|lane| gated::<RELU>(dy[lane], y[lane]));
                    for lane in 0..LANES {
                        let slope =
                            Slope { gain: gain[lane], mean: mean[lane], mean_d: mean_d[lane], slope: slope[lane] };
                        dx[place][lane].write(slope.of(d[lane], x[lane]));
                        if KEPT {
                            kept[place][lane].write(d[lane]);
                        }
                    }
                }
            }
        });
    });
}
