//! Convolutions of stride 2, kernel 3 or 1, without patches, for processors with AVX-512: pixels stand with their channels
//! beside each other ([`super::lanes`]), and every tap of the kernel is a product of pixels two apart.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    buffer::{Scratch, Shared, scratch, with_scratch, written},
    lanes::{Images, LANES, Product, gather, spread},
};

/// Output pixels of a task, about, so that weights are read for many.
const PIXELS: usize = 128;
/// Output pixels summed over, about, before a weight's sum is written.
const DEPTH: usize = 256;
/// Parts of a batch whose weight gradients are summed apart, then together in order: not the number of threads, so that
/// the bits do not depend on it.
const PARTS: usize = 4;

/// A convolution of stride 2 of these images.
#[derive(Clone, Copy)]
pub struct Strided {
    pub images: Images,
    pub outputs: usize,
    /// 3 or 1.
    pub kernel: usize,
}

impl Strided {
    /// Whether this processor can, and sides are even.
    pub fn serves(&self) -> bool {
        let even = self.images.height.is_multiple_of(2) && self.images.width.is_multiple_of(2);
        even && (self.kernel == 3 || self.kernel == 1) && self.images.serve(self.outputs)
    }

    fn out(&self) -> Images {
        let Images { count, height, width, .. } = self.images;
        Images { count, channels: self.outputs, height: height / 2, width: width / 2 }
    }

    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Where a padded image begins for the kernel's first tap.
    fn border(&self) -> usize {
        1 - self.kernel / 2
    }

    /// Numbers of a padded input image, and of a padded output image.
    fn padded(&self) -> [usize; 2] {
        [self.images, self.out()].map(|images| (images.height + 2) * images.row())
    }

    /// Images whose outputs are about so many pixels.
    fn group(&self, pixels: usize) -> usize {
        (pixels / self.out().pixels()).clamp(1, self.images.count)
    }

    /// Groups of images.
    fn groups(&self, images: Range<usize>, pixels: usize) -> Vec<Range<usize>> {
        let (step, end) = (self.group(pixels), images.end);
        images.step_by(step).map(|first| first..end.min(first + step)).collect()
    }

    /// Where the pixels that each output row of a group begins with are, in padded images and in the outputs.
    fn rows(&self, images: usize) -> Vec<[usize; 2]> {
        let (out, [each, _]) = (self.out(), self.padded());
        let row = |image: usize, y: usize| {
            [image * each + 2 * y * self.images.row(), (image * out.height + y) * out.width * out.channels]
        };
        (0..images).flat_map(|image| (0..out.height).map(move |y| row(image, y))).collect()
    }

    /// Where each tap is, from the pixel that an output begins with.
    fn offsets(&self) -> Vec<usize> {
        let (kernel, border) = (self.kernel, self.border());
        let tap =
            |tap: usize| (tap / kernel + border) * self.images.row() + (tap % kernel + border) * self.images.channels;
        (0..self.taps()).map(tap).collect()
    }
}

/// Convolves `x` with `weight`, `[outputs, channels, kernel, kernel]`.
pub fn convolve(x: &[f32], weight: &[f32], sizes: Strided) -> Vec<f32> {
    assert!(sizes.serves(), "AVX-512 was looked for");
    let (images, out, offsets) = (sizes.images, sizes.out(), sizes.offsets());
    assert_eq!(x.len(), images.count * images.channels * images.pixels(), "images fit");
    let all: Vec<usize> = (0..sizes.taps()).collect();
    let by_tap = arranged(weight, &all, sizes.taps(), [images.channels, sizes.outputs], [1, images.channels]);
    let [padded, _] = sizes.padded();
    let task = |group: Range<usize>, y: &Shared| {
        let (rows, count) = (sizes.rows(group.len()), group.len());
        with_scratch([count * padded, count * out.pixels() * out.channels], |[inputs, outputs]| {
            // SAFETY: the processor has AVX-512, by the assertion above; buffers are as long as was asked for; each task
            // writes its own images.
            unsafe {
                for (image, inputs) in group.clone().zip(inputs.chunks_mut(padded)) {
                    spread(x, &images, image, images.bordered(), 1, inputs);
                }
                let product = Product {
                    a: inputs.as_ptr(),
                    by_row: 2 * images.channels,
                    by_depth: 1,
                    b: by_tap.as_ptr(),
                    c: outputs.as_mut_ptr(),
                    c_row: out.channels,
                    segments: &rows,
                    rows: out.width,
                    taps: &offsets,
                    depth: images.channels,
                    n: out.channels,
                    add: false,
                };
                product.run();
                planes(outputs, &out, group, y);
            }
        });
    };
    let groups = sizes.groups(0..images.count, PIXELS);
    // SAFETY: the groups are all images.
    unsafe {
        written(images.count * out.channels * out.pixels(), |y| {
            groups.into_par_iter().for_each(|group| task(group, &y))
        })
    }
}

