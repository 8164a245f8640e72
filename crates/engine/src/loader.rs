//! The views of every micro-batch, drawn in a thread of its own a few batches ahead of the device.

use std::{
    cell::Cell,
    ops::Range,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread::Scope,
    time::{Duration, Instant},
};

use super::{
    augmenter::{Augmenter, HostViews},
    method::Batch,
};
use byolab_values::plan::{
    cost::AHEAD,
    streams::{Draws, Stream},
};

/// Micro-batches in the order of training. Dropping it ends its thread.
pub struct DataLoader<'a> {
    receiver: Receiver<(Vec<usize>, HostViews)>,
    augmenter: Arc<Augmenter<'a>>,
    waited: Cell<Duration>,
}

impl<'a> DataLoader<'a> {
    /// Draws for the optimizer steps `steps`: each takes `optimizer_batch / batch` micro-batches.
    pub fn start<'scope: 'a>(
        scope: &'scope Scope<'scope, '_>,
        augmenter: Augmenter<'scope>,
        steps_per_epoch: u64,
        steps: Range<u64>,
    ) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
        let augmenter = Arc::new(augmenter);
        let drawer = augmenter.clone();
        scope.spawn(move || {
            let train = &drawer.recipe.train;
            let mut order = (u64::MAX, Vec::new());
            for step in steps {
                let epoch = step / steps_per_epoch;
                if order.0 != epoch {
                    order = (epoch, epoch_order(train.seed, epoch, drawer.data.train.len()));
                }
                let begin = (step % steps_per_epoch) as usize * train.optimizer_batch;
                for indices in order.1[begin..begin + train.optimizer_batch].chunks(train.batch) {
                    // The receiver is gone where training has stopped.
                    if sender.send((indices.to_vec(), drawer.draw(indices, epoch))).is_err() {
                        return;
                    }
                }
            }
        });
        Self { receiver, augmenter, waited: Cell::default() }
    }

    /// The next micro-batch.
    ///
    /// # Panics
    /// Where more is asked for than was started.
    pub fn next(&self) -> Batch {
        let begin = Instant::now();
        let (indices, drawn) = self.receiver.recv().expect("a loader has views for every step");
        self.waited.set(self.waited.get() + begin.elapsed());
        self.augmenter.finish(&indices, drawn)
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
