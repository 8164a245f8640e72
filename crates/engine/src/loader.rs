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
    augmenter::{Augmenter, HostViews, Taken},
    method::Batch,
};
use byolab_values::{
    data::Dataset,
    plan::{
        Recipe,
        cost::AHEAD,
        demand::{Demand, Part, Pool},
        streams::{Draws, Stream},
    },
};

/// Micro-batches in the order of training. Dropping it ends its thread.
pub struct DataLoader<'a> {
    receiver: Receiver<(Vec<Vec<Taken>>, Vec<HostViews>)>,
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
            let mut order = ImageOrder::new(drawer.recipe, drawer.data, &drawer.demand, steps_per_epoch);
            for step in steps {
                for micro_batch in 0..order.micro_batches {
                    let taken = order.take(step, micro_batch);
                    let drawn = drawer.draw(&taken);
                    // The receiver is gone where training has stopped.
                    if sender.send((taken, drawn)).is_err() {
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
        let (taken, drawn) = self.receiver.recv().expect("a loader has views for every step");
        self.waited.set(self.waited.get() + begin.elapsed());
        self.augmenter.finish(&taken, drawn)
    }

    /// How long was waited for micro-batches since this was last asked.
    pub fn take_waited(&self) -> Duration {
        self.waited.take()
    }
}

/// Which images each micro-batch takes. Nothing is carried from step to step but what saves time.
pub struct ImageOrder<'a> {
    demand: &'a Demand,
    seed: u64,
    /// Images of a micro-batch, and micro-batches of a step.
    batch: usize,
    pub(crate) micro_batches: usize,
    steps_per_epoch: u64,
    images: usize,
    labelled: Vec<usize>,
    /// The newest orders, with their epochs.
    training: Permutation,
    cycled: Permutation,
}

/// An order of images in an epoch.
type Permutation = (u64, Vec<usize>);

impl<'a> ImageOrder<'a> {
    /// Of a training with so many steps an epoch.
    pub fn new(recipe: &Recipe, data: &Dataset, demand: &'a Demand, steps_per_epoch: u64) -> Self {
        let train = &recipe.train;
        let labelled = demand.parts.iter().any(|part| part.pool == Pool::Labelled);
        Self {
            demand,
            seed: train.seed,
            batch: train.batch,
            micro_batches: train.optimizer_batch / train.batch,
            steps_per_epoch,
            images: data.train.len(),
            labelled: if labelled { data.train.labelled() } else { Vec::new() },
            training: (u64::MAX, Vec::new()),
            cycled: (u64::MAX, Vec::new()),
        }
    }

    /// What a micro-batch of a step takes, for each part of the demand.
    pub fn take(&mut self, step: u64, micro_batch: usize) -> Vec<Vec<Taken>> {
        let demand = self.demand;
        demand.parts.iter().map(|part| self.take_part(part, step, micro_batch)).collect()
    }

    fn take_part(&mut self, part: &Part, step: u64, micro_batch: usize) -> Vec<Taken> {
        let count = self.batch / part.one_in;
        match part.pool {
            Pool::Training => vec![self.of_training(step, micro_batch, count)],
            Pool::Labelled => {
                let done = step * self.micro_batches as u64 + micro_batch as u64;
                self.of_labelled(done * count as u64, count)
            }
        }
    }

    fn of_training(&mut self, step: u64, micro_batch: usize, count: usize) -> Taken {
        let epoch = step / self.steps_per_epoch;
        let order = permutation(&mut self.training, self.seed, Stream::Order, epoch, self.images);
        let begin = ((step % self.steps_per_epoch) as usize * self.micro_batches + micro_batch) * count;
        Taken { indices: order[begin..begin + count].to_vec(), epoch }
    }

    /// From the image at `begin` on in an endless row, in which every image stands once a round.
    fn of_labelled(&mut self, begin: u64, count: usize) -> Vec<Taken> {
        let round = self.labelled.len() as u64;
        let mut taken: Vec<Taken> = Vec::new();
        for place in begin..begin + count as u64 {
            let epoch = place / round;
            let order = permutation(&mut self.cycled, self.seed, Stream::Labelled, epoch, self.labelled.len());
            let image = self.labelled[order[(place % round) as usize]];
            match taken.last_mut().filter(|taken| taken.epoch == epoch) {
                Some(taken) => taken.indices.push(image),
                None => taken.push(Taken { indices: vec![image], epoch }),
            }
        }
        taken
    }
}

/// Every image once, in an order of this epoch's own.
fn permutation(newest: &mut Permutation, seed: u64, stream: Stream, epoch: u64, images: usize) -> &[usize] {
    if newest.0 != epoch {
        *newest = (epoch, Draws::new(seed, stream, epoch, 0, 0).permutation(images));
    }
    &newest.1
}