/// The gradient of the input: a product for each of the four kinds of pixel, those that share their taps.
pub fn input_gradient(dy: &[f32], weight: &[f32], sizes: Strided) -> Vec<f32> {
    assert!(sizes.serves(), "AVX-512 was looked for");
    let (images, out) = (sizes.images, sizes.out());
    assert_eq!(dy.len(), images.count * out.channels * out.pixels(), "gradients fit");
    let kinds = [[0, 0], [0, 1], [1, 0], [1, 1]].map(|kind| Kind::of(&sizes, kind));
    let order: Vec<usize> = kinds.iter().flat_map(|kind| kind.taps.clone()).collect();
    let by_tap = arranged(weight, &order, sizes.taps(), [sizes.outputs, images.channels], [images.channels, 1]);
    let [_, padded] = sizes.padded();
    let task = |group: Range<usize>, dx: &Shared| {
        let count = group.len();
        with_scratch([count * padded, count * images.pixels() * images.channels], |[gradients, inputs]| {
            if sizes.kernel == 1 {
                inputs.fill(0.0);
            }
            // SAFETY: as in `convolve`.
            unsafe {
                for (image, gradients) in group.clone().zip(gradients.chunks_mut(padded)) {
                    spread(dy, &out, image, out.bordered(), 1, gradients);
                }
                let mut b = by_tap.as_ptr();
                for kind in &kinds {
                    let product = Product {
                        a: gradients.as_ptr(),
                        by_row: out.channels,
                        by_depth: 1,
                        b,
                        c: inputs.as_mut_ptr(),
                        c_row: 2 * images.channels,
                        segments: &kind.rows(&sizes, count),
                        rows: out.width,
                        taps: &kind.offsets,
                        depth: out.channels,
                        n: images.channels,
                        add: false,
                    };
                    if !kind.taps.is_empty() {
                        product.run();
                    }
                    b = b.add(kind.taps.len() * out.channels * images.channels);
                }
                planes(inputs, &images, group, dx);
            }
        });
    };
    let groups = sizes.groups(0..images.count, PIXELS);
    // SAFETY: the groups are all images.
    unsafe {
        written(images.count * images.channels * images.pixels(), |dx| {
            groups.into_par_iter().for_each(|group| task(group, &dx));
        })
    }
}

/// Input pixels in rows and columns that are even, or odd: the taps that reach them, and where those find the outputs.
struct Kind {
    first: [usize; 2],
    taps: Vec<usize>,
    offsets: Vec<usize>,
}

impl Kind {
    fn of(sizes: &Strided, first: [usize; 2]) -> Self {
        let (out, border) = (sizes.out(), sizes.border());
        // The output whose tap `i` reaches pixel `2 r + first` is `r + (first + 1 - border - i) / 2`, where that is whole.
        let reach = |first: usize| {
            (0..sizes.kernel).filter_map(move |i| {
                let twice = (first + 1) as isize - (border + i) as isize;
                (twice % 2 == 0).then_some((i, twice / 2))
            })
        };
        let (mut taps, mut offsets) = (Vec::new(), Vec::new());
        for (i, down) in reach(first[0]) {
            for (j, right) in reach(first[1]) {
                taps.push(i * sizes.kernel + j);
                offsets.push((1 + down) as usize * out.row() + (1 + right) as usize * out.channels);
            }
        }
        Self { first, taps, offsets }
    }

    /// Where the pixels of this kind in each row begin, in padded outputs and in the inputs.
    fn rows(&self, sizes: &Strided, count: usize) -> Vec<[usize; 2]> {
        let (images, out, [_, each]) = (sizes.images, sizes.out(), sizes.padded());
        let [down, right] = self.first;
        let row = |image: usize, y: usize| {
            let pixel = (image * images.height + 2 * y + down) * images.width + right;
            [image * each + y * out.row(), pixel * images.channels]
        };
        (0..count).flat_map(|image| (0..out.height).map(move |y| row(image, y))).collect()
    }
}

