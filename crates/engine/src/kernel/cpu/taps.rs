//! Convolutions without patches: pixels stand with their channels beside each other ([`super::lanes`]), so the taps of a
//! kernel's row are one stretch of numbers, and each row of a kernel is a product of such stretches, one or two pixels
//! apart.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    buffer::{Scratch, Shared, scratch, with_scratch, written},
    lanes::{Input, Left, Panel, Product, Right, Sums, bordered},
    sizes::{ImageBatch, Sizes},
};

/// Output pixels of a task, about, so that weights are read for many.
const PIXELS: usize = 128;
/// Output pixels summed over, about, before a weight's sum is written.
const DEPTH: usize = 256;
/// Parts of a batch whose weight gradients are summed apart, then together in order: not the number of threads, so that
/// the bits do not depend on it.
const PARTS: usize = 4;

const FULL: &str = "registers were asked for";

impl Sizes {
    /// Numbers of an image with its border.
    fn padded(&self, images: &ImageBatch) -> usize {
        (images.height + 2 * self.border()) * images.row(self.border())
    }

    /// Groups of images whose outputs are about so many pixels.
    fn groups(&self, images: Range<usize>, pixels: usize) -> Vec<Range<usize>> {
        let step = (pixels / self.out().pixels()).clamp(1, self.images.count);
        images.clone().step_by(step).map(|first| first..images.end.min(first + step)).collect()
    }

    /// Calls `work` with a group of images with their borders, copied only where there is a reason.
    fn with_border(&self, x: Input, images: &ImageBatch, group: Range<usize>, work: impl FnOnce(&[f32])) {
        let numbers = group.start * images.each()..group.end * images.each();
        if self.border() > 0 {
            let each = self.padded(images);
            with_scratch([group.len() * each], |[padded]| {
                for (image, padded) in group.zip(padded.chunks_exact_mut(each)) {
                    bordered(x, images, image, padded);
                }
                work(padded);
            });
        } else if x.rectified.is_some() {
            with_scratch([numbers.len()], |[copy]| {
                x.copy(numbers.clone(), &mut copy[..numbers.len()]);
                work(copy);
            });
        } else {
            work(&x.values[numbers]);
        }
    }

    /// Where the pixels that each output row of a group begins with are, in images with their borders and in the outputs.
    fn rows(&self, images: usize) -> Vec<[usize; 2]> {
        let (out, each, row) = (self.out(), self.padded(&self.images), self.images.row(self.border()));
        let begin = |image, y| [image * each + self.stride * y * row, (image * out.height + y) * out.row(0)];
        (0..images).flat_map(|image| (0..out.height).map(move |y| begin(image, y))).collect()
    }
}

/// Convolves `x` with `weight`, `[outputs, channels, kernel, kernel]`; also returns in order what `finish` makes of its parts
/// while they are in the cache: so many numbers, from so far on.
pub fn convolve<T: Send>(
    x: Input,
    weight: &[f32],
    sizes: Sizes,
    finish: impl Fn(usize, &[f32]) -> T + Sync,
) -> (Vec<f32>, Vec<T>) {
    let (images, out) = (sizes.images, sizes.out());
    let panel = Panel::of([out.channels]).expect(FULL);
    assert_eq!(
        [x.values.len(), weight.len()],
        [images.len(), sizes.taps() * images.channels * out.channels],
        "images fit"
    );
    let all: Vec<usize> = (0..sizes.taps()).collect();
    let by_tap = arranged(weight, &all, sizes.taps(), [images.channels, out.channels], [1, images.channels], panel);
    let kernel_rows: Vec<usize> = (0..sizes.kernel).map(|row| row * images.row(sizes.border())).collect();
    let task = |group: Range<usize>, y: Shared| {
        let rows = sizes.rows(group.len());
        let numbers = group.start * out.each()..group.end * out.each();
        sizes.with_border(x, &images, group, |inputs| {
            let product = Product {
                a: Left { numbers: inputs, by_row: sizes.stride * images.channels, by_depth: 1 },
                b: Right {
                    numbers: &by_tap,
                    row: panel.columns(),
                    tap: sizes.kernel * images.channels * panel.columns(),
                    panel: sizes.taps() * images.channels * panel.columns(),
                },
                c: Sums::in_place_of(y, numbers.clone(), out.channels, panel.columns()),
                segments: &rows,
                rows: out.width,
                taps: &kernel_rows,
                depth: sizes.kernel * images.channels,
                panels: out.channels / panel.columns(),
                panel,
            };
            // SAFETY: each task writes its own images.
            unsafe { panel.dispatch(product) };
        });
        // SAFETY: this task has written them.
        finish(numbers.start, unsafe { y.read(numbers) })
    };
    let groups = sizes.groups(0..images.count, PIXELS);
    let mut finished = Vec::new();
    // SAFETY: the groups are all images.
    let y = unsafe { written(out.len(), |y| finished = groups.into_par_iter().map(|group| task(group, y)).collect()) };
    (y, finished)
}

