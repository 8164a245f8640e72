//! What a linear classifier says at every stage of the encoder (Zhang et al. 2016, section 3.2; Goyal et al. 2019): the maps
//! of a stage are averaged over the squares of a grid, as fine as leaves few enough numbers. The last stage is often not the
//! best: what tasks like rotation need of an image is not what labels need (Gidaris et al. 2018, table 1).

use burn::tensor::Tensor;

use super::{knn, linear::Labelled, solver};
use crate::{kernel::Maps, learner::Learner, pixels};
use byolab_values::{data::Images, plan::Recipe, protocol::Metrics};

/// `stageK.top1` of each stage, learnt from the images that are seen and judged on the held-out images.
pub fn accuracies(learner: &Learner, recipe: &Recipe, seen: &Labelled) -> Metrics {
    let held_out: Vec<usize> = (0..seen.data.held_out.len()).collect();
    let top1 = |stage: usize| {
        let embed = |x: Tensor<4>| averaged(learner.maps(x, stage), recipe.probes.stage_features);
        let features = |images: &Images, indices: &[usize]| {
            let pixels = |indices: &[usize]| pixels::plain(seen.data, images, indices);
            pixels::rows(indices, seen.device, pixels, embed)
        };
        let classifier = solver::learn(recipe, seen, features(&seen.data.train, seen.places), embed);
        let predicted = classifier.predict(features(&seen.data.held_out, &held_out));
        (format!("stage{stage}.top1"), knn::accuracy(&predicted, &seen.data.held_out.labels))
    };
    (1..=learner.stages()).map(top1).collect()
}

/// Maps averaged over the finest even grid that leaves no more than `most` numbers of an image, or over all of it.
fn averaged(maps: Maps, most: usize) -> Tensor<2> {
    let [_, channels, side, _] = maps.order.to_planes(maps.values.clone()).dims();
    let grid = (1..=side).rev().find(|grid| side % grid == 0 && channels * grid * grid <= most);
    maps.averaged(grid.unwrap_or(1))
}
