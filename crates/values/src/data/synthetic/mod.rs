//! Images made by the program: a patch of one of ten textures before a soft background. Palette, background, place,
//! size, lighting and noise do not depend on the class, so colour statistics identify an image and say nothing about
//! its class: the shortcut that BYOL's paper blames for SimCLR's fall without colour augmentation (section 5).
//!
//! [`Factors`] is what an image is made of, [`Texture`] what tells the classes apart, [`render()`] the picture.

mod factors;
mod render;
pub mod scene;
mod texture;

use anyhow::Result;
use rayon::prelude::*;

use factors::ReadOut;
pub use factors::{Background, Colour, Factors, Lighting, Patch};
pub use render::render;
pub use texture::Texture;

use super::{Dataset, DatasetEntry, Factor, Images, Label, Origins, resize, split};
use crate::plan::{catalog::datasets, recipe::DataRecipe};

/// The set as recipes name it.
pub const ENTRY: DatasetEntry = DatasetEntry {
    facts: &datasets::SYNTHETIC,
    source: "made from data.seed; no file is read",
    published: &[],
    look: |_, _, _| Ok(()),
    load: |recipe, _| make(recipe),
    test: |recipe, _| Ok(images(recipe.seed, TEST, TEST_IMAGES).into()),
};

/// Height and width in pixels.
const SIDE: usize = 32;
/// Where the held-out images begin, far above every training image: they do not depend on `data.limit`.
const HELD_OUT: u64 = 1 << 32;
/// Where the images of the test split begin, and how many they are.
const TEST: u64 = 1 << 33;
const TEST_IMAGES: usize = 1000;

/// Measured on 20,000 images.
const MEAN: [f32; 3] = [0.418, 0.430, 0.412];
const STD: [f32; 3] = [0.249, 0.260, 0.245];

/// Makes `data.limit` images to train on and `data.held_out` others.
fn make(recipe: &DataRecipe) -> Result<Dataset> {
    let (seed, n) = (recipe.seed, recipe.training_images());
    let factors = |first: u64, n: usize| (first..).take(n).map(|index| Factors::draw(seed, index)).collect::<Vec<_>>();
    let (of_train, of_held_out) = (factors(0, n), factors(HELD_OUT, recipe.held_out));
    let factor = |&(name, kind, row): &ReadOut| Factor {
        name,
        kind,
        train: of_train.iter().map(row).collect(),
        held_out: of_held_out.iter().map(row).collect(),
    };
    let mut train = resize::resized(images(seed, 0, n), recipe.side);
    train.labels = split::seen(&train.labels, recipe)?;
    Ok(Dataset {
        classes: texture::TEXTURES.iter().map(|(name, _)| (*name).into()).collect(),
        mean: MEAN,
        std: STD,
        train,
        held_out: resize::resized(images(seed, HELD_OUT, recipe.held_out), recipe.side),
        origins: Origins { train: numbers(0, n), held_out: numbers(HELD_OUT, recipe.held_out) },
        factors: factors::READ_OUTS.iter().map(factor).collect(),
        ..Dataset::default()
    })
}

fn numbers(first: u64, n: usize) -> Vec<usize> {
    (first as usize..).take(n).collect()
}