/// The gradient of the input: a product for each kind of pixel, those that share their taps. `finish` is as in [`convolve`].
pub fn input_gradient<T: Send>(
    dy: &[f32],
    weight: &[f32],
    sizes: Sizes,
    finish: impl Fn(usize, &[f32]) -> T + Sync,
) -> (Vec<f32>, Vec<T>) {
    let (images, out) = (sizes.images, sizes.out());
    let panel = Panel::of([images.channels]).expect(FULL);
    assert_eq!([dy.len(), weight.len()], [out.len(), sizes.taps() * images.channels * out.channels], "gradients fit");
    let firsts = (0..sizes.stride).flat_map(|down| (0..sizes.stride).map(move |right| [down, right]));
    let kinds: Vec<Kind> = firsts.map(|first| Kind::of(&sizes, first)).collect();
    let order: Vec<usize> = kinds.iter().flat_map(|kind| kind.taps.clone()).collect();
    let by_tap = arranged(weight, &order, sizes.taps(), [out.channels, images.channels], [images.channels, 1], panel);
    let unreached = kinds.iter().any(|kind| kind.taps.is_empty());
    let task = |group: Range<usize>, dx: Shared| {
        let count = group.len();
        let numbers = group.start * images.each()..group.end * images.each();
        if unreached {
            // SAFETY: each task writes its own images.
            unsafe { dx.slice(numbers.clone()) }.fill(std::mem::MaybeUninit::new(0.0));
        }
        sizes.with_border(Input::plain(dy), &out, group, |gradients| {
            let mut before = 0;
            for kind in kinds.iter().filter(|kind| !kind.taps.is_empty()) {
                let product = Product {
                    a: Left { numbers: gradients, by_row: out.channels, by_depth: 1 },
                    b: Right {
                        numbers: &by_tap[before..],
                        row: panel.columns(),
                        tap: out.channels * panel.columns(),
                        panel: order.len() * out.channels * panel.columns(),
                    },
                    c: Sums::in_place_of(dx, numbers.clone(), sizes.stride * images.channels, panel.columns()),
                    segments: &kind.rows(&sizes, count),
                    rows: kind.size(images.width, 1, sizes.stride),
                    taps: &kind.offsets,
                    depth: out.channels,
                    panels: images.channels / panel.columns(),
                    panel,
                };
                // SAFETY: as in `convolve`.
                unsafe { panel.dispatch(product) };
                before += kind.taps.len() * out.channels * panel.columns();
            }
        });
        // SAFETY: this task has written them.
        finish(numbers.start, unsafe { dx.read(numbers) })
    };
    let groups = sizes.groups(0..images.count, PIXELS);
    let mut finished = Vec::new();
    // SAFETY: the kinds are all pixels of a group, or it was filled; the groups are all images.
    let dx =
        unsafe { written(images.len(), |dx| finished = groups.into_par_iter().map(|group| task(group, dx)).collect()) };
    (dx, finished)
}

/// Input pixels in every second row and column, from the first or the second one, or in all: the taps that reach them, and
/// where those find the outputs.
struct Kind {
    first: [usize; 2],
    taps: Vec<usize>,
    offsets: Vec<usize>,
}

impl Kind {
    fn of(sizes: &Sizes, first: [usize; 2]) -> Self {
        let (out, border, stride) = (sizes.out(), sizes.border(), sizes.stride as isize);
        // Tap `i` of output `r` reads pixel `stride r + i - border`, so it reaches pixel `stride q + first` from the output
        // `q + (first + border - i) / stride`, where that is whole; outputs have a border too.
        let reach = |first: usize| {
            (0..sizes.kernel).filter_map(move |i| {
                let ahead = (first + border) as isize - i as isize;
                (ahead % stride == 0).then(|| (i, (border as isize + ahead / stride) as usize))
            })
        };
        let (mut taps, mut offsets) = (Vec::new(), Vec::new());
        for (i, down) in reach(first[0]) {
            for (j, right) in reach(first[1]) {
                taps.push(i * sizes.kernel + j);
                offsets.push(down * out.row(border) + right * out.channels);
            }
        }
        Self { first, taps, offsets }
    }

