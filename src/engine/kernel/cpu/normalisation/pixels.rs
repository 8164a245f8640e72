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

/// The gradient of the input, and those of scale and shift, channel by channel, where nothing follows.
pub fn backward(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    through(saved, dy, |_, _, _, dy| *dy)
}

/// The same where a ReLU follows. Whether it was open is computed again, as it was, instead of being read from the output.
pub fn backward_relu(saved: &Saved, shift: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<[f32; 2]>) {
    let coefficients =
        |at: usize| affine(values(saved.scale)[at], shift[at], values(saved.mean)[at], values(saved.inverse_std)[at]);
    let (gain, offset): (Vec<f32>, Vec<f32>) = (0..shift.len()).map(coefficients).map(|[a, b]| (a, b)).unzip();
    let [gain, offset] = [&gain, &offset].map(|all| all.as_chunks::<LANES>().0);
    through(saved, dy, |_, group: usize, x: &Lanes, dy: &Lanes| {
        let (gain, offset) = (&gain[group], &offset[group]);
        lanes(|lane| gated::<true>(dy[lane], x[lane] * gain[lane] + offset[lane]))
    })
}

/// The gradients of the input and of what is before the ReLU, and those of scale and shift.
pub fn backward_add(saved: &Saved, dy: &[f32]) -> (Vec<f32>, Vec<f32>, Vec<[f32; 2]>) {
    let y = values(saved.y).as_chunks::<LANES>().0;
    let gate = |place: usize, _: usize, _: &Lanes, dy: &Lanes| {
        let y = &y[place];
        lanes(|lane| gated::<true>(dy[lane], y[lane]))
    };
    let (slopes, sums) = slopes(saved, dy, gate);
    let mut before = Vec::new();
    // SAFETY: the blocks are the whole of both buffers.
    let dx = unsafe {
        written(dy.len(), |dx| {
            before = written(dy.len(), |before| gradients::<true>(saved, dy, &slopes, [dx, before], gate));
        })
    };
    (dx, before, sums)
}

/// The gradient of the input, and those of scale and shift. `gate(place, group, x, dy)` is the gradient before what follows,
/// of sixteen channels of a row, from their inputs and from the output's gradients; `place` counts such sixteens.
fn through(
    saved: &Saved,
    dy: &[f32],
    gate: impl Fn(usize, usize, &Lanes, &Lanes) -> Lanes + Sync + Copy,
) -> (Vec<f32>, Vec<[f32; 2]>) {
    let (slopes, sums) = slopes(saved, dy, gate);
    // SAFETY: the blocks are the whole buffer.
    let dx = unsafe { written(dy.len(), |dx| gradients::<false>(saved, dy, &slopes, [dx, dx], gate)) };
    (dx, sums)
}

/// What the gradient of the input needs to know of every channel, and the gradients of scale and shift.
fn slopes(
    saved: &Saved,
    dy: &[f32],
    gate: impl Fn(usize, usize, &Lanes, &Lanes) -> Lanes + Sync + Copy,
) -> (Vec<Slope>, Vec<[f32; 2]>) {
    let (x, mean) = (values(saved.x), values(saved.mean));
    let channels = mean.len();
    let block = rows_of(channels) * channels;
    let parts: Vec<Vec<[f64; 2]>> = (x.par_chunks(block).zip(dy.par_chunks(block)).enumerate())
        .map(|(at, (x, dy))| {
            let [x, dy] = [x, dy].map(|values| Rows::of(values, channels));
            widest(|| totals(x, dy, mean, at * block / LANES, gate))
        })
        .collect();
    let total = |channel: usize, which: usize| parts.iter().map(|part| part[channel][which]).sum::<f64>();
    let samples = x.len() / channels;
    (0..channels).map(|at| Slope::new(saved, at, [total(at, 0), total(at, 1)], samples)).unzip()
}

/// The sums of the gradients before the ReLU in a block that begins at `begin`, alone and times their inputs' distance from
/// the mean.
#[inline(always)]
fn totals(
    x: Rows,
    dy: Rows,
    mean: &[f32],
    begin: usize,
    gate: impl Fn(usize, usize, &Lanes, &Lanes) -> Lanes,
) -> Vec<[f64; 2]> {
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

/// Writes the gradient of the input, and of what is before the ReLU where that is kept.
fn gradients<const KEPT: bool>(
    saved: &Saved,
    dy: &[f32],
    slopes: &[Slope],
    [dx, before]: [Shared; 2],
    gate: impl Fn(usize, usize, &Lanes, &Lanes) -> Lanes + Sync + Copy,
) {
    let x = values(saved.x);
    let channels = slopes.len();
    let block = rows_of(channels) * channels;
    x.par_chunks(block).zip(dy.par_chunks(block)).enumerate().for_each(|(at, (x, dy))| {
        let places = at * block..at * block + x.len();
        let begin = places.start / LANES;
        // SAFETY: blocks do not overlap; `before` is written only where it is another buffer than `dx`.
        let (dx, kept) = unsafe { (dx.slice(places.clone()), if KEPT { before.slice(places) } else { &mut [] }) };
        let (dx, kept) = (dx.as_chunks_mut::<LANES>().0, kept.as_chunks_mut::<LANES>().0);
        let [x, dy] = [x, dy].map(|values| Rows::of(values, channels));
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
                    let place = row * x.groups + group;
                    let (x, dy) = (x.at(row, group), dy.at(row, group));
                    let d = gate(begin + place, group, x, dy);
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