/// `n` images from `first` on, classes in turn; image i depends on (seed, i) only.
fn images(seed: u64, first: u64, n: usize) -> Images {
    let factors = (first..first + n as u64).into_par_iter().map(|index| (index, Factors::draw(seed, index)));
    let (labels, pixels): (Vec<Label>, Vec<Vec<u8>>) =
        factors.map(|(index, factors)| (factors.class, render(&factors, SIDE, seed, index))).unzip();
    Images { side: SIDE, pixels: pixels.concat().into(), labels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        augment::{self, View},
        plan::recipe::{Augmentation, Op},
    };

    fn dataset(limit: usize, held_out: usize, seed: u64) -> Dataset {
        make(&DataRecipe { name: "synthetic".into(), limit, held_out, seed, ..DataRecipe::default() }).unwrap()
    }

    #[test]
    fn an_image_depends_on_the_seed_and_its_index_only() {
        let (few, many, other) = (dataset(20, 10, 0), dataset(50, 20, 0), dataset(20, 10, 1));
        assert!((0..20).all(|i| few.train.image(i) == many.train.image(i)));
        assert!((0..10).all(|i| few.held_out.image(i) == many.held_out.image(i)));
        assert_ne!(few.train, other.train);
        assert!((0..20).all(|i| (0..10).all(|j| few.train.image(i) != few.held_out.image(j))));
    }

    #[test]
    fn classes_are_balanced_and_the_limit_has_a_default() {
        let data = dataset(0, 100, 0);
        assert_eq!((data.train.len(), data.held_out.len(), data.classes.len()), (2000, 100, 10));
        for class in 0..10 {
            let count = |images: &Images| images.labels.iter().filter(|&&label| label == class).count();
            assert_eq!((count(&data.train), count(&data.held_out)), (200, 10));
        }
    }

    #[test]
    fn the_published_means_are_those_of_the_images() {
        let data = dataset(3000, 0, 7);
        let all: Vec<usize> = (0..data.train.len()).collect();
        let normalised = augment::plain(&data.train, &all, MEAN, STD);
        for channel in 0..3 {
            let (mean, std) = moments(normalised.chunks_exact(SIDE * SIDE).skip(channel).step_by(3).flatten());
            assert!(mean.abs() < 0.03 && (std - 1.0).abs() < 0.03, "channel {channel}: mean {mean}, std {std}");
        }
    }

    #[test]
    fn raw_pixels_hardly_tell_the_class() {
        let data = dataset(2000, 200, 0);
        let normalised = |images: &Images| augment::plain(images, &(0..images.len()).collect::<Vec<_>>(), MEAN, STD);
        let (bank, queries) = (normalised(&data.train), normalised(&data.held_out));
        let accuracy = knn(&bank, &data.train.labels, &queries, &data.held_out.labels);
        assert!(accuracy < 0.35, "k-NN on pixels reaches {accuracy}");
    }

    #[test]
    fn colours_tell_the_image_and_not_the_class() {
        let data = dataset(500, 0, 0);
        let crop = vec![Op::crop([0.2, 1.0], [0.75, 4.0 / 3.0])];
        let set = Augmentation { name: "crop-only".into(), first: crop.clone(), second: crop, ..Default::default() };
        let all: Vec<usize> = (0..500).collect();
        let colours = |view| colour_statistics(&augment::batch(&data.train, &all, &set, view, 0, 0, MEAN, STD));
        let (first, second) = (colours(View::First), colours(View::Second));
        let images: Vec<Label> = (0..250).collect();
        let half = 6 * images.len();
        let same_image = knn(&first[..half], &images, &second[..half], &images);
        let same_class = knn(&first[..half], &data.train.labels[..250], &second[half..], &data.train.labels[250..]);
        assert!(same_image > 0.2, "the image is found by colour in {same_image} of 250 cases");
        assert!(same_class < 0.2, "the class is found by colour in {same_class} of the cases");
    }

    /// Mean and standard deviation of each channel, `[n, 6]`.
    fn colour_statistics(images: &[f32]) -> Vec<f32> {
        let moments = images.chunks_exact(SIDE * SIDE).map(|plane| moments(plane.iter()));
        moments.flat_map(|(mean, std)| [mean, std - 1.0]).collect()
    }

    fn moments<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for &value in values {
            let value = f64::from(value);
            (n, sum, squares) = (n + 1.0, sum + value, squares + value * value);
        }
        let mean = sum / n;
        (mean as f32, (squares / n - mean * mean).sqrt() as f32)
    }

    /// Accuracy of the weighted cosine k-NN (k 20, temperature 0.1) that the probes use.
    fn knn(bank: &[f32], labels: &[Label], queries: &[f32], answers: &[Label]) -> f32 {
        let width = bank.len() / labels.len();
        let (bank, queries) = (unit_rows(bank, width), unit_rows(queries, width));
        let right = queries.par_chunks_exact(width).zip(answers).filter(|(query, answer)| {
            let cosine = |row: &[f32]| row.iter().zip(*query).map(|(a, b)| a * b).sum::<f32>();
            let mut near: Vec<(f32, Label)> =
                bank.chunks_exact(width).map(cosine).zip(labels.iter().copied()).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut votes = [0.0; 256];
            near[..20].iter().for_each(|(cosine, label)| votes[usize::from(*label)] += (cosine / 0.1).exp());
            let best = (0..votes.len()).max_by(|&a, &b| votes[a].total_cmp(&votes[b]));
            best == Some(usize::from(**answer))
        });
        right.count() as f32 / answers.len() as f32
    }

    fn unit_rows(rows: &[f32], width: usize) -> Vec<f32> {
        let unit = |row: &[f32]| {
            let norm = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            row.iter().map(|value| value / norm).collect::<Vec<_>>()
        };
        rows.chunks_exact(width).flat_map(unit).collect()
    }
}
