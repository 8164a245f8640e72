//! Images and their views as the numbers that networks read: normalised, on the host.

use burn::tensor::{Device, Tensor, TensorData};

use byolab_values::{
    augment::{self, Normalisation, ViewDemand},
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

/// One view of `indices` of `images` under the recipe's augmentation, normalised, `[n, 3, side, side]` where it shows them whole.
pub fn augmented(
    recipe: &Recipe,
    data: &Dataset,
    images: &Images,
    indices: &[usize],
    view: impl Into<ViewDemand>,
    epoch: u64,
) -> TensorData {
    let [pixels, _] = told(recipe, data, images, indices, view.into(), epoch);
    pixels
}

/// The same with what is to be said of it, `[indices, targets]`.
pub fn told(
    recipe: &Recipe,
    data: &Dataset,
    images: &Images,
    indices: &[usize],
    view: ViewDemand,
    epoch: u64,
) -> [TensorData; 2] {
    let normalise = Normalisation { mean: data.mean, std: data.std };
    let made = augment::views(images, indices, &recipe.augment, view, [recipe.train.seed, epoch], normalise);
    let shape = view.task.shape(images.side);
    let pixels = TensorData::new(made.pixels, [indices.len() * shape.images, 3, shape.side, shape.side]);
    [pixels, TensorData::new(made.targets, [indices.len(), shape.targets])]
}

/// Batches of images one after the other.
///
/// # Panics
/// Where there are none, or images of several sizes.
pub fn joined(mut batches: Vec<TensorData>) -> TensorData {
    if batches.len() == 1 {
        return batches.remove(0);
    }
    let mut shape = batches.first().expect("a batch has images").shape().to_vec();
    shape[0] = batches.iter().map(|batch| batch.shape()[0]).sum();
    let numbers = batches.into_iter().flat_map(|batch| batch.try_to_vec::<f32>().expect("pixels are f32"));
    TensorData::new(numbers.collect::<Vec<f32>>(), shape)
}

/// The images `indices`, normalised and without augmentation, `[n, 3, side, side]`.
pub fn plain(data: &Dataset, images: &Images, indices: &[usize]) -> TensorData {
    let pixels = augment::plain(images, indices, data.mean, data.std);
    TensorData::new(pixels, [indices.len(), 3, images.side, images.side])
}
