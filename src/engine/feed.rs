//! The views of every micro-batch, drawn in a thread of its own a few batches ahead of the device.

use std::{
    cell::Cell,
    ops::Range,
    sync::mpsc::{Receiver, sync_channel},
    thread::Scope,
    time::{Duration, Instant},
};

use burn::tensor::{Device, Tensor, TensorData};

use super::method::Batch;
use crate::{
    data::{Dataset, Images, Label},
    plan::{
        Recipe,
        streams::{Draws, Stream},
    },
    views::{self, View},
};

/// Micro-batches drawn ahead.
const AHEAD: usize = 2;

/// The two views of one micro-batch, normalised pixels, and the images' classes.
struct Drawn {
    shape: [usize; 4],
    views: [Vec<f32>; 2],
    labels: Vec<Label>,
}

/// Micro-batches in the order of training. Dropping it ends its thread.
pub struct Feed {
    drawn: Receiver<Drawn>,
    waited: Cell<Duration>,
}

impl Feed {
    /// Draws for the optimizer steps `steps`: each takes `optimizer_batch / batch` micro-batches.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        recipe: &'scope Recipe,
        data: &'scope Dataset,
        steps_per_epoch: u64,
        steps: Range<u64>,
    ) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || {
            let mut order = (u64::MAX, Vec::new());
            for step in steps {
                let epoch = step / steps_per_epoch;
                if order.0 != epoch {
                    order = (epoch, epoch_order(recipe.train.seed, epoch, data.train.len()));
                }
                let begin = (step % steps_per_epoch) as usize * recipe.train.optimizer_batch;
                let images = &order.1[begin..begin + recipe.train.optimizer_batch];
                for indices in images.chunks(recipe.train.batch) {
                    // The receiver is gone where training has stopped.
                    if sender.send(draw(recipe, data, indices, epoch)).is_err() {
                        return;
                    }
                }
            }
        });
        Self { drawn: receiver, waited: Cell::default() }
    }

    /// The next micro-batch.
    ///
    /// # Panics
    /// Where more is asked for than was started.
    pub fn next(&self, device: &Device) -> Batch {
        let begin = Instant::now();
        let Drawn { shape, views, labels } = self.drawn.recv().expect("a feed has views for every step");
        self.waited.set(self.waited.get() + begin.elapsed());
        Batch { views: views.map(|pixels| Tensor::from_data(TensorData::new(pixels, shape), device)), labels }
    }

    /// How long was waited for micro-batches since this was last asked.
    pub fn take_waited(&self) -> Duration {
        self.waited.take()
    }
}

/// Every image once, in an order of this epoch's own.
fn epoch_order(seed: u64, epoch: u64, images: usize) -> Vec<usize> {
    Draws::new(seed, Stream::Order, epoch, 0, 0).permutation(images)
}

fn draw(recipe: &Recipe, data: &Dataset, indices: &[usize], epoch: u64) -> Drawn {
    Drawn {
        shape: shape(&data.train, indices.len()),
        views: [View::First, View::Second].map(|view| augmented(recipe, data, &data.train, indices, view, epoch)),
        labels: indices.iter().map(|index| data.train.labels[*index]).collect(),
    }
}

/// One view of `indices` of `images` under the recipe's augmentation, normalised.
pub fn augmented(
    recipe: &Recipe,
    data: &Dataset,
    images: &Images,
    indices: &[usize],
    view: View,
    epoch: u64,
) -> Vec<f32> {
    views::batch(images, indices, &recipe.augment, view, recipe.train.seed, epoch, data.mean, data.std)
}

/// `[n, 3, side, side]`
pub fn shape(images: &Images, n: usize) -> [usize; 4] {
    [n, 3, images.side, images.side]
}
