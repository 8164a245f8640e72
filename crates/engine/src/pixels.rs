//! Images and their views as the numbers that networks read: normalised, on the host.

use burn::tensor::{Device, Tensor, TensorData};

use byolab_values::{
    augment::{self, View},
    data::{Dataset, Images},
    plan::{Recipe, cost::JUDGED},
};

/// What `forward` makes of the images `indices`, `[n, ..]`, as many at a time as are judged at once; `pixels` gives
/// those of some of them.
pub fn rows(
    indices: &[usize],
    device: &Device,
    pixels: impl Fn(&[usize]) -> TensorData,
    mut forward: impl FnMut(Tensor<4>) -> Tensor<2>,
) -> Tensor<2> {
    let some = indices.chunks(JUDGED).map(|indices| forward(Tensor::from_data(pixels(indices), device)));
    Tensor::cat(some.collect(), 0)
}

/// One view of `indices` of `images` under the recipe's augmentation, normalised, `[n, 3, side, side]`.
pub fn augmented(
    recipe: &Recipe,
    data: &Dataset,
    images: &Images,
    indices: &[usize],
    view: View,
    epoch: u64,
) -> TensorData {
    let pixels = augment::batch(images, indices, &recipe.augment, view, recipe.train.seed, epoch, data.mean, data.std);
    TensorData::new(pixels, [indices.len(), 3, images.side, images.side])
}

/// The same without augmentation.
pub fn plain(data: &Dataset, images: &Images, indices: &[usize]) -> TensorData {
    let pixels = augment::plain(images, indices, data.mean, data.std);
    TensorData::new(pixels, [indices.len(), 3, images.side, images.side])
}
