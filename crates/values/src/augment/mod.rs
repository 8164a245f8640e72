//! The two augmented views of a batch: parameters drawn on the host from keyed counters, applied on all cores.
//! No burn here, so the terminal can show views without an engine.
//!
//! [`draw`] says what happens to an image, [`op`] does it, [`sheet`](sheet()) shows it. An operation is one file in
//! `op/`, a variant of [`Op`](crate::plan::recipe::Op) and its lines in [`draw`].

pub mod bench;
pub mod canvas;
pub mod draw;
pub mod op;
pub mod picture;
pub mod pillow;
mod sheet;

use rayon::prelude::*;

pub use canvas::Canvas;
pub use draw::{DrawnOp, Key, describe, drawn};
pub use picture::Picture;
pub use sheet::{ContactSheet, sheet};

use crate::{
    data::Images,
    plan::recipe::{Arithmetic, Augmentation},
};

/// Which of the two views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// By the set's first operations.
    First,
    /// By its second ones.
    Second,
}

/// One normalised view of the images `indices`, `[indices.len(), 3, side, side]`. Depends on (seed, epoch, image
/// index, view) only: not on the batch an image falls into.
#[allow(clippy::too_many_arguments)]
pub fn batch(
    images: &Images,
    indices: &[usize],
    augmentation: &Augmentation,
    view: View,
    seed: u64,
    epoch: u64,
    mean: [f32; 3],
    std: [f32; 3],
) -> Vec<f32> {
    each(images, indices, |canvas, index, out| {
        draw_view(canvas, images, index, augmentation, Key { seed, epoch, sample: index as u64, view });
        canvas.normalised(mean, std, out);
    })
}

/// The images themselves, normalised, `[indices.len(), 3, side, side]`: what the probes look at.
pub fn plain(images: &Images, indices: &[usize], mean: [f32; 3], std: [f32; 3]) -> Vec<f32> {
    each(images, indices, |canvas, index, out| {
        canvas.load(images.image(index));
        canvas.normalised(mean, std, out);
    })
}

/// One view of image `index` as bytes, `[3, side, side]`, and what was drawn for it.
pub fn shown(images: &Images, index: usize, augmentation: &Augmentation, key: Key) -> (Vec<u8>, String) {
    let mut canvas = Canvas::new(images.side);
    let operations = draw_view(&mut canvas, images, index, augmentation, key);
    (canvas.bytes().collect(), describe(operations))
}

/// Leaves one view of image `index` on `canvas`, 0 to 1; returns what was done to it.
fn draw_view(
    canvas: &mut Canvas,
    images: &Images,
    index: usize,
    augmentation: &Augmentation,
    key: Key,
) -> Vec<DrawnOp> {
    let ops = match key.view {
        View::First => &augmentation.first,
        View::Second => &augmentation.second,
    };
    let drawn = drawn(ops, images.side, key);
    match augmentation.arithmetic {
        Arithmetic::Exact => exactly(canvas, images.image(index), drawn),
        Arithmetic::Pillow => by_pillow(canvas, images.image(index), drawn),
    }
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
    picture.load(image);
    let done = drawn.inspect(|operation| pillow::apply(operation, &mut picture)).collect();
    canvas.load(&picture.bytes);
    canvas.picture = Some(picture);
    done
}

/// Fills `[indices.len(), 3, side, side]` on all cores: `fill` gets a canvas of its thread, the image's index and its
/// place in the result.
fn each(images: &Images, indices: &[usize], fill: impl Fn(&mut Canvas, usize, &mut [f32]) + Sync) -> Vec<f32> {
    let size = 3 * images.side * images.side;
    let mut out = vec![0.0; indices.len() * size];
    out.par_chunks_exact_mut(size)
        .zip(indices)
        .with_min_len(8)
        .for_each_init(|| Canvas::new(images.side), |canvas, (out, &index)| fill(canvas, index, out));
    out
}
