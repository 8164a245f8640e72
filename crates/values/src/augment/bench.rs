//! The speed at which both views of an experiment's images are made, without any training.

use std::time::Instant;

use serde::Serialize;

use super::{View, batch};
use crate::{data::Dataset, plan::Recipe};

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ViewSpeed {
    /// Images of which both views were made; the median of the repetitions.
    pub images_per_second: f64,
    /// Slowest and fastest repetition.
    pub spread: [f64; 2],
    /// Of the measurement.
    pub repetitions: usize,
    /// That drew.
    pub threads: usize,
}

/// Times `repetitions` passes over the training images in whole batches of the recipe.
pub fn measure(recipe: &Recipe, data: &Dataset, repetitions: usize) -> ViewSpeed {
    let all: Vec<usize> = (0..data.train.len()).collect();
    let pass = |epoch: u64| {
        let begin = Instant::now();
        for indices in all.chunks_exact(recipe.train.batch) {
            for view in [View::First, View::Second] {
                let pixels =
                    batch(&data.train, indices, &recipe.augment, view, recipe.train.seed, epoch, data.mean, data.std);
                std::hint::black_box(pixels);
            }
        }
        let images = all.len() / recipe.train.batch * recipe.train.batch;
        images as f64 / begin.elapsed().as_secs_f64()
    };
    let mut rates: Vec<f64> = (0..=repetitions as u64).map(pass).skip(1).collect();
    rates.sort_by(f64::total_cmp);
    ViewSpeed {
        images_per_second: rates[rates.len() / 2],
        spread: [rates[0], rates[rates.len() - 1]],
        repetitions,
        threads: rayon::current_num_threads(),
    }
}
