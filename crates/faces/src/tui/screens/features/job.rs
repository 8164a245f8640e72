//! t-SNE in a thread of its own, seen on its way.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    thread,
};

use byolab_store::results::embedding::{Components, STEPS, Tsne};
use byolab_values::protocol::Features;

/// Steps between two looks.
const LOOK_EVERY: usize = 25;

/// A descent that ends when it is done, or when nobody waits for it any more.
pub struct Job {
    news: Receiver<Stage>,
    seen: Stage,
}

/// How far the descent has come, and where the images are.
struct Stage {
    steps: usize,
    places: Vec<[f64; 2]>,
}

impl Job {
    /// Begins at the principal components.
    pub fn start(features: Arc<Features>, begin: &Components) -> Self {
        let (tell, news) = channel();
        let places = begin.places.clone();
        let seen = Stage { steps: 0, places: places.clone() };
        thread::spawn(move || {
            let mut tsne = Tsne::new(&features, &places);
            while tsne.steps() < STEPS {
                tsne.step();
                let due = tsne.steps().is_multiple_of(LOOK_EVERY);
                if due && tell.send(Stage { steps: tsne.steps(), places: tsne.places().to_vec() }).is_err() {
                    return;
                }
            }
        });
        Self { news, seen }
    }

    /// Looks where the images are now; whether they have moved.
    pub fn poll(&mut self) -> bool {
        match self.news.try_iter().last() {
            Some(newest) => self.seen = newest,
            None => return false,
        }
        true
    }

    pub fn places(&self) -> &[[f64; 2]] {
        &self.seen.places
    }

    /// Steps done, of [`STEPS`]; none at its end.
    pub fn progress(&self) -> Option<usize> {
        (self.seen.steps < STEPS).then_some(self.seen.steps)
    }
}
