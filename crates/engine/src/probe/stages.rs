//! What a linear classifier says at every stage of the encoder (Zhang et al. 2016, section 3.2; Goyal et al. 2019): the maps
//! of a stage are averaged over the squares of a grid, as fine as leaves few enough numbers. The last stage is often not the
//! best: what tasks like rotation need of an image is not what labels need (Gidaris et al. 2018, table 1).

use burn::tensor::{Device, Tensor};

use super::{knn, linear};
use crate::{kernel::Maps, learner::Learner, pixels};
use byolab_values::{
    data::{Dataset, Images},
    plan::Recipe,
    protocol::Metrics,
};

/// `stageK.top1` of each stage, learnt from the training images `places` and judged on the held-out images.
pub fn accuracies(learner: &Learner, recipe: &Recipe, data: &Dataset, places: &[usize], device: &Device) -> Metrics {
    let labels: Vec<_> = places.iter().map(|&place| data.train.labels[place]).collect();
    let held_out: Vec<usize> = (0..data.held_out.len()).collect();
    let most = recipe.probes.stage_features;
    let top1 = |stage: usize| {
        let features = |images: &Images, indices: &[usize]| {
            let pixels = |indices: &[usize]| pixels::plain(data, images, indices);
            pixels::rows(indices, device, pixels, |x| averaged(learner.maps(x, stage), most))
        };
        let [bank, query] = [features(&data.train, places), features(&data.held_out, &held_out)];
        let (classes, seed) = (data.classes.len(), recipe.train.seed);
        let predicted = linear::predict(bank, &labels, query, classes, &recipe.probes, seed);
        (format!("stage{stage}.top1"), knn::accuracy(&predicted, &data.held_out.labels))
    };
    (1..=learner.stages()).map(top1).collect()
}

/// Maps averaged over the finest even grid that leaves no more than `most` numbers of an image, or over all of it.
fn averaged(maps: Maps, most: usize) -> Tensor<2> {
    let [_, channels, side, _] = maps.order.to_planes(maps.values.clone()).dims();
    let grid = (1..=side).rev().find(|grid| side % grid == 0 && channels * grid * grid <= most);
    maps.averaged(grid.unwrap_or(1))
}