/// The gradient of the weights, `[outputs, channels, kernel, kernel]`.
pub fn weight_gradient(x: &[f32], dy: &[f32], sizes: Strided) -> Vec<f32> {
    assert!(sizes.serves(), "AVX-512 was looked for");
    let (images, out, offsets) = (sizes.images, sizes.out(), sizes.offsets());
    assert_eq!(x.len(), images.count * images.channels * images.pixels(), "images fit");
    assert_eq!(dy.len(), images.count * out.channels * out.pixels(), "gradients fit");
    let each = images.channels * out.channels;
    let [padded, _] = sizes.padded();
    let image = out.pixels() * out.channels;
    let part = |part: Range<usize>| {
        let mut sums = scratch(sizes.taps() * each);
        sums.fill(0.0);
        for group in sizes.groups(part, DEPTH) {
            let count = group.len();
            let rows: Vec<usize> = sizes.rows(count).iter().map(|[begin, _]| *begin).collect();
            with_scratch([count * padded, count * image], |[inputs, gradients]| {
                // SAFETY: as in `convolve`.
                unsafe {
                    let places = inputs.chunks_mut(padded).zip(gradients.chunks_mut(image));
                    for (index, (inputs, gradients)) in group.zip(places) {
                        spread(x, &images, index, images.bordered(), 1, inputs);
                        spread(dy, &out, index, (0, out.height), 0, gradients);
                    }
                    for (tap, offset) in offsets.iter().enumerate() {
                        let product = Product {
                            a: inputs.as_ptr().add(*offset),
                            by_row: 1,
                            by_depth: 2 * images.channels,
                            b: gradients.as_ptr(),
                            c: sums.as_mut_ptr().add(tap * each),
                            c_row: out.channels,
                            segments: &[[0, 0]],
                            rows: images.channels,
                            taps: &rows,
                            depth: out.width,
                            n: out.channels,
                            add: true,
                        };
                        product.run();
                    }
                }
            });
        }
        sums.to_vec()
    };
    let size = images.count.div_ceil(PARTS);
    let parts: Vec<Range<usize>> =
        (0..images.count).step_by(size).map(|first| first..images.count.min(first + size)).collect();
    let parts: Vec<Vec<f32>> = parts.into_par_iter().map(part).collect();
    let mut dw = vec![0.0; sizes.taps() * each];
    dw.par_chunks_mut(images.channels * sizes.taps()).enumerate().for_each(|(output, dw)| {
        for (place, value) in dw.iter_mut().enumerate() {
            let (channel, tap) = (place / sizes.taps(), place % sizes.taps());
            let at = tap * each + channel * out.channels + output;
            *value = parts.iter().map(|part| part[at]).sum();
        }
    });
    dw
}

/// The weights of some taps as `[taps, depth, n]`, of which a number is at `depth * by[0] + n * by[1]` kernels of the
/// others.
fn arranged(weight: &[f32], order: &[usize], taps: usize, [depth, n]: [usize; 2], by: [usize; 2]) -> Scratch {
    let mut all = scratch(order.len() * depth * n);
    all.par_chunks_mut(n).enumerate().for_each(|(line, values)| {
        let (tap, row) = (order[line / depth], line % depth);
        for (column, value) in values.iter_mut().enumerate() {
            *value = weight[(row * by[0] + column * by[1]) * taps + tap];
        }
    });
    all
}

/// Writes images of pixels, `[pixels, channels]` each, into their planes.
///
/// # Safety
/// The processor has AVX-512; no other task writes these images.
#[target_feature(enable = "avx512f")]
unsafe fn planes(from: &[f32], images: &Images, group: Range<usize>, to: &Shared) {
    let each = images.channels * images.pixels();
    for (image, from) in group.zip(from.chunks(each)) {
        for channel in (0..images.channels).step_by(LANES) {
            // SAFETY: channels lie within the image; the caller's for the rest.
            unsafe {
                let plane = to.start().add(image * each + channel * images.pixels());
                gather(from.as_ptr().add(channel), images.channels, images.pixels(), plane, images.pixels());
            }
        }
    }
}
