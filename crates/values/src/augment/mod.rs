//! The two augmented views of a batch: parameters drawn on the host from keyed counters, applied on all cores.
//! No burn here, so the terminal can show views without an engine.
//!
//! | file | holds |
//! |---|---|
//! | `draw`, `op` | what happens to an image; what does it: a file for each operation, a variant of [`Op`], its lines in `draw` |
//! | `canvas`, `picture`, `pillow` | an image on its way, in floats; the same in bytes, and operations as Pillow has them |
//! | `task` | what a pretext task makes of an augmented image, and asks |
//! | `sheet`, `bench` | views side by side; how fast they are made |

pub mod bench;
pub mod canvas;
pub mod draw;
pub mod op;
pub mod picture;
pub mod pillow;
mod sheet;
pub mod task;

use rayon::prelude::*;

pub use canvas::Canvas;
pub use draw::{DrawnOp, Key, describe, drawn};
pub use picture::Picture;
pub use sheet::{ContactSheet, sheet};
pub use task::{Normalisation, TaskOutput};

pub use crate::plan::demand::{View, ViewDemand};
use crate::{
    data::Images,
    plan::{
        demand::{SmallCrop, Task},
        recipe::{Arithmetic, Augmentation, Op},
    },
};

/// A view of some images, normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeView {
    /// `[n, 3, side, side]`; n and side are as the view's task [says](crate::plan::demand::Task::shape).
    pub pixels: Vec<f32>,
    /// What is to be said of it, `[images, targets]`.
    pub targets: Vec<f32>,
}

/// A view as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownImage {
    /// Its height and width.
    pub side: usize,
    /// `[3, side, side]`.
    pub pixels: Vec<u8>,
    /// What was drawn for it, in words.
    pub drawn: String,
}

/// One normalised view of the images `indices`, `[indices.len(), 3, side, side]` where it shows them whole.
#[allow(clippy::too_many_arguments)]
pub fn batch(
    images: &Images,
    indices: &[usize],
    augmentation: &Augmentation,
    view: impl Into<ViewDemand>,
    seed: u64,
    epoch: u64,
    mean: [f32; 3],
    std: [f32; 3],
) -> Vec<f32> {
    views(images, indices, augmentation, view.into(), [seed, epoch], Normalisation { mean, std }).pixels
}

/// One view of the images `indices`, with what is to be said of it. Depends on (seed, epoch, image index, view, draw) only: not on
/// the batch an image falls into.
pub fn views(
    images: &Images,
    indices: &[usize],
    augmentation: &Augmentation,
    ViewDemand { view, draw, task }: ViewDemand,
    [seed, epoch]: [u64; 2],
    normalise: Normalisation,
) -> MadeView {
    let shape = task.shape(images.side);
    let (size, told) = (shape.images * 3 * shape.side * shape.side, shape.targets);
    let mut pixels = vec![0.0; indices.len() * size];
    let mut targets = vec![0.0; indices.len() * told];
    // Nothing to be said is a slice of nothing for each image.
    let mut each: Vec<&mut [f32]> = targets.chunks_exact_mut(told.max(1)).collect();
    each.resize_with(indices.len(), Default::default);
    let jobs = pixels.par_chunks_exact_mut(size).zip(each).zip(indices).with_min_len(8);
    jobs.for_each_init(
        || Canvas::new(images.side),
        |canvas, ((pixels, targets), &index)| {
            let key = Key { seed, epoch, sample: index as u64, view, draw };
            draw_view(canvas, images, index, augmentation, (key, task));
            task::make(task, canvas, key, normalise, TaskOutput { pixels, targets });
        },
    );
    MadeView { pixels, targets }
}

/// The images themselves, normalised, `[indices.len(), 3, side, side]`: what the probes look at.
pub fn plain(images: &Images, indices: &[usize], mean: [f32; 3], std: [f32; 3]) -> Vec<f32> {
    let size = 3 * images.side * images.side;
    let mut out = vec![0.0; indices.len() * size];
    let jobs = out.par_chunks_exact_mut(size).zip(indices).with_min_len(8);
    jobs.for_each_init(
        || Canvas::new(images.side),
        |canvas, (out, &index)| {
            canvas.load(images.image(index));
            Normalisation { mean, std }.apply(&canvas.pixels, out);
        },
    );
    out
}

/// One view of image `index` as bytes, `[3, side, side]`, and what was drawn for it; before anything is asked about it.
pub fn shown(images: &Images, index: usize, augmentation: &Augmentation, (key, task): (Key, Task)) -> ShownImage {
    let mut canvas = Canvas::new(images.side);
    let operations = draw_view(&mut canvas, images, index, augmentation, (key, task));
    ShownImage { side: canvas.side, pixels: canvas.bytes().collect(), drawn: describe(operations) }
}

/// Leaves one view of image `index` on `canvas`, 0 to 1; returns what was done to it.
fn draw_view(
    canvas: &mut Canvas,
    images: &Images,
    index: usize,
    augmentation: &Augmentation,
    (key, task): (Key, Task),
) -> Vec<DrawnOp> {
    let ops = match key.view {
        View::First => &augmentation.first,
        View::Second => &augmentation.second,
    };
    let small = if let Task::Small(crop) = task { small_crops(ops, crop, images.side) } else { None };
    let (ops, out) = small.as_ref().map_or((ops, images.side), |(ops, out)| (ops, *out));
    let drawn = draw::drawn_to(ops, [images.side, out], key);
    canvas.resize(images.side);
    match augmentation.arithmetic {
        Arithmetic::Exact => exactly(canvas, images.image(index), drawn),
        Arithmetic::Pillow => by_pillow(canvas, images.image(index), drawn),
    }
}

/// The operations of a set whose crop shows as much of the image as a small one, and the side that it comes out at.
fn small_crops(ops: &[Op], crop: SmallCrop, side: usize) -> Option<(Vec<Op>, usize)> {
    let first = ops.iter().position(|op| matches!(op, Op::Crop { .. }))?;
    let mut ops = ops.to_vec();
    if let Op::Crop { area, .. } = &mut ops[first] {
        *area = crop.area;
    }
    Some((ops, crop.side_of(side)))
}

fn exactly(canvas: &mut Canvas, image: &[u8], drawn: impl Iterator<Item = DrawnOp>) -> Vec<DrawnOp> {
    canvas.load(image);
    let done: Vec<DrawnOp> = drawn.inspect(|operation| operation.apply(canvas)).collect();
    if done.iter().any(DrawnOp::may_overshoot) {
        canvas.clamp();
    }
    done
}

/// On the picture that the canvas keeps for the next one.
fn by_pillow(canvas: &mut Canvas, image: &[u8], drawn: impl Iterator<Item = DrawnOp>) -> Vec<DrawnOp> {
    let mut picture = canvas.picture.take().unwrap_or_else(|| Picture::new(canvas.side));
    picture.resize(canvas.side);
    picture.load(image);
    let done = drawn.inspect(|operation| pillow::apply(operation, &mut picture)).collect();
    canvas.resize(picture.side);
    canvas.load(&picture.bytes);
    canvas.picture = Some(picture);
    done
}