    /// How many rows (0) or columns (1) of a side are of this kind.
    fn size(&self, side: usize, which: usize, stride: usize) -> usize {
        (side - self.first[which].min(side)).div_ceil(stride)
    }

    /// Where the pixels of this kind in each row begin, in outputs with their border and in the inputs.
    fn rows(&self, sizes: &Sizes, count: usize) -> Vec<[usize; 2]> {
        let (images, out, stride) = (sizes.images, sizes.out(), sizes.stride);
        let (each, row, [down, right]) = (sizes.padded(&out), out.row(sizes.border()), self.first);
        let begin = |image, y| {
            let pixel = (image * images.height + stride * y + down) * images.width + right;
            [image * each + y * row, pixel * images.channels]
        };
        let rows = self.size(images.height, 0, stride);
        (0..count).flat_map(|image| (0..rows).map(move |y| begin(image, y))).collect()
    }
}

/// The gradient of the weights, `[outputs, channels, kernel, kernel]`.
pub fn weight_gradient(x: Input, dy: &[f32], sizes: Sizes) -> Vec<f32> {
    let (images, out) = (sizes.images, sizes.out());
    let panel = Panel::of([out.channels]).expect(FULL);
    assert_eq!([x.values.len(), dy.len()], [images.len(), out.len()], "images and gradients fit");
    // Of one row of the kernel: its taps' channels are beside each other.
    let stretch = sizes.kernel * images.channels;
    let part = |part: Range<usize>| {
        let mut sums = scratch(sizes.kernel * stretch * out.channels);
        sums.fill(0.0);
        for group in sizes.groups(part, DEPTH) {
            let rows: Vec<usize> = sizes.rows(group.len()).iter().map(|[begin, _]| *begin).collect();
            let gradients = &dy[group.start * out.each()..group.end * out.each()];
            sizes.with_border(x, &images, group, |inputs| {
                for row in 0..sizes.kernel {
                    let product = Product {
                        a: Left {
                            numbers: &inputs[row * images.row(sizes.border())..],
                            by_row: 1,
                            by_depth: sizes.stride * images.channels,
                        },
                        b: Right { numbers: gradients, row: out.channels, tap: out.row(0), panel: panel.columns() },
                        c: Sums::onto(&mut sums[row * stretch * out.channels..], out.channels, panel.columns()),
                        segments: &[[0, 0]],
                        rows: stretch,
                        taps: &rows,
                        depth: out.width,
                        panels: out.channels / panel.columns(),
                        panel,
                    };
                    // SAFETY: the sums are this part's own.
                    unsafe { panel.dispatch(product) };
                }
            });
        }
        sums.to_vec()
    };
    let size = images.count.div_ceil(PARTS);
    let parts: Vec<Range<usize>> =
        (0..images.count).step_by(size).map(|first| first..images.count.min(first + size)).collect();
    let parts: Vec<Vec<f32>> = parts.into_par_iter().map(part).collect();
    let mut dw = vec![0.0; sizes.taps() * images.channels * out.channels];
    dw.par_chunks_mut(images.channels * sizes.taps()).enumerate().for_each(|(output, dw)| {
        for (place, value) in dw.iter_mut().enumerate() {
            let (channel, tap) = (place / sizes.taps(), place % sizes.taps());
            let at = (tap * images.channels + channel) * out.channels + output;
            *value = parts.iter().map(|part| part[at]).sum();
        }
    });
    dw
}

/// The weights of some taps as `[panels, taps, depth, panel]`, of which a number is at `depth * by[0] + column * by[1]`
/// kernels of the others.
fn arranged(
    weight: &[f32],
    order: &[usize],
    taps: usize,
    [depth, n]: [usize; 2],
    by: [usize; 2],
    panel: Panel,
) -> Scratch {
    let rows = order.len() * depth;
    let mut all = scratch(rows * n);
    all.par_chunks_mut(panel.columns()).enumerate().for_each(|(line, values)| {
        let (first, row) = (line / rows * panel.columns(), line % rows);
        let (tap, row) = (order[row / depth], row % depth);
        for (column, value) in (first..).zip(values) {
            *value = weight[(row * by[0] + column * by[1]) * taps + tap];
        }
    });
    all
}
